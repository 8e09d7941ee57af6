"""Contrast by WCAG 2.2: of the tokens in both themes, and of every accent an operator could set."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web.tokens import colour, themes
from watchword.web.accent import LEAST_CONTRAST, Oklch, contrast, read_accent, stylesheet

GROUNDS = ("paper", "raised", "sunk")
# Text on each ground, and the least contrast: body text 7:1, small words 4.5:1, the edges of controls 3:1 (1.4.11).
PAIRS = [
    *((text, ground, least) for ground in GROUNDS for text, least in (("ink", 7.0), ("ink-2", 7.0), ("ink-3", 4.5))),
    *(("line-control", ground, 3.0) for ground in GROUNDS),
    *(("accent", ground, 4.5) for ground in GROUNDS),
    *(("accent-strong", ground, 4.5) for ground in GROUNDS),
    ("on-accent", "accent", 4.5),
    ("on-accent", "accent-strong", 4.5),
    *((tone, ground, 4.5) for tone in ("good", "care", "stop") for ground in GROUNDS),
    *((tone, f"{tone}-wash", 4.5) for tone in ("good", "care", "stop")),
    *(("ink", f"{tone}-wash", 7.0) for tone in ("good", "care", "stop")),
]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground", "least"), PAIRS)
def test_tokens_can_be_read(theme: str, text: str, ground: str, least: float) -> None:
    tokens = themes()[theme]
    found = contrast(colour(tokens, text), colour(tokens, ground))
    assert found >= least, f"--{text} on --{ground} is {found:.2f}:1"


@given(st.integers(0, 0xFFFFFF))
def test_any_accent_becomes_readable(value: int) -> None:
    accent = read_accent(f"#{value:06x}")
    day, night = themes()["light"], themes()["dark"]
    for own, theme in ((accent.day, day), (accent.night, night)):
        for ground in GROUNDS:
            assert contrast(own, colour(theme, ground)) >= LEAST_CONTRAST
        assert contrast(own, colour(theme, "on-accent")) >= LEAST_CONTRAST


def test_a_good_accent_is_left_as_it_is() -> None:
    accent = read_accent("#0b586e")
    assert not accent.corrected
    day = (accent.day.lightness, accent.day.chroma, accent.day.hue)
    assert day == pytest.approx((0.43, 0.076, 223.5), abs=0.005, rel=0.005)


def test_a_pale_accent_is_darkened_for_the_day() -> None:
    accent = read_accent("#ffcc00")
    assert accent.corrected
    assert accent.day.lightness < accent.night.lightness


def test_contrast_agrees_with_the_standard() -> None:
    black, white = Oklch(lightness=0, chroma=0, hue=0), Oklch(lightness=1, chroma=0, hue=0)
    assert contrast(black, white) == pytest.approx(21, abs=0.01)
    assert contrast(white, white) == 1


def test_the_stylesheet_sets_properties_and_nothing_else() -> None:
    text = stylesheet(read_accent("#7a3b10"))
    assert re.fullmatch(r"@layer tokens\{:root\{(--[\w-]+:[\w.( )%-]+;)+\}\}\n", text)


@pytest.mark.parametrize("text", ["", "red", "#fff", "#12345g", "#1234567", "url(x)", "#123456;}"])
def test_only_a_colour_is_read(text: str) -> None:
    with pytest.raises(ValueError, match="six hexadecimal"):
        read_accent(text)
