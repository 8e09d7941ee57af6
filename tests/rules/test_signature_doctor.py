"""The signature doctor: each mistake that people make is told by its own word."""

import base64
import hmac
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from watchword.foundation.languages import words_in
from watchword.handover import request_signing as signing
from watchword.handover import signature_doctor as doctor
from watchword.handover.api_keys.failures import Failure
from watchword.handover.request_signing import HeaderNames, Presented, SignedRequest
from watchword.web.key_words import hint

SECRET = b"wws_secret"
AT = "1547015186532"
NAMES = HeaderNames.of("API")
BODY = b'{"side": "buy","size":"1.5"}'
ORDER = SignedRequest("POST", "/orders?a=1%2B1", (), BODY)


def mac(text: str | bytes) -> bytes:
    return hmac.digest(SECRET, text.encode() if isinstance(text, str) else text, "sha256")


def b64(text: str | bytes) -> str:
    return base64.b64encode(mac(text)).decode()


def shown(sign: str, *, timestamp: str = AT, passphrase: str = "p") -> Presented:
    return Presented("k", sign, timestamp, passphrase, "2", int(timestamp) if len(timestamp) == 13 else 0)


WHOLE = f"{AT}POST/orders?a=1%2B1".encode() + BODY
MISTAKES = (
    ("hex", mac(WHOLE).hex()),
    ("hex", mac(WHOLE).hex().upper()),
    ("base64url", base64.urlsafe_b64encode(mac(WHOLE)).decode().rstrip("=")),
    ("base64_of_hex", base64.b64encode(mac(WHOLE).hex().encode()).decode()),
    ("lower_method", b64(f"{AT}post/orders?a=1%2B1".encode() + BODY)),
    ("timestamp_changed", b64(f"{AT[:10]}POST/orders?a=1%2B1".encode() + BODY)),
    ("query_not_signed", b64(f"{AT}POST/orders".encode() + BODY)),
    ("query_decoded", b64(f"{AT}POST/orders?a=1+1".encode() + BODY)),
    ("body_not_signed", b64(f"{AT}POST/orders?a=1%2B1")),
    ("body_rewritten", b64(f"{AT}POST/orders?a=1%2B1".encode() + b'{"side":"buy","size":"1.5"}')),
    ("secret_or_content", b64("something else")),
    ("secret_or_content", "no signature"),
)


@pytest.mark.parametrize(("word", "sign"), MISTAKES)
def test_a_signature_that_does_not_fit(word: str, sign: str) -> None:
    assert doctor.why_not_signed(ORDER, shown(sign), SECRET) == word


def test_a_body_that_nobody_can_write_as_it_is() -> None:
    """Half of a surrogate pair is JSON and no UTF-8: whoever sends it learns no more than others, and stops nothing."""
    asked = SignedRequest("POST", "/orders", (), rb'{"side": "\ud800"}')
    assert doctor.why_not_signed(asked, shown("no signature"), SECRET) == "secret_or_content"
    rewritten = b64(f"{AT}POST/orders".encode() + rb'{"side":"\ud800"}')
    assert doctor.why_not_signed(asked, shown(rewritten), SECRET) == "body_rewritten"


def test_a_query_signed_encoded_and_sent_as_it_is() -> None:
    asked = SignedRequest("GET", "/w?chain=BEP20(BSC)", (), b"")
    assert doctor.why_not_signed(asked, shown(b64(f"{AT}GET/w?chain=BEP20%28BSC%29")), SECRET) == "query_encoded"


@pytest.mark.parametrize(
    ("word", "asked"),
    [
        ("body_where_none_may_be", SignedRequest("GET", "/w", (), b"{}")),
        ("body_no_json", SignedRequest("POST", "/w", (), b"a=1")),
        ("target_ambiguous", SignedRequest("POST", "/w?a=[1]", (), b"")),
    ],
)
def test_what_is_signed_and_refused_all_the_same(word: str, asked: SignedRequest) -> None:
    sign = b64(f"{AT}{asked.method}{asked.target}".encode() + asked.body)
    assert doctor.why_not_signed(asked, shown(sign), SECRET) == word


@pytest.mark.parametrize(
    ("timestamp", "now", "found"),
    [
        (AT, int(AT) + 7200, ("clock_behind", 7200)),
        (AT, int(AT) - 1500, ("clock_ahead", -1500)),
        (AT, int(AT) + 10, ("before_start", 10)),
        (AT[:10], int(AT), ("timestamp_in_seconds", None)),
        (f"{AT}000", int(AT), ("timestamp_in_microseconds", None)),
        ("yesterday", int(AT), ("timestamp_unreadable", None)),
        ("123", int(AT), ("timestamp_unreadable", None)),
    ],
)
def test_a_timestamp(timestamp: str, now: int, found: tuple[str, int | None]) -> None:
    assert doctor.why_not_in_time(shown("s", timestamp=timestamp), now) == found


@pytest.mark.parametrize(
    ("sent", "word"),
    [
        ("my pass", "passphrase_plain"),
        (mac("my pass").hex(), "passphrase_hex"),
        ("ff00", "passphrase"),
        ("another", "passphrase"),
    ],
)
def test_a_passphrase(sent: str, word: str) -> None:
    is_right: Callable[[str], bool] = lambda each: each == signing.signed_passphrase(SECRET, "my pass")  # noqa: E731
    assert doctor.why_not_the_passphrase(shown("s", passphrase=sent), SECRET, is_right) == word


GIVEN = {"API-KEY": "k", "API-SIGN": "s", "API-TIMESTAMP": AT, "API-PASSPHRASE": "p"}


@pytest.mark.parametrize(
    ("headers", "word"),
    [
        ([(name, value) for name, value in GIVEN.items() if name != "API-SIGN"], "no_sign"),
        ([(name, value) for name, value in GIVEN.items() if name != "API-TIMESTAMP"], "no_timestamp"),
        ([(name, value) for name, value in GIVEN.items() if name != "API-PASSPHRASE"], "no_passphrase"),
        ([*GIVEN.items(), ("api-sign", "t")], "header_twice"),
        ([*GIVEN.items(), ("API-KEY-VERSION", "2" * 200)], "header_too_long"),
    ],
)
def test_headers(headers: list[tuple[str, str]], word: str) -> None:
    assert doctor.why_not_presented(SignedRequest("GET", "/", tuple(headers), b""), NAMES) == word


def test_each_word_has_its_sentence() -> None:
    for language in ("en", "zh-Hans"):
        words, said = words_in(language), set()
        unknown = words.gettext("The request was refused.")
        for word in doctor.WORDS:
            behind = {"clock_behind": 7240, "clock_ahead": -1500}.get(word)
            failure = Failure(
                at=datetime(2027, 3, 1, tzinfo=UTC), code="4", why=word, milliseconds=behind, method="GET", network="n"
            )
            said.add(hint(words, failure))
            assert hint(words, failure) != unknown, word
        assert len(said) == len(doctor.WORDS)
