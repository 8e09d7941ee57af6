"""A tally: how many there were, where not each can be told. It stops nothing.

The first ``amount`` of a period are told one by one; of those after them one stands for ``amount``. What was not told
yet is told with the first of a later period. Whoever sends as many requests as they like so fills no record.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from watchword.limits.limit import EPOCH, Decision, Limit, State, micros, moment_of, whole_micros


@dataclass(frozen=True)
class Tally(Limit):
    per: timedelta

    def __post_init__(self) -> None:
        super().__post_init__()
        whole_micros(self.name, self.per)

    @property
    def order(self) -> int:
        """The last: what is told is known once all else is spent."""
        return 9

    @property
    def witnessed(self) -> bool:
        return False

    def decide(self, state: State, now: datetime) -> Decision:
        """``stamp``: how many this one stands for; 0, if it is not told."""
        period, told, untold = state or (0, 0, 0)
        present = micros(now) // whole_micros(self.name, self.per)
        if present > period:
            period, told = present, 0
        stands_for = untold + 1
        if told >= self.amount and stands_for < self.amount:
            after: State = (period, told, stands_for)
            return Decision(allowed=True, state=after, stamp=0, retry_at=now, used=told)
        after = (period, min(told + 1, self.amount), 0)
        return Decision(allowed=True, state=after, stamp=stands_for, retry_at=now, used=told)

    def give_back(self, state: State, stamp: int, now: datetime) -> State:  # noqa: ARG002 - it was there
        return state

    def idle_at(self, state: State) -> datetime:
        return moment_of((state[0] + 1) * whole_micros(self.name, self.per)) if state else EPOCH


def of_many(stands_for: int) -> dict[str, Any]:
    """What an event says besides, where it stands for more than itself."""
    return {"stands_for": stands_for} if stands_for > 1 else {}
