"""What carries a message out of the house, and how it says what became of it.

A carrier keeps the other side's words to itself: they may hold an address or a code. Its number is all it tells.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from watchword.delivery.messages.render import Body
from watchword.foundation.terms import MessageId


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """One message on its way. The same at every try, so that a copy sent twice can be told by its id."""

    id: MessageId
    address: str = field(repr=False)
    body: Body = field(repr=False)
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Handover:
    """``deferred`` is tried again; ``failed`` is not."""

    result: Literal["handed_over", "deferred", "failed"]
    reason: str | None = None
    """The three digits the other side gave, or our own word for what went wrong."""


HANDED_OVER = Handover(result="handed_over")


def deferred(reason: str) -> Handover:
    return Handover(result="deferred", reason=reason)


def failed(reason: str) -> Handover:
    return Handover(result="failed", reason=reason)


class Carrier(Protocol):
    async def hand_over(self, parcel: Parcel) -> Handover:
        """Must be safe to cancel. An error it raises counts as deferred."""
