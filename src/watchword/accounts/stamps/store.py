"""Rows of stamps: one for each account that has one."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import select

from watchword.foundation.terms import AccountId
from watchword.storage.database import Transaction
from watchword.storage.schema import stamps
from watchword.storage.trusted import Row, RowSigner, TrustedTable


@dataclass(frozen=True)
class StampStore:
    signer: RowSigner

    @cached_property
    def _stamps(self) -> TrustedTable:
        return TrustedTable(table=stamps, signer=self.signer)

    def find(self, tx: Transaction, account: AccountId, *, lock: bool = False) -> Row | None:
        return self._stamps.find_by(tx, account_id=account, lock=lock)

    def add(self, tx: Transaction, row: Row) -> None:
        """Raises Conflict when another was set meanwhile."""
        self._stamps.insert(tx, row)

    def change(self, tx: Transaction, row: Row, **changes: Any) -> Row | None:
        return self._stamps.change(tx, row, **changes)

    def page(self, tx: Transaction, *, after: str, count: int) -> list[Row]:
        """In the order of their ids."""
        statement = select(stamps).where(stamps.c.id > after).order_by(stamps.c.id).limit(count)
        return list(self._stamps.read(tx, statement))

    def reseal(self, tx: Transaction, row: Row, sealed: str) -> Row | None:
        return self._stamps.change(tx, row, stamp_sealed=sealed)

    def delete(self, tx: Transaction, row: Row) -> bool:
        return self._stamps.delete(tx, row)
