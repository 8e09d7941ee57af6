"""Locks, the allow-list and passkey-only: each begins 72 h after its notice; until then it can be cancelled.

The allow-list shuts out whoever is not on it, passkey-only whoever has none, the owner included: a thief who switches
one on with an address or a passkey of his own must not have won before the owner has read a mail.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from watchword.crypto.tokens import Randomness
from watchword.exits.causes import ExitRules
from watchword.exits.store import LockStore
from watchword.foundation.errors import Conflict
from watchword.foundation.terms import AccountId
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.storage.database import Transaction

Kind = Literal["allow_list", "passkey_only"]


@dataclass(frozen=True, kw_only=True)
class Lock:
    """One that is on, or begins."""

    begun_at: datetime
    effective_at: datetime

    def is_in_effect(self, now: datetime) -> bool:
        return now >= self.effective_at


@dataclass(frozen=True, kw_only=True)
class Locks:
    kind: Kind
    store: LockStore
    randomness: Randomness
    journal: Journal
    rules: ExitRules

    def find(self, tx: Transaction, account: AccountId) -> Lock | None:
        row = self.store.find(tx, account, self.kind)
        return None if row is None else Lock(begun_at=row["begun_at"], effective_at=row["effective_at"])

    def is_in_effect(self, tx: Transaction, account: AccountId, now: datetime) -> bool:
        found = self.find(tx, account)
        return found is not None and found.is_in_effect(now)

    def begin(self, tx: Transaction, account: AccountId, now: datetime) -> Lock:
        """Raises Conflict when it is on, or begins already."""
        wait = self.rules.lock_begins
        row = {
            "id": self.randomness.id(),
            "account_id": account,
            "kind": self.kind,
            "begun_at": now,
            "effective_at": now + wait,
            "ended_at": None,
        }
        self.store.add(tx, row)
        seconds = int(wait.total_seconds())
        self.journal.record(tx, EventKind.LOCK_BEGUN, at=now, account=account, lock=self.kind, wait_seconds=seconds)
        return Lock(begun_at=now, effective_at=now + wait)

    def end(self, tx: Transaction, account: AccountId, now: datetime, *, by: str = "holder") -> Lock | None:
        """What ended, or None when none was on."""
        row = self.store.find(tx, account, self.kind)
        if row is None:
            return None
        if not self.store.end(tx, row, now):
            raise Conflict
        self.journal.record(tx, EventKind.LOCK_ENDED, at=now, account=account, lock=self.kind, by=by)
        return Lock(begun_at=row["begun_at"], effective_at=row["effective_at"])
