"""Waiting for the record to grow. Whoever waits holds a place in the event loop and no thread; all share one look.

A session that ends here wakes them at once. What another node or an operator's command did shows at the next look,
at most a quarter of a second later.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic

from starlette.concurrency import run_in_threadpool

from watchword.handover.ended_sessions import EndedPage, EndedSessions, Look

EVERY = timedelta(milliseconds=250)


@dataclass(frozen=True, kw_only=True)
class Seen:
    look: Look
    began: float
    """By the clock of ``monotonic``: what was committed before it is in the look."""


@dataclass(kw_only=True)
class Watch:
    ended: EndedSessions
    _next: "asyncio.Task[Seen] | None" = field(default=None, init=False)
    _last: Look | None = field(default=None, init=False)
    _rings: int = field(default=-1, init=False)

    async def look(self) -> Seen:
        """The next look that has not begun yet. Raises Busy when the database does not answer."""
        waiting = self._next
        if waiting is None or waiting.done() or waiting.get_loop() is not asyncio.get_running_loop():
            waiting = self._next = asyncio.create_task(self._turn())
        return await asyncio.shield(waiting)

    def nothing_since(self, after: str | None) -> EndedPage | None:
        """For a cursor that stands where the last look ended: what was asked a moment ago need not be read again, for
        who waits for the next look. None: it has to be read."""
        if self._last is None or after != str(self._last.head):
            return None
        return EndedPage(items=[], next=self._last.head, more=False, reset=False)

    async def _turn(self) -> Seen:
        bell = self.ended.bell
        with bell.listening() as rung:
            if bell.rings == self._rings:
                with suppress(TimeoutError):
                    await asyncio.wait_for(rung.wait(), EVERY.total_seconds())
        self._next = None  # whoever comes from here on waits for a look of their own
        self._rings = bell.rings
        began = monotonic()
        look = await run_in_threadpool(self.ended.look, self._last)
        self._last = look
        return Seen(look=look, began=began)
