"""Functions, methods and classes of the product that nothing of the product uses. What only tests call is dead too.

Vulture finds them; names that a template uses, and those that a library calls by agreement, are alive.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from vulture import Vulture

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "watchword"
LIBRARY = SOURCE / "relying"
KINDS = frozenset({"class", "function", "import", "method", "property", "unreachable_code"})
DECORATED = [
    "@main.*",
    "@policy.*",
    "@keys.*",
    "@record.*",
    "@accounts.*",
    "@clients.*",
    "@services.*",
    "@signing_keys.*",
    "@routes.*",
    "@event.*",
    "@model_validator",
]

AGREED = {
    "capture_signals": "uvicorn calls it",
    "connection_lost": "asyncio calls it",
    "connection_made": "asyncio calls it",
    "data_received": "asyncio calls it",
    "deliver_due": "one round of the worker, by hand: tests send with it what a house would",
    "dump_bytecode": "Jinja calls it",
    "get_field_value": "pydantic-settings wants it",
    "load_bytecode": "Jinja calls it",
    "on_header": "httptools calls it",
    "on_headers_complete": "httptools calls it",
    "on_message_begin": "httptools calls it",
    "on_url": "httptools calls it",
    "process_bind_param": "SQLAlchemy calls it",
    "process_result_value": "SQLAlchemy calls it",
    "settings_customise_sources": "pydantic-settings calls it",
}


def template_words() -> set[str]:
    templates = (path for folder in SOURCE.rglob("templates") for path in folder.rglob("*") if path.is_file())
    return {word for path in templates for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))}


def _is_for_others(path: str | Path, name: str) -> bool:
    """The client library is called by platforms; what only it uses begins with an underscore."""
    return Path(path).is_relative_to(LIBRARY) and not name.startswith("_")


def dead() -> Iterator[str]:
    finder = Vulture(ignore_decorators=DECORATED)
    finder.scavenge([str(SOURCE)])
    spoken = template_words()
    for item in finder.get_unused_code(min_confidence=60):
        if _is_for_others(item.filename, item.name):
            continue
        if item.typ in KINDS and item.name not in AGREED and item.name not in spoken:
            yield f"{Path(item.filename).relative_to(ROOT)}:{item.first_lineno}: unused {item.typ} {item.name}"


if __name__ == "__main__":
    found = sorted(dead())
    print("\n".join(found))
    sys.exit(1 if found else 0)
