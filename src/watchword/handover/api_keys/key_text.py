"""How a key and its secret are written: a prefix, the content, and a checksum, so that a leak is found by its look.

``wwk_`` or ``wws_``, then 26 or 52 letters of Crockford's Base32, then seven more: the CRC-32 of all before it. A
scanner of secrets takes ``ww[ks]_[0-9a-hjkmnp-tv-z]{33}(?:[0-9a-hjkmnp-tv-z]{26})?`` and the checksum leaves no false
alarms. Pure.
"""

import binascii
import re
from functools import lru_cache

from watchword.crypto.tokens import ID_LENGTH, ID_LETTERS

KEY_PREFIX, SECRET_PREFIX = "wwk_", "wws_"
CHECK_LENGTH = 7
_KEY = re.compile(f"{KEY_PREFIX}([{ID_LETTERS}]{{{ID_LENGTH}}})[{ID_LETTERS}]{{{CHECK_LENGTH}}}", re.ASCII)


def write_key(key_id: str) -> str:
    """The key of a row's id."""
    return _checked(f"{KEY_PREFIX}{key_id}")


def write_secret(content: str) -> str:
    """``content``: 52 letters, 256 bits."""
    return _checked(f"{SECRET_PREFIX}{content}")


@lru_cache(maxsize=8192)
def read_key(text: str) -> str | None:
    """The row's id, or None for what is no key of ours."""
    match = _KEY.fullmatch(text)
    return match[1] if match is not None and write_key(match[1]) == text else None


def _checked(text: str) -> str:
    check = binascii.crc32(text.encode())
    letters = [ID_LETTERS[check >> shift & 31] for shift in range(5 * (CHECK_LENGTH - 1), -1, -5)]
    return text + "".join(letters)
