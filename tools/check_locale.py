"""Whether the message catalogues hold exactly the texts of the sources, all of them translated.

    .venv/bin/python -m tools.check_locale

Says what to do about each finding; non-zero when there is one.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message

from tools.locale_catalogues import ROOT, TEMPLATE, extract, read, translations

_Key = tuple[str | None, str]
_FACT = re.compile(r"%\((\w+)\)[sd]|(?<!%)\{(\w+)\}")
_TAG = re.compile(r"</?\w+")
_REMEDY = "run `.venv/bin/python -m tools.locale_catalogues`, then translate what is new"


def check() -> list[str]:
    """The findings, each in one line; empty when all is well."""
    extracted = _texts(extract())
    findings = list(_differences(extracted, TEMPLATE))
    for path in translations():
        findings += _differences(extracted, path)
        findings += _untranslated(path)
    return findings


def _texts(catalogue: Catalog) -> dict[_Key, Message]:
    return {(message.context, _first(message.id)): message for message in catalogue if message.id}


def _differences(extracted: Mapping[_Key, Message], path: Path) -> Iterator[str]:
    name, known = _named(path), _texts(read(path))
    for key in extracted.keys() - known.keys():
        yield f"{name}: lacks {key[1]!r}; {_REMEDY}"
    for key in known.keys() - extracted.keys():
        yield f"{name}: holds {key[1]!r}, which no source does; {_REMEDY}"
    for key in known.keys() & extracted.keys():
        if known[key].id != extracted[key].id:
            yield f"{name}: has another plural of {key[1]!r}; {_REMEDY}"


def _untranslated(path: Path) -> Iterator[str]:
    name, catalogue = _named(path), read(path)
    for (_context, text), message in _texts(catalogue).items():
        forms = [form or "" for form in _forms(message.string)]
        if message.fuzzy or not all(forms):
            yield f"{name}: no translation of {text!r}"
        elif len(forms) != (catalogue.num_plurals if message.pluralizable else 1):
            yield f"{name}: the wrong number of plurals of {text!r}"
        else:
            yield from (f"{name}: {fault} in {text!r}" for form in forms for fault in _faults(message, form))


def _faults(message: Message, form: str) -> Iterator[str]:
    """A fact or a tag that the source does not have, or that the translation lost."""
    originals = _forms(message.id)
    may = {fact.group() for original in originals for fact in _FACT.finditer(original)}
    must = may - {"%(num)s"} if message.pluralizable else may
    given = {fact.group() for fact in _FACT.finditer(form)}
    if not must <= given <= may:
        yield "facts differ"
    if sorted(_TAG.findall(form)) != sorted(_TAG.findall(originals[-1])):
        yield "tags differ"
    if "%" in _FACT.sub("", form).replace("%%", "") and "python-format" in message.flags:
        yield "a lone %"


def _named(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def _first(text: str | tuple[str, ...] | list[str]) -> str:
    return text if isinstance(text, str) else text[0]


def _forms(text: Any) -> list[str]:
    return list(text) if isinstance(text, tuple | list) else [text]


def main() -> int:
    findings = check()
    for finding in findings:
        print(finding, file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
