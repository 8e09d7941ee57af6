"""The message catalogues: extracting the texts of the sources, reading and merging what translators wrote.

Run as a script after changing a text: it writes ``watchword.pot`` and brings each ``.po`` up to date, where new texts
wait without a translation and texts that are gone are dropped.

    .venv/bin/python -m tools.locale_catalogues
"""

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src" / "watchword"
LOCALE = SOURCES / "locale"
TEMPLATE = LOCALE / "watchword.pot"

_METHODS = [
    ("**.py", "python"),
    ("**/templates/**", "jinja2"),
]
_OPTIONS = {"**/templates/**": {"encoding": "utf-8", "trimmed": "true", "silent": "false"}}
_LEFT_OUT = {"built", "locale", "migrations", "__pycache__"}
_HEADER = """\
# Texts of Watchword.
# Copyright the authors of Watchword.
# This file is distributed under the same licence as Watchword (Apache-2.0).
#"""
_CHANGING = (
    '"Project-Id-Version:',
    '"Report-Msgid-Bugs-To:',
    '"POT-Creation-Date:',
    '"PO-Revision-Date:',
    '"Last-Translator:',
    '"Language-Team:',
    '"Generated-By:',
)


def translations() -> list[Path]:
    return sorted(LOCALE.glob("*/LC_MESSAGES/watchword.po"))


def extract() -> Catalog:
    """Every text marked for translation, in Python and in templates."""
    catalogue = Catalog(header_comment=_HEADER, fuzzy=False)
    found = extract_from_dir(
        SOURCES,
        _METHODS,
        _OPTIONS,
        keywords=DEFAULT_KEYWORDS,
        comment_tags=["For translators:"],
        strip_comment_tags=True,
        directory_filter=lambda folder: Path(folder).name not in _LEFT_OUT,
    )
    for name, _line, text, comments, context in found:
        # Without line numbers: a moved line is no change for a translator.
        catalogue.add(text, None, [(f"src/watchword/{name}", 0)], auto_comments=comments, context=context)
    return catalogue


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=None if path.suffix == ".pot" else path.parent.parent.name)


def written(catalogue: Catalog) -> bytes:
    """As it lies in the file. The same texts give the same bytes on every day."""
    out = BytesIO()
    write_po(out, catalogue, width=100, include_lineno=False, sort_by_file=True, ignore_obsolete=True)
    lines = out.getvalue().decode().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(_CHANGING)).encode()


def merged(path: Path, template: Catalog) -> Catalog:
    """A translation with the texts of ``template``; nothing is guessed from a text that resembles it."""
    catalogue = read(path)
    catalogue.update(template, no_fuzzy_matching=True, update_header_comment=False)
    return catalogue


def update() -> None:
    template = extract()
    TEMPLATE.write_bytes(written(template))
    for path in translations():
        path.write_bytes(written(merged(path, template)))


if __name__ == "__main__":
    update()
