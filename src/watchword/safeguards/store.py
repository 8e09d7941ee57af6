"""Rows of second-step removals that an operator began."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from watchword.foundation.terms import AccountId
from watchword.storage.database import Transaction
from watchword.storage.schema import second_step_removals
from watchword.storage.trusted import Row, RowSigner, TrustedTable


@dataclass(frozen=True)
class RemovalStore:
    signer: RowSigner

    @cached_property
    def _removals(self) -> TrustedTable:
        return TrustedTable(table=second_step_removals, signer=self.signer)

    def add(self, tx: Transaction, row: Row) -> None:
        self._removals.insert(tx, row)

    def find_open(self, tx: Transaction, account: AccountId) -> Row | None:
        return self._removals.find_by(tx, account_id=account, ended_at=None, lock=True)

    def list_due(self, tx: Transaction, now: datetime) -> list[Row]:
        return self._removals.list(tx, second_step_removals.c.due_at <= now, second_step_removals.c.ended_at.is_(None))

    def end(self, tx: Transaction, row: Row, *, at: datetime, outcome: str) -> Row | None:
        return self._removals.change(tx, row, ended_at=at, outcome=outcome)
