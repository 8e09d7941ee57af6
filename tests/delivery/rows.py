"""Looking at, and meddling with, rows of the outbox and their events."""

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from tests.delivery.samples import SIGN_IN, TEN_MINUTES, mailbox_of
from watchword.delivery.messages import Message
from watchword.delivery.outbox import Outbox
from watchword.delivery.recipient import Recipient
from watchword.delivery.state import MessageState
from watchword.foundation.terms import AccountId, MessageId
from watchword.storage.database import Database
from watchword.storage.schema import events
from watchword.storage.schema import outbox as table
from watchword.storage.trusted import Row

ACCOUNT = AccountId("account-1")


def write(
    database: Database,
    outbox: Outbox,
    message: Message = SIGN_IN,
    recipient: Recipient | None = None,
    *,
    expires_in: timedelta = TEN_MINUTES,
    unsent: bool = False,
) -> MessageId:
    enqueue = outbox.enqueue_unsent if unsent else outbox.enqueue
    with database.begin() as tx:
        return enqueue(tx, message, recipient or mailbox_of(), account=ACCOUNT, expires_in=expires_in)


def row_of(database: Database, message: MessageId) -> Row:
    with database.read() as tx:
        return dict(tx.connection.execute(select(table).where(table.c.id == message)).mappings().one())


def state_of(database: Database, outbox: Outbox, message: MessageId) -> MessageState:
    with database.read() as tx:
        found = outbox.state_of(tx, message)
    assert found is not None
    return found.state


def meddle(database: Database, message: MessageId, **values: Any) -> None:
    with database.begin() as tx:
        tx.connection.execute(update(table).where(table.c.id == message).values(**values))


def events_of(database: Database, message: MessageId) -> list[tuple[str, dict[str, Any]]]:
    """Kind and facts, in order."""
    with database.read() as tx:
        found = tx.connection.execute(select(events.c.kind, events.c.facts).order_by(events.c.seq)).all()
    told = [(kind, json.loads(facts)) for kind, facts in found]
    return [(kind, facts) for kind, facts in told if facts.get("message") == message]
