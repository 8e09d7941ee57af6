"""Signed API requests, profile ``hmac``: whether a request was signed by who has the secret, and now. Pure.

String to sign: timestamp + METHOD + endpoint + body, nothing between; SIGN is the standard Base64 of its HMAC-SHA256.
Each rule below answers a way to make one signature stand for two requests. ``docs/api-keys.md`` says them for people.

The order of checks is that of the table: headers (400001), timestamp (400002), key (400003), version (400009, 400008),
signature (400005), passphrase (400004); then replay, address (400006), account (411100), permission (400007), which
``api_keys.verifying`` asks. What is said of an address, an account or a permission is said only to who signed right.
"""

import hmac
import json
import re
from binascii import b2a_base64
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, NoReturn

from watchword.crypto.keyring import Mac

WINDOW_BEHIND, WINDOW_AHEAD = 5000, 1000
"""Milliseconds: strictly less than the first behind, at most the second ahead."""
MOST_HEADER, MOST_TARGET, SIGN_LENGTH = 128, 8192, 44
"""Characters: of one of our headers, of a request's target, of a signature in Base64."""
SAFE_METHODS = frozenset({"GET", "HEAD"})
_BODYLESS = frozenset({"GET", "HEAD", "DELETE"})
_METHOD = re.compile(r"[A-Z]{1,16}", re.ASCII)
_USUAL = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_TIMESTAMP = re.compile(r"[1-9][0-9]{12}", re.ASCII)
_TARGET = re.compile(r"/[!-~]*", re.ASCII)
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_ADDING = frozenset(b'&=#+%?/\\;{}[]"')
"""What an escaped byte must not become: decoded it would cut, join or extend what is named."""
_VERSIONS = frozenset({"2", "3"})


class Code(StrEnum):
    """What client libraries of this scheme know."""

    HEADERS = "400001"
    TIMESTAMP = "400002"
    KEY = "400003"
    PASSPHRASE = "400004"
    SIGNATURE = "400005"
    ADDRESS = "400006"
    PERMISSION = "400007"
    PLAIN_PASSPHRASE = "400008"
    VERSION = "400009"
    FROZEN = "411100"


@dataclass(frozen=True, slots=True)
class Refusal:
    """For the platform to pass on as HTTP 401 ``{"code", "msg"}``. ``why``: a word for the doctor, never sent."""

    code: Code
    msg: str
    why: str


NO_HEADERS = Refusal(Code.HEADERS, "A header of the signature is missing, comes twice or is too long.", "headers")
NOT_IN_TIME = Refusal(Code.TIMESTAMP, "The timestamp is not within the time this server takes.", "timestamp")
NO_KEY = Refusal(Code.KEY, "The key does not exist.", "key")
PLAIN_PASSPHRASE = Refusal(Code.PLAIN_PASSPHRASE, "Key version 1 is not taken: sign the passphrase.", "version_1")
NO_VERSION = Refusal(Code.VERSION, "The key version is not one this server takes.", "version")
NOT_SIGNED = Refusal(Code.SIGNATURE, "The signature does not fit the request.", "signature")
WRONG_PASSPHRASE = Refusal(Code.PASSPHRASE, "The passphrase does not fit the key.", "passphrase")


@dataclass(frozen=True, slots=True)
class HeaderNames:
    """In lower case. The prefix is the operator's."""

    key: str
    sign: str
    timestamp: str
    passphrase: str
    version: str
    all: frozenset[str]

    @classmethod
    def of(cls, prefix: str) -> "HeaderNames":
        names = [f"{prefix.lower()}-{name}" for name in ("key", "sign", "timestamp", "passphrase", "key-version")]
        return cls(names[0], names[1], names[2], names[3], names[4], all=frozenset(names))


class SignedRequest(NamedTuple):
    """As the platform's gateway received it: the raw target, every header, the exact bytes of the body."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Presented(NamedTuple):
    """The five headers, each there once. ``timestamp`` is what was sent; ``at`` the same in milliseconds."""

    key: str
    sign: str
    timestamp: str
    passphrase: str
    version: str
    at: int

    def __repr__(self) -> str:
        return "Presented(…)"


def present(request: SignedRequest, names: HeaderNames) -> Presented | Refusal:
    """Headers and the form of the timestamp; whether it is in time is asked of ``in_time``."""
    found: dict[str, str] = {}
    ours = names.all
    for name, value in request.headers:
        lowered = name.lower()
        if lowered in ours:
            if lowered in found or not 0 < len(value) <= MOST_HEADER:
                return NO_HEADERS
            found[lowered] = value
    try:
        key, sign = found[names.key], found[names.sign]
        timestamp, passphrase = found[names.timestamp], found[names.passphrase]
    except KeyError:
        return NO_HEADERS
    at = int(timestamp) if _TIMESTAMP.fullmatch(timestamp) else 0
    return Presented(key, sign, timestamp, passphrase, found.get(names.version, "1"), at)


def in_time(presented: Presented, now: int, started: int) -> bool:
    """Milliseconds since the epoch. A timestamp from before this node's start may have been spent on its forerunner."""
    behind = now - presented.at
    return -WINDOW_AHEAD <= behind < WINDOW_BEHIND and presented.at >= started


def refuse_version(presented: Presented) -> Refusal | None:
    if presented.version in _VERSIONS:
        return None
    return PLAIN_PASSPHRASE if presented.version == "1" else NO_VERSION


def is_signed(request: SignedRequest, presented: Presented, secret: bytes | Mac) -> bool:
    """The raw target first, then the one whose query is decoded, where that can stand for no other request.

    ``secret``: the key's, or what was worked out of it beforehand.
    The same work whether the first fits or not, and for a secret that is nobody's.
    """
    mac = Mac(secret) if isinstance(secret, bytes) else secret
    decoded = decoded_target(request.target)
    given = presented.sign.encode("utf-8", "replace")
    raw_fits = hmac.compare_digest(_signature(request, presented.timestamp, request.target, mac), given)
    decoded_fits = decoded is not None and hmac.compare_digest(
        _signature(request, presented.timestamp, decoded, mac), given
    )
    return (raw_fits or decoded_fits) and is_sound(request)


def signature(secret: bytes, text: bytes) -> bytes:
    """Standard Base64, 44 characters."""
    return b2a_base64(hmac.digest(secret, text, "sha256"), newline=False)


def string_to_sign(timestamp: str, method: str, target: str, body: bytes) -> bytes:
    return f"{timestamp}{method}{target}".encode("utf-8", "replace") + body


def _signature(request: SignedRequest, timestamp: str, target: str, mac: Mac) -> bytes:
    return b2a_base64(mac.raw(string_to_sign(timestamp, request.method, target, request.body)), newline=False)


def decoded_target(target: str) -> str | None:
    """The path as it is, the query percent-decoded; None where nothing is escaped, or where decoding would make a
    sign that separates or escapes, a control character or no UTF-8.

    ``memo=1%26amount%3D9`` and ``memo=1&amount=9`` would share a signature, and so would ``%2541`` and ``%41``.
    """
    path, mark, query = target.partition("?")
    if "%" not in query or not target.isascii():
        return None
    raw = query.encode()
    escaped = {int(pair, 16) for pair in _ESCAPE.findall(raw)}
    if not escaped or not _ADDING.isdisjoint(escaped):
        return None
    try:
        decoded = _ESCAPE.sub(lambda pair: bytes((int(pair[1], 16),)), raw).decode("utf-8")
    except UnicodeDecodeError:
        return None
    if any(ord(sign) < 0x20 or 0x7F <= ord(sign) < 0xA0 for sign in decoded):
        return None
    if _ESCAPE.search(decoded.encode()) is not None:  # a stray % and what was decoded make an escape of their own
        return None
    return f"{path}{mark}{decoded}"


def is_sound(request: SignedRequest) -> bool:
    """Whether method, target and body can be cut apart in one way only (nothing stands between them)."""
    if (request.method not in _USUAL and not _METHOD.fullmatch(request.method)) or not _is_target(request.target):
        return False
    if request.method in _BODYLESS:
        return not request.body
    if "{" in request.target or "[" in request.target:  # its end could be the beginning of a body
        return False
    return not request.body or _is_json(request.body)


def _is_target(target: str) -> bool:
    return len(target) <= MOST_TARGET and _TARGET.fullmatch(target) is not None and "#" not in target


def _is_json(body: bytes) -> bool:
    """An object or an array, from the first byte on (RFC 8259)."""
    if body[:1] not in (b"{", b"["):
        return False
    try:
        _READ(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return False
    return True


def _no_number(_: str) -> NoReturn:
    raise ValueError("not a number")


_READ = json.JSONDecoder(parse_constant=_no_number).decode


def signed_passphrase(secret: bytes, passphrase: str) -> str:
    """What versions 2 and 3 send: constant for a key."""
    return signature(secret, passphrase.encode()).decode()
