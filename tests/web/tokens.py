"""Reads the colours of ``styles/tokens.css`` as each theme has them."""

import re
from pathlib import Path

from watchword.web.accent import Oklch

SOURCE = Path(__file__).parents[2] / "src" / "watchword" / "web" / "styles" / "tokens.css"
_PROPERTY = re.compile(r"--([\w-]+):\s*([^;]+);")
_OKLCH = re.compile(r"oklch\(([\d.]+) ([\d.]+) (var\(--hue\)|[\d.]+)\)")


def themes() -> dict[str, dict[str, str]]:
    """Theme -> property -> value, unresolved; the dark one is the light one with its own on top."""
    light, _, dark = SOURCE.read_text().partition("@media (prefers-color-scheme: dark)")
    day = dict(_PROPERTY.findall(light))
    return {"light": day, "dark": day | dict(_PROPERTY.findall(dark))}


def colour(theme: dict[str, str], name: str) -> Oklch:
    """A colour given as ``oklch(L C H)``, or by way of another property."""
    value = theme[name]
    if other := re.fullmatch(r"var\(--([\w-]+)\)", value):
        return colour(theme, other[1])
    found = _OKLCH.fullmatch(value)
    assert found, f"--{name} is not a plain colour: {value}"
    hue = theme["hue"] if found[3] == "var(--hue)" else found[3]
    return Oklch(lightness=float(found[1]), chroma=float(found[2]), hue=float(hue))
