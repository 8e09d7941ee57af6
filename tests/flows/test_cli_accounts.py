"""`watchword accounts`: what an operator sees of an account and may do to it, beside a running house."""

import json
import os
import re
from datetime import timedelta

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from tests.support.clock import SettableClock
from tests.support.house import Mailbox, Person, open_house
from watchword.cli import main
from watchword.foundation.clock import system_clock
from watchword.storage.schema import events


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["accounts", *words], catch_exceptions=False)


@pytest.fixture
def person(tmp_path, sqlite_template, monkeypatch):
    """Somebody with an account in a house whose settings the commands share."""
    for name in [name for name in os.environ if name.startswith("WATCHWORD_")]:
        monkeypatch.delenv(name)
    path = tmp_path / "watchword.db"
    path.write_bytes(sqlite_template)
    monkeypatch.setenv("WATCHWORD_MODE", "development")
    monkeypatch.setenv("WATCHWORD_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WATCHWORD_DATABASE_URL", f"sqlite:///{path}")
    clock = SettableClock(system_clock())
    with open_house(f"sqlite:///{path}", tmp_path, clock) as house:
        yield Person(house, clock).sign_up()


def account_of(person: Person) -> str:
    reply = person.http.get("/api/v1/session", headers=person.bearer)
    assert reply.status_code == 200
    return str(reply.json()["account"])


def test_it_shows_what_protects_an_account_without_addresses(person):
    person.bind_app()
    shown = run("show", person.address)
    assert shown.exit_code == 0
    assert shown.output.startswith(f"account {account_of(person)}, open, since ")
    assert "address  a•••@example.org" in shown.output
    assert person.address not in shown.output
    assert re.search(r"passphrase  since [\d-]+, senior", shown.output)
    assert "totp  since" in shown.output
    assert re.search(r"recovery_codes .* 10 left", shown.output)
    assert "sessions  1" in shown.output
    assert run("show", account_of(person)).output == shown.output


def test_a_look_is_in_the_record(person):
    run("show", person.address)
    with person.house.database.read() as tx:
        rows = tx.connection.exec_driver_sql("SELECT account_id, facts FROM events WHERE kind = 'operator.command'")
        assert [(row.account_id, json.loads(row.facts)) for row in rows] == [
            (account_of(person), {"command": "accounts.show"})
        ]


@pytest.mark.parametrize("who", ["nobody@example.org", "decoy", "nobody@decoy.invalid", "", "+15555550100"])
def test_there_is_nobody_else(person, who):
    missing = run("show", who)
    assert missing.exit_code == 2
    assert missing.output == "watchword: there is no such account\n"


def test_closing_asks_first_and_ends_every_session(person):
    assert run("close", person.address).exit_code == 1
    assert account_of(person)
    assert run("close", "--yes", person.address).output == "closed; 1 sessions ended\n"
    person.clock.advance(timedelta(seconds=1))
    assert person.http.get("/api/v1/session", headers=person.bearer).status_code == 401
    assert run("show", person.address).output.split(",")[1] == " closed"
    assert run("close", "--yes", person.address).exit_code == 2


def test_removing_the_second_step_is_announced_and_waits(person):
    assert "has no authenticator app" in run("remove-second-step", person.address).output
    person.bind_app()
    begun = run("remove-second-step", person.address)
    assert begun.exit_code == 0
    assert begun.output.startswith("begun; it takes effect on ")
    assert "begun already" in run("remove-second-step", person.address).output
    assert any("second step" in text for text in Mailbox(person.house).texts_to(person.address))
    assert "totp" in run("show", person.address).output


def test_nothing_is_done_where_nothing_was_served(tmp_path, monkeypatch):
    monkeypatch.setenv("WATCHWORD_MODE", "development")
    monkeypatch.setenv("WATCHWORD_DATA", str(tmp_path))
    assert CliRunner().invoke(main, ["keys", "init"]).exit_code == 0
    refused = run("show", "ann@example.org")
    assert refused.exit_code == 2
    assert "nothing was served" in refused.output


def test_it_freezes_and_thaws(person):
    frozen = run("freeze", person.address)
    assert (frozen.exit_code, frozen.output) == (0, "frozen; 1 sessions ended\n")
    assert ", frozen, since " in run("show", person.address).output
    person.clock.advance(timedelta(seconds=2))
    assert person.http.get("/api/v1/session", headers=person.bearer).status_code == 401
    assert Mailbox(person.house).messages()[-1]["Subject"] == "Your Watchword account is frozen"
    assert run("thaw", person.address).output == "thawed\n"
    assert ", open, since " in run("show", person.address).output


def test_it_thaws_only_its_own_freeze(person):
    person.http.post("/api/v1/freeze", headers=person.bearer)
    refused = run("thaw", person.address)
    assert (refused.exit_code, refused.output) == (2, "watchword: no operator froze this account\n")
    run("freeze", person.address)
    assert "stays frozen" in run("thaw", person.address).output
    run("close", person.address, "--yes")
    assert run("freeze", person.address).exit_code == 2


def test_it_thaws_what_a_revoked_service_froze(person):
    core, account = person.house.core, account_of(person)
    core.services.add("watcher")
    (service,) = core.services.list()
    core.freezing.by_platform(account, service.id)
    assert "no operator froze" in run("thaw", person.address).output
    assert "no service that was revoked froze" in run("thaw", "--of-revoked-services", person.address).output
    core.services.revoke("watcher")
    assert run("thaw", "--of-revoked-services", person.address).output == "thawed\n"
    with core.ground.database.read() as tx:
        row = tx.connection.execute(select(events).where(events.c.kind == "account.thawed")).one()
    assert json.loads(row.facts) == {"by": "operator", "open": True, "service": service.id}
