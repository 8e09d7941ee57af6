"""E-mail addresses and phone numbers: reading, normalising, masking. Pure.

E.164 for phones; RFC 5321 addresses with an ASCII local part, the domain in its ASCII form, all lower case.
"""

from dataclasses import dataclass

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import PhoneNumber, PhoneNumberType

from watchword.foundation.errors import Unacceptable
from watchword.foundation.terms import IdentifierKind

LONGEST_IDENTIFIER = 254


@dataclass(frozen=True, kw_only=True)
class PhoneRules:
    """Which numbers may be identifiers. ``enabled`` is off without an SMS sender."""

    enabled: bool = False
    countries: frozenset[str] = frozenset()
    """ISO 3166 codes; empty: every country."""
    types: frozenset[str] = frozenset({"MOBILE", "FIXED_LINE_OR_MOBILE"})
    """Names of ``PhoneNumberType``."""


@dataclass(frozen=True)
class Identifier:
    kind: IdentifierKind
    value: str

    @property
    def masked(self) -> str:
        """Enough for its owner to know it, too little for others to use it."""
        if self.kind is IdentifierKind.EMAIL:
            local, _, domain = self.value.partition("@")
            return f"{local[0]}•••@{domain}"
        return f"{self.value[:3]} ••• {self.value[-2:]}"


def read_identifier(text: str, phones: PhoneRules) -> Identifier:
    """Raises Unacceptable: ``identifier_unreadable``, ``phone_unavailable``, ``phone_not_taken``."""
    trimmed = text.strip()
    if not trimmed or len(trimmed) > LONGEST_IDENTIFIER or "\x00" in trimmed:
        raise Unacceptable("identifier_unreadable", "identifier")
    if "@" in trimmed:
        return Identifier(IdentifierKind.EMAIL, _read_email(trimmed))
    return Identifier(IdentifierKind.PHONE, _read_phone(trimmed, phones))


def _read_email(text: str) -> str:
    try:
        found = validate_email(
            text,
            check_deliverability=False,
            allow_smtputf8=False,
            test_environment=True,
            globally_deliverable=True,
            strict=True,
        )
    except EmailNotValidError as unreadable:
        raise Unacceptable("identifier_unreadable", "identifier") from unreadable
    return f"{found.local_part}@{found.ascii_domain}".lower()


def _read_phone(text: str, phones: PhoneRules) -> str:
    number = _parse_phone(text)
    if not phones.enabled:
        raise Unacceptable("phone_unavailable", "identifier")
    country = phonenumbers.region_code_for_number(number)
    if phones.countries and country not in phones.countries:
        raise Unacceptable("phone_not_taken", "identifier")
    if phonenumbers.number_type(number) not in {getattr(PhoneNumberType, name) for name in phones.types}:
        raise Unacceptable("phone_not_taken", "identifier")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _parse_phone(text: str) -> PhoneNumber:
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException as unreadable:
        raise Unacceptable("identifier_unreadable", "identifier") from unreadable
    if number.extension or not phonenumbers.is_valid_number(number):
        raise Unacceptable("identifier_unreadable", "identifier")
    return number


def phone_prefix(value: str) -> str:
    """The country calling code of an E.164 number, by which the daily SMS budget is kept."""
    return f"+{phonenumbers.parse(value, None).country_code}"
