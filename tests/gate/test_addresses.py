"""Addresses at the gate: what is kept of a new one, who gets which code, what an undo asks and for how long."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.acts import ANOTHER, ONLY_SQLITE, codes_sent, send_again, subjects, wait
from tests.support.addresses import NEW, begin_replacement, begin_undo, replace_address, undo
from tests.support.clock import SettableClock
from tests.support.house import Person, deliver
from watchword.accounts.identifiers import Identifier
from watchword.app import House
from watchword.foundation.terms import IdentifierKind
from watchword.storage.schema import passages

OLD = "ann@example.org"
pytestmark = ONLY_SQLITE


def begin(person: Person, **action: Any) -> Any:
    """The bare reply."""
    body = {"purpose": "confirm", "action": {"kind": "change", "what": "replace_identifier", **action}}
    return person.http.post("/api/v1/passages", json=body, headers=person.bearer)


def test_a_passage_keeps_the_digest_and_the_sealed_address(person: Person, house: House) -> None:
    passage = begin_replacement(person)
    with house.database.read() as tx:
        row = tx.connection.execute(select(passages).where(passages.c.id == passage.id)).one()
    digest = house.core.accounts.digest(Identifier(IdentifierKind.EMAIL, NEW))
    assert json.loads(row.action)["identifier"] == digest
    assert (row.identifier_kind, row.identifier_digest) == ("email", None)
    assert NEW not in row.identifier_sealed


@pytest.mark.parametrize(
    ("kind", "text"), [("email", "nonsense"), ("phone", NEW), ("email", OLD), ("fax", NEW), ("email", "two words")]
)
def test_what_can_be_no_new_address_begins_no_passage(person: Person, kind: str, text: str) -> None:
    reply = begin(person, identifier_kind=kind, identifier=text)
    assert (reply.status_code, reply.json()["code"]) == (422, "unacceptable")


def test_each_code_goes_to_its_own_address_and_again_on_wish(person: Person) -> None:
    passage = begin_replacement(person)
    assert (len(codes_sent(person, OLD)), codes_sent(person, NEW)) == (2, [])
    passage.give("message_code", code=person.mailbox.newest_code(OLD))
    deliver(person.house)
    assert send_again(passage).status_code == 429
    wait(person, seconds=61)
    assert send_again(passage).status_code == 200
    assert len(codes_sent(person, NEW)) == 2
    passage.give("message_code", code=person.mailbox.newest_code(NEW))
    assert passage.grant["kind"] == "approval"
    assert len(codes_sent(person, OLD)) == 2


def test_a_taken_one_gets_a_notice_in_place_of_the_code(person: Person, house: House, clock: SettableClock) -> None:
    taken = Person(house, clock, address=NEW).sign_up()
    passage = begin_replacement(person)
    passage.give("message_code", code=person.mailbox.newest_code(OLD))
    assert subjects(taken)[-1] == "Your address belongs to your Watchword account"
    passage.refuse("message_code", code="000000")


def test_ones_own_security_contact_is_not_taken(person: Person) -> None:
    replace_address(person)
    passage = begin_replacement(person, OLD)
    passage.give("message_code", code=person.mailbox.newest_code(NEW))
    deliver(person.house)
    passage.give("message_code", code=person.mailbox.newest_code(OLD))
    assert passage.grant["kind"] == "approval"


def test_an_undo_without_an_app_then_takes_the_message_alone(person: Person) -> None:
    replace_address(person)
    assert undo(person, OLD, ANOTHER).grant == {"kind": "done"}


def test_an_undo_asks_for_the_app_that_was_enrolled_then(person: Person) -> None:
    person.bind_app()
    replace_address(person)
    wait(person, minutes=1)
    passage = begin_undo(person, OLD).give("message_code", code=person.mailbox.newest_code(OLD))
    assert passage.asks == ["totp", "recovery_code"]
    passage.give("totp", output=person.output())
    assert passage.refuse("new_passphrase", passphrase="vF8#kq2Z").asks == ["new_passphrase"]
    assert passage.give("new_passphrase", passphrase=ANOTHER).grant == {"kind": "done"}


def test_what_was_bound_since_does_not_serve(person: Person) -> None:
    person.bind_app()
    replace_address(person)
    wait(person, minutes=1)
    person.bind_app()
    passage = begin_undo(person, OLD).give("message_code", code=person.mailbox.newest_code(OLD))
    passage.give("totp", output=person.output())
    assert passage.offer("new_passphrase", passphrase=ANOTHER).status_code == 410


def test_it_is_over_with_the_time_of_the_contact(person: Person) -> None:
    replace_address(person)
    person.clock.advance(timedelta(days=30, minutes=-2))
    passage = begin_undo(person, OLD).give("message_code", code=person.mailbox.newest_code(OLD))
    person.clock.advance(timedelta(minutes=2))
    assert passage.offer("new_passphrase", passphrase=ANOTHER).status_code == 410
