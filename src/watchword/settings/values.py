"""How single values are read and checked. Errors say what is wanted, never what was given."""

import ipaddress
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def split_list(value: Any) -> Any:
    """A list in one variable is written with commas or spaces between."""
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


def absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def read_colour(text: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise ValueError("a colour is written as #rrggbb")
    return text.lower()


def read_origin(text: str) -> str:
    """``https://host`` or ``https://host:port``, in its one canonical spelling. Empty stays empty."""
    if not text:
        return ""
    wanted = "an address is written as https://host, in ASCII, without a path"
    if not text.isprintable() or " " in text:
        raise ValueError(wanted)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(wanted) from None
    host = parts.hostname or ""
    if parts.scheme not in _DEFAULT_PORTS or parts.username is not None or parts.password is not None:
        raise ValueError(wanted)
    if parts.path not in ("", "/") or parts.query or parts.fragment or "?" in text or "#" in text:
        raise ValueError(wanted)
    if not _HOST.fullmatch(host):
        if host != "::1":
            raise ValueError(wanted)
        host = "[::1]"
    shown = "" if port is None or port == _DEFAULT_PORTS[parts.scheme] else f":{port}"
    return f"{parts.scheme}://{host}{shown}"


def is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
