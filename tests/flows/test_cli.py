"""The operator's commands, as they are typed."""

import os
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from watchword.cli import main
from watchword.crypto.keyring import read_key_file
from watchword.storage.database import open_database
from watchword.storage.installation import Installation


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("WATCHWORD_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def development(monkeypatch, tmp_path) -> Path:
    monkeypatch.setenv("WATCHWORD_MODE", "development")
    data = tmp_path / "var"
    data.mkdir(mode=0o700)
    return data


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words, catch_exceptions=False)


def test_settings_show_value_source_and_meaning(monkeypatch):
    monkeypatch.setenv("WATCHWORD_DATABASE_URL", "postgresql://door:hunter2@db.example/door")
    shown = run("settings")
    assert shown.exit_code == 0
    assert "database_url = postgresql://door:•••@db.example/door" in shown.output
    assert "[WATCHWORD_DATABASE_URL]" in shown.output
    assert "hunter2" not in shown.output


def test_a_setting_that_can_not_be_read_is_a_sentence(monkeypatch):
    monkeypatch.setenv("WATCHWORD_PORT", "hunter2")
    refused = run("settings")
    assert refused.exit_code == 2
    assert refused.output.startswith("watchword: port: ")
    assert "hunter2" not in refused.output


def test_the_doctor_fails_until_all_is_well(development, monkeypatch):
    assert run("doctor").output == "all is well\n"
    monkeypatch.setenv("WATCHWORD_HOST", "0.0.0.0")
    failed = run("doctor")
    assert failed.exit_code == 1
    assert "- host: " in failed.output


def test_the_doctor_names_a_loosened_policy_and_bad_keys(development, monkeypatch, tmp_path):
    changed = tmp_path / "policy.toml"
    changed.write_text("[passphrases]\nalone = 8\n")
    monkeypatch.setenv("WATCHWORD_POLICY_FILE", str(changed))
    (development / "keys").write_text("nonsense")
    (development / "keys").chmod(0o600)
    failed = run("doctor")
    assert failed.exit_code == 1
    assert "- policy_file: " in failed.output
    assert "- key_file, database_url: " in failed.output


def test_the_policy_is_printed_with_what_was_changed(development, monkeypatch, tmp_path):
    assert "[[route]]" in run("policy", "show").output
    monkeypatch.setenv("WATCHWORD_POLICY_FILE", str(tmp_path / "none.toml"))
    assert run("policy", "show").exit_code == 2


def test_migrating_twice_does_it_once(development):
    assert run("migrate").output == "migrated\n"
    assert run("migrate").output == "nothing to do\n"


def test_keys_are_made_once_and_private(development):
    assert run("keys", "init").exit_code == 0
    made = development / "keys"
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    before = made.read_bytes()
    again = run("keys", "init")
    assert again.exit_code == 2
    assert "is there already" in again.output
    assert made.read_bytes() == before


def test_keys_are_made_where_one_says(development, tmp_path):
    assert run("keys", "init", str(tmp_path / "other")).exit_code == 0
    assert read_key_file(tmp_path / "other").newest == 1
    assert run("keys", "init", str(tmp_path / "nowhere" / "keys")).exit_code == 2


def test_no_new_keys_for_a_database_with_rows(development):
    assert run("migrate").exit_code == 0
    database = open_database(f"sqlite:///{development / 'watchword.db'}")
    Installation(database=database).claim(mode="development", key_digest="k")
    database.close()
    refused = run("keys", "init")
    assert refused.exit_code == 2
    assert not (development / "keys").exists()


def test_rotation_adds_a_version_and_keeps_what_was(development):
    run("keys", "init")
    sealed = read_key_file(development / "keys").seal(b"kept", "here")
    assert "version 2" in run("keys", "rotate").output
    rotated = read_key_file(development / "keys")
    assert rotated.unseal(sealed, "here") == b"kept"
    assert rotated.needs_reseal(sealed)


def test_rotation_without_keys_is_a_sentence(development):
    refused = run("keys", "rotate")
    assert refused.exit_code == 2
    assert refused.output.startswith("watchword: the key file")


def test_a_whole_record_verifies_and_a_changed_one_names_its_row(development):
    run("keys", "init")
    run("migrate")
    good = run("record", "verify")
    assert (good.exit_code, good.stdout) == (0, "0 events, all as they were written\n")
    assert "no anchor" in good.stderr
    database = open_database(f"sqlite:///{development / 'watchword.db'}")
    with database.begin() as tx:
        tx.connection.exec_driver_sql("UPDATE record_head SET seq = 3")
    database.close()
    bad = run("record", "verify")
    assert bad.exit_code == 1
    assert bad.stdout.startswith("first bad row: events 1 ")
