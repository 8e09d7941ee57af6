"""The built assets: complete, quick when nothing changed, compressed, and light."""

import gzip
import json
import re

from tools.build_assets import BUILT, ROOT, build
from watchword.authenticators.common_list import CommonList

BUDGET = 70_000


def manifest() -> dict[str, str]:
    build()
    found: dict[str, str] = json.loads((BUILT / "manifest.json").read_text())
    return found


def test_a_second_build_does_nothing() -> None:
    build()
    assert build() is False


def test_names_carry_a_hash_and_the_files_are_there() -> None:
    for plain, hashed in manifest().items():
        assert re.fullmatch(r".+-[0-9A-Za-z]{8,10}\.\w+", hashed), plain
        assert (BUILT / hashed).stat().st_size > 0


def test_compressed_copies_hold_the_same() -> None:
    manifest()
    for path in BUILT.glob("*.gz"):
        assert gzip.decompress(path.read_bytes()) == path.with_suffix("").read_bytes()


def test_every_script_and_style_together_fits_the_budget_with_room_for_the_page() -> None:
    manifest()
    sizes = [path.stat().st_size for path in BUILT.glob("*.gz")]
    assert sum(sizes) < BUDGET - 15_000


def test_styles_and_scripts_ask_nobody_else() -> None:
    manifest()
    for path in [*BUILT.glob("main-*"), *BUILT.glob("passphrase-*.js"), *BUILT.glob("*worker*.js")]:
        if path.suffix in (".css", ".js"):
            assert not re.search(r"https?://", path.read_text()), path.name
            assert "eval(" not in path.read_text()


def test_the_lock_names_no_registry() -> None:
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()


def test_the_common_million_is_known() -> None:
    table = CommonList.read(BUILT.parent / "common-passphrases.bin")
    assert all(word in table for word in ("iloveyou", "PASSWORD", "1234567890", "trustno1"))
    assert not any(word in table for word in ("seven purple lanterns drift slowly", "short"))
