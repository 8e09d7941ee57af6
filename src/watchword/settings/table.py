"""The settings as a table for people: value, source, meaning. A password inside an address is masked."""

import re
from dataclasses import dataclass
from typing import Any

from watchword.settings.model import Settings

MASK = "•••"


@dataclass(frozen=True, kw_only=True)
class SettingLine:
    name: str
    value: str
    source: str
    meaning: str


def settings_table(settings: Settings) -> list[SettingLine]:
    return [
        SettingLine(
            name=name,
            value=_shown(getattr(settings, name)),
            source=settings.source_of(name),
            meaning=field.description or "",
        )
        for name, field in Settings.model_fields.items()
    ]


def _shown(value: Any) -> str:
    if value is None or value == "" or value == ():
        return "-"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _masked(str(value))


def _masked(text: str) -> str:
    """``postgresql://name:password@host/`` without its password; a query may hold one too."""
    if "://" not in text:
        return text
    address, mark, _ = text.partition("?")
    return re.sub(r"(://[^/:@]*):.*@", rf"\1:{MASK}@", address) + (f"?{MASK}" if mark else "")
