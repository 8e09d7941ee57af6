"""The text of recovery codes: 80 bits in Crockford's Base32, as ``xxxx-xxxx-xxxx-xxxx``."""

import unicodedata

from watchword.crypto.tokens import ID_LETTERS, Randomness
from watchword.foundation.secret import Secret

LETTERS = 16
_BYTES = 10
_GROUP = 4
_LONGEST_TYPED = 64
_LOOK_ALIKES = str.maketrans({"i": "1", "l": "1", "o": "0"})


def new_recovery_code(randomness: Randomness) -> Secret:
    number = int.from_bytes(randomness.bytes(_BYTES))
    bare = "".join(ID_LETTERS[number >> shift & 31] for shift in range(5 * (LETTERS - 1), -1, -5))
    return Secret("-".join(bare[at : at + _GROUP] for at in range(0, LETTERS, _GROUP)))


def normalise_recovery_code(text: str) -> str | None:
    """The sixteen letters a person meant, or None. Case, spaces and dashes are free; o is 0, i and l are 1."""
    if len(text) > _LONGEST_TYPED:
        return None
    folded = unicodedata.normalize("NFKC", text).lower()
    kept = "".join(letter for letter in folded if not letter.isspace() and unicodedata.category(letter) != "Pd")
    bare = kept.translate(_LOOK_ALIKES)
    return bare if len(bare) == LETTERS and set(bare) <= set(ID_LETTERS) else None
