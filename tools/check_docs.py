"""Whether every page the documentation links to is there, with its heading, and every file of ours that it names."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_NAMED = re.compile(r"`((?:src|tests|tools|docs|bench|requirements)/[\w./-]+)`")


def pages() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return [ROOT / name for name in sorted(filter(None, listed.stdout.split("\0"))) if (ROOT / name).exists()]


def anchors(page: Path) -> set[str]:
    """The anchors that a forge makes of headings."""
    plain = _FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = (re.sub(r"[^\w\s-]", "", heading.lower()).strip() for heading in _HEADING.findall(plain))
    return {re.sub(r"\s", "-", heading) for heading in headings}


def broken(page: Path) -> Iterator[str]:
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    here = page.relative_to(ROOT)
    for target in _LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        aim = (page.parent / path).resolve() if path else page
        if not aim.exists():
            yield f"{here}: links to {target}, which is not there"
        elif anchor and aim.suffix == ".md" and anchor not in anchors(aim):
            yield f"{here}: links to {target}, which has no such heading"
    for name in _NAMED.findall(text):
        if not (ROOT / name).exists():
            yield f"{here}: names {name}, which is not there"


if __name__ == "__main__":
    found = [line for page in pages() for line in broken(page)]
    print("\n".join(found))
    sys.exit(1 if found else 0)
