"""Two clocks: one that tells the time, for ``exp``; one that only goes forward, for how long ago we heard."""

import time
from collections.abc import Callable
from dataclasses import dataclass


def _going_on() -> float:
    """Linux's monotonic clock stands still while the machine sleeps, and what we heard would seem fresh after it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True, kw_only=True)
class Clock:
    now: Callable[[], float]
    """Seconds since 1970, UTC."""
    monotonic: Callable[[], float]
    """Seconds since whenever."""


system_clock = Clock(now=time.time, monotonic=_going_on if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic)
