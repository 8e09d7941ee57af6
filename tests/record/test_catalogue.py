"""The catalogue is closed and holds nothing that should not be kept."""

import pytest

from watchword.record.catalogue import CATALOGUE, LARGEST, LONGEST, SHOWN, EventKind, check_facts


def test_every_kind_has_its_entry():
    assert set(CATALOGUE) == set(EventKind)
    assert EventKind.SIGNED_IN in SHOWN
    assert EventKind.LIMIT_COUNTED not in SHOWN


def test_no_fact_is_named_for_a_secret_or_a_person():
    names = {name for entry in CATALOGUE.values() for name in entry.facts}
    for word in ("secret", "token", "email", "phone", "address", "passphrase", "output", "digest", "agent", "name"):
        assert not [name for name in names if word in name]


def test_an_unknown_fact_is_refused_by_name():
    with pytest.raises(ValueError, match="holds no fact colour"):
        check_facts(EventKind.SIGNED_IN, {"colour": "blue"})


@pytest.mark.parametrize("value", ["pwd,otp", "2:GB", "", None, True, 0, -150, "01hx3v", "192.0.2.0/24", "a" * LONGEST])
def test_words_and_figures_of_ours_are_kept(value):
    check_facts(EventKind.SIGNED_IN, {"amr": value})


@pytest.mark.parametrize(
    "value",
    [
        "someone@example.org",
        "+491701234567",
        "491701234567",
        "123456",
        "two words",
        "Ünï",
        "line\nbreak",
        "word\n",
        "a" * (LONGEST + 1),
        LARGEST,
        -LARGEST,
        1.5,
        b"bytes",
        ["list"],
    ],
)
def test_what_a_person_could_have_typed_is_refused_and_not_repeated(value):
    with pytest.raises(ValueError) as refused:
        check_facts(EventKind.SIGNED_IN, {"amr": value})
    assert str(value) not in str(refused.value)
