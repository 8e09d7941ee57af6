"""Why a request was refused, in one word: what people who write bots get wrong, tried one after the other. Pure.

Only the key's owner ever reads it. A finding is no way in: a request that fits one of these is still refused.
"""

import hmac
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from urllib.parse import quote, unquote, unquote_plus

from watchword.handover import request_signing as signing
from watchword.handover.request_signing import HeaderNames, Presented, SignedRequest

WORDS = frozenset(
    {
        "no_sign", "no_timestamp", "no_passphrase", "header_twice", "header_too_long",
        "timestamp_in_seconds", "timestamp_in_microseconds", "timestamp_unreadable",
        "clock_behind", "clock_ahead", "before_start", "version_1", "version",
        "hex", "base64url", "base64_of_hex", "lower_method", "query_encoded", "query_decoded", "query_not_signed",
        "body_not_signed", "body_rewritten", "body_where_none_may_be", "body_no_json", "target_ambiguous",
        "timestamp_changed", "secret_or_content",
        "passphrase_plain", "passphrase_hex", "passphrase",
        "ended", "replayed", "address", "frozen", "paused", "not_yet", "idle", "permission",
    }
)  # fmt: skip


def why_not_presented(request: SignedRequest, names: HeaderNames) -> str:
    """Of 400001."""
    ours = [names.sign, names.timestamp, names.passphrase, names.key, names.version]
    found = [(name.lower(), value) for name, value in request.headers if name.lower() in ours]
    if len({name for name, _ in found}) < len(found):
        return "header_twice"
    if any(len(value) > signing.MOST_HEADER for _, value in found):
        return "header_too_long"
    given = {name for name, value in found if value}
    if names.sign not in given:
        return "no_sign"
    return "no_timestamp" if names.timestamp not in given else "no_passphrase"


def why_not_in_time(presented: Presented, now: int) -> tuple[str, int | None]:
    """Of 400002: a word, and how many milliseconds the client's clock is behind; ahead: below zero."""
    text = presented.timestamp
    if not presented.at:
        digits = {10: "timestamp_in_seconds", 16: "timestamp_in_microseconds"}
        return (digits.get(len(text), "timestamp_unreadable") if text.isdecimal() else "timestamp_unreadable"), None
    behind = now - presented.at
    if behind >= signing.WINDOW_BEHIND:
        return "clock_behind", behind
    return ("clock_ahead", behind) if behind < -signing.WINDOW_AHEAD else ("before_start", behind)


def why_not_signed(request: SignedRequest, presented: Presented, secret: bytes) -> str:
    """Of 400005."""
    given = presented.sign
    if any(given == each for each in _signs(request, presented, secret)):
        return _unsound(request)
    for word, text in _other_texts(request, presented):
        if given == signing.signature(secret, text).decode():
            return word
    for word, write in _OTHER_SPELLINGS:
        for target in _targets(request):
            text = signing.string_to_sign(presented.timestamp, request.method, target, request.body)
            if given.rstrip("=") == write(hmac.digest(secret, text, "sha256")).rstrip("="):
                return word
    return "secret_or_content"


def why_not_the_passphrase(presented: Presented, secret: bytes, is_right: Callable[[str], bool]) -> str:
    """Of 400004. ``is_right``: whether that is what should have been sent."""
    if is_right(signing.signed_passphrase(secret, presented.passphrase)):
        return "passphrase_plain"
    try:
        as_hex = b64encode(bytes.fromhex(presented.passphrase)).decode()
    except ValueError:
        return "passphrase"
    return "passphrase_hex" if is_right(as_hex) else "passphrase"


_OTHER_SPELLINGS: tuple[tuple[str, Callable[[bytes], str]], ...] = (
    ("hex", lambda mac: mac.hex()),
    ("hex", lambda mac: mac.hex().upper()),
    ("base64url", lambda mac: urlsafe_b64encode(mac).decode()),
    ("base64_of_hex", lambda mac: b64encode(mac.hex().encode()).decode()),
)


def _targets(request: SignedRequest) -> Iterator[str]:
    yield request.target
    decoded = signing.decoded_target(request.target)
    if decoded is not None:
        yield decoded


def _signs(request: SignedRequest, presented: Presented, secret: bytes) -> Iterator[str]:
    for target in _targets(request):
        text = signing.string_to_sign(presented.timestamp, request.method, target, request.body)
        yield signing.signature(secret, text).decode()


def _unsound(request: SignedRequest) -> str:
    """It is signed, and refused all the same: it could be cut apart in two ways."""
    if request.body and request.method in ("GET", "HEAD", "DELETE"):
        return "body_where_none_may_be"
    sound = signing.is_sound(SignedRequest(request.method, request.target, (), b""))
    return "body_no_json" if sound else "target_ambiguous"


def _other_texts(request: SignedRequest, presented: Presented) -> Iterator[tuple[str, bytes]]:
    """What clients sign instead, each with its word."""
    at, method, target, body = presented.timestamp, request.method, request.target, request.body
    text = signing.string_to_sign
    path, mark, query = target.partition("?")
    yield "lower_method", text(at, method.lower(), target, body)
    yield "timestamp_changed", text(at[:10], method, target, body)
    if mark:
        yield "query_not_signed", text(at, method, path, body)
        yield "query_decoded", text(at, method, f"{path}?{unquote(query)}", body)
        yield "query_decoded", text(at, method, f"{path}?{unquote_plus(query)}", body)
        yield "query_encoded", text(at, method, f"{path}?{quote(unquote(query), safe='=&')}", body)
    if body:
        yield "body_not_signed", text(at, method, target, b"")
        for rewritten in _rewritten(body):
            yield "body_rewritten", text(at, method, target, rewritten)


def _rewritten(body: bytes) -> Iterator[bytes]:
    """The same JSON as other programs would write it; half of a surrogate pair only as an escape."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return
    for separators in ((",", ":"), (", ", ": ")):
        for sort in (False, True):
            for ascii_only in (False, True):
                with suppress(UnicodeEncodeError, RecursionError):
                    written = json.dumps(content, separators=separators, sort_keys=sort, ensure_ascii=ascii_only)
                    yield written.encode()
