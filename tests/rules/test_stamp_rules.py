"""What may be an anti-phishing code: words that show everywhere, and nothing a forger would write by himself."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.accounts.identifiers import Identifier
from watchword.accounts.stamps.rules import LONGEST, SHORTEST, read_stamp
from watchword.foundation.errors import Unacceptable
from watchword.foundation.terms import IdentifierKind

OWN = [
    Identifier(IdentifierKind.EMAIL, "ann.smith@mail.example.org"),
    Identifier(IdentifierKind.PHONE, "+351912345678"),
]


def read(text: str, brand: str = "Watchword") -> str:
    return read_stamp(text, brand=brand, identifiers=OWN).reveal()


@pytest.mark.parametrize(
    "text",
    [
        "lake",
        "lake tiger",
        "Blue heron, 3 o'clock",
        "x" * 24,
        "湖泊老虎",
        "湖泊 老虎 三只",
        "наша лодка",
        "بحيرة النمر",
        "אגם ונמר",
        "झील का बाघ",
        "größer als 123",
        "🦊 fox & 🦉 owl",
        "a/b or c?",
        "we: 12 boats",
        "12 owls + 34 cats",
        "Mr. Fox",
        "Watchwords of an owl",
    ],
)
def test_taken(text: str) -> None:
    assert read(text) == unicodedata.normalize("NFC", text)


REFUSED = {
    "stamp_length": ["", "abc", "x" * 25, "湖泊虎"],
    "stamp_spaces": [" lake", "lake ", "lake  tiger"],
    "stamp_unprintable": [
        "lake\ttiger",
        "lake\ntiger",
        "lake\u00a0tiger",
        "lake\u3000tiger",
        "lake\u200btiger",
        "lake\u200dtiger",
        "la\u00adke tiger",
        "lake\u202etiger",
        "lake\u2066tiger",
        "lake\u061ctiger",
        "lake\ufefftiger",
        "lake\ue000tiger",
        "lake\U000e0001tiger",
        "lake\u3164tiger",
        "lake\u2800tiger",
        "lake\ufe0ftiger",
        "lake\u0378tiger",
        "lake\ud800tiger",
        "\u0301lake",
        "la\u0334\u0336\u0337ke",
    ],
    "stamp_digits": ["1234", "lake 1234", "lake 12 34", "lake 12-34", "lake 1.2.3.4",
        "lake ١٢٣٤", "lake １２３４", "①②③④ lake", "x²³¹⁴"],
    "stamp_link": [
        "see www lake",
        "lake.com",
        "http://lake",
        "me@lake",
        "lake.xn--p1ai",
        "lake．com",
        "lake。com",
        "t.me join us",
    ],
    "stamp_code": ["abcd-efgh-jkmn-pqrs", "abcd efgh jkmn", "KTRM-BXDF", "ktrmbxdf"],
    "stamp_brand": ["Watchword", "WATCHWORD", "watch word", "Watchword ok", "watch", "Ｗatchword"],
    "stamp_identifier": ["Ann Smith", "annsmith 99", "mail example", "example"],
}  # fmt: skip


@pytest.mark.parametrize(("reason", "text"), [(reason, text) for reason, texts in REFUSED.items() for text in texts])
def test_refused(reason: str, text: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        read(text)
    assert refused.value.reason == reason
    assert not text.strip() or text not in str(refused.value)


def test_a_brand_of_signs_refuses_nothing() -> None:
    assert read("lake tiger", brand="!") == "lake tiger"


def test_a_short_brand_does_not_forbid_words_that_hold_it() -> None:
    assert read("mango sorbet", brand="Go") == "mango sorbet"


@given(st.text(max_size=40))
def test_what_is_taken_is_short_plain_and_of_one_spelling(text: str) -> None:
    try:
        stamp = read(text)
    except Unacceptable:
        return
    assert SHORTEST <= len(stamp) <= LONGEST
    assert stamp == unicodedata.normalize("NFC", stamp) == stamp.strip()
    assert not any(unicodedata.category(sign)[0] in "CZ" and sign != " " for sign in stamp)
    assert read(stamp) == stamp
