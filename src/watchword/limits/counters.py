"""Spends limits, and gives them back, in the database.

A spend stands in a transaction of its own, before the check it guards, so that it survives whatever the check
does. Limits of one call are spent all or not at all.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchword.crypto.keyring import Keyring
from watchword.foundation.errors import Busy
from watchword.limits.budget import Budget
from watchword.limits.limit import UNUSED, Decision, Limit, State
from watchword.limits.run import Run
from watchword.limits.store import LimitStore
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row

KEPT_IDLE = timedelta(days=1)
"""How long a row that says nothing any more stays: longer than any passage that may give back to it."""
_UNWITNESSED = "0"
"""Rates have the order 0, and nothing else has."""

Subject = str | tuple[str, ...]


@dataclass(frozen=True)
class Spend:
    """One, of this limit, for whom or what it is counted."""

    limit: Limit
    subject: Subject


@dataclass(frozen=True)
class _Stamp:
    row_id: str
    limit: Limit
    stamp: int


@dataclass(frozen=True)
class Spent:
    """What was spent: keep it to give it back."""

    stamps: tuple[_Stamp, ...] = ()

    def and_also(self, other: "Spent") -> "Spent":
        return Spent(self.stamps + other.stamps)


@dataclass(frozen=True)
class Refused:
    """``limit`` is the one that opens last, at ``retry_at`` (``NEVER``: time does not open it)."""

    retry_at: datetime
    limit: Limit


@dataclass(frozen=True)
class Counters:
    store: LimitStore
    keyring: Keyring

    def spend(self, tx: Transaction, spends: Sequence[Spend], now: datetime) -> Spent | Refused:
        """All of them, or none and Refused.

        Both run the same statements: a budget that must not show (policy §4) does not show in the work either.
        Of several calls in one transaction, the later ones take limits of no lower order.
        """
        return self.spend_both(tx, spends, (), now)[0]

    def spend_both(
        self, tx: Transaction, spends: Sequence[Spend], quiet: Sequence[Spend], now: datetime
    ) -> tuple[Spent | Refused, Spent | Refused]:
        """As two calls, the second of which is not made where the first is refused; by one statement."""
        ids = {each: self._id(each) for each in (*spends, *quiet)}
        rows = self._held(tx, sorted(set(ids.values())))
        states = {row_id: _read(row) for row_id, row in rows.items()}
        shown, states = _decided(spends, ids, states, now)
        hidden: Spent | Refused = Spent()
        if isinstance(shown, Spent):
            hidden, states = _decided(quiet, ids, states, now)
        self._keep(tx, rows, states, {row_id: each.limit for each, row_id in ids.items()})
        return shown, hidden

    def give_back(
        self, tx: Transaction, spent: Spent, now: datetime, *, ending: Sequence[tuple[Run, Subject]] = ()
    ) -> None:
        """``ending``: runs that end with it, by a success."""
        runs = {self._id(Spend(run, subject)): run for run, subject in ending}
        limits = {each.row_id: each.limit for each in spent.stamps} | runs
        rows = self._present(tx, sorted(limits))
        states = {row_id: _read(row) for row_id, row in rows.items()}
        for each in spent.stamps:
            if each.row_id in states:
                states[each.row_id] = each.limit.give_back(states[each.row_id], each.stamp, now)
        for row_id in runs.keys() & states.keys():
            states[row_id] = runs[row_id].ended(states[row_id])
        self._keep(tx, rows, states, limits)

    def peek(self, tx: Transaction, limit: Limit, subject: Subject, now: datetime) -> Decision:
        """What a spend would be told; spends nothing and locks nothing."""
        return self.peek_all(tx, [Spend(limit, subject)], now)[0]

    def peek_all(self, tx: Transaction, spends: Sequence[Spend], now: datetime) -> list[Decision]:
        """What each spend would be told if it were the only one."""
        ids = [self._id(each) for each in spends]
        found = {row["id"]: row for row in self.store.find(tx, ids)}
        states = (_read(found[row_id]) if row_id in found else UNUSED for row_id in ids)
        return [each.limit.decide(state, now) for each, state in zip(spends, states, strict=True)]

    def end_run(self, tx: Transaction, run: Run, subject: Subject) -> None:
        """A success that ends the row of failures, or what else opens it again."""
        self._change_one(tx, Spend(run, subject), run.ended)

    def came_back(self, tx: Transaction, budget: Budget, subject: Subject, *, sent_at: datetime) -> None:
        """What was spent at ``sent_at`` was answered."""
        self._change_one(tx, Spend(budget, subject), lambda state: budget.came_back(state, budget.period_at(sent_at)))

    def purge(self, tx: Transaction, now: datetime, *, at_most: int = 500) -> int:
        """Deletes rows that say nothing any more, and says how many.

        Where it deleted any, the record must hear of it: record an event in this transaction.
        """
        ids = self.store.find_idle(tx, now - KEPT_IDLE, at_most)
        if ids:
            self.store.delete(tx, ids)
        for row_id in ids:
            if not row_id.startswith(_UNWITNESSED):
                tx.witness("limits", row_id, None)
        return len(ids)

    # -- parts

    def _id(self, spend: Spend) -> str:
        limit, subject = spend.limit, spend.subject
        parts = (subject,) if isinstance(subject, str) else subject
        return f"{limit.order}{self.keyring.digest('limit', type(limit).__name__, limit.name, *parts)}"

    def _held(self, tx: Transaction, ids: Sequence[str]) -> dict[str, Row]:
        """All of these rows, as they are or unused."""
        return {row["id"]: row for row in self.store.hold(tx, ids)} if ids else {}

    def _present(self, tx: Transaction, ids: Sequence[str]) -> dict[str, Row]:
        return {row["id"]: row for row in self.store.lock(tx, ids)} if ids else {}

    def _change_one(self, tx: Transaction, spend: Spend, change: Callable[[State], State]) -> None:
        row_id = self._id(spend)
        rows = self._present(tx, [row_id])
        self._keep(tx, rows, {found: change(_read(row)) for found, row in rows.items()}, {row_id: spend.limit})

    def _keep(
        self, tx: Transaction, rows: Mapping[str, Row], states: Mapping[str, State], limits: Mapping[str, Limit]
    ) -> None:
        for witnessed in (False, True):
            ids = [row_id for row_id in rows if limits[row_id].witnessed is witnessed]
            changes = [
                {"state": json.dumps(states[row_id]), "idle_at": limits[row_id].idle_at(states[row_id])}
                for row_id in ids
            ]
            if not self.store.change(tx, [rows[row_id] for row_id in ids], changes, witnessed=witnessed):
                raise Busy  # not while we hold the rows


def _decided(
    spends: Sequence[Spend], ids: Mapping[Spend, str], states: Mapping[str, State], now: datetime
) -> tuple[Spent | Refused, dict[str, State]]:
    """All of them, or none; with the states as they are then."""
    new, stamps, refusals = dict(states), [], []
    for each in spends:
        row_id = ids[each]
        decision = each.limit.decide(new[row_id], now)
        if not decision.allowed:
            refusals.append(Refused(decision.retry_at, each.limit))
        new[row_id] = decision.state
        stamps.append(_Stamp(row_id, each.limit, decision.stamp))
    if refusals:
        return max(refusals, key=lambda refused: refused.retry_at), dict(states)
    return Spent(tuple(stamps)), new


def _read(row: Row) -> State:
    return tuple(json.loads(row["state"]))
