"""The order in which the rows of limits are locked, held to at run time.

Two transactions that lock the same rows in different orders wait for each other until the database ends one of them. Of
one call the rows are taken in the order of their ids, which begin with the rank; of several calls each takes higher
ranks than those before it, or rows that are held already. On SQLite, where nobody waits for a row, the same is refused:
whatever runs there has to serve PostgreSQL.
"""

from collections.abc import Iterable, Sequence

from watchword.storage.database import Transaction

_KEY = "limits.order"


class OutOfOrder(RuntimeError):
    """An error of the program: this transaction locks limits in an order that another may turn around."""


class LockOrder:
    """What one transaction has locked so far."""

    def __init__(self) -> None:
        self._held: set[str] = set()
        self._highest = ""

    @classmethod
    def of(cls, tx: Transaction) -> "LockOrder":
        order: LockOrder | None = tx.notes.get(_KEY)
        if order is None:
            order = tx.notes[_KEY] = cls()
        return order

    def require_next(self, ids: Sequence[str], *, beside: bool) -> None:
        """``ids`` in order; ``beside``: of the rank that was taken last, too. Raises OutOfOrder."""
        lowest = next((row_id[0] for row_id in ids if row_id not in self._held), None)
        if lowest is None or lowest > self._highest or (beside and lowest == self._highest):
            return
        raise OutOfOrder(f"a limit of rank {lowest} after one of rank {self._highest}: see limits/named.py")

    def add(self, asked: Sequence[str], locked: Iterable[str]) -> None:
        """``asked`` in order. What was not there is not held, but its rank is taken: another time it is there."""
        self._held.update(locked)
        self._highest = max(self._highest, asked[-1][0])
