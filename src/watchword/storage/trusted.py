"""Rows that the gate trusts. Each carries a keyed digest of its content; one that does not match is refused.

The digest is also the guard of every change: ``UPDATE … WHERE id = ? AND row_digest = ?``, so of two who
read the same row only one can change it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Table, insert, select, update
from sqlalchemy.exc import IntegrityError

from watchword.foundation.errors import Conflict, Tampered
from watchword.storage.database import Transaction

Row = Mapping[str, Any]


class RowSigner(Protocol):
    """What ``crypto.keyring`` gives: the keyed digest of a row and its check."""

    def sign_row(self, table: str, row: Row) -> str: ...

    def row_matches(self, table: str, row: Row, digest: str) -> bool: ...


@dataclass(frozen=True, kw_only=True)
class TrustedTable:
    table: Table
    signer: RowSigner
    loose: frozenset[str] = frozenset()
    """Columns the digest leaves out: they decide nothing."""
    witnessed: bool = True
    """Whether the record keeps the digest of each change, so that a deletion or an old copy shows."""

    def insert(self, tx: Transaction, row: Row) -> None:
        """Raises Conflict when a unique column is taken."""
        digest = self._sign(row)
        try:
            with tx.connection.begin_nested():
                tx.connection.execute(insert(self.table).values(**row, row_digest=digest))
        except IntegrityError as taken:
            raise Conflict from taken
        self._witness(tx, row["id"], digest)

    def find(self, tx: Transaction, *where: ColumnElement[bool], lock: bool = False) -> Row | None:
        """The one row, or None. ``lock`` makes others wait until this transaction ends (PostgreSQL)."""
        statement = select(self.table).where(*where)
        found = tx.connection.execute(statement.with_for_update() if lock else statement).mappings().one_or_none()
        return None if found is None else self.checked(found)

    def list(self, tx: Transaction, *where: ColumnElement[bool], order: Any = None) -> list[Row]:
        statement = select(self.table).where(*where)
        if order is not None:
            statement = statement.order_by(order)
        return [self.checked(row) for row in tx.connection.execute(statement).mappings()]

    def change(self, tx: Transaction, row: Row, **changes: Any) -> Row | None:
        """The row as it now stands, or None when somebody else changed it first."""
        changed = {**row, **changes}
        digest = self._sign(changed)
        done = tx.connection.execute(
            update(self.table)
            .where(self.table.c.id == row["id"], self.table.c.row_digest == row["row_digest"])
            .values(**changes, row_digest=digest)
        )
        if done.rowcount != 1:
            return None
        self._witness(tx, row["id"], digest)
        return {**changed, "row_digest": digest}

    def _content(self, row: Row) -> dict[str, Any]:
        kept = (c.name for c in self.table.columns if c.name != "row_digest" and c.name not in self.loose)
        return {name: row.get(name) for name in kept}

    def _sign(self, row: Row) -> str:
        return self.signer.sign_row(self.table.name, self._content(row))

    def checked(self, row: Row) -> Row:
        if not self.signer.row_matches(self.table.name, self._content(row), row["row_digest"]):
            raise Tampered(self.table.name, row["id"])
        return row

    def _witness(self, tx: Transaction, row_id: str, digest: str) -> None:
        if self.witnessed:
            tx.witness(self.table.name, row_id, digest)
