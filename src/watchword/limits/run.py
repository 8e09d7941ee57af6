"""A run: at most ``amount`` in a row. Time opens nothing; what ends the run does.

Keeps how often the run was ended, and how many it has now: a spend from before an end can't be given back to
the run after it.
"""

from dataclasses import dataclass
from datetime import datetime

from watchword.limits.limit import EPOCH, NEVER, UNUSED, Decision, Limit, State


@dataclass(frozen=True)
class Run(Limit):
    rank: int = 1

    @property
    def order(self) -> int:
        return self.rank

    def decide(self, state: State, now: datetime) -> Decision:
        ends, count = state or (0, 0)
        if count >= self.amount:
            return Decision(allowed=False, state=state, stamp=0, retry_at=NEVER, used=count)
        return Decision(allowed=True, state=(ends, count + 1), stamp=ends, retry_at=now, used=count)

    def give_back(self, state: State, stamp: int, now: datetime) -> State:  # noqa: ARG002 - time changes nothing
        ends, count = state or (0, 0)
        return (ends, count - 1) if count and ends == stamp else state

    def ended(self, state: State) -> State:
        """A success that ends the run, or whatever else opens it again."""
        if state == UNUSED:
            return state
        ends, count = state
        return (ends + 1, 0) if count else state

    def idle_at(self, state: State) -> datetime:
        return NEVER if state and state[1] else EPOCH
