"""`watchword clients` and `watchword signing-keys`: what the operator says of those who sign people in here."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.support.clock import SettableClock
from tests.support.house import client_of, open_house
from watchword.app import House
from watchword.cli import main
from watchword.crypto.jose import PrivateKey
from watchword.crypto.tokens import Randomness
from watchword.foundation.clock import system_clock

BACK = "https://trade.example/back"


def run(*words: str) -> Result:
    return CliRunner().invoke(main, [*words], catch_exceptions=False)


def told(result: Result) -> dict[str, str]:
    assert result.exit_code == 0, result.output
    return dict(line.split(" = ") for line in result.output.splitlines() if " = " in line)


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


def knows(house: House, client: str, secret: str) -> bool:
    form = {"grant_type": "refresh_token", "refresh_token": "none"}
    reply = client_of(house).post("/openid/token", data=form, auth=(client, secret))
    return bool(reply.json()["error"] == "invalid_grant")


def test_a_client_from_making_to_revoking(house: House, tmp_path: Path) -> None:
    made = told(run("clients", "add", "Desk", "--redirect-uri", BACK, "--scope", "email", "--audience", "desk"))
    client, secret = made["client_id"], made["client_secret"]
    assert knows(house, client, secret)
    listed = run("clients", "list").output
    assert f"Desk  {client}  web, secret, since 20" in listed
    assert "scopes openid email; audience desk; ES256" in listed
    assert f"redirect  {BACK}" in listed
    assert secret not in listed

    newer = told(run("clients", "rotate-secret", "Desk"))["client_secret"]
    assert (knows(house, client, secret), knows(house, client, newer)) == (False, True)

    changed = run("clients", "change", client, "--name", "Trading desk", "--backchannel-uri", "https://t.example/out")
    assert changed.output == "changed\n"
    listed = run("clients", "list").output
    assert "Trading desk" in listed
    assert "scopes openid email" in listed
    assert "back-channel  https://t.example/out" in listed
    assert knows(house, client, newer)

    assert run("clients", "revoke", "Trading desk").output == "revoked\n"
    assert not knows(house, client, newer)
    assert ", revoked 20" in run("clients", "list").output
    assert secret.encode() not in (tmp_path / "watchword.db").read_bytes()


def test_a_client_with_keys_and_one_without_a_secret(house: House, tmp_path: Path) -> None:
    jwks = tmp_path / "jwks.json"
    jwks.write_text(json.dumps({"keys": [dict(PrivateKey.draw("ES256", Randomness()).public)]}))
    made = told(run("clients", "add", "Keyed", "--redirect-uri", BACK, "--jwks", str(jwks)))
    assert "client_secret" not in made
    assert "private_key_jwt" in run("clients", "list").output
    assert run("clients", "change", "Keyed", "--first-party").output == "changed\n"
    assert "first-party, private_key_jwt" in run("clients", "list").output
    assert "read-only" not in run("clients", "list").output
    assert run("clients", "change", "Keyed", "--understands-read-only").output == "changed\n"
    assert "first-party, understands read-only, private_key_jwt" in run("clients", "list").output
    assert run("clients", "change", "Keyed", "--name", "Keyed", "--no-read-only").output == "changed\n"
    assert "first-party, private_key_jwt" in run("clients", "list").output
    assert run("clients", "rotate-secret", "Keyed").exit_code == 2
    assert "client_secret" in told(run("clients", "change", "Keyed", "--auth", "secret"))

    app = told(
        run("clients", "add", "App", "--native", "--redirect-uri", "http://127.0.0.1/back", "--understands-read-only")
    )
    assert "native, understands read-only, none" in run("clients", "list").output
    assert app.keys() == {"client_id"}


def test_what_can_not_be_is_a_sentence(house: House, tmp_path: Path) -> None:
    run("clients", "add", "Desk", "--redirect-uri", BACK)
    empty = tmp_path / "empty.json"
    empty.write_text("{}")
    tried = {
        ("add", "Desk", "--redirect-uri", BACK): "there is a client of that name",
        ("add", "Other"): "an address is whole",
        ("add", "Other", "--redirect-uri", "http://trade.example/"): "an address is whole",
        ("add", "Other", "--redirect-uri", BACK, "--scope", "root"): "scopes are",
        ("add", "Other", "--redirect-uri", BACK, "--jwks", str(empty)): "a JWK Set",
        ("add", "Other", "--redirect-uri", BACK, "--auth", "private_key_jwt"): "a JWK Set",
        ("add", "Other", "--redirect-uri", BACK, "--id-token-alg", "RS256"): "RS256 needs",
        ("add", "Other", "--redirect-uri", BACK, "--audience", "a b"): "an audience is",
        ("add", "<b>", "--redirect-uri", BACK): "a name has",
        ("revoke", "Nobody"): "there is no client of that name",
    }
    for words, sentence in tried.items():
        refused = run("clients", *words)
        assert refused.exit_code == 2, words
        assert sentence in refused.output, (words, refused.output)


def test_keys_are_listed_and_rotated(house: House) -> None:
    before = run("signing-keys", "list").output
    assert before.count("present") == before.count("next") == 2
    early = run("signing-keys", "rotate")
    assert early.exit_code == 2
    assert "the next key is too new" in early.output
    assert run("signing-keys", "rotate", "--at-once").output == "rotated\n"
    assert run("signing-keys", "list").output.count("retired") == 2
    assert run("signing-keys", "rotate", "--compromised").output == "rotated\n"
    assert run("signing-keys", "list").output.count("gone") == 2
