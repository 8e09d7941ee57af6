"""Which passphrases are taken (NIST SP 800-63B-4 3.1.1.2): long enough, not common, not made of known words.

No composition rules. Length counts code points after NFC; nothing is trimmed or cut.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from zxcvbn_rs_py import zxcvbn

from watchword.authenticators.breached import BreachedRange
from watchword.authenticators.common_list import CommonList
from watchword.foundation.errors import Unacceptable

COIN_NAMES = (
    "bitcoin", "ethereum", "tether", "solana", "ripple", "cardano", "dogecoin", "polkadot", "litecoin", "monero",
    "avalanche", "chainlink", "stellar", "crypto", "blockchain", "satoshi", "usdt", "usdc", "hodl",
)  # fmt: skip
_LEFT_OVER = 8
"""A passphrase may contain known words, if at least this much is left without them."""
_FEWEST_GUESSES_LOG10 = 8.0
_ESTIMATED = 72
"""The estimator takes time quadratic in the length: it sees no more than this."""


def normalise(passphrase: str) -> str:
    return unicodedata.normalize("NFC", passphrase)


@dataclass(frozen=True, kw_only=True)
class PassphraseRulebook:
    common: CommonList
    brand: str
    longest: int
    breached: BreachedRange | None = None

    def check_breached(self, passphrase: str) -> None:
        """Raises Unacceptable. Asks over the network, where the operator set a mirror: outside a transaction."""
        if self.breached is not None and passphrase in self.breached:
            raise Unacceptable("breached", "new_passphrase")

    def check(self, passphrase: str, *, shortest: int, identifiers: Iterable[str]) -> None:
        """Raises Unacceptable with the reason: too_short, too_long, unreadable, common, brand, identifier,
        coin_names, guessable."""
        if len(passphrase) > self.longest:
            raise Unacceptable("too_long", "new_passphrase")
        if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in passphrase):
            raise Unacceptable("unreadable", "new_passphrase")
        if len(passphrase) < shortest:
            raise Unacceptable("too_short", "new_passphrase")
        if passphrase in self.common:
            raise Unacceptable("common", "new_passphrase")
        named = [word for identifier in identifiers for word in _parts(identifier)]
        for reason, words in (("brand", _parts(self.brand)), ("identifier", named), ("coin_names", COIN_NAMES)):
            if _made_of(passphrase, words):
                raise Unacceptable(reason, "new_passphrase")
        if zxcvbn(passphrase[:_ESTIMATED], [*_parts(self.brand), *named, *COIN_NAMES]).guesses_log10 < (
            _FEWEST_GUESSES_LOG10
        ):
            raise Unacceptable("guessable", "new_passphrase")


def _parts(text: str) -> list[str]:
    """The words of an identifier or a brand that are worth refusing, whole and in pieces."""
    whole = text.lower()
    return sorted({whole, *whole.split("@"), *re.split(r"[^\w]+", whole)} - {""}, key=len, reverse=True)


def _made_of(passphrase: str, words: Iterable[str]) -> bool:
    left = passphrase.lower()
    for word in words:
        if len(word) >= 4:
            left = left.replace(word, "")
    return len(left) < len(passphrase) and len(re.sub(r"[\W_]+", "", left)) < _LEFT_OVER
