"""Rows of holds, destinations, locks, and of approvals that a service spent."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from watchword.foundation.terms import AccountId
from watchword.storage.database import Transaction
from watchword.storage.schema import holds
from watchword.storage.trusted import Row, RowSigner, TrustedTable


@dataclass(frozen=True)
class HoldStore:
    signer: RowSigner

    @cached_property
    def _holds(self) -> TrustedTable:
        return TrustedTable(table=holds, signer=self.signer)

    def add(self, tx: Transaction, row: Row) -> None:
        self._holds.insert(tx, row)

    def list_running(self, tx: Transaction, account: AccountId, now: datetime) -> list[Row]:
        """Those that have not ended, the longest first. All rows of the account are checked: one whose end was
        edited would fall out of a narrower look."""
        rows = [row for row in self._holds.list_by(tx, order="ends_at", account_id=account) if row["ends_at"] > now]
        return rows[::-1]

    def find_since(self, tx: Transaction, account: AccountId, cause: str, begun_after: datetime) -> Row | None:
        rows = self._holds.list_by(tx, order="begins_at", account_id=account, cause=cause)
        return rows[-1] if rows and rows[-1]["begins_at"] > begun_after else None
