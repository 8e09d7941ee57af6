"""Which trading passphrases are taken (issue 3, point 6): six digits, and not one that is tried early. Pure.

What people choose is not spread over the million: dates, runs, repeats and shapes on the keypad come first in every
guesser's list. They are generated here, rule by rule, so that a test can count what is refused: about a tenth.
Beside these stand the holder's own: pieces of a phone number, digits of a mail address, the last ones used.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import product

import phonenumbers

from watchword.accounts.identifiers import Identifier
from watchword.crypto.tokens import Randomness
from watchword.foundation.errors import Unacceptable
from watchword.foundation.secret import Secret
from watchword.foundation.terms import IdentifierKind

DIGITS = 6
HOW_MANY = 1_000_000
REMEMBERED = 5
"""How many of the last ones are not taken again, the present one among them."""
FIELD = "trading-passphrase"
"""Where it is typed. A name of its own, so that password managers keep it beside the sign-in passphrase."""
_LONGEST_TYPED = 32
_ENDS = 4
"""As many digits of the end of a phone number people say to each other; they are no secret."""


def read_digits(typed: str) -> str | None:
    """Six ASCII digits, or None. Spaces, and digits as a Chinese keyboard gives them, are fine."""
    if len(typed) > _LONGEST_TYPED:
        return None
    digits = "".join(unicodedata.normalize("NFKC", typed).split())
    return digits if len(digits) == DIGITS and digits.isascii() and digits.isdigit() else None


# -- the same for everybody


def _repeats() -> Iterator[str]:
    """One digit four times or more, or no more than two digits in all."""
    for digit, places in product("0123456789", product((False, True), repeat=DIGITS)):
        if sum(places) >= 4:
            for others in product("0123456789", repeat=DIGITS - sum(places)):
                rest = iter(others)
                yield "".join(digit if here else next(rest) for here in places)
    for one, other in product("0123456789", repeat=2):
        yield from ("".join(each) for each in product((one, other), repeat=DIGITS))


def _runs() -> Iterator[str]:
    """Steps of one size, round the end of the digits too (135791, 901234); and two short runs in a row (123789)."""
    for start, step in product(range(10), repeat=2):
        yield _steps(start, step, DIGITS)
    short = [_steps(start, step, DIGITS // 2) for start, step in product(range(10), (-1, 0, 1))]
    yield from ("".join(two) for two in product(short, repeat=2))


def _steps(start: int, step: int, count: int) -> str:
    return "".join(str((start + step * at) % 10) for at in range(count))


def _pairs() -> Iterator[str]:
    """112244."""
    yield from ("".join(digit * 2 for digit in three) for three in product("0123456789", repeat=3))


def _mirrored() -> Iterator[str]:
    """123321."""
    yield from (f"{half:03}{f'{half:03}'[::-1]}" for half in range(1000))


def _blocks() -> Iterator[str]:
    """123123, 121212."""
    yield from (f"{block:03}" * 2 for block in range(1000))
    yield from (f"{block:02}" * 3 for block in range(100))


_KEYS = {digit: (row, column) for row, line in enumerate(("123", "456", "789")) for column, digit in enumerate(line)}
_KEYS["0"] = (3, 1)
_LINES = ("123", "456", "789", "147", "258", "369", "159", "357", "580")
_SQUARES = ("1254", "2365", "4587", "5698", "1397", "2684")
"""The corners of each square in order: the four small ones, the large one, and the one that stands on its corner."""


def _keypad() -> Iterator[str]:
    """Shapes on a phone's keypad: two lines (147258), a walk from key to neighbouring key (125896), round a square."""
    lines = [*_LINES, *(line[::-1] for line in _LINES)]
    yield from ("".join(two) for two in product(lines, repeat=2))
    for key in _KEYS:
        yield from _walks(key)
    for square, start, way in product(_SQUARES, range(4), (1, -1)):
        yield "".join(square[(start + way * at) % 4] for at in range(DIGITS))


def _walks(so_far: str) -> Iterator[str]:
    """On from here, never to a key already pressed."""
    if len(so_far) == DIGITS:
        yield so_far
        return
    row, column = _KEYS[so_far[-1]]
    for key, (its_row, its_column) in _KEYS.items():
        if key not in so_far and max(abs(its_row - row), abs(its_column - column)) == 1:
            yield from _walks(so_far + key)


_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_YEARS = range(1940, 2030)


def _dates() -> Iterator[str]:
    """A day of any year as the world writes it (day first, month first, year first), and a whole year of a life
    with two digits beside it: a month, a day, or day and month without their noughts."""
    for month, days in enumerate(_DAYS, start=1):
        for day, year in product(range(1, days + 1), range(100)):
            yield f"{day:02}{month:02}{year:02}"
            yield f"{month:02}{day:02}{year:02}"
            yield f"{year:02}{month:02}{day:02}"
    for year, beside in product(_YEARS, range(100)):
        yield f"{year}{beside:02}"
        yield f"{beside:02}{year}"


RULES: dict[str, Callable[[], Iterator[str]]] = {
    "repeats": _repeats,
    "runs": _runs,
    "pairs": _pairs,
    "mirrored": _mirrored,
    "blocks": _blocks,
    "keypad": _keypad,
    "date": _dates,
}
"""Reason word -> all that it refuses. The first rule that names a passphrase gives the reason."""
PERSONAL = ("phone", "identifier", "used_before")
REASONS = ("not_six_digits", *RULES, *PERSONAL)


@cache
def _table() -> bytes:
    """For each of the million: 0, or which rule refuses it, counted from 1."""
    table = bytearray(HOW_MANY)
    for number, rule in reversed([*enumerate(RULES.values(), start=1)]):
        for digits in rule():
            table[int(digits)] = number
    return bytes(table)


_NAMES = (None, *RULES)


def refused_by(digits: str) -> str | None:
    """The reason for which nobody may have it, or None."""
    return _NAMES[_table()[int(digits)]]


# -- the holder's own


@dataclass(frozen=True, kw_only=True)
class Holder:
    """What somebody who knows the holder would try."""

    identifiers: tuple[Identifier, ...] = ()
    used_before: Callable[[str], bool] = field(default=lambda _: False)
    """Whether it is one of the last five."""

    def refuses(self, digits: str) -> str | None:
        for identifier in self.identifiers:
            if identifier.kind is IdentifierKind.PHONE and _is_of_phone(digits, identifier.value):
                return "phone"
            if identifier.kind is IdentifierKind.EMAIL and _is_within(digits, re.findall(r"\d+", identifier.value)):
                return "identifier"
        return "used_before" if self.used_before(digits) else None


def _is_of_phone(digits: str, value: str) -> bool:
    """Six in a row, as it is dialled from abroad or at home; or its last four at either end."""
    ways = _ways_to_dial(value)
    end = value[-_ENDS:]
    return _is_within(digits, ways) or digits.startswith(end) or digits.endswith(end)


def _ways_to_dial(value: str) -> tuple[str, ...]:
    """``value`` is E.164."""
    number = phonenumbers.parse(value, None)
    home = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    return (f"00{value[1:]}", "".join(letter for letter in home if letter.isdigit()))


def _is_within(digits: str, texts: Iterable[str]) -> bool:
    """Backwards too."""
    return any(digits in text or digits[::-1] in text for text in texts)


def require_uncommon(typed: str) -> str:
    """The six digits, by the rules that are the same for everybody. Raises Unacceptable with the reason."""
    digits = read_digits(typed)
    reason = "not_six_digits" if digits is None else refused_by(digits)
    if digits is None or reason is not None:
        raise Unacceptable(reason or "", FIELD)
    return digits


def require_not_of(holder: Holder, digits: str) -> None:
    """By the rules of this holder. Raises Unacceptable with the reason, which tells something of the holder and of
    the last five: count before asking."""
    reason = holder.refuses(digits)
    if reason is not None:
        raise Unacceptable(reason, FIELD)


def suggest(randomness: Randomness, holder: Holder) -> Secret:
    """A random one that would be taken."""
    while True:
        drawn = randomness.digits(DIGITS)
        digits = drawn.reveal()
        if refused_by(digits) is None and holder.refuses(digits) is None:
            return drawn
