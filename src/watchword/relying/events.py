"""What happened to accounts (``GET /api/v1/events``): frozen, recovered, a factor removed, an exit stopped.

Keep the cursor in the same transaction as what you did because of an event. After a crash you may hear an event again,
never out of order, and never lose one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, final

from watchword.relying.connection import Connection, as_described
from watchword.relying.errors import CallRefused, CursorLost

NEWEST = "newest"
_GONE = 410


@dataclass(frozen=True, kw_only=True)
class Event:
    cursor: str
    """What to go on from, once you have done your part with it."""
    at: datetime
    kind: str
    account: str | None
    session: str | None
    facts: Mapping[str, str | int | bool]


@dataclass(frozen=True, kw_only=True)
class EventPage:
    items: tuple[Event, ...]
    next: str
    """What to go on from, once you have done your part with all of them."""


@final
@dataclass(frozen=True)
class Events:
    connection: Connection

    def newest(self) -> str:
        """A cursor for who wants only what comes from now on. Raises Unavailable, CallRefused."""
        return self.read(NEWEST).next

    def read(self, after: str | None = None, *, limit: int = 100, wait: float = 0) -> EventPage:
        """The oldest first; without ``after`` from the beginning of the record. Waits up to ``wait`` seconds (20 at
        most) for something new. Raises CursorLost, Unavailable, CallRefused."""
        params = {"limit": str(limit), "wait": str(wait)} | ({} if after is None else {"after": after})
        try:
            found = self.connection.get("/api/v1/events", params, within=self.connection.timeout + wait)
        except CallRefused as refused:
            if refused.status == _GONE:
                raise CursorLost("the cursor stands nowhere in the record") from None
            raise
        with as_described():
            return EventPage(items=tuple(_event(each) for each in found["items"]), next=found["next"])

    def follow(self, after: str | None = None, *, limit: int = 100, wait: float = 20) -> Iterator[Event]:
        """One after the other, for ever, waiting where there is none. Raises what ``read`` raises: begin again from the
        cursor that you kept."""
        while True:
            page = self.read(after, limit=limit, wait=wait)
            yield from page.items
            after = page.next


def _event(found: Mapping[str, Any]) -> Event:
    return Event(
        cursor=str(found["cursor"]),
        at=datetime.fromisoformat(str(found["at"])),
        kind=str(found["kind"]),
        account=found["account"],
        session=found["session"],
        facts=dict(found["facts"]),
    )
