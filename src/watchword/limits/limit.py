"""What every kind of limit is: pure arithmetic over a small state and the present moment.

A state is a tuple of whole numbers, empty for a subject never seen; moments in it are microseconds since 1970.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

State = tuple[int, ...]
UNUSED: State = ()

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Time alone does not open it again."""
_MICROSECOND = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    return (moment - EPOCH) // _MICROSECOND


def moment_of(count: int) -> datetime:
    return EPOCH + count * _MICROSECOND


@dataclass(frozen=True, kw_only=True)
class Decision:
    allowed: bool
    state: State
    """What to keep: after the spend if it is allowed, else as it was."""
    stamp: int
    """Names this spend when it is given back."""
    retry_at: datetime
    """When the next spend is allowed if nobody else spends: now, if this one is; ``NEVER``, if time does not help."""
    used: int
    """How much of the limit was in use before."""


@dataclass(frozen=True)
class Limit(ABC):
    name: str
    amount: int

    def __post_init__(self) -> None:
        if self.amount < 1:
            raise ValueError(f"{self.name}: a limit allows one at least")
        if not self.witnessed <= self.order <= 9:
            raise ValueError(f"{self.name}: order 0 is for limits that are not witnessed, 9 is the last")

    @property
    @abstractmethod
    def order(self) -> int:
        """From 0 to 9: rows of a lower order are locked first, over all calls of one transaction."""

    @property
    def witnessed(self) -> bool:
        """Whether the record keeps the digest of each change: for what counts guesses."""
        return True

    @abstractmethod
    def decide(self, state: State, now: datetime) -> Decision:
        """Spends one, or says when to come back."""

    @abstractmethod
    def give_back(self, state: State, stamp: int, now: datetime) -> State:
        """As if that spend had not been."""

    @abstractmethod
    def idle_at(self, state: State) -> datetime:
        """From when on the state says no more than an empty one."""


def whole_micros(name: str, per: timedelta) -> int:
    """The length of a limit's period. Raises ValueError unless it is positive."""
    length = per // _MICROSECOND
    if length < 1:
        raise ValueError(f"{name}: a limit needs a period")
    return length
