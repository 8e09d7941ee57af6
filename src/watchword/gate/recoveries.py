"""Recoveries in progress: a sign-in with an earlier app or code ends them, and so does another that is done (§9)."""

from dataclasses import dataclass, replace
from datetime import datetime

from watchword.foundation.terms import AccountId, PassageId, Purpose
from watchword.gate.store import PassageStore
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.storage.database import Transaction


@dataclass(frozen=True, kw_only=True)
class Recoveries:
    store: PassageStore
    journal: Journal

    def end_all(
        self,
        tx: Transaction,
        account: AccountId,
        now: datetime,
        *,
        but: PassageId | None = None,
        begun_after: datetime | None = None,
    ) -> None:
        for passage in self.store.list_open(tx, account, Purpose.RECOVER):
            if passage.id == but or (begun_after is not None and passage.created_at < begun_after):
                continue
            if self.store.save(tx, replace(passage, state="ended")) is not None:
                self.journal.record(
                    tx, EventKind.RECOVERY_ENDED, at=now, account=account, passage=passage.id, reason="superseded"
                )
