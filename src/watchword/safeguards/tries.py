"""What is tried in a session outside the gate: counted before it is checked, in a transaction of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from watchword.foundation.clock import Clock
from watchword.foundation.errors import Throttled
from watchword.limits.counters import Counters, Refused, Spend, Spent
from watchword.limits.tally import Tally, of_many
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.sessions.sessions import Session
from watchword.storage.database import Database, Transaction


@dataclass(frozen=True, kw_only=True)
class Tries:
    database: Database
    counters: Counters
    journal: Journal
    clock: Clock
    told: Tally

    def count(self, session: Session, spends: Sequence[Spend], what: str) -> Spent:
        """``what`` names it in the record. Raises Throttled, which the record keeps too: one for many, where many
        follow."""
        now = self.clock()
        with self.database.begin() as tx:
            spent = self.counters.spend(tx, spends, now)
            if isinstance(spent, Refused):
                self._tell_reached(tx, session, spent, what, now)
            else:
                self._record(tx, EventKind.LIMIT_COUNTED, session, what, amount=1)
        if isinstance(spent, Refused):
            raise Throttled(spent.retry_at)
        return spent

    def give_back(self, tx: Transaction, spent: Spent) -> None:
        """It was right: limits count failures."""
        self.counters.give_back(tx, spent, self.clock())

    def _tell_reached(self, tx: Transaction, session: Session, refused: Refused, what: str, now: datetime) -> None:
        stands_for = self.counters.tally(tx, self.told, (session.account, session.id, what), now)
        if stands_for:
            wait = int((refused.retry_at - now).total_seconds())
            self._record(tx, EventKind.LIMIT_REACHED, session, what, retry_seconds=wait, **of_many(stands_for))

    def _record(self, tx: Transaction, kind: EventKind, session: Session, what: str, **facts: Any) -> None:
        self.journal.record(
            tx,
            kind,
            at=self.clock(),
            account=session.account,
            session=session.id,
            device=session.device,
            limit=what,
            **facts,
        )
