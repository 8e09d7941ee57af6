"""An exact sliding window: at most ``amount`` in any period of length ``per``, wherever it begins.

Keeps the moment of every spend that still counts, so use it for small amounts: guesses at a secret.
"""

from bisect import bisect_right, insort
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchword.limits.limit import EPOCH, Decision, Limit, State, micros, moment_of, whole_micros


@dataclass(frozen=True)
class Window(Limit):
    per: timedelta
    rank: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        whole_micros(self.name, self.per)

    @property
    def order(self) -> int:
        return self.rank

    def decide(self, state: State, now: datetime) -> Decision:
        present, length = micros(now), whole_micros(self.name, self.per)
        # A spend counts for exactly ``per``: from its moment on, up to but not including the moment ``per`` later.
        # One from the future (the clock was set back) counts too.
        live = list(state[bisect_right(state, present - length) :])
        if len(live) >= self.amount:
            opens_at = moment_of(live[-self.amount] + length)
            return Decision(allowed=False, state=state, stamp=0, retry_at=opens_at, used=len(live))
        used = len(live)
        insort(live, present)
        return Decision(allowed=True, state=tuple(live), stamp=present, retry_at=now, used=used)

    def give_back(self, state: State, stamp: int, now: datetime) -> State:  # noqa: ARG002 - exact at any time
        if stamp not in state:
            return state
        at = state.index(stamp)
        return state[:at] + state[at + 1 :]

    def idle_at(self, state: State) -> datetime:
        return moment_of(state[-1]) + self.per if state else EPOCH
