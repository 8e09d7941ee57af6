"""A budget for each whole period (a day, from midnight UTC), which closes early when too little comes back.

For messages: whoever makes us send codes to numbers that earn him money never types them in. Once ``sample``
went out, ``share`` percent of them must have come back, or no more go out until they do or the period ends.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from watchword.limits.limit import EPOCH, Decision, Limit, State, micros, moment_of, whole_micros


@dataclass(frozen=True)
class Budget(Limit):
    per: timedelta
    sample: int
    share: int
    """Percent."""
    rank: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        whole_micros(self.name, self.per)
        if self.sample < 1 or not 0 <= self.share <= 100:
            raise ValueError(f"{self.name}: a budget needs a sample, and a share between 0 and 100 percent")

    @property
    def order(self) -> int:
        return self.rank

    def decide(self, state: State, now: datetime) -> Decision:
        period, sent, back = self._present(state, self.period_at(now))
        too_few = sent >= self.sample and back * 100 < self.share * sent
        if sent >= self.amount or too_few:
            return Decision(allowed=False, state=state, stamp=0, retry_at=self._end(period), used=sent)
        return Decision(allowed=True, state=(period, sent + 1, back), stamp=period, retry_at=now, used=sent)

    def give_back(self, state: State, stamp: int, now: datetime) -> State:  # noqa: ARG002 - the stamp says when
        """It never went out after all."""
        if not state or state[0] != stamp or state[1] == 0:
            return state
        period, sent, back = state
        return (period, sent - 1, min(back, sent - 1))

    def came_back(self, state: State, stamp: int) -> State:
        """What was sent in the period ``stamp`` was answered."""
        if not state or state[0] != stamp:
            return state
        period, sent, back = state
        return (period, sent, min(back + 1, sent))

    def idle_at(self, state: State) -> datetime:
        return self._end(state[0]) if state else EPOCH

    def period_at(self, moment: datetime) -> int:
        """The number of the period a moment lies in."""
        return micros(moment) // whole_micros(self.name, self.per)

    def _present(self, state: State, period: int) -> tuple[int, int, int]:
        if state and state[0] >= period:  # later only if the clock was set back
            return state[0], state[1], state[2]
        return period, 0, 0

    def _end(self, period: int) -> datetime:
        return moment_of((period + 1) * whole_micros(self.name, self.per))
