"""Replacing an address, undoing it, adding a first one of its kind (policy §1, §3, §6)."""

import json
from datetime import timedelta

from sqlalchemy import select

from tests.support.acts import (
    ANOTHER,
    ONLY_SQLITE,
    account_of,
    authenticators,
    begin_sign_in,
    is_signed_in,
    look,
    send_again,
    subjects,
    wait,
    wrong_code,
)
from tests.support.addresses import (
    NEW,
    addresses,
    approve_replacement,
    begin_replacement,
    begin_undo,
    causes,
    put_address,
    replace_address,
    undo,
)
from tests.support.clock import SettableClock
from tests.support.house import Mailbox, Person, deliver
from watchword.app import House
from watchword.storage import schema

OLD = "ann@example.org"
REPLACED = "The e-mail address of your Watchword account was changed"


def test_a_change_asks_for_two_codes_and_then_is_made(person: Person) -> None:
    asked = put_address(person, None)
    assert (asked.status_code, asked.json()["code"]) == (403, "confirmation_required")
    action = {"kind": "change", "what": "replace_identifier", "identifier_kind": "email", "identifier": NEW}
    assert asked.json()["action"] == action
    passage = person.begin("confirm", action=action)
    assert passage.asks == ["passphrase"]
    passage.give("passphrase", passphrase=person.passphrase)
    assert passage.asks == ["message_code"]
    passage.give("message_code", code=person.mailbox.newest_code(OLD))
    assert passage.asks == ["message_code"]
    passage.give("message_code", code=person.mailbox.newest_code(NEW))
    assert put_address(person, passage.grant["token"]).status_code == 204
    assert addresses(person) == {OLD: _after(person, 30), NEW: None}
    assert put_address(person, passage.grant["token"]).status_code == 422  # theirs by now


def test_the_app_is_asked_too(person: Person) -> None:
    person.bind_app()
    passage = begin_replacement(person)
    assert [proof["kind"] for proof in _proofs(person, passage.id)] == ["passphrase", "totp"]
    assert passage.asks == ["message_code", "recovery_code"]


def test_old_and_new_are_told_and_what_it_brings_with_it(person: Person, house: House, clock: SettableClock) -> None:
    other = Person(house, clock, passphrase=person.passphrase)
    wait(person, days=10)
    person.sign_in()
    other.sign_in(known=False)
    replace_address(person)
    assert not is_signed_in(other)
    assert is_signed_in(person)
    assert subjects(person, OLD)[-1] == subjects(person, NEW)[-1] == REPLACED
    letter = person.mailbox.texts_to(OLD)[-1]
    assert "choose “Forgot it?”" in letter
    assert NEW not in letter
    assert "•••@" not in letter
    assert causes(person) == {"address_replaced": (clock.now + timedelta(hours=24)).isoformat()}


def test_sign_in_takes_the_new_one_and_no_longer_the_old(person: Person) -> None:
    replace_address(person)
    begin_sign_in(person)
    person.begin("sign_in", known=False).human().refuse("passphrase", identifier=OLD, passphrase=person.passphrase)


def test_the_new_address_gets_the_codes_from_then_on(person: Person) -> None:
    replace_address(person)
    person.approve(kind="change", what="message_code", enabled=True)
    assert "confirm" in subjects(person, NEW)[-1]
    assert subjects(person, OLD)[-1] == REPLACED


def test_for_thirty_days_the_old_one_is_told_of_everything(person: Person) -> None:
    replace_address(person)
    wait(person, days=29)
    person.sign_in(known=False)
    assert subjects(person, OLD)[-1] == "New sign-in to your Watchword account"
    before = len(subjects(person, OLD))
    wait(person, days=2)
    person.sign_in(known=False)
    assert len(subjects(person, OLD)) == before
    assert addresses(person) == {NEW: None}


def test_the_old_one_undoes_it(person: Person, clock: SettableClock) -> None:
    replace_address(person)
    wait(person, days=3)
    assert undo(person, OLD, ANOTHER).grant == {"kind": "done"}
    assert not is_signed_in(person)
    person.sign_in(known=False)
    assert addresses(person) == {OLD: None}
    assert causes(person)["address_restored"] == (clock.now + timedelta(hours=72)).isoformat()
    assert "An address of your Watchword account was restored" in subjects(person, NEW)
    assert "An address of your Watchword account was restored" in subjects(person, OLD)


def test_the_undo_drops_what_was_bound_since(person: Person, house: House, clock: SettableClock) -> None:
    thief = Person(house, clock, passphrase=person.passphrase)
    wait(person, days=10)
    person.sign_in()
    replace_address(person)
    wait(person, minutes=30)
    thief.address = person.address
    thief.sign_in(known=False).bind_app()
    assert set(authenticators(thief)) == {"passphrase", "totp", "recovery_codes"}
    with house.database.begin() as tx:
        house.core.passkey_locks.begin(tx, account_of(thief), clock.now)
    wait(person, days=8)  # by now all of it is senior
    undo(person, OLD, ANOTHER)
    person.sign_in()
    assert set(authenticators(person)) == {"passphrase"}
    assert person.http.get("/api/v1/passkey-only", headers=person.bearer).json()["state"] == "off"
    assert [each["id"] for each in _devices(person)] == [_session(person)["device"]]
    thief.begin("sign_in", known=False).human().refuse("passphrase", identifier=NEW, passphrase=person.passphrase)


def test_the_app_is_asked_for_the_undo_if_it_was_enrolled_then(person: Person) -> None:
    person.bind_app()
    replace_address(person)
    passage = begin_undo(person, OLD).give("message_code", code=person.mailbox.newest_code(OLD))
    assert passage.asks == ["totp", "recovery_code"]
    passage.give("recovery_code", code=person.codes[0])
    passage.give("new_passphrase", passphrase=ANOTHER)
    person.passphrase, person.address = ANOTHER, OLD
    person.sign_in()
    assert set(authenticators(person)) == {"passphrase", "totp", "recovery_codes"}


def test_an_app_bound_since_is_not_asked_and_a_passphrase_stands_alone(person: Person) -> None:
    wait(person, days=10)
    person.sign_in()
    replace_address(person)
    wait(person, minutes=30)
    person.sign_in().bind_app()
    wait(person, days=8)
    passage = begin_undo(person, OLD).give("message_code", code=person.mailbox.newest_code(OLD))
    assert passage.asks == ["new_passphrase"]
    passage.refuse("new_passphrase", passphrase="vF8#kq2Z")
    passage.give("new_passphrase", passphrase=ANOTHER)


def test_an_app_bound_since_does_not_serve_where_another_was_enrolled(person: Person) -> None:
    person.bind_app()
    replace_address(person)
    wait(person, minutes=1)
    _bind_another(person)
    passage = begin_undo(person, OLD).give("message_code", code=person.mailbox.newest_code(OLD))
    passage.give("totp", output=person.output())
    assert passage.offer("new_passphrase", passphrase=ANOTHER).status_code == 410
    assert is_signed_in(person)


def test_a_second_replacement_leaves_both_old_ones_as_contacts(person: Person) -> None:
    replace_address(person)
    wait(person, minutes=30)
    replace_address(person, "third@example.org")
    assert set(addresses(person)) == {OLD, NEW, "third@example.org"}
    wait(person, minutes=30)
    person.sign_in(known=False)
    assert subjects(person, OLD)[-1] == subjects(person, NEW)[-1] == subjects(person)[-1]
    undo(person, OLD, ANOTHER)
    person.sign_in(known=False)
    assert addresses(person) == {OLD: None}
    begin_undo(person, NEW).refuse("message_code", code="000000")  # it was bound since, and is nobody's now


def test_the_second_of_a_chain_undoes_its_own_replacement(person: Person) -> None:
    replace_address(person)
    wait(person, minutes=30)
    replace_address(person, "third@example.org")
    undo(person, NEW, ANOTHER)
    person.sign_in(known=False)
    found = addresses(person)
    assert set(found) == {OLD, NEW}
    assert found[NEW] is None
    assert found[OLD] is not None
    undo(person, OLD, "twelve slow barges under bridges")
    person.sign_in(known=False)
    assert addresses(person) == {OLD: None}


def test_after_thirty_days_it_is_final(person: Person) -> None:
    replace_address(person)
    wait(person, days=30)
    passage = begin_undo(person, OLD)
    assert not _last_holds_code(person, OLD)
    passage.refuse("message_code", code="000000")


def test_a_contact_whose_time_ends_on_the_way_gets_no_further(person: Person) -> None:
    replace_address(person)
    person.clock.advance(timedelta(days=30, minutes=-5))
    passage = begin_undo(person, OLD).give("message_code", code=person.mailbox.newest_code(OLD))
    person.clock.advance(timedelta(minutes=5))
    assert passage.offer("new_passphrase", passphrase=ANOTHER).status_code == 410


def test_a_replacement_ends_a_recovery_that_began_with_the_old(person: Person) -> None:
    passage = begin_undo(person, OLD).give("message_code", code=person.mailbox.newest_code(OLD))
    replace_address(person)
    assert passage.offer("new_passphrase", passphrase=ANOTHER).status_code == 410


def test_it_can_be_taken_back_by_replacing_again(person: Person) -> None:
    replace_address(person)
    wait(person, minutes=30)
    replace_address(person, OLD)
    found = addresses(person)
    assert found[OLD] is None
    assert found[NEW] is not None


def test_a_taken_address_gets_a_notice_and_the_same_answers(person: Person, house: House, clock: SettableClock) -> None:
    taken = Person(house, clock, address="owner@example.org").sign_up()
    seen = []
    for address in ("free@example.org", taken.address):
        passage = begin_replacement(person, address)
        passage.give("message_code", code=person.mailbox.newest_code(OLD))
        deliver(house)
        passage.refuse("message_code", code="000000")
        seen.append((passage.asks, look(passage)["state"], send_again(passage).status_code))
    assert seen[0] == seen[1]
    assert subjects(taken)[-1] == "Your address belongs to your Watchword account"
    assert not _last_holds_code(taken, taken.address)


def test_a_security_contact_can_be_bound_by_nobody_else(person: Person, house: House, clock: SettableClock) -> None:
    replace_address(person)
    stranger = Person(house, clock, address="other@example.org").sign_up()
    passage = begin_replacement(stranger, OLD)
    passage.give("message_code", code=stranger.mailbox.newest_code(stranger.address))
    assert subjects(person, OLD)[-1] == "Your address belongs to your Watchword account"
    signing_up = stranger.begin("sign_up", known=False).human().give("identifier", identifier=OLD)
    assert subjects(person, OLD)[-1] == "You already have an account at Watchword"
    signing_up.refuse("message_code", code="000000")


def test_once_its_time_is_over_anybody_can(person: Person, house: House, clock: SettableClock) -> None:
    replace_address(person)
    wait(person, days=31)
    Person(house, clock, address=OLD).sign_up()
    person.sign_in(known=False)
    assert addresses(person) == {NEW: None}


@ONLY_SQLITE
def test_what_can_not_be_an_address_is_refused_before_anything_is_asked(person: Person) -> None:
    for kind, text in (("email", "nonsense"), ("phone", NEW), ("email", "+351912345678"), ("email", OLD)):
        reply = put_address(person, None, text, kind)
        assert (reply.status_code, reply.json()["code"]) == (422, "unacceptable")
        action = {"kind": "change", "what": "replace_identifier", "identifier_kind": kind, "identifier": text}
        begun = person.http.post(
            "/api/v1/passages", json={"purpose": "confirm", "action": action}, headers=person.bearer
        )
        assert (begun.status_code, begun.json()["code"]) == (422, "unacceptable")


@ONLY_SQLITE
def test_a_mailbox_lost_is_replaced_by_app_and_recovery_code(person: Person) -> None:
    person.bind_app()
    passage = begin_replacement(person).give("recovery_code", code=person.codes[0])
    assert passage.asks == ["message_code"]
    deliver(person.house)
    passage.give("message_code", code=person.mailbox.newest_code(NEW))
    assert put_address(person, passage.grant["token"]).status_code == 204


@ONLY_SQLITE
def test_rows_hold_neither_address(person: Person) -> None:
    token = approve_replacement(person)
    with person.house.database.read() as tx:
        for table in schema.metadata.sorted_tables:
            for row in tx.connection.execute(select(table)):
                assert NEW not in json.dumps([str(value) for value in row]), table.name
    assert put_address(person, token).status_code == 204


@ONLY_SQLITE
def test_a_wrong_code_from_the_new_address_is_counted_like_any(person: Person) -> None:
    passage = begin_replacement(person)
    passage.give("message_code", code=person.mailbox.newest_code(OLD))
    deliver(person.house)
    right = person.mailbox.newest_code(NEW)
    for _ in range(5):
        passage.refuse("message_code", code=wrong_code(right))
    passage.refuse("message_code", code=right)


@ONLY_SQLITE
def test_the_activity_tells_both(person: Person) -> None:
    replace_address(person)
    undo(person, OLD, ANOTHER)
    person.sign_in(known=False)
    reply = person.http.get("/api/v1/activity?kind=security", headers=person.bearer)
    kinds = [each["kind"] for each in reply.json()["items"]]
    assert kinds.index("identifier.restored") < kinds.index("identifier.replaced")


def _after(person: Person, days: int) -> str:
    return (person.clock.now + timedelta(days=days)).isoformat().replace("+00:00", "Z")


def _devices(person: Person) -> list[dict[str, str]]:
    found: list[dict[str, str]] = person.http.get("/api/v1/devices", headers=person.bearer).json()["items"]
    return found


def _session(person: Person) -> dict[str, str]:
    found: dict[str, str] = person.http.get("/api/v1/session", headers=person.bearer).json()
    return found


def _proofs(person: Person, passage: str) -> list[dict[str, str]]:
    with person.house.database.read() as tx:
        row = tx.connection.execute(select(schema.passages.c.proofs).where(schema.passages.c.id == passage)).one()
    found: list[dict[str, str]] = json.loads(row.proofs)
    return found


def _last_holds_code(person: Person, address: str) -> bool:
    """Whether the last message to that address holds a code."""
    texts = Mailbox(person.house).texts_to(address)
    return any(line.isdecimal() and len(line) == 6 for line in texts[-1].splitlines())


def _bind_another(person: Person) -> None:
    kept = person.codes
    person.bind_app()
    person.codes = kept
    assert account_of(person)
