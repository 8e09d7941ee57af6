"""Getting value out that nobody confirmed, or before it may go: by an approval, or through the database."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from tests.support.acts import ONLY_SQLITE, account_of, house_under
from tests.support.clock import SettableClock
from tests.support.exits import (
    EVM,
    OTHER_EVM,
    Platform,
    code,
    confirm,
    fortify,
    later,
    session_of,
    set_trading,
    withdrawal,
)
from tests.support.house import Person, deliver
from tests.support.parallel import at_once
from watchword.app import House
from watchword.record.verify import VerifyRecord
from watchword.storage.schema import approvals, destinations, events, exit_spendings, holds, locks, services

FIFTY = 50
LISTING = {"asset": "USDT", "network": "Ethereum", "address": EVM, "memo": None}


@pytest.fixture
def platform(house: House) -> Platform:
    return Platform(house)


@pytest.fixture
def ready(fortified: Person) -> Person:
    """To the address of ``withdrawal()`` everything is open."""
    confirm(fortified, withdrawal())
    return later(fortified, hours=25)


def recorded(house: House, kind: str) -> list[dict[str, Any]]:
    with house.database.read() as tx:
        rows = tx.connection.execute(select(events.c.facts).where(events.c.kind == kind).order_by(events.c.seq))
        return [json.loads(row.facts) for row in rows]


def behind_our_back(house: House, *statements: Any) -> None:
    with house.database.begin() as tx:
        for statement in statements:
            tx.connection.execute(statement)


def row_of(house: House, table: Any) -> dict[str, Any]:
    """The newest approval; of the other tables the one row."""
    with house.database.read() as tx:
        newest = table.c.issued_at.desc() if table is approvals else table.c.id
        return tx.connection.execute(select(table).order_by(newest)).first()._asdict()  # type: ignore[union-attr]


def spendings(house: House) -> int:
    with house.database.read() as tx:
        return len(tx.connection.execute(select(exit_spendings.c.id)).all())


# -- one approval, one exit, exactly as confirmed


@ONLY_SQLITE
def test_an_approval_replayed(house: House, ready: Person, platform: Platform):
    approval = confirm(ready, withdrawal())
    assert platform.consume(ready, approval, withdrawal()).status_code == 200
    assert code(platform.consume(ready, approval, withdrawal())) == "not_confirmed"
    assert [facts["reason"] for facts in recorded(house, "approval.refused")] == ["spent"]


def test_an_approval_raced_fifty_times_under_as_many_keys(house: House, ready: Person, platform: Platform):
    body = platform.ask(ready, confirm(ready, withdrawal()), withdrawal())
    seen = Counter(at_once(FIFTY, lambda n: code(platform.send({**body, "idempotency_key": f"key-{n}"}))))
    assert seen["200"] == 1, seen
    assert set(seen) <= {"200", "not_confirmed", "busy"}
    assert spendings(house) == len(recorded(house, "exit.allowed")) == 1


def test_fifty_who_ask_with_one_key_get_one_exit(house: House, ready: Person, platform: Platform):
    body = platform.ask(ready, confirm(ready, withdrawal()), withdrawal())
    seen = Counter(at_once(FIFTY, lambda _: code(platform.send(body))))
    assert set(seen) <= {"200", "busy"}, seen
    assert spendings(house) == len(recorded(house, "exit.allowed")) == 1


@ONLY_SQLITE
def test_an_approval_with_something_else_in_the_action(house: House, ready: Person, platform: Platform):
    approval = confirm(ready, withdrawal())
    for other in (
        {"amount": "250.51"},
        {"amount": "2505"},
        {"address": OTHER_EVM},
        {"address": EVM.lower()},
        {"memo": ""},
        {"memo": "7"},
        {"network": "Tron"},
        {"asset": "USDC"},
    ):
        assert code(platform.consume(ready, approval, withdrawal(**other))) == "not_confirmed", other
    for action, outcome in (
        ({"kind": "transfer", "asset": "USDT", "amount": "250.5", "to": "somebody"}, "not_confirmed"),
        (withdrawal(amount="250.50"), "unacceptable"),
        (withdrawal(amount=250.5), "unacceptable"),
        (withdrawal(fee="0"), "unacceptable"),
        (withdrawal(kind="gift"), "unacceptable"),
        ({"kind": "change", "what": "passphrase"}, "unacceptable"),
    ):
        assert code(platform.consume(ready, approval, action)) == outcome, action
    assert platform.consume(ready, approval, withdrawal()).status_code == 200  # a refusal spends nothing
    assert spendings(house) == 1
    assert {facts["reason"] for facts in recorded(house, "approval.refused")} == {"action"}


@ONLY_SQLITE
def test_an_approval_for_a_change_or_for_the_list_is_no_exit(ready: Person, platform: Platform):
    change = ready.approve(kind="change", what="recovery_codes")
    assert code(platform.consume(ready, change, {"kind": "change", "what": "recovery_codes"})) == "unacceptable"
    assert code(platform.consume(ready, change, withdrawal())) == "not_confirmed"
    entry = {"kind": "allow_destination", **LISTING}
    assert code(platform.consume(ready, confirm(ready, entry), entry)) == "not_confirmed"


@ONLY_SQLITE
def test_another_account_session_or_service(house: House, ready: Person, clock: SettableClock, platform: Platform):
    bob = fortify(Person(house, clock, address="bob@example.org", passphrase="nine wooden owls above it").sign_up())
    ready.sign_in()
    earlier = session_of(ready)
    approval = confirm(ready, withdrawal())
    theirs = session_of(bob)
    for other in (
        {"account": theirs["account"]},
        {"session": theirs["session"]},
        {"account": theirs["account"], "session": theirs["session"]},
        {"account": "nobody"},
        {"account": "decoy"},
        {"session": "nothing"},
    ):
        assert code(platform.consume(ready, approval, withdrawal(), **other)) == "not_confirmed", other
    ready.sign_in()
    assert code(platform.consume(ready, approval, withdrawal())) == "not_confirmed"  # confirmed in the one before
    same = {"account": earlier["account"], "session": earlier["session"], "idempotency_key": "one"}
    assert platform.consume(ready, approval, withdrawal(), **same).status_code == 200
    other_service = Platform(house, "cards")
    assert code(other_service.consume(ready, approval, withdrawal(), **same)) == "not_confirmed"


@ONLY_SQLITE
def test_a_session_that_ended_after_the_confirmation(ready: Person, platform: Platform):
    body = platform.ask(ready, confirm(ready, withdrawal()), withdrawal())
    assert ready.http.delete("/api/v1/session", headers=ready.bearer).status_code == 204
    assert code(platform.send(body)) == "not_confirmed"


@ONLY_SQLITE
def test_an_approval_that_grew_old(ready: Person, platform: Platform):
    body = platform.ask(ready, confirm(ready, withdrawal()), withdrawal())
    ready.clock.advance(timedelta(minutes=2))
    assert code(platform.send(body)) == "not_confirmed"


@ONLY_SQLITE
def test_a_credential_that_is_none(house: House, ready: Person, platform: Platform):
    body = platform.ask(ready, confirm(ready, withdrawal()), withdrawal())
    for headers in ({}, ready.bearer, {"Authorization": f"Basic {platform.token}"}, {"Authorization": "Bearer x"}):
        assert platform.http.post("/api/v1/approvals/consume", json=body, headers=headers).status_code == 401
    house.core.services.revoke("wallet")
    assert platform.send(body).status_code == 401
    assert spendings(house) == 0


# -- frozen meanwhile


@ONLY_SQLITE
def test_consumed_after_a_freeze(house: House, ready: Person, platform: Platform):
    body = platform.ask(ready, confirm(ready, withdrawal()), withdrawal())
    assert ready.http.post("/api/v1/freeze", headers=ready.bearer).status_code == 204
    refused = platform.send(body)
    assert (code(refused), refused.json()["reason"]) == ("exit_refused", "frozen")
    decided = platform.decide(body["account"], withdrawal()).json()
    assert (decided["allowed"], decided["reason"]) == (False, "frozen")
    assert spendings(house) == 0


@ONLY_SQLITE
def test_asked_again_after_a_freeze_it_stops_and_a_thaw_lets_nothing_on(
    house: House, ready: Person, platform: Platform
):
    body = platform.ask(ready, confirm(ready, withdrawal()), withdrawal())
    assert platform.send(body).status_code == 200
    frozen = platform.http.post(f"/api/v1/accounts/{body['account']}/freeze", headers=platform.bearer)
    assert frozen.status_code == 200
    stopped = platform.send(body)
    assert (stopped.status_code, code(stopped), stopped.json()["reason"]) == (409, "stop", "frozen")
    platform.http.post(f"/api/v1/accounts/{body['account']}/thaw", headers=platform.bearer)
    assert code(platform.send(body)) == "stop"
    assert len(recorded(house, "exit.stopped")) == 2


def test_freezing_and_consuming_at_once_leave_no_exit_that_does_not_stop(
    house: House, ready: Person, platform: Platform
):
    body = platform.ask(ready, confirm(ready, withdrawal()), withdrawal())

    def either(number: int) -> str:
        if number == 0:
            path = f"/api/v1/accounts/{body['account']}/freeze"
            return f"freeze {platform.http.post(path, headers=platform.bearer).status_code}"
        return code(platform.send({**body, "idempotency_key": "one"}))

    seen = Counter(at_once(12, either))
    assert seen["freeze 200"] == 1, seen
    again = code(platform.send({**body, "idempotency_key": "one"}))
    assert again == ("stop" if spendings(house) else "exit_refused")


# -- behind our back


def verdict(house: House) -> Any:
    return VerifyRecord(database=house.database, keyring=house.keyring, path=house.settings.anchor_file)()


@ONLY_SQLITE
def test_a_hold_that_was_edited_is_refused_and_one_deleted_shows(house: House, fortified: Person, platform: Platform):
    set_trading(fortified, "918264")
    body = platform.ask(fortified, confirm(fortified, withdrawal(), trading="918264"), withdrawal())
    assert code(platform.send(body)) == "held"
    running = holds.c.cause == "trading_passphrase_changed"
    behind_our_back(house, update(holds).where(running).values(ends_at=fortified.clock.now))
    assert platform.send(body).status_code == 500
    assert fortified.http.get("/api/v1/holds", headers=fortified.bearer).status_code == 500
    assert [facts["table"] for facts in recorded(house, "row.refused")] == ["holds"]
    behind_our_back(house, delete(holds).where(running))
    found = verdict(house)
    assert not found.ok
    assert found.first_bad.startswith("holds ")


@ONLY_SQLITE
def test_an_edited_row_lets_nothing_out(house: House, fortified: Person, platform: Platform):
    body = platform.ask(fortified, confirm(fortified, withdrawal()), withdrawal())
    long_ago, long_after = (fortified.clock.now + timedelta(days=days) for days in (-30, 30))
    for table, column, value in (
        (destinations, "named_at", long_ago),
        (destinations, "listed_at", long_ago),
        (destinations, "named_from_senior_device", False),
        (approvals, "action", "{}"),
        (approvals, "by_senior_class", False),
        (approvals, "expires_at", long_after),
        (services, "name", "other"),
    ):
        before = row_of(house, table)
        behind_our_back(house, update(table).where(table.c.id == before["id"]).values({column: value}))
        assert platform.send(body).status_code == 500, (table.name, column)
        assert not verdict(house).ok
        behind_our_back(house, update(table).where(table.c.id == before["id"]).values({column: before[column]}))
    assert code(platform.send(body)) == "held"
    assert spendings(house) == 0


@ONLY_SQLITE
def test_a_destination_copied_to_another_account(house: House, ready: Person, clock: SettableClock, platform: Platform):
    """Ann has used it for long; Bob's account gets her row."""
    bob = fortify(Person(house, clock, address="bob@example.org", passphrase="nine wooden owls above it").sign_up())
    behind_our_back(house, update(destinations).values(account_id=account_of(bob)))
    assert code(platform.consume(bob, confirm(bob, withdrawal()), withdrawal())) == "held"  # it is not found as his
    assert bob.http.get("/api/v1/destinations", headers=bob.bearer).status_code == 500
    assert not verdict(house).ok


@ONLY_SQLITE
def test_a_lock_that_was_ended_behind_our_back(house: House, fortified: Person, platform: Platform):
    approval = fortified.approve(kind="change", what="allow_list", enabled=True)
    headers = {**fortified.bearer, "Approval": approval}
    assert fortified.http.put("/api/v1/allow-list", json={"enabled": True}, headers=headers).status_code == 200
    behind_our_back(house, update(locks).values(ended_at=fortified.clock.now))
    assert platform.decide(session_of(fortified)["account"], withdrawal()).status_code == 500


# -- caps


@pytest.fixture
def capped(database_url: str, tmp_path: Path, clock: SettableClock) -> Iterator[House]:
    with house_under('[exits.caps]\nUSDT = "1000"\n', database_url, tmp_path, clock) as opened:
        yield opened


def test_two_at_once_do_not_both_fit_under_the_cap(capped: House, clock: SettableClock):
    person = fortify(Person(capped, clock).sign_up())
    platform = Platform(capped)
    actions = [withdrawal(address=address, amount="600") for address in (EVM, OTHER_EVM)]
    bodies = [platform.ask(person, confirm(person, action), action) for action in actions]
    seen = Counter(at_once(2, lambda number: code(platform.send(bodies[number]))))
    assert seen in (Counter({"200": 1, "held": 1}), Counter({"200": 1, "busy": 1})), seen


@ONLY_SQLITE
def test_a_cap_spares_no_stranger_to_canonical_spelling_and_no_young_device(capped: House, clock: SettableClock):
    person = fortify(Person(capped, clock).sign_up())
    platform = Platform(capped)
    unknown = withdrawal(network="Unheard of", amount="1")
    assert code(platform.consume(person, confirm(person, unknown), unknown)) == "held"
    later(person, days=5)
    deliver(capped)
    person.sign_in(known=False)  # a device of its own, junior from now on
    named = withdrawal(amount="1")
    held = platform.consume(person, confirm(person, named), named)
    assert code(held) == "held"
    (hold,) = held.json()["holds"]
    session = session_of(person)
    assert hold["cause"] == "new_destination"
    assert hold["ends_at"] > (clock.now + timedelta(hours=47)).isoformat()
    assert session["account"]


# -- the thief with passphrase and mailbox


@ONLY_SQLITE
def test_a_thief_who_binds_his_own_app_and_trading_passphrase_waits_three_days(house: House, person: Person):
    """The account is older than three days and has no second step: passphrase and mailbox open it to him."""
    platform = Platform(house)
    later(person, days=10)
    thief = Person(house, person.clock, address=person.address, passphrase=person.passphrase)
    thief.sign_in(known=False)
    thief.bind_app()
    set_trading(thief)
    later(thief, hours=25)  # before, his app confirms no exit at all
    action = withdrawal(address=OTHER_EVM)
    held = platform.consume(thief, confirm(thief, action), action)
    assert code(held) == "held"
    assert {hold["cause"] for hold in held.json()["holds"]} == {
        "first_second_step",
        "first_trading_passphrase",
        "new_destination",
    }
    later(thief, hours=46)
    assert code(platform.consume(thief, confirm(thief, action), action)) == "held"
    told = [text for text in person.mailbox.texts_to(person.address) if "nothing can leave your account until" in text]
    assert len(told) == 2  # the owner had a mail of each, and three days
