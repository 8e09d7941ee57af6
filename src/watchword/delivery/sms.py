"""SMS through a gateway's HTTPS interface: one POST, shaped by the operator's template."""

import json
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx

from watchword.delivery.carriers import HANDED_OVER, Handover, Parcel, deferred, failed
from watchword.delivery.messages.render import Sms
from watchword.foundation.errors import Misconfigured
from watchword.foundation.secret import Secret

# These speak of us or of the moment, not of the message: it is tried again.
_PASSING = frozenset({401, 402, 403, 407, 408, 409, 425, 429})


@dataclass(frozen=True, kw_only=True)
class SmsGateway:
    """Raises Misconfigured for an address without encryption or a template that can't be filled."""

    address: str
    template: str
    """The body, with ``{to}``, ``{text}`` and ``{sender}`` where they belong: JSON, or ``a={to}&b={text}``."""
    sender: str = ""
    secret: Secret | None = None
    secret_header: str = "Authorization"
    secret_scheme: str = "Bearer"
    """Stands before the secret in its header; may be empty."""
    ca_file: Path | None = None
    timeout_seconds: float = 20

    def __post_init__(self) -> None:
        if not self.address.startswith("https://"):
            raise Misconfigured("the SMS gateway needs an https address")
        if "{to}" not in self.template or "{text}" not in self.template:
            raise Misconfigured("the SMS template needs {to} and {text}")
        fill(self.template, {})


@dataclass(frozen=True, kw_only=True)
class SmsCarrier:
    gateway: SmsGateway
    _tls: ssl.SSLContext = field(init=False, repr=False)

    def __post_init__(self) -> None:
        context = ssl.create_default_context(cafile=self.gateway.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        object.__setattr__(self, "_tls", context)
        # At INFO it writes each address it calls, which may hold a key of the operator's.
        logging.getLogger("httpx").setLevel(logging.WARNING)

    async def hand_over(self, parcel: Parcel) -> Handover:
        if not isinstance(parcel.body, Sms):
            return failed("no_sms")
        facts = {"to": parcel.address, "text": parcel.body.text, "sender": self.gateway.sender}
        content, content_type = fill(self.gateway.template, facts)
        headers = {"Content-Type": content_type, "User-Agent": "watchword", **self._credential()}
        try:
            # No redirect is followed: it would take the secret and the code to another house.
            async with httpx.AsyncClient(
                verify=self._tls, timeout=self.gateway.timeout_seconds, follow_redirects=False, trust_env=False
            ) as client:
                request = client.stream("POST", self.gateway.address, content=content, headers=headers)
                async with request as response:
                    return _verdict(response.status_code)
        except httpx.HTTPError:
            return deferred("connection")

    def _credential(self) -> dict[str, str]:
        if self.gateway.secret is None:
            return {}
        return {self.gateway.secret_header: f"{self.gateway.secret_scheme} {self.gateway.secret.reveal()}".strip()}


def fill(template: str, facts: Mapping[str, str]) -> tuple[bytes, str]:
    """Content and content type. A fact stays within the field it was put into, whatever signs it holds."""
    if template.lstrip().startswith(("{", "[")):
        try:
            shape = json.loads(template)
        except ValueError:
            raise Misconfigured("the SMS template is no JSON") from None
        return json.dumps(_filled(shape, facts)).encode(), "application/json"
    fields = parse_qsl(template, keep_blank_values=True)
    filled = [(name, _put(value, facts)) for name, value in fields]
    return urlencode(filled).encode(), "application/x-www-form-urlencoded"


def _filled(shape: Any, facts: Mapping[str, str]) -> Any:
    match shape:
        case str():
            return _put(shape, facts)
        case list():
            return [_filled(each, facts) for each in shape]
        case dict():
            return {name: _filled(each, facts) for name, each in shape.items()}
    return shape


def _put(text: str, facts: Mapping[str, str]) -> str:
    """All at once, so that a fact that looks like a place is left as it is."""
    parts = text.split("{")
    out = parts[0]
    for part in parts[1:]:
        name, closed, rest = part.partition("}")
        out += facts[name] + rest if closed and name in facts else "{" + part
    return out


def _verdict(status: int) -> Handover:
    if 200 <= status < 300:
        return HANDED_OVER
    if 400 <= status < 500 and status not in _PASSING:
        return failed(str(status))
    return deferred(str(status))
