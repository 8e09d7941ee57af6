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


def read_address(text: str) -> str:
    """A whole address of a page: an origin in its canonical spelling, and a plain path. Empty stays empty."""
    if not text:
        return ""
    origin, path = _split(text)
    if read_origin(origin) != origin or not re.fullmatch(r"(/[A-Za-z0-9._~-]*)*", path) or "/." in path:
        raise ValueError("an address is written as https://host/path, in ASCII, without a query")
    return text


def read_returns(entries: tuple[str, ...]) -> tuple[str, ...]:
    for entry in entries:
        service, equals, address = entry.partition("=")
        if not equals or not re.fullmatch(r"[a-z][a-z0-9-]{0,31}", service) or not _split(address)[1]:
            raise ValueError("a return address is written as service=https://host/path")
        read_address(address)
    return entries


def return_addresses(entries: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """By service."""
    pairs = [entry.partition("=") for entry in entries]
    return {service: tuple(address for each, _, address in pairs if each == service) for service, _, _ in pairs}


def _split(address: str) -> tuple[str, str]:
    """Origin and path."""
    scheme, _, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host}", slash + path


def is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_apple_apps(entries: tuple[str, ...]) -> tuple[str, ...]:
    if not all(re.fullmatch(r"[A-Z0-9]{10}\.[A-Za-z0-9.-]{1,155}", entry) for entry in entries):
        raise ValueError("an app is written as TEAMID.bundle.id")
    return entries


def read_android_apps(entries: tuple[str, ...]) -> tuple[str, ...]:
    wanted = r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+:([0-9A-F]{2}:){31}[0-9A-F]{2}"
    if not all(re.fullmatch(wanted, entry) for entry in entries):
        raise ValueError("an app is written as package:AB:CD:…, with the SHA-256 of its certificate")
    return entries
