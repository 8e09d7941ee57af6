"""A withdrawal from its confirmation to its spending; destinations that open, a list that begins, caps."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.acts import ONLY_SQLITE, house_under
from tests.support.clock import SettableClock
from tests.support.exits import (
    EVM,
    OTHER_EVM,
    Platform,
    code,
    confirm,
    fortify,
    later,
    set_trading,
    withdrawal,
)
from tests.support.house import Person, deliver
from watchword.app import House

LISTING = {"kind": "allow_destination", "asset": "USDT", "network": "Ethereum", "address": EVM, "memo": None}
ENTRY = {name: LISTING[name] for name in ("asset", "network", "address", "memo")}


def get(person: Person, path: str) -> dict:
    reply = person.http.get(f"/api/v1/{path}", headers=person.bearer)
    assert reply.status_code == 200, reply.text
    return reply.json()


def enlist(person: Person, approval: str, **other: object):
    headers = {**person.bearer, "Approval": approval}
    return person.http.post("/api/v1/destinations", json={**ENTRY, **other}, headers=headers)


def switch(person: Person, *, enabled: bool):
    approval = person.approve(kind="change", what="allow_list", enabled=enabled)
    headers = {**person.bearer, "Approval": approval}
    return person.http.put("/api/v1/allow-list", json={"enabled": enabled}, headers=headers)


def test_a_new_destination_waits_a_day_and_is_then_used(house: House, fortified: Person):
    platform = Platform(house)
    held = platform.consume(fortified, confirm(fortified, withdrawal()), withdrawal())
    assert code(held) == "held"
    assert [hold["cause"] for hold in held.json()["holds"]] == ["new_destination"]
    assert held.json()["still_works"] == "used_destinations"
    (named,) = get(fortified, "destinations")["items"]
    assert named["address"] == EVM.lower()
    assert held.json()["opens_at"] == named["opens_at"]
    later(fortified, hours=25)
    spent = platform.consume(fortified, confirm(fortified, withdrawal()), withdrawal())
    assert (spent.status_code, spent.json()["allowed"]) == (200, True)
    other = withdrawal(address=EVM.lower(), amount="9")  # the same address in another spelling
    assert platform.consume(fortified, confirm(fortified, other), other).status_code == 200
    memo = withdrawal(memo="")  # no memo is not the same as an empty one
    assert code(platform.consume(fortified, confirm(fortified, memo), memo)) == "held"


@ONLY_SQLITE
def test_the_first_day_holds_everything_and_says_what_still_works(house: House, person: Person):
    set_trading(person.bind_app())
    holds = get(person, "holds")["items"]
    assert {hold["cause"] for hold in holds} == {"first_second_step", "first_trading_passphrase"}
    assert {hold["still_works"] for hold in holds} == {"nothing"}
    text = person.mailbox.texts_to(person.address)[-1]
    assert "nothing can leave your account until" in text
    later(person, hours=25)
    assert get(person, "holds")["items"] == []


@ONLY_SQLITE
def test_the_same_key_gets_the_same_answer_and_no_other_exit(house: House, fortified: Person):
    platform = Platform(house)
    confirm(fortified, withdrawal())
    later(fortified, hours=25)
    body = platform.ask(fortified, confirm(fortified, withdrawal()), withdrawal(), idempotency_key="one")
    first = platform.send(body)
    assert first.status_code == 200
    assert platform.send(body).json() == first.json()
    assert code(platform.send({**body, "action": withdrawal(amount="250.6")})) == "conflict"
    assert code(platform.send({**body, "approval": confirm(fortified, withdrawal())})) == "conflict"
    assert code(platform.send({**body, "idempotency_key": "two"})) == "not_confirmed"
    other = Platform(house, "cards")
    assert code(other.send(body)) == "not_confirmed"  # a key is a service's own


@pytest.fixture
def capped(database_url: str, tmp_path: Path, clock: SettableClock) -> Iterator[House]:
    with house_under('[exits.caps]\nUSDT = "1000"\n', database_url, tmp_path, clock) as opened:
        yield opened


def test_under_the_cap_a_new_destination_needs_no_wait(capped: House, clock: SettableClock):
    person = fortify(Person(capped, clock).sign_up())
    platform = Platform(capped)
    for address, amount, outcome in (
        (EVM, "600", "200"),
        (OTHER_EVM, "400.000000000000000001", "held"),
        (OTHER_EVM, "400", "200"),
        (EVM, "0.000000000000000001", "held"),
    ):
        action = withdrawal(address=address, amount=amount)
        assert code(platform.consume(person, confirm(person, action), action)) == outcome, amount
    later(person, hours=25)
    action = withdrawal(amount="5000")  # used by now: caps don't count it
    assert platform.consume(person, confirm(person, action), action).status_code == 200


@ONLY_SQLITE
def test_the_list_begins_after_three_days_and_then_only_it_is_withdrawn_to(house: House, fortified: Person):
    platform = Platform(house)
    confirm(fortified, withdrawal(address=OTHER_EVM))  # named, so that only the list can stop it
    listed = enlist(fortified, confirm(fortified, LISTING))
    assert listed.status_code == 201, listed.text
    assert listed.json()["list_senior_at"] == listed.json()["listed_at"]  # the account is young
    begun = switch(fortified, enabled=True)
    assert (begun.status_code, begun.json()["enabled"]) == (200, True)
    later(fortified, hours=71)
    action = withdrawal(address=OTHER_EVM)
    assert platform.consume(fortified, confirm(fortified, action), action).status_code == 200
    later(fortified, hours=1)
    account = get(fortified, "session")["account"]
    refused = platform.decide(account, action)
    assert (refused.json()["allowed"], refused.json()["reason"]) == (False, "not_listed")
    assert platform.consume(fortified, confirm(fortified, withdrawal()), withdrawal()).status_code == 200
    off = switch(fortified, enabled=False)
    assert off.json() == {"enabled": False, "effective_at": None}
    assert [hold["cause"] for hold in get(fortified, "holds")["items"]] == ["list_weakened"]
    assert platform.consume(fortified, confirm(fortified, withdrawal()), withdrawal()).status_code == 200
    assert code(platform.consume(fortified, confirm(fortified, action), action)) == "held"


@ONLY_SQLITE
def test_a_list_that_has_not_begun_is_cancelled_without_a_hold(house: House, fortified: Person):
    assert switch(fortified, enabled=True).status_code == 200
    assert code(switch(fortified, enabled=True)) == "conflict"
    assert switch(fortified, enabled=False).status_code == 200
    assert get(fortified, "holds")["items"] == []
    assert code(switch(fortified, enabled=False)) == "conflict"


@ONLY_SQLITE
def test_without_an_app_only_the_list_is_withdrawn_to(house: House, person: Person):
    set_trading(person)
    later(person, hours=25)
    platform = Platform(house)
    assert enlist(person, confirm(person, LISTING)).status_code == 201
    account = get(person, "session")["account"]
    early = platform.decide(account, withdrawal()).json()
    assert (early["allowed"], early["reason"]) == (False, "needs_listing")
    deliver(house)
    later(person, hours=72)
    assert platform.consume(person, confirm(person, withdrawal()), withdrawal()).status_code == 200
    transfer = {"kind": "transfer", "asset": "USDT", "amount": "1", "to": "someone"}
    assert platform.decide(account, transfer).json()["reason"] == "needs_second_step"


@ONLY_SQLITE
def test_a_destination_that_was_removed_is_new_again(house: House, fortified: Person):
    enlist(fortified, confirm(fortified, LISTING))
    (listed,) = get(fortified, "destinations")["items"]
    path = f"/api/v1/destinations/{listed['id']}"
    asked = fortified.http.delete(path, headers=fortified.bearer)
    assert code(asked) == "confirmation_required"
    approval = fortified.approve(**asked.json()["action"])
    assert fortified.http.delete(path, headers={**fortified.bearer, "Approval": approval}).status_code == 204
    assert get(fortified, "destinations")["items"] == []
    assert fortified.http.delete(path, headers=fortified.bearer).status_code == 404
    later(fortified, hours=25)
    account = get(fortified, "session")["account"]
    assert Platform(house).decide(account, withdrawal()).json()["holds"][0]["cause"] == "new_destination"


@ONLY_SQLITE
def test_an_entry_that_is_held_does_not_spend_its_approval(house: House, person: Person):
    set_trading(person.bind_app())
    later(person, hours=25)
    approval = confirm(person, LISTING)
    headers = {**person.bearer, "Approval": approval}
    changed = person.approve(kind="change", what="recovery_codes")
    made = person.http.post("/api/v1/authenticators/recovery-codes", headers={**person.bearer, "Approval": changed})
    assert made.status_code == 201
    held = person.http.post("/api/v1/destinations", json=ENTRY, headers=headers)
    assert (code(held), held.json()["holds"][0]["cause"]) == ("held", "recovery_codes_made")


@ONLY_SQLITE
def test_a_service_is_known_by_its_own_credential_alone(house: House, person: Person):
    platform = Platform(house)
    services = house.core.services
    person_as_service = person.http.post(
        "/api/v1/exits/decide", json={"account": "x", "action": withdrawal()}, headers=person.bearer
    )
    assert person_as_service.status_code == 401
    assert platform.http.get("/api/v1/session", headers=platform.bearer).status_code == 401
    assert platform.decide("nobody", withdrawal()).status_code == 404
    assert platform.decide("decoy", withdrawal()).status_code == 404
    assert platform.decide("nobody", {"kind": "change", "what": "passphrase"}).status_code == 422
    old, platform.token = platform.token, services.rotate("wallet").reveal()
    assert platform.decide("nobody", withdrawal()).status_code == 404
    assert Platform(house, token=old).decide("nobody", withdrawal()).status_code == 401
    services.revoke("wallet")
    assert platform.decide("nobody", withdrawal()).status_code == 401
    assert [service.name for service in services.list()] == ["wallet"]
