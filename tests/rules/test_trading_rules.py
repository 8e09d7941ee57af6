"""Which trading passphrases are taken: each rule by examples, all of them counted, and what is the holder's own."""

import re
from collections import Counter
from datetime import date
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.accounts.identifiers import Identifier
from watchword.authenticators import trading_rules as rules
from watchword.crypto.tokens import Randomness
from watchword.foundation.errors import Unacceptable
from watchword.foundation.languages import LANGUAGES, words_in
from watchword.foundation.terms import IdentifierKind
from watchword.web.sentences import trading_refusal

GOOD = ("835192", "406937", "728618", "583046", "914703", "067381")
NOBODY = rules.Holder()


@cache
def _everything(reason: str) -> frozenset[str]:
    return frozenset(rules.RULES[reason]())


digits = st.text("0123456789", min_size=6, max_size=6)


def phone(value: str) -> rules.Holder:
    return rules.Holder(identifiers=(Identifier(IdentifierKind.PHONE, value),))


def mail(value: str) -> rules.Holder:
    return rules.Holder(identifiers=(Identifier(IdentifierKind.EMAIL, value),))


@pytest.mark.parametrize("passphrase", GOOD)
def test_what_follows_no_pattern_is_taken(passphrase: str) -> None:
    assert rules.refused_by(passphrase) is None
    assert rules.require_uncommon(passphrase) == passphrase
    rules.require_not_of(NOBODY, passphrase)


EXAMPLES = {
    "repeats": ("000000", "777777", "777717", "737373", "111222", "455554", "202002"),
    "runs": ("123456", "987654", "901234", "012345", "135791", "246802", "975319", "123789", "345987", "147036"),
    "pairs": ("112244", "995500", "447711"),
    "mirrored": ("134431", "908809", "472274"),
    "blocks": ("472472", "951951", "139139"),
    "keypad": ("147258", "159357", "369147", "258580", "125896", "139713", "268426", "125412", "741852", "159753"),
    "date": ("311299", "123199", "991231", "010203", "290204", "198704", "041987", "198725", "871987", "200129"),
}


@pytest.mark.parametrize(("reason", "passphrase"), [(r, each) for r, all_ in EXAMPLES.items() for each in all_])
def test_each_rule_refuses_what_is_tried_early(reason: str, passphrase: str) -> None:
    assert passphrase in _everything(reason)
    with pytest.raises(Unacceptable) as refused:
        rules.require_uncommon(passphrase)
    assert refused.value.reason in rules.RULES


def test_every_reason_has_its_examples_here_and_its_own_sentence_in_every_language() -> None:
    assert EXAMPLES.keys() == rules.RULES.keys()
    for language in LANGUAGES:
        sentences = [trading_refusal(words_in(language), reason) for reason in rules.REASONS]
        assert len(set(sentences)) == len(rules.REASONS)


def test_how_many_each_rule_refuses() -> None:
    """Counted, so that nobody changes a rule without seeing what it costs."""
    assert {reason: len(_everything(reason)) for reason in rules.RULES} == {
        "repeats": 13_600,
        "runs": 970,
        "pairs": 1_000,
        "mirrored": 1_000,
        "blocks": 1_090,
        "keypad": 4_096,
        "date": 99_862,
    }


def test_about_a_tenth_of_the_million_is_refused() -> None:
    reasons = Counter(map(rules.refused_by, (f"{number:06}" for number in range(rules.HOW_MANY))))
    assert sum(reasons.values()) == 1_000_000
    assert 1_000_000 - reasons[None] == 118_572
    assert reasons.keys() - {None} == rules.RULES.keys()


@given(digits)
def test_repeats_by_their_meaning(passphrase: str) -> None:
    counts = Counter(passphrase)
    expected = max(counts.values()) >= 4 or len(counts) <= 2
    assert (passphrase in _everything("repeats")) is expected


@given(
    st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)), st.sampled_from(("%d%m%y", "%m%d%y", "%y%m%d"))
)
def test_no_day_in_any_of_its_orders_is_taken(day: date, order: str) -> None:
    assert rules.refused_by(day.strftime(order)) is not None


@given(
    st.dates(min_value=date(1940, 1, 1), max_value=date(2029, 12, 31)),
    st.sampled_from(("%Y%m", "%m%Y", "%d%Y", "%Y%d")),
)
def test_no_year_of_a_life_is_taken(day: date, order: str) -> None:
    assert rules.refused_by(day.strftime(order)) is not None


@given(st.text("0123456789", min_size=3, max_size=3))
def test_halves_that_repeat_or_mirror_are_refused(half: str) -> None:
    assert rules.refused_by(half + half) is not None
    assert rules.refused_by(half + half[::-1]) is not None


@given(digits)
def test_a_passphrase_is_refused_for_its_first_reason(passphrase: str) -> None:
    named = [reason for reason, rule in rules.RULES.items() if passphrase in _everything(reason)]
    assert rules.refused_by(passphrase) == (named[0] if named else None)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("835192", "835192"),
        (" 835 192 ", "835192"),
        ("８３５１９２", "835192"),
        ("83519", None),
        ("8351922", None),
        ("83519a", None),
        ("", None),
        ("٨٣٥١٩٢", None),
        ("835192" + " " * 40, None),
        ("-35192", None),
    ],
)
def test_six_digits_are_read_and_nothing_else(typed: str, read: str | None) -> None:
    assert rules.read_digits(typed) == read


def test_what_is_no_six_digits_is_refused_with_that_reason() -> None:
    with pytest.raises(Unacceptable) as refused:
        rules.require_uncommon("8351")
    assert (refused.value.reason, refused.value.field) == ("not_six_digits", "trading-passphrase")


@pytest.mark.parametrize(
    "passphrase",
    [
        "491512",  # from the front, as it is dialled from abroad
        "049151",  # with the noughts before it
        "512836",
        "364592",
        "015128",  # as it is dialled at home
        "546382",  # backwards
        "459216",  # its last four in front
        "164592",  # its last four behind
    ],
)
def test_pieces_of_the_phone_number_are_refused(passphrase: str) -> None:
    assert phone("+4915128364592").refuses(passphrase) == "phone"


@pytest.mark.parametrize("passphrase", ["835192", "364529", "645920", "045927"])
def test_others_are_no_pieces_of_it(passphrase: str) -> None:
    assert phone("+4915128364592").refuses(passphrase) is None


@given(st.integers(0, 10**8 - 1), st.integers(0, 7))
def test_any_six_in_a_row_of_a_phone_number_are_refused(number: int, start: int) -> None:
    value = f"+4915{number:08}1"
    assert phone(value).refuses(value[1:][start : start + 6]) == "phone"


def test_a_number_of_another_country_says_it_its_own_way() -> None:
    assert phone("+447400123856").refuses("074001") == "phone"  # 07400 123856
    assert phone("+12025550147").refuses("202555") == "phone"
    assert phone("+12025550147").refuses("835192") is None


def test_digits_of_a_mail_address_are_refused() -> None:
    holder = mail("83519264@example.org")
    assert holder.refuses("835192") == "identifier"
    assert holder.refuses("462915") == "identifier"
    assert holder.refuses("835182") is None
    assert mail("ann5@835.example").refuses("583500") is None


def test_what_was_used_before_is_refused() -> None:
    holder = rules.Holder(used_before=lambda given: given == "835192")
    assert holder.refuses("835192") == "used_before"
    with pytest.raises(Unacceptable) as refused:
        rules.require_not_of(holder, "835192")
    assert refused.value.reason == "used_before"
    rules.require_not_of(holder, "406937")


def test_a_suggestion_would_be_taken() -> None:
    holder = phone("+4915128364592")
    for _ in range(200):
        drawn = rules.suggest(Randomness(), holder).reveal()
        assert re.fullmatch(r"\d{6}", drawn)
        rules.require_not_of(holder, rules.require_uncommon(drawn))


def test_a_suggestion_is_drawn_again_until_nothing_refuses_it() -> None:
    """Bytes below 250 are digits: a date, then a piece of the holder's number, then one that is taken."""
    wanted = bytes(map(int, "311299" + "128364" + "835192"))
    left = iter(wanted)
    drawn = rules.suggest(Randomness(lambda count: bytes(next(left) for _ in range(count))), phone("+4915128364592"))
    assert drawn.reveal() == "835192"
    assert not list(left)


def test_what_is_issued_is_spread_over_what_may_be_had() -> None:
    found = Counter(rules.suggest(Randomness(), NOBODY).reveal()[0] for _ in range(3000))
    assert set(found) == set("0123456789")
    assert max(found.values()) < 3 * min(found.values())
