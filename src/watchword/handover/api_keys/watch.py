"""What happens to keys by itself: they pause when what protects the account changes, lose trading when nobody uses
them, and their owner is told before they end.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from watchword.foundation.clock import Clock
from watchword.foundation.errors import Conflict
from watchword.foundation.terms import AccountId, Cause
from watchword.handover.api_keys.known import IDLE
from watchword.handover.api_keys.store import ApiKeyStore
from watchword.handover.api_keys.view import view
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.storage.database import Database, Transaction
from watchword.storage.trusted import Row

_SPARED = frozenset(
    {
        Cause.NEW_DESTINATION,
        Cause.LIST_WEAKENED,
        Cause.ADDRESS_REPLACED,
        Cause.ADDRESS_RESTORED,
        Cause.MAILBOX_LOST,
        Cause.USED_APP_ON_PASSKEY_ACCOUNT,
        Cause.THAWED,
    }
)
"""Causes that change neither a passphrase nor an authenticator. Any other pauses keys, one added later too."""
SOON, VERY_SOON = timedelta(days=7), timedelta(days=1)


class TellAccount(Protocol):
    """Tells the owner, in the same transaction."""

    def paused(self, tx: Transaction, account: AccountId, count: int, now: datetime) -> None: ...

    def ending(self, tx: Transaction, account: AccountId, key: str, ends_at: datetime, now: datetime) -> None: ...

    def lapsed(self, tx: Transaction, account: AccountId, key: str, now: datetime) -> None: ...


@dataclass(frozen=True, kw_only=True)
class KeyWatch:
    database: Database
    store: ApiKeyStore
    journal: Journal
    clock: Clock
    tell: TellAccount

    def of_cause(self, tx: Transaction, account: AccountId, cause: Cause, now: datetime) -> None:
        """Pauses every key that may do more than read, until its owner confirms it again (policy §9)."""
        if cause in _SPARED:
            return
        paused = 0
        for row in self.store.list_live(tx, account, lock=True):
            if row["paused_at"] is not None or set(view(row, now).permissions) <= {"read"}:
                continue
            if self.store.change(tx, row, paused_at=now, paused_by=str(cause)) is None:
                raise Conflict
            self._record(tx, EventKind.API_KEY_PAUSED, row, now, by=str(cause))
            paused += 1
        if paused:
            self.tell.paused(tx, account, paused, now)

    def __call__(self) -> None:
        """Every minute."""
        now = self.clock()
        with self.database.begin() as tx:
            for row in self.store.list_idle(tx, now - IDLE):
                if self.store.change(tx, row, lapsed_at=now) is not None:
                    self._record(tx, EventKind.API_KEY_LAPSED, row, now)
                    self.tell.lapsed(tx, AccountId(row["account_id"]), ending_of(row), now)
            for row in self.store.list_ending(tx, now, soon=SOON, very_soon=VERY_SOON):
                days = VERY_SOON.days if row["expires_at"] < now + VERY_SOON else SOON.days
                if self.store.change(tx, row, reminded_days=days) is not None:
                    account = AccountId(row["account_id"])
                    self.tell.ending(tx, account, ending_of(row), row["expires_at"], now)

    def _record(self, tx: Transaction, kind: EventKind, row: Row, now: datetime, **facts: Any) -> None:
        self.journal.record(tx, kind, at=now, account=AccountId(row["account_id"]), key=row["id"], **facts)


def ending_of(row: Row) -> str:
    """The last letters of what clients send: how messages name a key."""
    return view(row, row["bound_at"]).key[-6:]
