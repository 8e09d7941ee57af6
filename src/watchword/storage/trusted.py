"""Rows that the gate trusts. Each carries a keyed digest of its content; one that does not match is refused.

The digest is also the guard of every change: ``UPDATE … WHERE id = ? AND row_digest = ?``, so of two who
read the same row only one can change it. The row's own id, and the account it belongs to, are content like
all else: a row copied to another id or account does not match.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, Table, select
from sqlalchemy.exc import IntegrityError

from watchword.foundation.errors import Conflict, Tampered
from watchword.storage.database import Transaction
from watchword.storage.prepared import Statement
from watchword.storage.statements import delete_guarded, insert_new, rows_where, update_guarded

Row = Mapping[str, Any]


class RowSigner(Protocol):
    """What ``crypto.keyring`` gives: the keyed digest of a row and its check."""

    def sign_row(self, table: str, row: Row) -> str: ...

    def row_matches(self, table: str, row: Row, digest: str) -> bool: ...


@cache
def signed_columns(table: Table) -> tuple[str, ...]:
    """The columns the digest covers: all but the digest itself and those the schema marks as loose. Sorted, as the
    digest takes them."""
    return tuple(sorted(c.name for c in table.columns if c.name != "row_digest" and not c.info.get("loose")))


@cache
def loose_columns(table: Table) -> frozenset[str]:
    return frozenset(c.name for c in table.columns if c.info.get("loose"))


def signed_content(table: Table, row: Row) -> dict[str, Any]:
    """What the digest is taken of. NULL is left out, so a column added later breaks no older row."""
    return {name: value for name in signed_columns(table) if (value := row.get(name)) is not None}


@dataclass(frozen=True, kw_only=True)
class TrustedTable:
    table: Table
    signer: RowSigner
    loose: frozenset[str] = frozenset()
    """Columns the digest leaves out, if the caller wants to name them: the same as the schema marks."""
    witnessed: bool = True
    """Whether the record keeps the digest of each change, so that a deletion or an old copy shows."""

    def __post_init__(self) -> None:
        if not self.table.info.get("trusted") or not self.loose <= loose_columns(self.table):
            raise ValueError(f"{self.table.name}: trusted tables and loose columns are marked in the schema")
        if self.table.info["witnessed"] and not self.witnessed:
            raise ValueError(f"{self.table.name}: the schema says that the record keeps every row")

    def insert(self, tx: Transaction, row: Row) -> Row:
        """The row as it now stands. Raises Conflict when a unique column is taken."""
        signed = {**row, "row_digest": self._sign(row)}
        if not insert_new(tx, self.table, signed):
            raise Conflict
        self._witness(tx, row["id"], signed["row_digest"])
        return signed

    def find_by(self, tx: Transaction, *, lock: bool = False, **equals: Any) -> Row | None:
        """The one row whose columns equal these values, or None. The quick way: its statement is built once.

        ``lock`` makes others wait until this transaction ends (PostgreSQL; on SQLite they wait anyway).
        """
        return _only(self.list_by(tx, lock=lock, **equals))

    def list_by(self, tx: Transaction, *, order: str | None = None, lock: bool = False, **equals: Any) -> Sequence[Row]:
        """With ``lock``, give an ``order``: two who lock the same rows in another order wait for each other."""

        def read() -> Sequence[Row]:
            return self._checked(lambda: tx.rows(rows_where(self.table, equals, order=order, lock=lock), equals))

        if lock and not tx.alone:
            return read()
        return tx.recall(self.table.name, (order, *equals.items()), read)

    def find(self, tx: Transaction, *where: ColumnElement[bool], lock: bool = False) -> Row | None:
        """Like ``find_by``, for conditions that are not plain equality."""
        statement = select(self.table).where(*where)
        return _only(self._built(tx, statement.with_for_update() if lock else statement))

    def list(
        self,
        tx: Transaction,
        *where: ColumnElement[bool],
        order: Any = None,
        at_most: int | None = None,
        lock: bool = False,
    ) -> list[Row]:
        """Like ``list_by``, for conditions that are not plain equality."""
        statement = select(self.table).where(*where).limit(at_most)
        if order is not None:
            statement = statement.order_by(order)
        return [*self._built(tx, statement.with_for_update() if lock else statement)]

    def read(self, tx: Transaction, statement: Statement, **parameters: Any) -> Sequence[Row]:
        """The rows that a statement over this table alone gives, which the caller keeps."""
        return tx.once(
            self.table.name, statement, parameters, lambda: self._checked(lambda: tx.rows(statement, parameters))
        )

    def known(self, tx: Transaction, statement: Statement, **parameters: Any) -> Sequence[Row] | None:
        """What ``read`` has read and would give again; None: it would read."""
        found: Sequence[Row] | None = tx.known(self.table.name, statement, parameters)
        return found

    def keep(self, tx: Transaction, rows: Sequence[Row], statement: Statement, **parameters: Any) -> None:
        """What ``read`` would give now, after a change of ours that the caller sees through."""
        tx.keep(self.table.name, statement, parameters, rows)

    def _built(self, tx: Transaction, statement: Select[Any]) -> Sequence[Row]:
        """The rows of a statement built for this one time."""
        return self._checked(lambda: [row._asdict() for row in tx.execute(statement)])

    def change(self, tx: Transaction, row: Row, **changes: Any) -> Row | None:
        """The row as it now stands, or None when somebody else changed it first. Raises Conflict when a unique
        column is taken; the transaction is then of no more use."""
        if not changes.keys().isdisjoint(("id", "row_digest")):
            raise ValueError("a row keeps its id, and its digest follows from the rest")
        changed = {**row, **changes}
        if not loose_columns(self.table).issuperset(changes):
            changed["row_digest"] = self._sign(changed)
        return changed if self._write(tx, [(row, changed)], changes) else None

    def change_all(self, tx: Transaction, rows: Sequence[Row], changes: Sequence[Row]) -> Sequence[Row] | None:
        """The same signed columns of several rows, in one statement: the rows as they now stand, or None when somebody
        else changed any of them first. One that says what it said is written as it was: signed by a newer root it would
        be another."""
        if not rows:
            return rows
        pairs = []
        for row, change in zip(rows, changes, strict=True):
            changed = {**row, **change}
            digest = self._sign(changed)  # in any case: the work must not tell
            pairs.append((row, changed if changed == row else {**changed, "row_digest": digest}))
        return [new for _, new in pairs] if self._write(tx, pairs, changes[0]) else None

    def _write(self, tx: Transaction, pairs: Sequence[tuple[Row, Row]], columns: Iterable[str]) -> bool:
        """Each row as it was, and as it shall be."""
        names = (*columns, "row_digest")
        parameters = [{**{name: new[name] for name in names}, **_guard(old)} for old, new in pairs]
        try:
            done = tx.run(update_guarded(self.table), parameters if len(pairs) > 1 else parameters[0])
        except IntegrityError:
            raise Conflict from None
        if done != len(pairs):
            return False
        for old, new in pairs:
            if new["row_digest"] != old["row_digest"]:
                self._witness(tx, new["id"], new["row_digest"])
        return True

    def delete(self, tx: Transaction, row: Row) -> bool:
        """Whether it did; False when somebody else changed the row first."""
        if tx.run(delete_guarded(self.table), _guard(row)) != 1:
            return False
        self._witness(tx, row["id"], None)
        return True

    def _sign(self, row: Row) -> str:
        return self.signer.sign_row(self.table.name, signed_content(self.table, row))

    def _checked(self, found: Callable[[], Sequence[Row]]) -> Sequence[Row]:
        try:
            rows = found()
        except (TypeError, ValueError):  # SQLite keeps a date that is none
            raise Tampered(self.table.name, "unreadable") from None
        for row in rows:
            if not self.signer.row_matches(self.table.name, signed_content(self.table, row), row["row_digest"]):
                raise Tampered(self.table.name, row["id"])
        return rows

    def _witness(self, tx: Transaction, row_id: str, digest: str | None) -> None:
        if self.witnessed:
            tx.witness(self.table.name, row_id, digest)


def _guard(row: Row) -> dict[str, Any]:
    return {"guard_id": row["id"], "guard_digest": row["row_digest"]}


def _only(rows: Sequence[Row]) -> Row | None:
    if len(rows) > 1:
        raise ValueError("more than one row fits")
    return rows[0] if rows else None
