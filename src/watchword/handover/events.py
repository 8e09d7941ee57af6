"""What the platform's services hear of the record: the kinds of event that concern them, from a cursor on.

Nothing is lost while a receiver is down: it asks again with the cursor it kept. It may hear an event twice, never out
of order. Both lists are closed: a kind, and of its facts those, that tell a platform what to do and name nobody.
Networks, countries, devices and addresses stay with us; an account is known by its id.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from watchword.accounts.accounts import DECOY
from watchword.foundation.errors import Gone, Unacceptable
from watchword.handover.cursors import BEGINNING, Cursor, read_cursor, stands_at
from watchword.record.catalogue import EventKind, Fact
from watchword.record.store import RecordStore, Row
from watchword.storage.database import Database

MOST = 1000

PLATFORM: Mapping[EventKind, tuple[str, ...]] = {
    EventKind.ACCOUNT_CREATED: (),
    EventKind.ACCOUNT_CLOSED: ("by",),
    EventKind.ACCOUNT_FROZEN: ("by",),
    EventKind.ACCOUNT_THAWED: ("by",),
    EventKind.SIGNED_IN: ("aal", "amr", "scope"),
    EventKind.SESSION_ENDED: (),
    EventKind.AUTHENTICATOR_BOUND: ("authenticator_kind",),
    EventKind.AUTHENTICATOR_REMOVED: ("authenticator_kind", "by"),
    EventKind.PASSPHRASE_CHANGED: ("by",),
    EventKind.TRADING_PASSPHRASE_SET: ("reset",),
    EventKind.TRADING_PASSPHRASE_CLOSED: (),
    EventKind.IDENTIFIER_REPLACED: ("identifier_kind",),
    EventKind.IDENTIFIER_RESTORED: ("identifier_kind",),
    EventKind.API_KEY_MADE: ("key", "permissions"),
    EventKind.API_KEY_CHANGED: ("key", "permissions"),
    EventKind.API_KEY_PAUSED: ("key", "by"),
    EventKind.API_KEY_RESUMED: ("key",),
    EventKind.API_KEY_LAPSED: ("key",),
    EventKind.API_KEY_DELETED: ("key", "by"),
    EventKind.RECOVERY_BEGUN: (),
    EventKind.RECOVERY_ENDED: ("reason",),
    EventKind.RECOVERY_DONE: (),
    EventKind.REMOVAL_BEGUN: ("by", "wait_seconds"),
    EventKind.REMOVAL_CANCELLED: ("by",),
    EventKind.REMOVAL_DONE: ("by",),
    EventKind.HOLD_PLACED: ("cause", "reach", "seconds"),
    EventKind.LOCK_BEGUN: ("lock", "wait_seconds"),
    EventKind.LOCK_ENDED: ("lock", "by"),
    EventKind.APPROVAL_HANDED_OVER: ("approval", "action", "service"),
    EventKind.EXIT_ALLOWED: ("approval", "action", "service"),
    EventKind.EXIT_REFUSED: ("approval", "action", "reason", "service"),
    EventKind.EXIT_STOPPED: ("approval", "action", "reason", "service"),
}
_KINDS = sorted(PLATFORM)


@dataclass(frozen=True, kw_only=True)
class PlatformEvent:
    cursor: Cursor
    """Stands at this event: what comes after it is heard next."""
    at: datetime
    kind: EventKind
    account: str | None
    session: str | None
    facts: Mapping[str, Fact]

    @classmethod
    def of(cls, row: Row) -> "PlatformEvent":
        kind, facts = EventKind(row["kind"]), json.loads(row["facts"])
        return cls(
            cursor=Cursor.of(row),
            at=row["at"],
            kind=kind,
            account=row["account_id"],
            session=row["session_id"],
            facts={name: facts[name] for name in PLATFORM[kind] if name in facts},
        )


@dataclass(frozen=True, kw_only=True)
class EventPage:
    items: list[PlatformEvent]
    next: Cursor
    """Stands behind all that was looked at, other kinds included."""


@dataclass(frozen=True, kw_only=True)
class PlatformEvents:
    database: Database
    store: RecordStore

    def read(self, after: str | None, count: int) -> EventPage:
        """The oldest first; None begins with the record. Raises Unacceptable for what is no cursor, Gone for one that
        stands nowhere in this record."""
        cursor = BEGINNING if after is None else read_cursor(after)
        if cursor is None:
            raise Unacceptable("unknown_cursor", "after")
        with self.database.read() as tx:
            if cursor.seq and stands_at(self.store, tx, cursor) is None:
                raise Gone
            rows = self.store.of_kinds(tx, _KINDS, after=cursor.seq, count=count)
            head = self.store.head(tx)
        last = Cursor.at(head) if head is not None and len(rows) < count else Cursor.of(rows[-1])
        # The decoy is nobody: what strangers try on unknown addresses is no platform's business.
        return EventPage(items=[PlatformEvent.of(row) for row in rows if row["account_id"] != DECOY], next=last)

    def newest(self) -> Cursor:
        """For who wants only what comes from now on."""
        with self.database.read() as tx:
            head = self.store.head(tx)
        return BEGINNING if head is None else Cursor.at(head)
