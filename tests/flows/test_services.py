"""`watchword services`: a credential made, printed once, rotated, revoked; kept as a digest and nothing else."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.support.clock import SettableClock
from tests.support.exits import Platform, withdrawal
from tests.support.house import open_house
from watchword.app import House
from watchword.cli import main
from watchword.foundation.clock import system_clock
from watchword.record.verify import VerifyRecord


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["services", *words], catch_exceptions=False)


@pytest.fixture
def house(tmp_path: Path, sqlite_template: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """One whose settings the commands share."""
    for name in [name for name in os.environ if name.startswith("WATCHWORD_")]:
        monkeypatch.delenv(name)
    path = tmp_path / "watchword.db"
    path.write_bytes(sqlite_template)
    monkeypatch.setenv("WATCHWORD_MODE", "development")
    monkeypatch.setenv("WATCHWORD_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WATCHWORD_DATABASE_URL", f"sqlite:///{path}")
    with open_house(f"sqlite:///{path}", tmp_path, SettableClock(system_clock())) as opened:
        yield opened


def answer(house: House, token: str) -> int:
    return int(Platform(house, token=token).decide("nobody", withdrawal()).status_code)


def test_a_credential_from_making_to_revoking(house: House, tmp_path: Path) -> None:
    made = run("add", "wallet")
    assert made.exit_code == 0
    token = made.output.strip()
    assert answer(house, token) == 404  # it is let in, and there is no such account
    assert run("list").output.startswith("wallet  since 20")
    assert token not in run("list").output

    rotated = run("rotate", "wallet").output.strip()
    assert (answer(house, token), answer(house, rotated)) == (401, 404)

    assert run("revoke", "wallet").output == "revoked\n"
    assert answer(house, rotated) == 401
    assert ", revoked 20" in run("list").output
    assert run("add", "wallet").exit_code == 0  # the name is free again

    for secret in (token, rotated):
        assert secret.encode() not in (tmp_path / "watchword.db").read_bytes()
    assert VerifyRecord(database=house.database, keyring=house.keyring, path=house.settings.anchor_file)().ok


def test_what_can_not_be_is_a_sentence(house: House) -> None:
    run("add", "wallet")
    assert (run("add", "wallet").exit_code, run("rotate", "cards").exit_code) == (2, 2)
    assert "there is a service of that name" in run("add", "wallet").output
    assert "there is no service of that name" in run("revoke", "cards").output
    for name in ("Wallet", "a b", "-x", "w" * 33, ""):
        assert run("add", "--", name).exit_code == 2, name
