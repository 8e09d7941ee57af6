"""The clock doctor: tells a person whose phone's clock drifts how far it is off. Pure.

Two rejected codes in one passage say so, never one: a lone guess matches some step near now too easily, and a
hint after one guess would tell a guesser that it had met a real code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

SPAN = timedelta(minutes=10)
STEP = timedelta(seconds=30)
_FEWEST_STEPS_BETWEEN, _MOST_STEPS_BETWEEN = 1, 6
_STEPS_ACCEPTED = 1
"""Either side of now. A code of one of these steps was rejected for having been used, not for a clock."""


@dataclass(frozen=True)
class NearMiss:
    """A rejected code that matched a step near now."""

    step: int
    offset: int
    """Steps between the phone's clock and ours; negative: the phone is behind."""


@dataclass(frozen=True)
class Drift:
    """How far the phone's clock is off, to the half minute; negative: behind."""

    offset: timedelta
    steps: tuple[int, int]
    """The two steps whose codes were shown to us and must never be accepted."""


def diagnose(earlier: Sequence[NearMiss], latest: Sequence[NearMiss]) -> Drift | None:
    """``earlier``: near misses of this passage so far; ``latest``: those of the code just rejected."""
    for now in latest:
        for before in earlier:
            apart = now.step - before.step
            steady = abs(now.offset - before.offset) <= 1
            if _FEWEST_STEPS_BETWEEN <= apart <= _MOST_STEPS_BETWEEN and steady:
                return Drift(offset=now.offset * STEP, steps=(before.step, now.step))
    return None


def near_misses(steps: Sequence[int], current: int) -> tuple[NearMiss, ...]:
    missed = (NearMiss(step=step, offset=step - current) for step in steps)
    return tuple(miss for miss in missed if abs(miss.offset) > _STEPS_ACCEPTED)
