"""What may be an anti-phishing code ("stamp"): a few words that only its holder and we know (policy §10). Pure.

It stands beside codes and references in a message, so it must not be mistaken for one, nor for a link, an address, our
name or the holder's own: whatever a forger would write by himself.
"""

import re
import unicodedata

from watchword.accounts.identifiers import Identifier
from watchword.foundation.errors import Unacceptable
from watchword.foundation.secret import Secret
from watchword.foundation.terms import IdentifierKind

SHORTEST, LONGEST = 4, 24
FIELD = "anti_phishing_code"
_DIGITS_IN_ROW = 4
_OWN_PART = 4
"""How much besides our name or the holder's address it must have."""
_MOST_MARKS = 2
_SHOWN = frozenset("LMNPS")
_INVISIBLE = frozenset("\u115f\u1160\u3164\uffa0\u034f\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800")
"""Letters, marks and a sign that show nothing."""
_LINK = re.compile(r"://|@|\bwww\b|[^\W_][.](?:[^\W\d_]{2,}|xn--)")
_CODE = re.compile(r"(?:[0-9a-z]{4}[- ]){2,}[0-9a-z]{4}|[bcdfghjkmnpqrtvwxz]{4}-?[bcdfghjkmnpqrtvwxz]{4}")
"""A recovery code, and a reference of ours: see ``crypto.recovery_codes`` and ``crypto.tokens``."""


def read_stamp(text: str, *, brand: str, identifiers: list[Identifier]) -> Secret:
    """In NFC. Raises Unacceptable: ``stamp_length``, ``stamp_unprintable``, ``stamp_spaces``, ``stamp_digits``,
    ``stamp_link``, ``stamp_code``, ``stamp_brand``, ``stamp_identifier``."""
    stamp = unicodedata.normalize("NFC", text)
    if not SHORTEST <= len(stamp) <= LONGEST:
        raise Unacceptable("stamp_length", FIELD)
    if stamp != stamp.strip() or "  " in stamp:
        raise Unacceptable("stamp_spaces", FIELD)
    if not _is_printable(stamp):
        raise Unacceptable("stamp_unprintable", FIELD)
    folded = unicodedata.normalize("NFKC", stamp).casefold().replace("\u3002", ".")
    _require_no_code(stamp, folded)
    _require_own(_plain(folded), brand, identifiers)
    return Secret(stamp)


def _is_printable(stamp: str) -> bool:
    """Signs that show, in an order that no control turns round; a letter carries two marks at most."""
    categories = [unicodedata.category(sign) for sign in stamp]
    for sign, category in zip(stamp, categories, strict=True):
        if sign != " " and (category[0] not in _SHOWN or sign in _INVISIBLE or _selects_variant(sign)):
            return False
    marks = "".join("m" if category[0] == "M" else "." for category in categories)
    return not marks.startswith("m") and "m" * (_MOST_MARKS + 1) not in marks


def _selects_variant(sign: str) -> bool:
    return "\ufe00" <= sign <= "\ufe0f" or "\U000e0100" <= sign <= "\U000e01ef"


def _require_no_code(stamp: str, folded: str) -> None:
    row = 0
    for sign in stamp:
        if unicodedata.digit(sign, None) is not None:
            row += 1
        elif unicodedata.category(sign)[0] in "LMS":  # spaces and punctuation part no digits
            row = 0
        if row == _DIGITS_IN_ROW:
            raise Unacceptable("stamp_digits", FIELD)
    if _LINK.search(folded):
        raise Unacceptable("stamp_link", FIELD)
    if _CODE.fullmatch(folded):
        raise Unacceptable("stamp_code", FIELD)


def _require_own(plain: str, brand: str, identifiers: list[Identifier]) -> None:
    if _is_mostly(plain, _plain(unicodedata.normalize("NFKC", brand).casefold())):
        raise Unacceptable("stamp_brand", FIELD)
    for identifier in identifiers:
        if any(_is_mostly(plain, _plain(part)) for part in _parts(identifier)):
            raise Unacceptable("stamp_identifier", FIELD)


def _parts(identifier: Identifier) -> tuple[str, ...]:
    if identifier.kind is IdentifierKind.PHONE:
        return (identifier.value,)
    local, _, domain = identifier.value.casefold().partition("@")
    return (identifier.value.casefold(), local, domain, domain.partition(".")[0])


def _is_mostly(plain: str, name: str) -> bool:
    """Whether it is the name, a piece of it, or the name with little besides."""
    if not name:
        return False
    return plain in name or (name in plain and len(plain) - len(name) < _OWN_PART)


def _plain(text: str) -> str:
    """Letters and digits alone."""
    return "".join(sign for sign in text if sign.isalnum())
