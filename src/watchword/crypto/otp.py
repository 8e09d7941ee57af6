"""Time-based one-time passwords: RFC 6238 over RFC 4226, SHA-1, six digits, 30 seconds. Pure.

SHA-1 and six digits are what every authenticator app reads; HMAC does not rest on the collisions SHA-1 has lost.
Verifying follows NIST SP 800-63B-4 section 3.1.4.2: a window of one step either side, each output once.
"""

import base64
import hmac
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

import pyotp

from watchword.crypto.tokens import Randomness
from watchword.foundation.secret import Secret

STEP = timedelta(seconds=30)
DIGITS = 6
SECRET_BYTES = 20
"""160 bits, as long as the digest: RFC 4226 section 4, requirement R6."""
_LONGEST_TYPED = 32


def new_totp_secret(randomness: Randomness) -> bytes:
    return randomness.bytes(SECRET_BYTES)


def step_at(moment: datetime) -> int:
    """The number of the 30-second step a moment lies in, counted from 1970 (T of RFC 6238 section 4.2)."""
    return int(moment.timestamp() // STEP.total_seconds())


def read_output(typed: str) -> str | None:
    """Six ASCII digits, or None. Spaces, and digits as a Chinese keyboard gives them, are fine."""
    if len(typed) > _LONGEST_TYPED:
        return None
    output = "".join(unicodedata.normalize("NFKC", typed).split())
    return output if len(output) == DIGITS and output.isascii() and output.isdigit() else None


def matching_step(secret: bytes, output: str, *, now: datetime, window: int = 1, after: int | None) -> int | None:
    """The step whose output this is, at most ``window`` steps from now and later than ``after``; or None.

    Once in a million the steps of one window share an output. Then the latest is given, so that storing it
    bars them all; and if one of them is not later than ``after``, the output was shown before: None.
    """
    current = step_at(now)
    steps = _matching(secret, output, range(current - window, current + window + 1))
    if not steps or (after is not None and steps[0] <= after):
        return None
    return steps[-1]


def matching_steps_within(secret: bytes, output: str, now: datetime, span: timedelta) -> list[int]:
    """Every step at most ``span`` from now with this output, oldest first: for the clock doctor, never to accept."""
    current, reach = step_at(now), span // STEP
    return _matching(secret, output, range(current - reach, current + reach + 1))


def _matching(secret: bytes, typed: str, steps: Iterable[int]) -> list[int]:
    """Compares with every step, whichever matches and whatever was typed."""
    output = (read_output(typed) or "").encode()
    totp = pyotp.TOTP(_base32(secret), digits=DIGITS, interval=int(STEP.total_seconds()))
    return [step for step in steps if step >= 0 and hmac.compare_digest(totp.generate_otp(step).encode(), output)]


def base32_text(secret: bytes) -> Secret:
    """The backup key, as apps read it."""
    return Secret(_base32(secret))


def otpauth_uri(secret: bytes, *, issuer: str, holder: str) -> Secret:
    """``otpauth://totp/…`` for the QR code and the link on the same device.

    Parameters that have their default value are named all the same: some apps guess otherwise.
    """
    # A colon parts issuer and holder, so neither may hold one.
    issuer, holder = issuer.replace(":", " "), holder.replace(":", " ")
    label = f"{quote(issuer, safe='')}:{quote(holder, safe='@')}"
    parameters = {
        "secret": _base32(secret),
        "issuer": issuer,
        "algorithm": "SHA1",
        "digits": DIGITS,
        "period": int(STEP.total_seconds()),
    }
    return Secret(f"otpauth://totp/{label}?{urlencode(parameters, quote_via=quote)}")


def _base32(secret: bytes) -> str:
    return base64.b32encode(secret).decode().rstrip("=")
