"""Rows of limits, each with the state of one limit for one subject.

All who need the same rows lock them in the order of their ids. Rows that are missing are put in before any is
locked: whoever waits for another's insert then holds only rows that nobody further on waits for, so no two can
wait for each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Insert, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from watchword.limits.limit import EPOCH
from watchword.storage.database import Transaction
from watchword.storage.schema import limits
from watchword.storage.trusted import Row, RowSigner, TrustedTable, signed_content

UNUSED_TEXT = "[]"


@dataclass(frozen=True)
class LimitStore:
    signer: RowSigner

    def put_in_missing(self, tx: Transaction, ids: Sequence[str]) -> None:
        """``ids`` in order."""
        rows = [self._unused(row_id) for row_id in ids]
        tx.connection.execute(_insert_missing(tx), rows)

    def lock(self, tx: Transaction, ids: Sequence[str]) -> list[Row]:
        return self._rows(witnessed=True).list(tx, limits.c.id.in_(ids), order=limits.c.id, lock=True)

    def find(self, tx: Transaction, row_id: str) -> Row | None:
        return self._rows(witnessed=True).find(tx, limits.c.id == row_id)

    def change(self, tx: Transaction, row: Row, *, state: str, idle_at: datetime, witnessed: bool) -> Row | None:
        return self._rows(witnessed=witnessed).change(tx, row, state=state, idle_at=idle_at)

    def find_idle(self, tx: Transaction, before: datetime, at_most: int) -> Sequence[str]:
        """Passes over rows that somebody holds, so it waits for nobody (PostgreSQL)."""
        statement = select(limits.c.id).where(limits.c.idle_at < before).order_by(limits.c.id).limit(at_most)
        return tx.connection.scalars(statement.with_for_update(skip_locked=True)).all()

    def delete(self, tx: Transaction, ids: Sequence[str]) -> None:
        tx.connection.execute(delete(limits).where(limits.c.id.in_(ids)))

    def _rows(self, *, witnessed: bool) -> TrustedTable:
        return TrustedTable(table=limits, signer=self.signer, witnessed=witnessed)

    def _unused(self, row_id: str) -> dict[str, object]:
        row: dict[str, object] = {"id": row_id, "state": UNUSED_TEXT, "idle_at": EPOCH}
        return {**row, "row_digest": self.signer.sign_row(limits.name, signed_content(limits, row))}


def _insert_missing(tx: Transaction) -> Insert:
    if tx.connection.dialect.name == "sqlite":
        return sqlite.insert(limits).on_conflict_do_nothing()
    return postgresql.insert(limits).on_conflict_do_nothing()
