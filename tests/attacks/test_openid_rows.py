"""Whoever writes to the database makes us tell no client of a session that did not end."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from tests.support.acts import account_of
from tests.support.backend import Backend, listening
from tests.support.house import Person
from tests.support.openid import Party, Visitor, registration
from watchword.app import House
from watchword.record.verify import VerifyRecord
from watchword.storage.schema import events, openid_logouts

Row = dict[str, Any]


@pytest.fixture
def backend() -> Iterator[Backend]:
    with listening() as opened:
        yield opened


def deliver(house: House) -> int:
    return asyncio.run(house.core.openid.courier.deliver_due())


def edited(**values: Any) -> Callable[[Connection, Row], str]:
    def edit(connection: Connection, row: Row) -> str:
        connection.execute(update(openid_logouts).where(openid_logouts.c.id == row["id"]).values(**values))
        return str(row["id"])

    return edit


def slipped_in(connection: Connection, row: Row) -> str:
    connection.execute(insert(openid_logouts).values({**row, "id": "of-mine", "session_id": "of-somebody"}))
    return "of-mine"


EDITS = {
    "another_account": edited(account_id="somebody"),
    "another_session": edited(session_id="of-somebody"),
    "no_digest": edited(row_digest=""),
    "more_attempts": edited(attempts=40),
    "slipped_in": slipped_in,
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_logout_that_was_changed_is_not_sent_and_holds_up_no_other(
    house: House, person: Person, backend: Backend, edit: Callable[[Connection, Row], str]
) -> None:
    first, second = (Party(house, registration(name=name, backchannel_uri=backend.address)) for name in ("A", "B"))
    visitor = Visitor(person)
    visitor.enter(first)
    visitor.enter(second)
    visitor.post("/sign-out")
    with house.database.begin() as tx:  # for its lock alone
        row = (
            tx.connection.execute(select(openid_logouts).where(openid_logouts.c.client_id == first.id)).mappings().one()
        )
        bad = edit(tx.connection, dict(row))
    sent = deliver(house)
    assert sent == len(backend.told) == (2 if bad == "of-mine" else 1)
    told = {second.claims(token)["aud"] for token in backend.told}
    assert told == ({first.id, second.id} if bad == "of-mine" else {second.id})
    assert deliver(house) == 0
    with house.database.read() as tx:
        refused = tx.connection.execute(select(events.c.facts).where(events.c.kind == "row.refused")).scalars().all()
        state = tx.connection.scalar(select(openid_logouts.c.state).where(openid_logouts.c.id == bad))
    assert len(refused) == 1
    assert bad in refused[0]
    assert state == "refused"
    verdict = VerifyRecord(database=house.database, keyring=house.keyring, path=house.settings.anchor_file)()
    assert (verdict.ok, verdict.first_bad) == (False, f"openid_logouts {bad}")


def test_one_that_was_delivered_is_not_put_back(house: House, person: Person, backend: Backend) -> None:
    """By its state alone; a whole old copy tells the client what it heard before, under the same name."""
    party = Party(house, registration(backchannel_uri=backend.address))
    visitor = Visitor(person)
    visitor.enter(party)
    visitor.post("/sign-out")
    assert deliver(house) == 1
    account = account_of(person.sign_in())
    with house.database.begin() as tx:
        tx.connection.execute(
            update(openid_logouts).where(openid_logouts.c.account_id == account).values(state="queued")
        )
    assert deliver(house) == 0
    assert len(backend.told) == 1
