"""The operator's accent: one colour, made safe to read in both themes and given as a stylesheet.

Contrast is WCAG 2.2's (success criterion 1.4.3): at least 4.5:1 against every background the accent stands on, and for
the text on it. Where the colour given is too near a background, its lightness is moved, and nothing else: hue and, as
far as a screen can show it, chroma stay. Colours are OKLCH, as in ``styles/tokens.css``.
"""

import math
import re
from dataclasses import dataclass, replace

LEAST_CONTRAST = 4.5
STEP = 0.005
GREY = 0.02
DEFAULT_HUE = 222.0
DAY_BACKGROUNDS = (0.987, 0.968, 1.0)
"""Lightness of --paper, --sunk and --raised by day; their chroma is too small to matter."""
NIGHT_BACKGROUNDS = (0.19, 0.162, 0.228)
DARKEST_DAY = 0.2
DARKEST_NIGHT, LIGHTEST_NIGHT = 0.8, 0.92
STRONGER = 0.065


@dataclass(frozen=True, kw_only=True)
class Oklch:
    """Lightness 0 to 1, chroma from 0, hue in degrees."""

    lightness: float
    chroma: float
    hue: float

    def css(self) -> str:
        return f"oklch({self.lightness:.3f} {self.chroma:.3f} {self.hue:.1f})"


@dataclass(frozen=True, kw_only=True)
class Accent:
    """``corrected``: the colour given would have been hard to read in at least one theme."""

    day: Oklch
    night: Oklch
    corrected: bool


def read_accent(text: str) -> Accent:
    """Reads ``#rrggbb``. Raises ValueError."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise ValueError("an accent is written as # and six hexadecimal digits")
    given = _from_hex(text)
    day = _move(replace(given, lightness=max(given.lightness, DARKEST_DAY)), DAY_BACKGROUNDS, -STEP)
    # By night a colour is drawn lighter and quieter than by day, whatever was given.
    lightness = min(max(given.lightness, DARKEST_NIGHT), LIGHTEST_NIGHT)
    night = _move(replace(given, lightness=lightness, chroma=given.chroma * 0.8), NIGHT_BACKGROUNDS, STEP)
    return Accent(day=day, night=night, corrected=day.lightness != given.lightness)


def stylesheet(accent: Accent) -> str:
    """The custom properties of the accent, for a response of type ``text/css`` after the main stylesheet."""
    hue = accent.day.hue if accent.day.chroma > GREY else DEFAULT_HUE
    day_strong = _in_gamut(replace(accent.day, lightness=accent.day.lightness - STRONGER))
    night_strong = _in_gamut(replace(accent.night, lightness=accent.night.lightness + STRONGER))
    lines = {
        "hue": f"{hue:.1f}",
        "accent-day": accent.day.css(),
        "accent-day-strong": day_strong.css(),
        "accent-night": accent.night.css(),
        "accent-night-strong": night_strong.css(),
    }
    body = "".join(f"--{name}:{value};" for name, value in lines.items())
    return "@layer tokens{:root{" + body + "}}\n"


def contrast(one: Oklch, other: Oklch) -> float:
    """WCAG 2.2 contrast ratio, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _move(colour: Oklch, backgrounds: tuple[float, ...], step: float) -> Oklch:
    """Moves the lightness by ``step`` until the colour can be read on each of the backgrounds."""
    moved = _in_gamut(colour)
    while any(contrast(moved, Oklch(lightness=light, chroma=0, hue=0)) < LEAST_CONTRAST for light in backgrounds):
        moved = _in_gamut(replace(colour, lightness=moved.lightness + step))
    return moved


def _in_gamut(colour: Oklch) -> Oklch:
    """Lowers the chroma until a common screen can show the colour."""
    while colour.chroma > 0 and not all(-0.0001 <= channel <= 1.0001 for channel in _linear(colour)):
        colour = replace(colour, chroma=max(0.0, colour.chroma - STEP))
    return colour


def _luminance(colour: Oklch) -> float:
    red, green, blue = (min(1.0, max(0.0, channel)) for channel in _linear(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _from_hex(text: str) -> Oklch:
    red, green, blue = (_expand(int(text[at : at + 2], 16) / 255) for at in (1, 3, 5))
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return Oklch(lightness=lightness, chroma=math.hypot(a, b), hue=math.degrees(math.atan2(b, a)) % 360)


def _linear(colour: Oklch) -> tuple[float, float, float]:
    """Linear-light sRGB; outside 0 to 1 when the colour is out of gamut."""
    a = colour.chroma * math.cos(math.radians(colour.hue))
    b = colour.chroma * math.sin(math.radians(colour.hue))
    long = (colour.lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (colour.lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (colour.lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _expand(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
