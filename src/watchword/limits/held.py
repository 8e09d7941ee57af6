"""The rows of limits that a transaction holds, and what is to stand in each: written once, as it is about to commit.

Whoever else needs one of these rows waits for the end of the transaction, so a spend is in force from the moment its
rows are held. What is written is what is left of it: nothing, where the transaction that spent gives it back.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from watchword.foundation.errors import Busy
from watchword.limits.limit import Limit, State
from watchword.limits.order import LockOrder
from watchword.limits.store import LimitStore
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row

_NOTE = "limits: rows that are held"


@dataclass
class Held:
    store: LimitStore
    rows: dict[str, Row] = field(default_factory=dict)
    """As they were read."""
    states: dict[str, State] = field(default_factory=dict)
    """As they shall be."""
    limits: dict[str, Limit] = field(default_factory=dict)
    due: set[str] = field(default_factory=set)
    """To be written whether they changed or not: a spend that is refused does the work of one that is not."""

    @classmethod
    def by(cls, tx: Transaction, store: LimitStore) -> "Held":
        held: Held | None = tx.notes.get(_NOTE)
        if held is None:
            held = tx.notes[_NOTE] = cls(store)
            tx.before_commit(lambda: held.write(tx))
        return held

    def hold(self, tx: Transaction, limits: Mapping[str, Limit]) -> None:
        """All of these rows, by their ids, as they are or unused."""
        self._take(tx, limits, self.store.hold)

    def lock(self, tx: Transaction, limits: Mapping[str, Limit], *, beside: bool = False) -> None:
        """Those of them that are there; ``beside``: of the rank that was taken last, too."""
        self._take(tx, limits, self.store.lock, beside=beside)

    def spend(self, ids: Iterable[str], states: Mapping[str, State]) -> None:
        self.states.update(states)
        self.due.update(ids)

    def change(self, row_id: str, change: Callable[[State], State]) -> None:
        """Nothing, where the row is not there: what it said had no more meaning."""
        if row_id in self.states:
            self.states[row_id] = change(self.states[row_id])
            self.due.discard(row_id)

    def write(self, tx: Transaction) -> None:
        del tx.notes[_NOTE]
        changed = {row_id for row_id, row in self.rows.items() if self.states[row_id] != read(row)}
        written = sorted(changed | self.due)
        for witnessed in (False, True):
            ids = [row_id for row_id in written if self.limits[row_id].witnessed is witnessed]
            changes = [self._change(row_id) for row_id in ids]
            if not self.store.change(tx, [self.rows[row_id] for row_id in ids], changes, witnessed=witnessed):
                raise Busy  # not while we hold the rows

    def _change(self, row_id: str) -> Row:
        """Of one that says what it said, nothing: the policy of today may have it idle at another time."""
        row, state, limit = self.rows[row_id], self.states[row_id], self.limits[row_id]
        text, idle_at = json.dumps(state), limit.idle_at(state)
        return {"state": text, "idle_at": row["idle_at"] if text == row["state"] else idle_at}

    def _take(
        self,
        tx: Transaction,
        limits: Mapping[str, Limit],
        take: Callable[[Transaction, list[str]], Iterable[Row]],
        *,
        beside: bool = False,
    ) -> None:
        self.limits.update(limits)
        ids = sorted(limits.keys() - self.rows.keys())
        if not ids:
            return
        order = LockOrder.of(tx)
        order.require_next(ids, beside=beside)
        rows = {row["id"]: row for row in take(tx, ids)}
        order.add(ids, rows)
        self.rows.update(rows)
        self.states.update((row_id, read(row)) for row_id, row in rows.items())


def held_states(tx: Transaction) -> Mapping[str, State]:
    """What the transaction itself has made of rows; others don't see it yet."""
    held: Held | None = tx.notes.get(_NOTE)
    return {} if held is None else held.states


def read(row: Row) -> State:
    return tuple(json.loads(row["state"]))
