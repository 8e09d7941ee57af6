"""Freezes (policy §8): who froze an account, since when, and who thawed it. Rows alone; the use cases stand above.

The holder, the operator and each of the platform's services make a freeze of their own: an account is open again when
none is left.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from watchword.accounts.freezes.store import FreezeStore
from watchword.crypto.tokens import Randomness
from watchword.foundation.errors import Conflict
from watchword.foundation.terms import AccountId, ServiceId
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row


class FrozenBy(StrEnum):
    HOLDER = "holder"
    LINK = "link"
    """The holder too, by the link in one of our messages."""
    OPERATOR = "operator"
    PLATFORM = "platform"


class ThawedBy(StrEnum):
    SECOND_STEP = "second_step"
    """Class K or A."""
    MESSAGE_CODE = "message_code"
    OPERATOR = "operator"
    PLATFORM = "platform"


BY_HOLDER = frozenset({FrozenBy.HOLDER, FrozenBy.LINK})
"""These the holder thaws; the others only who made them."""
_WARY_FOR = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Freeze:
    row: Row
    account: AccountId
    by: FrozenBy
    service: ServiceId | None
    """Of the platform's: which one. None: it was not noted, before there was a place for it."""
    frozen_at: datetime

    @classmethod
    def of(cls, row: Row) -> "Freeze":
        return cls(
            row=row,
            account=AccountId(row["account_id"]),
            by=FrozenBy(row["by"]),
            service=None if row["service_id"] is None else ServiceId(row["service_id"]),
            frozen_at=row["frozen_at"],
        )


@dataclass(frozen=True, kw_only=True)
class Freezes:
    store: FreezeStore
    randomness: Randomness

    def live(self, tx: Transaction, account: AccountId) -> list[Freeze]:
        """The oldest first; none: the account is not frozen."""
        return [Freeze.of(row) for row in self.store.list_live(tx, account)]

    def frozen_at(self, tx: Transaction, account: AccountId) -> datetime | None:
        """Since when it is frozen without a break: only what was senior then thaws it."""
        live = self.live(tx, account)
        return live[0].frozen_at if live else None

    def place(
        self, tx: Transaction, account: AccountId, by: FrozenBy, now: datetime, service: ServiceId | None = None
    ) -> bool:
        """Whether it is new: each of them freezes once."""
        if (by, service) in {(each.by, each.service) for each in self.live(tx, account)}:
            return False
        row = {"id": self.randomness.id(), "account_id": account, "by": by, "service_id": service, "frozen_at": now}
        try:
            self.store.add(tx, {**row, "thawed_at": None, "thawed_by": None})
        except Conflict:  # at this very moment, by another request
            return False
        return True

    def end(self, tx: Transaction, freeze: Freeze, by: ThawedBy, now: datetime) -> None:
        """Raises Conflict when somebody else thawed it first."""
        if self.store.end(tx, freeze.row, at=now, by=by) is None:
            raise Conflict

    def is_link_doubted(self, tx: Transaction, account: AccountId, now: datetime) -> bool:
        """Whether a link alone is not believed: the holder thawed by a second step in the last seven days, so
        whoever reads the mail may be the one who keeps freezing."""
        thawed = self.store.list_thawed_since(tx, account, now - _WARY_FOR)
        return any(row["thawed_by"] == ThawedBy.SECOND_STEP for row in thawed)
