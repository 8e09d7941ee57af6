"""The only drawer of randomness: tokens, ids, digits, letters, jitter.

The source is the operating system's (``secrets``); tests put in a source of their own.
"""

import base64
import secrets
from collections.abc import Callable
from typing import final

from watchword.foundation.secret import Secret

ID_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's Base32 in lower case: no i, l, o, u."""
ID_LENGTH = 26
_PAIRS = [first + second for first in ID_LETTERS for second in ID_LETTERS]
_SHIFTS = range(5 * (ID_LENGTH - 2), -1, -10)
REFERENCE_LETTERS = "BCDFGHJKMNPQRTVWXZ"
"""No vowels, so no words; no letter that reads like another or like a digit."""
FEWEST_TOKEN_BYTES = 16


@final
class Randomness:
    def __init__(self, source: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._source = source

    def bytes(self, count: int) -> bytes:
        drawn = self._source(count)
        if len(drawn) != count:
            raise RuntimeError("the source of randomness gave too little")
        return drawn

    def token(self, count: int = 32) -> Secret:
        """``count`` bytes in URL-safe Base64 without padding."""
        if count < FEWEST_TOKEN_BYTES:
            raise ValueError("a token of fewer than 128 bits can be guessed")
        return Secret(base64.urlsafe_b64encode(self.bytes(count)).rstrip(b"=").decode())

    def id(self) -> str:
        """128 bits in 26 characters. Names a row; it is no secret and opens nothing."""
        number = int.from_bytes(self.bytes(16))
        return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])

    def digits(self, count: int) -> Secret:
        return Secret("".join(map(str, self._below(10, count))))

    def letters(self, count: int) -> str:
        """A reference that people read to each other; no secret."""
        return "".join(REFERENCE_LETTERS[drawn] for drawn in self._below(len(REFERENCE_LETTERS), count))

    def uniform(self) -> float:
        """From 0 up to, but not including, 1; for jitter."""
        return (int.from_bytes(self.bytes(7)) >> 3) / (1 << 53)

    def _below(self, bound: int, count: int) -> list[int]:
        """Unbiased: bytes past the last whole multiple of ``bound`` are drawn again."""
        whole, drawn = 256 - 256 % bound, list[int]()
        while len(drawn) < count:
            drawn += [byte % bound for byte in self.bytes(count - len(drawn)) if byte < whole]
        return drawn
