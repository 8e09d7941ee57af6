"""How alike two names look: skeletons (Unicode Technical Standard 39, section 4), small slips, differences. Pure.

Letters that look alike come from the Unicode list of confusables; pairs of letters that read as one are ours.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache

from confusable_homoglyphs.confusables import confusables_data

_PAIRS = (("vv", "w"), ("cl", "d"))
_IGNORED = frozenset({"Cf", "Cc", "Mn", "Me"})
_SHORT, _LONG = 5, 9
MISSING = "▯"
"""Stands where ours has a letter and the typed name has none, or none that shows."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A stretch of a name as it was typed."""

    text: str
    differs: bool


def skeletons(text: str) -> frozenset[str]:
    """Names that may be taken for each other share one. Two, since a capital I looks like an l and a small one not."""
    return frozenset({_skeleton(text), _skeleton(text.casefold())})


def _skeleton(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    shown = "".join(_prototypes().get(sign, sign) for sign in decomposed if unicodedata.category(sign) not in _IGNORED)
    folded = "".join(
        sign for sign in unicodedata.normalize("NFKD", shown).casefold() if unicodedata.category(sign) not in _IGNORED
    )
    for pair, single in _PAIRS:
        folded = folded.replace(pair, single)
    return folded


@cache
def _prototypes() -> dict[str, str]:
    """Sign -> what it looks like. The list names both directions; a sign with one neighbour alone is the look-alike,
    one with many is what they look like."""
    found: dict[str, str] = {}
    for sign, neighbours in confusables_data.items():
        if len(sign) == 1 and len(neighbours) == 1:
            prototype = neighbours[0]["c"].strip("\u200e")
            if sign not in _SELF:
                found[sign] = prototype
    return found


_SELF = frozenset("abcdefghijklnopqrstuvwxyz23456789-_.@")
"""What stands for itself, whatever a later list says."""


def likeness(typed: frozenset[str], ours: frozenset[str]) -> int | None:
    """Of two names by their skeletons, how near they look: 0 the same; 1 or 2 a slip of as many letters, in a name long
    enough for it; 3 ours within it; None: not alike."""
    found = [_near(theirs, mine) for mine in ours for theirs in typed]
    return min((each for each in found if each is not None), default=None)


def _near(theirs: str, mine: str) -> int | None:
    allowed = 2 if len(mine) >= _LONG else 1 if len(mine) >= _SHORT else 0
    made = slips(theirs, mine, allowed)
    if made <= allowed:
        return made
    return 3 if len(mine) >= _SHORT and mine in theirs else None


def slips(one: str, other: str, most: int) -> int:
    """Letters put in, left out, exchanged or swapped with their neighbour; past ``most`` some larger number."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, sign in enumerate(one, 1):
        now = [row]
        for column, theirs in enumerate(other, 1):
            cost = min(last[column] + 1, now[-1] + 1, last[column - 1] + (sign != theirs))
            if row > 1 and column > 1 and sign == other[column - 2] and one[row - 2] == theirs:
                cost = min(cost, before[column - 2] + 1)
            now.append(cost)
        before, last = last, now
    return last[-1]


def compare(typed: str, ours: str) -> tuple[Piece, ...]:
    """The typed name in pieces, marked where it is not as ours is."""
    folded = typed.casefold()
    if len(folded) != len(typed):  # a letter that folds into two: marked as a whole, rather than wrongly
        return (Piece(text=typed, differs=True),)
    pair = (ours, typed) if folded == ours.casefold() else (ours.casefold(), folded)
    matcher = SequenceMatcher(None, *pair, autojunk=False)
    pieces = []
    for tag, _, __, start, end in matcher.get_opcodes():
        pieces.append(Piece(text=typed[start:end] or MISSING, differs=tag != "equal"))
    return tuple(pieces)


def visible(text: str) -> str:
    """With a mark for each sign that shows nothing, or that would turn the others round."""
    return "".join(sign if sign.isprintable() else MISSING for sign in text)


def foreign_signs(pieces: Sequence[Piece]) -> tuple[tuple[str, str], ...]:
    """Signs beyond ASCII where it differs, with their Unicode names: what no eye tells apart."""
    signs = dict.fromkeys(
        sign for piece in pieces if piece.differs for sign in piece.text if not sign.isascii() and sign != MISSING
    )
    return tuple((visible(sign), f"U+{ord(sign):04X} {unicodedata.name(sign, 'UNNAMED')}") for sign in signs)
