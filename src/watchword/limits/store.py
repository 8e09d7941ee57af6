"""Rows of limits, each with the state of one limit for one subject.

All who need the same rows take them in the order of their ids, whether they are there or have to be put in first, so
no two can wait for each other.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property, lru_cache
from typing import Any

from sqlalchemy import Insert, Select, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from watchword.limits.limit import EPOCH
from watchword.storage.database import Transaction
from watchword.storage.schema import limits
from watchword.storage.trusted import Row, RowSigner, TrustedTable, signed_content

UNUSED_TEXT = "[]"


@dataclass(frozen=True)
class LimitStore:
    signer: RowSigner

    def hold(self, tx: Transaction, ids: Sequence[str]) -> Sequence[Row]:
        """Locks these rows; those that are missing are put in. ``ids`` in order, each once."""
        known = {row["id"]: row for row in self.lock(tx, ids)} if tx.alone and tx.remembers else {}
        missing = [row_id for row_id in ids if row_id not in known]
        unused = {name: value for number, row_id in enumerate(missing) for name, value in self._unused(row_id, number)}
        found = self._witnessed.read(tx, _hold(tx.dialect, len(missing)), **unused) if missing else ()
        return self._keep(tx, [*known.values(), *found])

    def lock(self, tx: Transaction, ids: Sequence[str]) -> Sequence[Row]:
        """Those of them that are there."""
        known = self._known(tx, ids)
        missing = [row_id for row_id in ids if row_id not in known]
        found = self._witnessed.read(tx, _among(len(missing), lock=True), **_numbered(missing)) if missing else ()
        return self._keep(tx, [*known.values(), *found])

    def find(self, tx: Transaction, ids: Sequence[str]) -> Sequence[Row]:
        return self._witnessed.read(tx, _among(len(ids), lock=False), **_numbered(ids))

    def change(self, tx: Transaction, rows: Sequence[Row], changes: Sequence[Row], *, witnessed: bool) -> bool:
        """``state`` and ``idle_at`` of each."""
        table = self._witnessed if witnessed else self._unwitnessed
        changed = table.change_all(tx, rows, changes)
        self._keep(tx, changed or ())
        return changed is not None

    def find_idle(self, tx: Transaction, before: datetime, at_most: int) -> Sequence[str]:
        """Passes over rows that somebody holds, so it waits for nobody (PostgreSQL)."""
        statement = select(limits.c.id).where(limits.c.idle_at < before).order_by(limits.c.id).limit(at_most)
        return tx.execute(statement.with_for_update(skip_locked=True)).scalars().all()

    def delete(self, tx: Transaction, ids: Sequence[str]) -> None:
        tx.execute(delete(limits).where(limits.c.id.in_(ids)))

    def _known(self, tx: Transaction, ids: Sequence[str]) -> dict[str, Row]:
        """What need not be read, as nobody else can have changed it since."""
        found = ((row_id, tx.held(limits.name, row_id)) for row_id in ids) if tx.remembers else ()
        return {row_id: row for row_id, row in found if row is not None}

    @staticmethod
    def _keep(tx: Transaction, rows: Sequence[Row]) -> Sequence[Row]:
        if tx.remembers:
            for row in rows:
                tx.hold(limits.name, row, row["id"])
        return rows

    @cached_property
    def _witnessed(self) -> TrustedTable:
        return TrustedTable(table=limits, signer=self.signer)

    @cached_property
    def _unwitnessed(self) -> TrustedTable:
        return TrustedTable(table=limits, signer=self.signer, witnessed=False)

    def _unused(self, row_id: str, number: int) -> Iterator[tuple[str, object]]:
        """A row that says nothing yet, as parameters of ``_hold``."""
        row = {"id": row_id, "state": UNUSED_TEXT, "idle_at": EPOCH, "row_digest": self._digest_of_unused(row_id)}
        return ((f"{name}_{number}", value) for name, value in row.items())

    @cached_property
    def _digest_of_unused(self) -> Callable[[str], str]:
        def digest(row_id: str) -> str:
            row = {"id": row_id, "state": UNUSED_TEXT, "idle_at": EPOCH}
            return self.signer.sign_row(limits.name, signed_content(limits, row))

        return lru_cache(maxsize=10_000)(digest)


def _numbered(ids: Sequence[str]) -> dict[str, str]:
    return {f"id_{number}": row_id for number, row_id in enumerate(ids)}


@cache
def _among(count: int, *, lock: bool) -> Select[Any]:
    statement = select(limits).where(limits.c.id.in_([bindparam(f"id_{number}") for number in range(count)]))
    return statement.order_by(limits.c.id).with_for_update() if lock else statement


@cache
def _hold(dialect: str, count: int) -> Insert:
    """An update that changes nothing locks a row that is there, and gives it back as it is."""
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    rows = [
        {column.name: bindparam(f"{column.name}_{number}", type_=column.type) for column in limits.c}
        for number in range(count)
    ]
    statement = insert(limits).values(rows).on_conflict_do_update(index_elements=["id"], set_={"state": limits.c.state})
    return statement.returning(*limits.c)
