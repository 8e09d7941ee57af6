"""Recent activity: the part of the record its holder reads."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from watchword.foundation.terms import AccountId
from watchword.record.catalogue import SHOWN, EventKind, Fact
from watchword.record.store import RecordStore, Row
from watchword.storage.database import Transaction

MOST = 200


@dataclass(frozen=True, kw_only=True)
class Entry:
    seq: int
    at: datetime
    kind: EventKind
    passage: str | None
    session: str | None
    device: str | None
    network: str | None
    facts: Mapping[str, Fact]


@dataclass(frozen=True, kw_only=True)
class RecentActivity:
    store: RecordStore

    def __call__(
        self, tx: Transaction, account: AccountId, *, before: int | None = None, count: int = 50
    ) -> list[Entry]:
        """The newest first; ``before`` is the ``seq`` of the last entry of the page before."""
        kinds = sorted(SHOWN)
        rows = self.store.of_account(tx, account, kinds, before=before, count=min(count, MOST))
        return [_entry(row) for row in rows]


def _entry(row: Row) -> Entry:
    return Entry(
        seq=row["seq"],
        at=row["at"],
        kind=EventKind(row["kind"]),
        passage=row["passage_id"],
        session=row["session_id"],
        device=row["device_id"],
        network=row["network"],
        facts=json.loads(row["facts"]),
    )
