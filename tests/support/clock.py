"""A clock that stands still until it is moved."""

from datetime import UTC, datetime, timedelta

from watchword.foundation.clock import system_clock

NOON = datetime(2047, 3, 1, 12, 0, tzinfo=UTC)
"""Later than any machine that runs the tests: the proof of work looks at the machine's own clock too."""


class SettableClock:
    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> datetime:
        self.now += by
        return self.now


class RunningClock(SettableClock):
    """Goes as the machine's own clock does, and can be moved ahead of it: for programs that look at that one."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return self.now

    @property
    def now(self) -> datetime:
        return system_clock() + self.ahead

    @now.setter
    def now(self, moment: datetime) -> None:
        self.ahead = moment - system_clock()
