"""Compiles the message catalogues into ``src/watchword/built/locale``, where the program reads them.

A text without a translation is left out, so that it shows in English; tools/check_locale.py finds it.
"""

from pathlib import Path

from babel.messages.mofile import write_mo

from tools.locale_catalogues import LOCALE, SOURCES, read, translations

BUILT = SOURCES / "built" / "locale"


def build() -> list[Path]:
    """The files it wrote. Each appears whole or not at all: a running program may be reading it."""
    made = []
    for source in translations():
        target = (BUILT / source.relative_to(LOCALE)).with_suffix(".mo")
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(".part")
        with part.open("wb") as out:
            write_mo(out, read(source))
        part.replace(target)
        made.append(target)
    return made


if __name__ == "__main__":
    print(f"translations built: {len(build())}")
