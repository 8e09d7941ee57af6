"""Holds: exits that wait because something that protects the account has changed (policy §6).

A change places its hold in its own transaction, so that neither is ever there without the other. Nobody, staff
included, can shorten one: there is no statement that changes or deletes a hold.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from watchword.accounts.accounts import Accounts
from watchword.crypto.tokens import Randomness
from watchword.exits.causes import ExitRules
from watchword.exits.store import HoldStore
from watchword.foundation.ages import Ages
from watchword.foundation.terms import AccountId, Cause, Reach
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row


@dataclass(frozen=True, kw_only=True)
class Hold:
    id: str
    account: AccountId
    cause: Cause
    reach: Reach
    begins_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, row: Row) -> "Hold":
        return cls(
            id=row["id"],
            account=AccountId(row["account_id"]),
            cause=Cause(row["cause"]),
            reach=Reach(row["reach"]),
            begins_at=row["begins_at"],
            ends_at=row["ends_at"],
        )


class TellHold(Protocol):
    """Tells the owner, in the same transaction."""

    def __call__(self, tx: Transaction, hold: Hold, now: datetime) -> None: ...


class Follow(Protocol):
    """What else a change brings about that places a hold, in the same transaction: API keys pause."""

    def __call__(self, tx: Transaction, account: AccountId, cause: Cause, now: datetime) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Holds:
    store: HoldStore
    accounts: Accounts
    journal: Journal
    randomness: Randomness
    rules: ExitRules
    ages: Ages
    tell: TellHold
    follow: Follow

    def place(
        self,
        tx: Transaction,
        account: AccountId,
        cause: Cause,
        now: datetime,
        *,
        account_created_at: datetime | None = None,
        none_within: timedelta | None = None,
    ) -> None:
        """In the transaction of what causes it, and before the notices of it: they then name the hold, and the
        owner gets one message, not two.

        ``none_within``: adds none when the same cause began less than that ago.
        """
        self.follow(tx, account, cause, now)
        if none_within is not None and self.store.find_since(tx, account, cause, now - none_within) is not None:
            return
        created = account_created_at or self.accounts.get(tx, account).created_at
        lasts = self.rules.lasts(cause, account_age=now - created, young_account=self.ages.young_account)
        if not lasts:
            return
        row = {
            "id": self.randomness.id(),
            "account_id": account,
            "cause": cause,
            "reach": self.rules.causes[cause].reach,
            "begins_at": now,
            "ends_at": now + lasts,
        }
        self.store.add(tx, row)
        hold = Hold.of(row)
        self.journal.record(
            tx,
            EventKind.HOLD_PLACED,
            at=now,
            account=account,
            hold=hold.id,
            cause=hold.cause,
            reach=hold.reach,
            seconds=int(lasts.total_seconds()),
        )
        self.tell(tx, hold, now)

    def of(self, tx: Transaction, account: AccountId, now: datetime) -> list[Hold]:
        """Those that run, the one that ends last first. Raises Tampered when one was edited."""
        return [Hold.of(row) for row in self.store.list_running(tx, account, now)]
