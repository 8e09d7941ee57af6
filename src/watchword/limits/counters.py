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
from watchword.limits.limit import UNUSED, Decision, Limit, State
from watchword.limits.run import Run
from watchword.limits.store import LimitStore
from watchword.limits.tally import Tally
from watchword.storage.database import Transaction

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

    def counted(self, state: State) -> State:
        return self.budget.came_back(state, self.budget.period_at(self.sent_at))


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
        if not ids:
            return Spent(), Spent()
        held = Held.by(tx, self.store)
        held.hold(tx, {row_id: each.limit for each, row_id in ids.items()})
        for spend, each in back:
            held.change(ids[spend], each.counted)
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

    def end_runs(self, tx: Transaction, run: Run, subjects: Sequence[Subject], now: datetime) -> None:
        """What opens them again. Runs that are not under way are not even locked."""
        spends = [Spend(run, subject) for subject in subjects]
        standing = zip(spends, self.peek_all(tx, spends, now) if spends else (), strict=True)
        runs: dict[str, Limit] = {self._id(spend): run for spend, decision in standing if decision.used}
        held = Held.by(tx, self.store)
        held.lock(tx, runs, beside=True)
        for row_id in runs:
            held.change(row_id, run.ended)

    def tally(self, tx: Transaction, tally: Tally, subject: Subject, now: datetime) -> int:
        """How many this one stands for; 0: it is not told."""
        spent = self.spend(tx, [Spend(tally, subject)], now)
        return spent.stamps[0].stamp if isinstance(spent, Spent) else 0

    def came_back(self, tx: Transaction, answered: Sequence[Answered]) -> None:
        """As ``spend`` would, where nothing is spent."""
        ids = {self._id(Spend(each.budget, each.subject)): each for each in answered}
        held = Held.by(tx, self.store)
        held.lock(tx, {row_id: each.budget for row_id, each in ids.items()})
        for row_id, each in ids.items():
            held.change(row_id, each.counted)

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
