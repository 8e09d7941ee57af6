"""E-mail addresses and phone numbers: what is read, as what it counts, and how it is masked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.accounts.identifiers import LONGEST_IDENTIFIER, Identifier, PhoneRules, phone_prefix, read_identifier
from watchword.foundation.errors import Unacceptable
from watchword.foundation.terms import IdentifierKind

NO_PHONES = PhoneRules()
PHONES = PhoneRules(enabled=True)
GERMAN = PhoneRules(enabled=True, countries=frozenset({"DE"}))


def refusal(text: str, phones: PhoneRules = PHONES) -> str:
    with pytest.raises(Unacceptable) as refused:
        read_identifier(text, phones)
    assert refused.value.field == "identifier"
    return refused.value.reason


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ann@example.org", "ann@example.org"),
        ("  Ann@Example.ORG  ", "ann@example.org"),
        ("ann+trading@example.org", "ann+trading@example.org"),
        ("ann@bücher.example.com", "ann@xn--bcher-kva.example.com"),
        ("ann@XN--BCHER-KVA.example.com", "ann@xn--bcher-kva.example.com"),
        ("a@example.org", "a@example.org"),
    ],
)
def test_addresses_are_read_to_one_form(text, value):
    assert read_identifier(text, NO_PHONES) == Identifier(IdentifierKind.EMAIL, value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "ann",
        "ann@",
        "@example.org",
        "ann@example",
        "ann@@example.org",
        "ann@exa mple.org",
        "ann @example.org",
        '"ann lee"@example.org',
        "änn@example.org",
        "ann@example..org",
        "ann@[127.0.0.1]",
        "ann@example.org\nbcc: bob@example.org",
        "ann@example.org\x00",
        "Ann <ann@example.org>",
        "a" * 65 + "@example.org",
        "ann@" + "a" * 250 + ".org",
        "12345",
        "+",
        "+49",
        "+1234",
        "\ud800@example.org",
    ],
)
def test_what_names_nobody_is_refused(text):
    assert refusal(text) == "identifier_unreadable"


@pytest.mark.parametrize("text", ["+4915112345678", "+49 151 12345678", "+49 (151) 1234-5678", "\t+49-151-12345678 "])
def test_phone_numbers_are_read_to_e164(text):
    assert read_identifier(text, PHONES) == Identifier(IdentifierKind.PHONE, "+4915112345678")


def test_a_number_without_its_country_is_no_name():
    assert refusal("0151 12345678") == "identifier_unreadable"


def test_an_extension_is_no_part_of_a_name():
    assert refusal("+4915112345678;ext=7") == "identifier_unreadable"


def test_phones_are_off_without_an_sms_sender():
    assert refusal("+4915112345678", NO_PHONES) == "phone_unavailable"


def test_what_is_no_number_says_so_whether_phones_are_on_or_off():
    assert refusal("+49", NO_PHONES) == "identifier_unreadable"


def test_countries_are_allow_listed():
    assert read_identifier("+4915112345678", GERMAN).value == "+4915112345678"
    assert refusal("+8613812345678", GERMAN) == "phone_not_taken"


@pytest.mark.parametrize("text", ["+498001234567", "+499001234567", "+4930123456"], ids=["free", "premium", "fixed"])
def test_kinds_of_number_are_allow_listed(text):
    assert refusal(text) == "phone_not_taken"


def test_a_fixed_line_where_the_operator_takes_them():
    taking = PhoneRules(enabled=True, types=frozenset({"FIXED_LINE"}))
    assert read_identifier("+4930123456", taking).kind is IdentifierKind.PHONE


def test_the_prefix_is_the_calling_code():
    assert phone_prefix("+4915112345678") == "+49"
    assert phone_prefix("+12015550123") == "+1"


@pytest.mark.parametrize(
    ("identifier", "masked"),
    [
        (Identifier(IdentifierKind.EMAIL, "ann@example.org"), "a•••@example.org"),
        (Identifier(IdentifierKind.EMAIL, "a@example.org"), "a•••@example.org"),
        (Identifier(IdentifierKind.PHONE, "+4915112345678"), "+49 ••• 78"),
    ],
)
def test_masked(identifier, masked):
    assert identifier.masked == masked


@given(st.text(max_size=LONGEST_IDENTIFIER + 20))
def test_whatever_is_typed_is_read_or_refused(text):
    try:
        found = read_identifier(text, PHONES)
    except Unacceptable:
        return
    assert read_identifier(found.value, PHONES) == found, "reading what was read changes nothing"
    assert len(found.value) <= LONGEST_IDENTIFIER
    assert found.value.isascii()


@given(st.from_regex(r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,20}@[a-zA-Z0-9äöüß.-]{1,20}\.(com|org)", fullmatch=True))
def test_whatever_looks_like_an_address_is_read_to_one_form(text):
    try:
        found = read_identifier(text, PHONES)
    except Unacceptable:
        return
    assert found.value == found.value.lower()
    assert read_identifier(found.value.upper(), PHONES) == found
    assert read_identifier(f" {found.value}\n", PHONES) == found
