"""How far a message came. What people may see of it, and when, is for the gate to say (policy §5)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MessageState(StrEnum):
    QUEUED = "queued"
    HANDED_OVER = "handed_over"
    """The mail server or SMS gateway took it; whether a person got it is not known."""
    DEFERRED = "deferred"
    """It was not taken, for now; it is tried again."""
    FAILED = "failed"
    """It was refused for good."""
    EXPIRED = "expired"
    """Nobody took it in time."""
    UNSENT = "unsent"
    """Written for the sake of one answer (policy §5), and never sent."""


WAITING = (MessageState.QUEUED, MessageState.DEFERRED)


@dataclass(frozen=True, kw_only=True)
class Delivery:
    state: MessageState
    at: datetime
    """When it came to be so."""
