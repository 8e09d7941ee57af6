"""Which passphrases are taken, and which reason is given for the others."""

import hashlib

import pytest

from watchword.authenticators.common_list import CommonList
from watchword.authenticators.passphrase_rules import COIN_NAMES, PassphraseRulebook, normalise
from watchword.foundation.errors import Misconfigured, Unacceptable

COMMON = ("password1234567", "qwertyuiopasdfgh", "trustno1trustno1")
GOOD = "seven purple lanterns drift slowly"


def table(*words: str) -> bytes:
    return b"".join(sorted(hashlib.sha256(word.encode()).digest()[:5] for word in words))


@pytest.fixture
def rulebook() -> PassphraseRulebook:
    return PassphraseRulebook(common=CommonList(table(*COMMON)), brand="Harbour Exchange", longest=128)


def refusal(rulebook: PassphraseRulebook, passphrase: str, *, shortest: int = 15, identifiers=()) -> str | None:
    try:
        rulebook.check(normalise(passphrase), shortest=shortest, identifiers=identifiers)
    except Unacceptable as refused:
        return refused.reason
    return None


@pytest.mark.parametrize(
    "passphrase",
    [
        GOOD,
        " leading and trailing spaces kept ",
        "пурпурные фонари плывут",
        "七盏紫色灯笼在夜里慢慢漂过那条河流",
        "🦊 under 🌧 over 🪻 along 🛤 until 🌘",
        "l.K3v9#pT!zQ8w@x",
        "all lower case and no digits at all",
        "9427 5180 3364 7719",
    ],
)
def test_no_rule_of_composition(rulebook, passphrase):
    assert refusal(rulebook, passphrase) is None


@pytest.mark.parametrize(("count", "reason"), [(14, "too_short"), (15, None), (128, None), (129, "too_long")])
def test_length_counts_code_points(rulebook, count, reason):
    """Of whatever script: each of these letters takes three or four bytes."""
    letters = "灯笼漂过河🦊夜里紫色慢七盏那条流水山月风花雪"
    assert refusal(rulebook, (letters * 6)[:count]) == reason


def test_fewer_are_enough_beside_an_app(rulebook):
    assert refusal(rulebook, "vF8#kq2Z", shortest=8) is None
    assert refusal(rulebook, "vF8#kq2", shortest=8) == "too_short"
    assert refusal(rulebook, "vF8#kq2Z") == "too_short"


def test_composed_and_decomposed_are_one():
    assert normalise("cafe\u0301") == normalise("caf\u00e9") == "caf\u00e9"
    assert len(normalise("e\u0301" * 14)) == 14


def test_compatibility_forms_stay_apart():
    """NFC, not NFKC: nothing a person typed becomes something else to look at."""
    assert normalise("\ufb01ne \u2460") == "\ufb01ne \u2460"


@pytest.mark.parametrize("letter", ["\x00", "\n", "\x1b", "\x7f", "\x85", "\ud800"])
def test_what_no_field_can_hold_is_refused(rulebook, letter):
    assert refusal(rulebook, f"{GOOD}{letter}") == "unreadable"


@pytest.mark.parametrize("common", [*COMMON, "Password1234567", "TRUSTNO1TRUSTNO1"])
def test_common_ones_are_refused_in_either_case(rulebook, common):
    assert refusal(rulebook, common) == "common"


@pytest.mark.parametrize(
    ("passphrase", "reason"),
    [
        ("harbour exchange 1", "brand"),
        ("Harbour-Exchange!2027", "brand"),
        ("exchangeexchange", "brand"),
        ("ann.lee@example.org", "identifier"),
        ("example example 12", "identifier"),
        ("Ann.Lee example.org", "identifier"),
        ("bitcoin ethereum 1", "coin_names"),
        ("HODL hodl HODL hodl", "coin_names"),
        ("satoshisatoshi!!", "coin_names"),
    ],
)
def test_known_words_with_little_beside_them_are_refused(rulebook, passphrase, reason):
    assert refusal(rulebook, passphrase, identifiers=["ann.lee@example.org"]) == reason


@pytest.mark.parametrize(
    "passphrase",
    [
        "bitcoin under seven purple lanterns",
        "my exchange drifts past quiet herons",
        "example of eleven herons over water",
        "lee ann lee ann, said the grey gull",
    ],
)
def test_known_words_within_something_longer_are_fine(rulebook, passphrase):
    assert refusal(rulebook, passphrase, identifiers=["ann.lee@example.org"]) is None


@pytest.mark.parametrize("passphrase", ["aaaaaaaaaaaaaaaa", "abcdefghijklmnop", "123456789012345", "letmeinletmein12"])
def test_what_is_quickly_guessed_is_refused(rulebook, passphrase):
    assert refusal(rulebook, passphrase) == "guessable"


def test_a_phone_number_is_an_identifier_too(rulebook):
    assert refusal(rulebook, "+49 151 1234 5678", identifiers=["+4915112345678"]) in ("identifier", "guessable", None)
    assert refusal(rulebook, "+4915112345678!", identifiers=["+4915112345678"]) == "identifier"


def test_a_very_long_one_is_weighed_quickly(rulebook):
    assert refusal(rulebook, (GOOD * 4)[:128]) is None


def test_coin_names_are_lower_case_words():
    assert all(name == name.lower() and name.isalpha() for name in COIN_NAMES)


# -- the list of common ones


def test_each_word_of_the_list_is_found_and_no_other():
    words = [f"word number {count}" for count in range(200)]
    found = CommonList(table(*words))
    assert all(word in found for word in words)
    assert not any(f"other {count}" in found for count in range(200))


def test_a_missing_or_damaged_list_is_said(tmp_path):
    path = tmp_path / "common.bin"
    with pytest.raises(Misconfigured, match="missing"):
        CommonList.read(path)
    for content in (b"", b"1234567"):
        path.write_bytes(content)
        with pytest.raises(Misconfigured, match="damaged"):
            CommonList.read(path)
    path.write_bytes(table(*COMMON))
    assert COMMON[0] in CommonList.read(path)


# -- the operator's mirror of breached ones


class Breached:
    """Stands where an operator's mirror would: it knows one."""

    def __init__(self, word: str) -> None:
        self.word = word

    def __contains__(self, passphrase: str) -> bool:
        return passphrase == self.word


def test_a_breached_one_is_refused_where_a_mirror_is_asked(rulebook):
    rulebook.check_breached(GOOD)
    asking = PassphraseRulebook(
        common=rulebook.common,
        brand="",
        longest=128,
        breached=Breached(GOOD),  # type: ignore[arg-type]
    )
    asking.check_breached("eleven quiet herons over water")
    with pytest.raises(Unacceptable) as refused:
        asking.check_breached(GOOD)
    assert refused.value.reason == "breached"
