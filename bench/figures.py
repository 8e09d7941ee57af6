"""What was measured, as a table for people and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Figure:
    name: str
    value: float
    unit: str = ""
    at_least: float | None = None
    less_than: float | None = None
    note: str = ""

    @property
    def missed(self) -> bool:
        too_low = self.at_least is not None and self.value < self.at_least
        return too_low or (self.less_than is not None and self.value >= self.less_than)

    @property
    def target(self) -> str:
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return f"< {self.less_than:g}" if self.less_than is not None else ""


Section = tuple[str, Sequence[Figure]]


def show(title: str, figures: Sequence[Figure]) -> None:
    print(f"\n{title}")
    for figure in figures:
        verdict = "" if not figure.target else ("MISSED" if figure.missed else "met")
        is_count = isinstance(figure.value, int) or abs(figure.value) >= 100
        value = f"{figure.value:,.0f}" if is_count else f"{figure.value:,.3f}"
        line = f"  {figure.name:<58}{value:>10} {figure.unit:<12}{figure.target:<8}{verdict:<7}{figure.note}"
        print(line.rstrip(), flush=True)


def write(path: Path, machine: str, sections: Sequence[Section]) -> None:
    """Parts that were measured earlier, and not now, stay."""
    measured = json.loads(path.read_text())["measured"] if path.exists() else {}
    for title, figures in sections:
        measured[title] = [{**asdict(figure), "missed": figure.missed} for figure in figures]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"machine": machine, "measured": measured}, indent=2, ensure_ascii=False) + "\n")
