"""Against those who want an account by its address: the new mailbox, the old one, the code between them, the row."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from tests.support.acts import ANOTHER, ONLY_SQLITE, account_of, begin_sign_in, codes_sent, is_signed_in, wait
from tests.support.addresses import (
    NEW,
    addresses,
    approve_replacement,
    begin_replacement,
    begin_undo,
    put_address,
    replace_address,
    undo,
)
from tests.support.clock import SettableClock
from tests.support.house import Person, deliver
from tests.support.parallel import at_once
from watchword.accounts.identifiers import Identifier
from watchword.app import House
from watchword.foundation.terms import IdentifierKind
from watchword.storage.schema import identifiers

OLD = "ann@example.org"
Row = dict[str, Any]


def test_a_thief_with_the_new_mailbox_undoes_nothing_and_keeps_nothing(person: Person) -> None:
    """He replaced the address in a stolen session. The code of the undo goes to the old one alone."""
    replace_address(person)
    before = len(codes_sent(person, NEW))
    thief = begin_undo(person, OLD)
    assert len(codes_sent(person, NEW)) == before
    thief.refuse("message_code", code="000000")
    wait(person, minutes=2)
    undo(person, OLD, ANOTHER)
    begun = person.begin("recover", known=False).human().give("identifier", identifier=NEW)
    deliver(person.house)
    assert len(codes_sent(person, NEW)) == before
    begun.refuse("message_code", code="000000")


def test_a_thief_with_the_old_mailbox_needs_the_app_that_was_enrolled(person: Person) -> None:
    """The owner left that mailbox because somebody else reads it."""
    person.bind_app()
    replace_address(person)
    passage = begin_undo(person, OLD).give("message_code", code=person.mailbox.newest_code(OLD))
    passage.refuse("totp", output="000000").refuse("recovery_code", code="0000-0000-0000-0000")
    assert passage.offer("new_passphrase", passphrase=ANOTHER).status_code == 409
    assert is_signed_in(person)


def test_the_app_removed_since_makes_the_mailbox_alone_no_stronger(person: Person) -> None:
    person.bind_app()
    replace_address(person)
    wait(person, minutes=2)
    approval = person.approve(kind="change", what="remove_totp")
    done = person.http.delete("/api/v1/authenticators/totp", headers={**person.bearer, "Approval": approval})
    assert done.status_code == 204, done.text
    passage = begin_undo(person, OLD).give("message_code", code=person.mailbox.newest_code(OLD))
    assert passage.asks == ["totp", "recovery_code"]


def set_stamp(person: Person) -> None:
    approval = person.approve(kind="change", what="anti_phishing_code")
    headers = {**person.bearer, "Approval": approval}
    reply = person.http.put("/api/v1/anti-phishing-code", json={"code": "lake tiger"}, headers=headers)
    assert reply.status_code == 204, reply.text


@pytest.mark.parametrize("when", ["before", "since"])
def test_the_stamp_that_a_thief_read_or_set_is_none_any_more(person: Person, when: str) -> None:
    """Mail to his address showed it; mail of his with it would look like ours."""
    if when == "before":
        set_stamp(person)
        wait(person, minutes=2)
    replace_address(person)
    wait(person, minutes=2)
    if when == "since":
        set_stamp(person)
        wait(person, minutes=2)
    undo(person, OLD, ANOTHER)
    assert any("anti-phishing code is removed" in told for told in person.mailbox.texts_to(OLD))
    wait(person, minutes=2)
    begin_sign_in(person, known=False)
    mail = person.mailbox.texts_to(OLD)[-1]
    assert "lake tiger" not in mail
    assert "none is set" in mail


def test_the_code_to_the_old_is_none_for_the_new(person: Person) -> None:
    passage = begin_replacement(person)
    code = person.mailbox.newest_code(OLD)
    passage.give("message_code", code=code)
    passage.refuse("message_code", code=code)
    assert "grant" not in passage.state


def test_the_code_of_another_passage_is_none_for_this(person: Person) -> None:
    """Somebody with two confirmations under way, and one of the two mailboxes."""
    one, other = begin_replacement(person), begin_replacement(person)
    one.give("message_code", code=codes_sent(person, OLD)[-2])
    deliver(person.house)
    other.refuse("message_code", code=person.mailbox.newest_code(NEW))


def test_the_new_mailbox_can_not_answer_for_the_old(person: Person) -> None:
    """A thief with the passphrase and a mailbox of his own: the second code is not even sent before the first."""
    passage = begin_replacement(person)
    assert codes_sent(person, NEW) == []
    passage.refuse("message_code", code="000000")
    assert codes_sent(person, NEW) == []


@pytest.mark.parametrize(("kind", "address"), [("email", "another@example.org"), ("email", OLD), ("phone", NEW)])
def test_an_approval_serves_for_the_address_that_was_confirmed_alone(person: Person, kind: str, address: str) -> None:
    token = approve_replacement(person)
    assert put_address(person, token, address, kind).status_code in (403, 422)
    assert addresses(person) == {OLD: None}
    assert put_address(person, token).status_code == 204


def test_an_approval_for_an_address_serves_once(person: Person) -> None:
    token = approve_replacement(person)
    seen = Counter(at_once(50, lambda _: int(put_address(person, token).status_code)))
    assert seen[204] == 1, seen
    assert set(seen) <= {204, 403, 409, 422, 503}
    assert set(addresses(person)) == {OLD, NEW}


def test_of_fifty_who_bind_the_same_address_one_wins(house: House, clock: SettableClock) -> None:
    people = [Person(house, clock, address=f"rival{number}@example.org").sign_up() for number in range(5)]
    tokens = [approve_replacement(rival) for rival in people]
    seen = Counter(at_once(50, lambda n: int(put_address(people[n % 5], tokens[n % 5]).status_code)))
    assert seen[204] == 1, seen
    assert set(seen) <= {204, 403, 409, 422, 503}
    assert sum(NEW in addresses(rival) for rival in people) == 1


def test_no_one_is_flooded_with_codes_they_did_not_ask_for(person: Person) -> None:
    """The holder names the recipient, who may be anybody: counted like what anybody may ask for."""
    for _ in range(9):
        passage = begin_replacement(person, "victim@example.org")
        passage.give("message_code", code=person.mailbox.newest_code(OLD))
        assert passage.asks == ["message_code"]
        wait(person, minutes=2)
    assert len(codes_sent(person, "victim@example.org")) == 7


# -- whoever writes to the database


Edit = Callable[[Row], Row]
EDITS: dict[str, Edit] = {
    "longer": lambda row: {"contact_until": row["contact_until"] + timedelta(days=300)},
    "without the app": lambda _: {"app_when_replaced": "none"},
    "bound again": lambda _: {"contact_until": None},
    "replaced by another": lambda row: {"replaced_by": row["id"]},
    "older": lambda row: {"bound_at": row["bound_at"] - timedelta(days=9)},
}


@ONLY_SQLITE
@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_security_contact_is_refused(person: Person, edit: str) -> None:
    person.bind_app()
    replace_address(person)
    account = account_of(person)
    with person.house.database.begin() as tx:
        found = select(identifiers).where(identifiers.c.contact_until.is_not(None), identifiers.c.account_id == account)
        row = dict(tx.connection.execute(found).one()._mapping)
        changes = EDITS[edit](row)
        tx.connection.execute(update(identifiers).where(identifiers.c.id == row["id"]).values(**changes))
    passage = person.begin("recover", known=False).human()
    reply = passage.offer("identifier", identifier=OLD)
    assert (reply.status_code, reply.json()["code"]) == (500, "failed")


@ONLY_SQLITE
def test_an_address_written_into_the_database_is_refused(person: Person, house: House) -> None:
    """Under the victim's account, sealed and digested as it would be, but with no digest of the row."""
    account, now = account_of(person), person.clock.now
    core, value = house.core, "evil@example.org"
    with house.database.begin() as tx:
        own = select(identifiers).where(identifiers.c.account_id == account)
        genuine = dict(tx.connection.execute(own).one()._mapping)
        row = {
            **genuine,
            "id": "0" * 26,
            "value_sealed": core.ground.keyring.seal(value.encode(), "identifier", account, "0" * 26),
            "lookup_digest": core.accounts.digest(Identifier(IdentifierKind.EMAIL, value)),
            "bound_at": now,
        }
        tx.connection.execute(insert(identifiers).values(**row))
    passage = person.begin("recover", known=False).human()
    assert passage.offer("identifier", identifier=value).status_code == 500
    assert person.http.get("/api/v1/identifiers", headers=person.bearer).status_code == 500
