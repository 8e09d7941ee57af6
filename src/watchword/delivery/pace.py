"""How often and how long the worker tries. Pure."""

from dataclasses import dataclass
from datetime import timedelta

STEEPNESS = 3


@dataclass(frozen=True, kw_only=True)
class Pace:
    at_once: int = 8
    """Messages on their way at the same time."""
    look_every: timedelta = timedelta(seconds=3)
    """How soon a message is found of which no bell told: written by another process, or due for another try."""
    patience: timedelta = timedelta(seconds=40)
    """For one handing over, from connecting to the other side's answer."""
    lease: timedelta = timedelta(seconds=60)
    """How long a claim holds. A worker that died is overtaken after this."""
    grace: timedelta = timedelta(seconds=10)
    """How long a shutdown waits for what is on its way. What is cut off is sent again at the next start."""
    first_wait: timedelta = timedelta(seconds=10)
    longest_wait: timedelta = timedelta(minutes=15)

    def __post_init__(self) -> None:
        if self.patience >= self.lease:
            raise ValueError("a lease must outlive the handing over it covers")

    def wait_after(self, attempts: int, jitter: float) -> timedelta:
        """Before the next try: three times as long after each, give or take a third by ``jitter`` (0 to 1), so
        that what failed together does not come back together."""
        steps = min(attempts - 1, 20)
        wait = min(self.first_wait * float(STEEPNESS**steps), self.longest_wait)
        return wait * (2 / 3 + jitter * 2 / 3)
