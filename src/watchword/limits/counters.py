"""Spends limits, and gives them back, in the database.

A spend is made before the check it guards: in a transaction of its own, so that it survives whatever the check does,
or in the one that decides, so that neither is without the other. Limits of one call are spent all or not at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from watchword.crypto.keyring import Keyring
from watchword.limits.budget import Budget
from watchword.limits.held import Held, held_states, read
from watchword.limits.limit import EPOCH, UNUSED, Decision, Limit, State
from watchword.limits.run import Run
from watchword.limits.store import LimitStore
from watchword.storage.database import Transaction

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
        if not ids:
            return Spent(), Spent()
        held = Held.by(tx, self.store)
        held.hold(tx, {row_id: each.limit for each, row_id in ids.items()})
        shown, states = _decided(spends, ids, held.states, now)
        hidden: Spent | Refused = Spent()
        if isinstance(shown, Spent):
            hidden, states = _decided(quiet, ids, states, now)
        held.spend(ids.values(), states)
        return shown, hidden

    def give_back(
        self, tx: Transaction, spent: Spent, now: datetime, *, ending: Sequence[tuple[Run, Subject]] = ()
    ) -> None:
        """``ending``: runs that end with it, by a success."""
        runs = {self._id(Spend(run, subject)): run for run, subject in ending}
        held = Held.by(tx, self.store)
        held.lock(tx, {each.row_id: each.limit for each in spent.stamps} | runs)
        for each in spent.stamps:
            held.change(each.row_id, partial(each.limit.give_back, stamp=each.stamp, now=now))
        for row_id, run in runs.items():
            held.change(row_id, run.ended)

    def peek(self, tx: Transaction, limit: Limit, subject: Subject, now: datetime) -> Decision:
        """What a spend would be told; spends nothing and locks nothing."""
        return self.peek_all(tx, [Spend(limit, subject)], now)[0]

    def peek_all(self, tx: Transaction, spends: Sequence[Spend], now: datetime) -> list[Decision]:
        """What each spend would be told if it were the only one."""
        ids = [self._id(each) for each in spends]
        states = dict(held_states(tx))
        if not states.keys() >= set(ids):
            states = {row["id"]: read(row) for row in self.store.find(tx, ids)} | states
        return [each.limit.decide(states.get(row_id, UNUSED), now) for each, row_id in zip(spends, ids, strict=True)]

    def end_runs(self, tx: Transaction, runs: Sequence[tuple[Run, Subject]]) -> None:
        """Successes that end rows of failures, or whatever else opens them again."""
        self.give_back(tx, Spent(), EPOCH, ending=runs)

    def came_back(self, tx: Transaction, budget: Budget, subject: Subject, *, sent_at: datetime) -> None:
        """What was spent at ``sent_at`` was answered."""
        row_id, held = self._id(Spend(budget, subject)), Held.by(tx, self.store)
        held.lock(tx, {row_id: budget})
        held.change(row_id, partial(budget.came_back, stamp=budget.period_at(sent_at)))

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
