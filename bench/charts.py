"""``python -m bench.charts``: draws what ``var/bench.json`` says into ``docs/pictures``, for docs/performance.md."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

MEASURED = Path("var/bench.json")
PICTURES = Path("docs/pictures")
WIDTH, LEFT, RIGHT, BAR, GAP, TOP = 720, 250, 90, 22, 12, 52
STYLE = """
text{font:14px system-ui,sans-serif;fill:#1c2733}.title{font-weight:600;font-size:15px}.dim{fill:#5b6876;font-size:12px}
.bar{fill:#9fb3c8}.ours{fill:#1f6f5c}.line{stroke:#b3402f;stroke-dasharray:4 3}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.dim{fill:#9aa7b4}.bar{fill:#4a5c70}.ours{fill:#4cc2a4}}
"""
Bars = Sequence[tuple[str, float, bool]]
"""Name, value, whether it is what the chart is about."""


def main() -> None:
    measured: dict[str, list[dict[str, Any]]] = json.loads(MEASURED.read_text())["measured"]
    values = {figure["name"]: figure["value"] for figures in measured.values() for figure in figures}
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, drawn in (("peers", _peers(values)), ("hot", _hot(values)), ("confirm", _confirm(values))):
        if drawn is not None:
            (PICTURES / f"bench-{name}.svg").write_text(drawn)
            print(PICTURES / f"bench-{name}.svg")


def _peers(values: dict[str, float]) -> str | None:
    ours = values.get("watchword: session checks a processor second")
    if ours is None:
        return None
    others = [
        (name.partition(":")[0], value, False)
        for name, value in values.items()
        if name.endswith(": checks a processor second")
    ]
    return bars("Session checks a second of processor time", "more is better", [("Watchword", ours, True), *others])


def _hot(values: dict[str, float]) -> str | None:
    checks = values.get("session checks a processor second")
    if checks is None:
        return None
    bare = values["constant replies outside the guards"]
    shown: Bars = [
        ("a constant reply", bare, False),
        ("GET /api/v1/session", checks, True),
        ("a constant reply inside the guards", values["constant replies inside the guards"], False),
    ]
    return bars("Replies a second of processor time", "the same server; the line is the target", shown, mark=0.7 * bare)


def _confirm(values: dict[str, float]) -> str | None:
    named = {
        "a withdrawal, confirmed by app and trading passphrase": "a withdrawal",
        "a change, confirmed by passphrase, app and message code": "a change",
        "an approval, spent by a service": "an approval spent",
    }
    shown = [(short, values[name], True) for name, short in named.items() if name in values]
    title, note = "Milliseconds of a confirmation beside its hashes", "less is better; the line is the target"
    return bars(title, note, shown, mark=15) if shown else None


def bars(title: str, note: str, shown: Bars, *, mark: float | None = None) -> str:
    longest = max(*(value for _, value, _ in shown), mark or 0)
    scale = (WIDTH - LEFT - RIGHT) / longest
    height = TOP + len(shown) * (BAR + GAP)
    drawn = [f'<text class="title" x="0" y="18">{escape(title)}</text>']
    drawn.append(f'<text class="dim" x="0" y="36">{escape(note)}</text>')
    for number, (name, value, ours) in enumerate(shown):
        y = TOP + number * (BAR + GAP)
        drawn.append(f'<text x="{LEFT - 10}" y="{y + 16}" text-anchor="end">{escape(name)}</text>')
        kind = "ours" if ours else "bar"
        drawn.append(f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{value * scale:.1f}" height="{BAR}" rx="3"/>')
        drawn.append(f'<text x="{LEFT + value * scale + 8:.1f}" y="{y + 16}">{written(value)}</text>')
    if mark is not None:
        x = LEFT + mark * scale
        drawn.append(f'<line class="line" x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{height - GAP + 4}"/>')
    label = escape(f"{title}: " + ", ".join(f"{name} {written(value)}" for name, value, _ in shown), {'"': "&quot;"})
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}">'
    return "\n".join([head, f"<style>{STYLE}</style>", *drawn, "</svg>", ""])


def written(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


if __name__ == "__main__":
    main()
