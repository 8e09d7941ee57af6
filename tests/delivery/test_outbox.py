"""A message lives and dies with the transaction it was written in, and lies there sealed."""

import json

import pytest
from sqlalchemy import func, select

from tests.delivery.rows import ACCOUNT, events_of, meddle, row_of, state_of, write
from tests.delivery.samples import CODE, NOTICES, SIGN_IN, TEN_MINUTES, mailbox_of, phone_of
from tests.support.clock import SettableClock
from tests.support.statements import count_statements
from watchword.crypto.keyring import Keyring, Unsealable
from watchword.delivery.outbox import Outbox
from watchword.delivery.sealing import open_address, open_body
from watchword.delivery.state import MessageState
from watchword.foundation.terms import MessageId
from watchword.storage.database import Database
from watchword.storage.schema import outbox as table


def count(database: Database) -> int:
    with database.read() as tx:
        return tx.connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_rollback_takes_the_message_along(database: Database, outbox: Outbox) -> None:
    def fail() -> None:
        with database.begin() as tx:
            outbox.enqueue(tx, SIGN_IN, mailbox_of(), account=ACCOUNT, expires_in=TEN_MINUTES)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert count(database) == 0


def test_it_waits_its_turn(database: Database, outbox: Outbox, clock: SettableClock) -> None:
    message = write(database, outbox)
    row = row_of(database, message)
    assert row["state"] == "queued"
    assert row["kind"] == "sign_in_code"
    assert row["channel"] == "email"
    assert row["next_attempt_at"] == row["created_at"] == clock()
    assert row["expires_at"] == clock() + TEN_MINUTES
    assert len(row["reference"]) == 8
    with database.read() as tx:
        found = outbox.state_of(tx, message)
        assert outbox.state_of(tx, MessageId("nobody")) is None
    assert found is not None
    assert found.state is MessageState.QUEUED
    assert found.at == clock()


def test_neither_address_nor_code_lies_open(database: Database, outbox: Outbox, keyring: Keyring) -> None:
    row = row_of(database, write(database, outbox))
    stored = " ".join(map(str, row.values()))
    assert "ada@" not in stored
    assert CODE not in stored
    assert open_address(keyring, row) == "ada@example.org"
    assert CODE in str(open_body(keyring, row).text)


def test_a_row_that_was_copied_does_not_open(database: Database, outbox: Outbox, keyring: Keyring) -> None:
    one, other = (row_of(database, write(database, outbox)) for _ in range(2))
    for forged in ({**one, "recipient_sealed": other["recipient_sealed"]}, {**one, "account_id": "account-2"}):
        with pytest.raises(Unsealable):
            open_address(keyring, forged)
    with pytest.raises(Unsealable):
        open_body(keyring, {**one, "body_sealed": one["recipient_sealed"]})
    with pytest.raises(Unsealable):
        open_body(keyring, {**one, "body_sealed": None})


class TestUnsent:
    """For an address that has no account (policy §5): the same to whoever measures, and nothing is kept."""

    def test_keeps_neither_address_nor_body(self, database: Database, outbox: Outbox) -> None:
        message = write(database, outbox, unsent=True)
        row = row_of(database, message)
        assert set(row["recipient_sealed"]) == set(row["body_sealed"]) == {"-"}
        assert state_of(database, outbox, message) is MessageState.UNSENT

    @pytest.mark.parametrize("recipient", [mailbox_of(), phone_of()], ids=["email", "sms"])
    def test_runs_the_same_statements(self, database: Database, outbox: Outbox, recipient) -> None:
        write(database, outbox)  # from now on the record's head is known
        with count_statements(database) as sent:
            write(database, outbox, recipient=recipient)
        with count_statements(database) as unsent:
            write(database, outbox, recipient=recipient, unsent=True)
        assert sent.texts == unsent.texts

    def test_is_on_record_as_such(self, database: Database, outbox: Outbox) -> None:
        ((kind, facts),) = events_of(database, write(database, outbox, unsent=True))
        assert kind == "message.queued"
        assert facts["reason"] == "unsent"


def test_of_two_messages_the_first_is_kept(database: Database, outbox: Outbox, keyring: Keyring) -> None:
    with database.begin() as tx:
        message = outbox.enqueue(tx, NOTICES[0], mailbox_of(), account=None, expires_in=TEN_MINUTES, beside=SIGN_IN)
    row = row_of(database, message)
    assert row["kind"] == "already_registered"
    assert CODE not in str(open_body(keyring, row).text)


def test_the_record_tells_of_it_without_address_or_code(database: Database, outbox: Outbox) -> None:
    ((kind, facts),) = events_of(database, write(database, outbox))
    assert kind == "message.queued"
    assert facts.keys() == {"message", "message_kind", "channel"}
    assert "ada" not in json.dumps(facts)


async def test_the_bell_rings_after_the_commit_alone(database: Database, outbox: Outbox) -> None:
    with outbox.bell.listening() as rung:
        with database.begin() as tx:
            outbox.enqueue(tx, SIGN_IN, mailbox_of(), account=None, expires_in=TEN_MINUTES)
            assert not rung.is_set()
        await rung.wait()


def test_the_bell_may_ring_with_nobody_there(outbox: Outbox) -> None:
    outbox.bell.ring()


def test_meddling_leaves_the_state_readable(database: Database, outbox: Outbox) -> None:
    message = write(database, outbox)
    meddle(database, message, body_sealed="nonsense")
    assert state_of(database, outbox, message) is MessageState.QUEUED
