"""Reading an authorization request (RFC 6749 section 4.1.1, OpenID Connect Core 3.1.2.1, RFC 7636, RFC 9700). Pure.

Two kinds of fault: who asks, or where the answer would go, is not what was registered: then nobody is answered, a
person reads a page. Everything else is said to the client at its registered address.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from watchword.foundation.terms import Aal
from watchword.handover.openid.addresses import matches
from watchword.handover.openid.clients import SCOPES, Client

Prompt = Literal["none", "login", "consent", "select_account"]
PROMPTS: tuple[Prompt, ...] = ("none", "login", "consent", "select_account")
ACR: Mapping[str, Aal] = {"aal1": Aal.AAL1, "aal2": Aal.AAL2}
"""Authentication assurance levels of NIST SP 800-63B-4. A passphrase with a code by message is ``aal1``."""

Fields = Mapping[str, Sequence[str]]
"""The parameters as they came, with all values of each."""

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_LONGEST = {"state": 1024, "nonce": 512, "login_hint": 320, "ui_locales": 200, "acr_values": 200, "id_token_hint": 8192}
_LONGEST_AGE = 10**9


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request as it can be answered. ``content`` and ``of`` turn it into plain data and back."""

    client: str
    redirect_uri: str
    state: str | None
    nonce: str | None
    scopes: tuple[str, ...]
    challenge: str
    prompts: tuple[str, ...]
    max_age: int | None
    acr_values: tuple[str, ...]
    login_hint: str | None
    ui_locales: str | None
    hinted: str | None
    """``sub`` of the ID token that was given as a hint."""

    @property
    def least(self) -> Aal:
        """The lowest level among those that are good enough. Names we don't know are voluntary and ask nothing."""
        known = [ACR[name] for name in self.acr_values if name in ACR]
        return min(known, default=Aal.AAL1)

    @property
    def silent(self) -> bool:
        return "none" in self.prompts

    @property
    def afresh(self) -> bool:
        """Whether a sign-in is asked for, whoever is signed in."""
        return "login" in self.prompts or "select_account" in self.prompts or self.max_age == 0

    def content(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> "Asked":
        again: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in content.items()
        }
        return cls(**again)


@dataclass(frozen=True, kw_only=True)
class Unanswerable:
    """Nobody is answered; a person reads why. ``reason`` is one of a closed list."""

    reason: Literal["unknown_client", "unregistered_address", "twice", "unknown_request"]


@dataclass(frozen=True, kw_only=True)
class Faulty:
    """Said to the client. ``error`` is of RFC 6749 section 4.1.2.1, OpenID Connect Core 3.1.2.6 or RFC 9470."""

    redirect_uri: str
    state: str | None
    error: str
    why: str


class _Fault(Exception):
    def __init__(self, error: str, why: str) -> None:
        super().__init__(error)
        self.error, self.why = error, why


def read_request(fields: Fields, client: Client, hinted: str | None) -> Asked | Faulty | Unanswerable:
    """``hinted``: the ``sub`` of ``id_token_hint``, if one was given and is ours."""
    if any(len(fields.get(name, ())) > 1 for name in ("client_id", "redirect_uri")):
        return Unanswerable(reason="twice")
    address = _one(fields, "redirect_uri") or ""
    if not matches(address, client.redirect_uris, client.sort):
        return Unanswerable(reason="unregistered_address")
    state = _one(fields, "state") if len(fields.get("state", ())) == 1 else None
    try:
        return _read(fields, client, address, hinted)
    except _Fault as fault:
        kept = state if state is not None and len(state) <= _LONGEST["state"] else None
        return Faulty(redirect_uri=address, state=kept, error=fault.error, why=fault.why)


def _read(fields: Fields, client: Client, address: str, hinted: str | None) -> Asked:
    _check_shape(fields)
    _check_challenge(fields)
    prompts = tuple((_one(fields, "prompt") or "").split())
    if not set(prompts) <= set(PROMPTS) or ("none" in prompts and len(prompts) > 1):
        raise _Fault("invalid_request", "prompt has another value, or none beside others")
    if "id_token_hint" in fields and hinted is None:
        raise _Fault("invalid_request", "id_token_hint is no ID token of ours for this client")
    return Asked(
        client=client.id,
        redirect_uri=address,
        state=_one(fields, "state"),
        nonce=_one(fields, "nonce"),
        scopes=_scopes(fields, client),
        challenge=_one(fields, "code_challenge") or "",
        prompts=prompts,
        max_age=_max_age(fields),
        acr_values=tuple((_one(fields, "acr_values") or "").split()),
        login_hint=_one(fields, "login_hint"),
        ui_locales=_one(fields, "ui_locales"),
        hinted=hinted,
    )


def _check_shape(fields: Fields) -> None:
    if any(len(values) > 1 for values in fields.values()):
        raise _Fault("invalid_request", "a parameter is there twice")
    if any(len(_one(fields, name) or "") > most for name, most in _LONGEST.items()):
        raise _Fault("invalid_request", "a parameter is too long")
    for name in ("request", "request_uri", "registration"):
        if name in fields:
            raise _Fault(f"{name}_not_supported", f"{name} is not taken")
    if _one(fields, "response_type") is None:
        raise _Fault("invalid_request", "response_type is missing")
    if _one(fields, "response_type") != "code":
        raise _Fault("unsupported_response_type", "response_type is code")
    if (_one(fields, "response_mode") or "query") != "query":
        raise _Fault("invalid_request", "response_mode is query")


def _check_challenge(fields: Fields) -> None:
    """PKCE by S256 for every client: a challenge that is missing, or in the clear, is a downgrade (RFC 9700, 4.8.2)."""
    if _one(fields, "code_challenge_method") != "S256":
        raise _Fault("invalid_request", "code_challenge_method is S256")
    if not _CHALLENGE.fullmatch(_one(fields, "code_challenge") or ""):
        raise _Fault("invalid_request", "code_challenge is 43 letters of base64url")


def _scopes(fields: Fields, client: Client) -> tuple[str, ...]:
    asked = (_one(fields, "scope") or "").split()
    if "openid" not in asked:
        raise _Fault("invalid_scope", "scope contains openid")
    return tuple(scope for scope in SCOPES if scope in asked and scope in client.scopes)


def _max_age(fields: Fields) -> int | None:
    text = _one(fields, "max_age")
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,10}", text, re.ASCII) or int(text) > _LONGEST_AGE:
        raise _Fault("invalid_request", "max_age is a number of seconds")
    return int(text)


def _one(fields: Fields, name: str) -> str | None:
    """A parameter without a value is as one that is not there (RFC 6749, 3.1)."""
    values = fields.get(name, ())
    return values[0] if values and values[0] else None
