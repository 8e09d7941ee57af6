"""One-time passwords against RFC 4226 appendix D and RFC 6238 appendix B."""

import base64
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.crypto.support import counting_source, vectors
from watchword.crypto import otp
from watchword.crypto.tokens import Randomness

HOTP, TOTP = vectors("rfc4226"), vectors("rfc6238")
SECRET = bytes.fromhex(TOTP["secret"])
NOW = datetime(2027, 3, 1, 12, 0, 10, tzinfo=UTC)
STEP = otp.step_at(NOW)


def output_at(step: int, secret: bytes = SECRET) -> str:
    return pyotp.HOTP(base64.b32encode(secret).decode()).at(step)


def moment(step: int) -> datetime:
    return datetime.fromtimestamp(step * 30, tz=UTC)


@pytest.mark.parametrize(("step", "output"), list(enumerate(HOTP["outputs"])))
def test_rfc_4226_appendix_d(step, output):
    assert otp.matching_step(bytes.fromhex(HOTP["secret"]), output, now=moment(step), window=0, after=None) == step


@pytest.mark.parametrize("case", TOTP["cases"], ids=lambda case: str(case["seconds"]))
def test_rfc_6238_appendix_b(case):
    now = datetime.fromtimestamp(case["seconds"], tz=UTC)
    assert otp.step_at(now) == case["step"]
    assert otp.matching_step(SECRET, case["output"][2:], now=now, window=0, after=None) == case["step"]


@pytest.mark.parametrize(("offset", "matched"), [(-2, None), (-1, STEP - 1), (0, STEP), (1, STEP + 1), (2, None)])
def test_one_step_either_side_is_accepted(offset, matched):
    assert otp.matching_step(SECRET, output_at(STEP + offset), now=NOW, after=None) == matched


@pytest.mark.parametrize(
    ("after", "matched"), [(STEP - 2, STEP), (STEP - 1, STEP), (STEP, None), (STEP + 1, None), (STEP + 500, None)]
)
def test_only_a_step_later_than_the_last_is_accepted(after, matched):
    assert otp.matching_step(SECRET, output_at(STEP), now=NOW, after=after) == matched


# Found by trying: with a secret of 20 zero bytes, these steps share their output with one that follows.
@pytest.mark.parametrize(("first", "second"), [(418590, 418591), (1619410, 1619412)])
def test_an_output_that_two_steps_share_serves_once(first, second):
    secret = bytes(20)
    output, now = output_at(first, secret), moment(first + 1)
    assert output_at(second, secret) == output
    assert otp.matching_step(secret, output, now=now, after=None) == second
    assert otp.matching_step(secret, output, now=now, after=second) is None
    # Shown and accepted at the first of its steps, it is not new at the second.
    assert otp.matching_step(secret, output, now=now, after=first) is None


@given(st.integers(min_value=0, max_value=2**32), st.binary(min_size=20, max_size=20))
def test_what_an_app_shows_is_found(step, secret):
    assert otp.matching_step(secret, output_at(step, secret), now=moment(step), after=None) in (step, step + 1)


def test_a_step_begins_on_the_half_minute_in_every_time_zone():
    edge = datetime(2027, 3, 1, 12, 0, 30, tzinfo=UTC)
    assert otp.step_at(edge) == otp.step_at(edge - timedelta(microseconds=1)) + 1
    assert otp.step_at(edge.astimezone(timezone(timedelta(hours=8)))) == otp.step_at(edge)


@pytest.mark.parametrize("typed", ["{}", " {} ", "１２３", "{0[0]}{0[1]}{0[2]} {0[3]}{0[4]}{0[5]}"])
def test_spaces_and_wide_digits_are_the_same_output(typed):
    output = output_at(STEP)
    wide = output.translate({ord(digit): ord(digit) - ord("0") + ord("０") for digit in "0123456789"})
    text = wide if typed == "１２３" else typed.format(output)
    assert otp.read_output(text) == output
    assert otp.matching_step(SECRET, text, now=NOW, after=None) == STEP


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "12345",
        "1234567",
        "12345a",
        "-12345",
        "+12345",
        "1.2345",
        "①②③④⑤",
        "١٢٣٤٥٦",
        "\x00123456",
        "1" * 33,
        "\ud800" * 6,
    ],
)
def test_what_is_not_six_digits_matches_nothing(typed):
    assert otp.read_output(typed) is None
    assert otp.matching_step(SECRET, typed, now=NOW, after=None) is None
    assert otp.matching_steps_within(SECRET, typed, NOW, timedelta(minutes=10)) == []


def test_steps_within_a_span_reach_just_so_far():
    span = timedelta(minutes=10)
    for offset, found in [(-21, []), (-20, [STEP - 20]), (-5, [STEP - 5]), (20, [STEP + 20]), (21, [])]:
        assert otp.matching_steps_within(SECRET, output_at(STEP + offset), NOW, span) == found


def test_before_1970_there_are_no_steps():
    assert otp.matching_step(SECRET, output_at(0), now=moment(0), after=None) == 0
    assert otp.matching_steps_within(SECRET, output_at(1), moment(0), timedelta(minutes=1)) == [1]


def test_a_new_secret_has_160_bits():
    randomness = Randomness(counting_source())
    assert len(otp.new_totp_secret(randomness)) == 20
    assert otp.new_totp_secret(randomness) != otp.new_totp_secret(randomness)


def test_the_backup_key_reads_back():
    assert base64.b32decode(otp.base32_text(SECRET).reveal()) == SECRET


def test_the_uri_says_all_an_app_needs_and_hides_in_repr():
    uri = otp.otpauth_uri(SECRET, issuer="Watch & Word", holder="ann+x@example.com")
    parts = urlsplit(uri.reveal())
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == "/Watch & Word:ann+x@example.com"
    assert parse_qs(parts.query) == {
        "secret": [otp.base32_text(SECRET).reveal()],
        "issuer": ["Watch & Word"],
        "algorithm": ["SHA1"],
        "digits": ["6"],
        "period": ["30"],
    }
    assert "+" not in parts.query
    assert "Secret(" in repr(uri)
    parsed = pyotp.parse_uri(uri.reveal())
    assert isinstance(parsed, pyotp.TOTP)
    assert parsed.generate_otp(STEP) == output_at(STEP)


def test_a_colon_can_not_move_the_border_between_issuer_and_holder():
    uri = otp.otpauth_uri(SECRET, issuer="a:b", holder="c:d").reveal()
    assert urlsplit(uri).path == "/a%20b:c%20d"
