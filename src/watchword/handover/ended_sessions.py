"""The sessions that ended before their time, for services that check a signed token by themselves.

Each ending is an event of its own in the transaction that ends the session, whatever ended it. So the feed is a view of
the record: nothing is kept in memory, and every node tells of the endings of all.

A token lives a few minutes. Whoever has heard of all endings within ``covers`` knows every token there can be whose
session is over; of what is older nothing need be known. A cursor that stands further back is answered from there on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from watchword.delivery.bell import Bell
from watchword.foundation.clock import Clock
from watchword.foundation.errors import Unacceptable
from watchword.foundation.terms import AccountId, SessionId
from watchword.handover.cursors import BEGINNING, Cursor, read_cursor, stands_at
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.record.store import Head, RecordStore
from watchword.storage.database import Database, Transaction

MOST = 1000
COVERS = timedelta(minutes=15)
"""Three times as long as any token of ours lives."""


@dataclass(frozen=True, kw_only=True)
class EndedSession:
    session: SessionId
    at: datetime


@dataclass(frozen=True, kw_only=True)
class EndedPage:
    items: list[EndedSession]
    next: Cursor
    more: bool
    """There are later ones already: ask again at once."""
    reset: bool
    """The cursor was none of ours, or stood too far back: forget what was believed before, and take it from here."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a glance at the record shows."""

    head: Cursor
    ended: int
    """The number of the newest ending, or a later one; 0: none since the glance before."""


@dataclass(frozen=True, kw_only=True)
class EndedSessions:
    database: Database
    store: RecordStore
    journal: Journal
    clock: Clock
    bell: Bell
    covers: timedelta = COVERS

    def note(self, tx: Transaction, account: AccountId, session: SessionId, now: datetime) -> None:
        """In the transaction that ends it."""
        self.journal.record(tx, EventKind.SESSION_ENDED, at=now, account=account, session=session)
        tx.after_commit(self.bell.ring)

    def read(self, after: str | None, count: int = MOST) -> EndedPage:
        """The oldest first. Raises Unacceptable for what is no cursor."""
        asked = None if after is None else read_cursor(after)
        if after is not None and asked is None:
            raise Unacceptable("unknown_cursor", "after")
        with self.database.read() as tx:
            begin = asked if asked is not None and self._still_covers(tx, asked) else self._begin(tx)
            rows = self.store.of_kinds(tx, [EventKind.SESSION_ENDED], after=begin.seq, count=count)
            head = self.store.head(tx)
        return EndedPage(
            items=[EndedSession(session=SessionId(row["session_id"]), at=row["at"]) for row in rows],
            next=Cursor.of(rows[-1]) if len(rows) == count else _at(head),
            more=len(rows) == count,
            reset=begin is not asked,
        )

    def look(self, before: Look | None) -> Look:
        with self.database.read() as tx:
            head = _at(self.store.head(tx))
            if before is None or head.seq < before.head.seq:
                return Look(head=head, ended=head.seq)
            newest = self.store.newest_of_kind(tx, EventKind.SESSION_ENDED, after=before.head.seq)
        return Look(head=head, ended=newest or before.ended)

    def _still_covers(self, tx: Transaction, cursor: Cursor) -> bool:
        at = stands_at(self.store, tx, cursor)
        if at is None:
            return False
        return self.clock() - at <= self.covers or cursor.seq >= self._begin(tx).seq

    def _begin(self, tx: Transaction) -> Cursor:
        link = self.store.link_before(tx, self.clock() - self.covers)
        return BEGINNING if link is None else Cursor.at(link)


def _at(head: Head | None) -> Cursor:
    return BEGINNING if head is None else Cursor.at(head)
