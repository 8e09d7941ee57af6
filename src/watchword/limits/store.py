"""Rows of limits, each with the state of one limit for one subject.

All who need the same rows lock them in the order of their ids. Rows that are missing are put in before any is
locked: whoever waits for another's insert then holds only rows that nobody further on waits for, so no two can
wait for each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property

from sqlalchemy import Insert, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from watchword.limits.limit import EPOCH
from watchword.storage.database import Transaction
from watchword.storage.schema import limits
from watchword.storage.trusted import Row, RowSigner, TrustedTable, signed_content

UNUSED_TEXT = "[]"
_FOUND = select(limits).where(limits.c.id.in_(bindparam("ids", expanding=True)))
_LOCKED = _FOUND.order_by(limits.c.id).with_for_update()


@dataclass(frozen=True)
class LimitStore:
    signer: RowSigner

    def put_in_missing(self, tx: Transaction, ids: Sequence[str]) -> None:
        """``ids`` in order."""
        rows = [self._unused(row_id) for row_id in ids]
        tx.connection.execute(_insert_missing(tx.connection.dialect.name), rows)

    def lock(self, tx: Transaction, ids: Sequence[str]) -> Sequence[Row]:
        return self._witnessed.read(tx, _LOCKED, ids=ids)

    def find(self, tx: Transaction, ids: Sequence[str]) -> Sequence[Row]:
        return self._witnessed.read(tx, _FOUND, ids=ids)

    def change(self, tx: Transaction, rows: Sequence[Row], changes: Sequence[Row], *, witnessed: bool) -> bool:
        """``state`` and ``idle_at`` of each."""
        table = self._witnessed if witnessed else self._unwitnessed
        return table.change_all(tx, rows, changes)

    def find_idle(self, tx: Transaction, before: datetime, at_most: int) -> Sequence[str]:
        """Passes over rows that somebody holds, so it waits for nobody (PostgreSQL)."""
        statement = select(limits.c.id).where(limits.c.idle_at < before).order_by(limits.c.id).limit(at_most)
        return tx.connection.scalars(statement.with_for_update(skip_locked=True)).all()

    def delete(self, tx: Transaction, ids: Sequence[str]) -> None:
        tx.connection.execute(delete(limits).where(limits.c.id.in_(ids)))

    @cached_property
    def _witnessed(self) -> TrustedTable:
        return TrustedTable(table=limits, signer=self.signer)

    @cached_property
    def _unwitnessed(self) -> TrustedTable:
        return TrustedTable(table=limits, signer=self.signer, witnessed=False)

    def _unused(self, row_id: str) -> dict[str, object]:
        row: dict[str, object] = {"id": row_id, "state": UNUSED_TEXT, "idle_at": EPOCH}
        return {**row, "row_digest": self.signer.sign_row(limits.name, signed_content(limits, row))}


@cache
def _insert_missing(dialect: str) -> Insert:
    if dialect == "sqlite":
        return sqlite.insert(limits).on_conflict_do_nothing()
    return postgresql.insert(limits).on_conflict_do_nothing()
