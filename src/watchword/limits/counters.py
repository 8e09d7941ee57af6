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
from watchword.limits.order import LockOrder
from watchword.limits.run import Run
from watchword.limits.store import LimitStore
from watchword.limits.tally import Tally
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row

KEPT_IDLE = timedelta(days=1)
"""How long a row that says nothing any more stays: longer than any passage that may give back to it."""
_UNWITNESSED = ("0", "9")
"""Rates have the order 0 and tallies 9, and nothing else has."""

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
class Answered:
    """A message that was sent from this budget at ``sent_at``, and answered."""

    budget: Budget
    subject: Subject
    sent_at: datetime


@dataclass(frozen=True)
class Refused:
    """``limit`` is the one that opens last, at ``retry_at`` (``NEVER``: time does not open it)."""

    retry_at: datetime
    limit: Limit


@dataclass(frozen=True)
class Counters:
    store: LimitStore
    keyring: Keyring

    def spend(
        self, tx: Transaction, spends: Sequence[Spend], now: datetime, *, answered: Sequence[Answered] = ()
    ) -> Spent | Refused:
        """All of them, or none and Refused. ``answered``: what came back, which counts first and in any case.

        Both run the same statements: a budget that must not show (policy §4) does not show in the work either.
        Of several calls in one transaction, the later ones take limits of higher ranks: OutOfOrder.
        """
        return self._spend(tx, spends, (), now, answered)[0]

    def spend_both(
        self, tx: Transaction, spends: Sequence[Spend], quiet: Sequence[Spend], now: datetime
    ) -> tuple[Spent | Refused, Spent | Refused]:
        """As two calls, the second of which is not made where the first is refused; by one statement."""
        return self._spend(tx, spends, quiet, now, ())

    def _spend(
        self,
        tx: Transaction,
        spends: Sequence[Spend],
        quiet: Sequence[Spend],
        now: datetime,
        answered: Sequence[Answered],
    ) -> tuple[Spent | Refused, Spent | Refused]:
        back = [(Spend(each.budget, each.subject), each) for each in answered]
        ids = {each: self._id(each) for each in (*spends, *quiet, *(spend for spend, _ in back))}
        rows = self._held(tx, sorted(set(ids.values())))
        states = {row_id: _read(row) for row_id, row in rows.items()}
        for spend, each in back:
            states[ids[spend]] = _came_back(each, states[ids[spend]])
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

    def end_runs(self, tx: Transaction, run: Run, subjects: Sequence[Subject], now: datetime) -> None:
        """What opens them again. Runs that are not under way are not even locked."""
        spends = [Spend(run, subject) for subject in subjects]
        standing = zip(spends, self.peek_all(tx, spends, now) if spends else (), strict=True)
        ids = sorted(self._id(spend) for spend, decision in standing if decision.used)
        rows = self._present(tx, ids, beside=True)
        self._keep(tx, rows, {row_id: run.ended(_read(row)) for row_id, row in rows.items()}, dict.fromkeys(ids, run))

    def tally(self, tx: Transaction, tally: Tally, subject: Subject, now: datetime) -> int:
        """How many this one stands for; 0: it is not told."""
        spent = self.spend(tx, [Spend(tally, subject)], now)
        return spent.stamps[0].stamp if isinstance(spent, Spent) else 0

    def came_back(self, tx: Transaction, answered: Sequence[Answered]) -> None:
        """As ``spend`` would, where nothing is spent."""
        changes = {self._id(Spend(each.budget, each.subject)): each for each in answered}
        rows = self._present(tx, sorted(changes))
        states = {row_id: _came_back(changes[row_id], _read(row)) for row_id, row in rows.items()}
        self._keep(tx, rows, states, {row_id: each.budget for row_id, each in changes.items()})

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
        """All of these rows, as they are or unused. ``ids`` in order."""
        return self._taken(tx, ids, self.store.hold)

    def _present(self, tx: Transaction, ids: Sequence[str], *, beside: bool = False) -> dict[str, Row]:
        """Those of them that are there."""
        return self._taken(tx, ids, self.store.lock, beside=beside)

    @staticmethod
    def _taken(
        tx: Transaction,
        ids: Sequence[str],
        take: Callable[[Transaction, Sequence[str]], Sequence[Row]],
        *,
        beside: bool = False,
    ) -> dict[str, Row]:
        if not ids:
            return {}
        order = LockOrder.of(tx)
        order.require_next(ids, beside=beside)
        rows = {row["id"]: row for row in take(tx, ids)}
        order.add(ids, rows)
        return rows

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


def _came_back(answered: Answered, state: State) -> State:
    return answered.budget.came_back(state, answered.budget.period_at(answered.sent_at))


def _read(row: Row) -> State:
    return tuple(json.loads(row["state"]))
