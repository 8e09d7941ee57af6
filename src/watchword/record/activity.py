"""Activity: the part of the record its holder reads, all of it or one group of its events."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from watchword.foundation.terms import AccountId
from watchword.record.catalogue import SHOWN, EventKind, Fact
from watchword.record.store import RecordStore, Row
from watchword.storage.database import Transaction

MOST = 200


class Group(StrEnum):
    SIGN_INS = "sign_ins"
    SECURITY = "security"
    CONFIRMATIONS = "confirmations"
    MESSAGES = "messages"


_SIGN_INS = frozenset(
    {
        EventKind.PASSAGE_REJECTED,
        EventKind.PASSAGE_THROTTLED,
        EventKind.APP_ENTERED,
        EventKind.SIGNED_IN,
        EventKind.SIGNED_OUT,
        EventKind.SESSION_REVOKED,
        EventKind.RECOVERY_BEGUN,
        EventKind.RECOVERY_ENDED,
        EventKind.RECOVERY_DONE,
    }
)
_CONFIRMATIONS = frozenset(
    {
        EventKind.APPROVAL_ISSUED,
        EventKind.APPROVAL_REFUSED,
        EventKind.CONFIRMATION_REFUSED,
        EventKind.EXIT_ALLOWED,
        EventKind.EXIT_REFUSED,
        EventKind.EXIT_STOPPED,
    }
)
GROUPS: Mapping[Group, frozenset[EventKind]] = {
    Group.SIGN_INS: _SIGN_INS,
    Group.SECURITY: SHOWN - _SIGN_INS - _CONFIRMATIONS,
    Group.CONFIRMATIONS: _CONFIRMATIONS & SHOWN,
    # Left out of the whole: each notice tells of an event that stands there already.
    Group.MESSAGES: frozenset({EventKind.MESSAGE_HANDED_OVER, EventKind.MESSAGE_FAILED, EventKind.MESSAGE_EXPIRED}),
}


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
        self,
        tx: Transaction,
        account: AccountId,
        *,
        before: int | None = None,
        count: int = 50,
        group: Group | None = None,
    ) -> list[Entry]:
        """The newest first; ``before`` is the ``seq`` of the last entry of the page before."""
        kinds = sorted(SHOWN if group is None else GROUPS[group])
        rows = self.store.of_account(tx, account, kinds, before=before, count=min(count, MOST))
        return [_entry(row) for row in rows]

    def all(self, tx: Transaction, account: AccountId, *, group: Group | None = None) -> Iterator[Entry]:
        """The newest first."""
        before = None
        while page := self(tx, account, before=before, count=MOST, group=group):
            yield from page
            before = page[-1].seq


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
