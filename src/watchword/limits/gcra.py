"""A rate: the generic cell rate algorithm (ITU-T I.371, annex A, the virtual scheduling form).

Keeps one moment, the theoretical arrival time: when all that was spent will have drained away. Lets ``amount``
through at once and then one every ``per / amount``. Small and fast however large the amount; use ``Window``
where not one more than the amount may pass in any period.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from watchword.limits.limit import EPOCH, Decision, Limit, State, micros, moment_of, whole_micros


@dataclass(frozen=True)
class Rate(Limit):
    per: timedelta

    def __post_init__(self) -> None:
        super().__post_init__()
        whole_micros(self.name, self.per)

    @property
    def order(self) -> int:
        return 0

    @property
    def witnessed(self) -> bool:
        return False

    @property
    def interval(self) -> int:
        """Microseconds one takes to drain, rounded up: to the strict side."""
        return -(-whole_micros(self.name, self.per) // self.amount)

    def decide(self, state: State, now: datetime) -> Decision:
        present, interval = micros(now), self.interval
        drained_at = max((present, *state))
        used = -(-(drained_at - present) // interval)
        opens_at = drained_at - (self.amount - 1) * interval
        if opens_at > present:
            return Decision(allowed=False, state=state, stamp=0, retry_at=moment_of(opens_at), used=used)
        after = drained_at + interval
        return Decision(allowed=True, state=(after,), stamp=after, retry_at=now, used=used)

    def give_back(self, state: State, stamp: int, now: datetime) -> State:
        """``stamp`` is when that spend will have drained; what has drained of it by now can't be given back."""
        left = min(self.interval, max(0, stamp - micros(now)))
        return tuple(drained_at - left for drained_at in state)

    def idle_at(self, state: State) -> datetime:
        return moment_of(max(state)) if state else EPOCH
