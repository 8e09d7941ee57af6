"""Replays remembered many at a time: while one batch is being written, the next one gathers."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from weakref import WeakKeyDictionary

from starlette.concurrency import run_in_threadpool

from watchword.foundation.clock import Clock
from watchword.handover.api_keys.replays import Replays

_MOST = 1000
"""Of one batch: more wait for the next."""


@dataclass
class _Queue:
    waiting: dict[str, tuple[datetime, asyncio.Future[bool]]] = field(default_factory=dict)
    writing: set[str] = field(default_factory=set)
    task: asyncio.Task[None] | None = None


@dataclass(frozen=True)
class ReplayBatch:
    replays: Replays
    clock: Clock
    queues: "WeakKeyDictionary[asyncio.AbstractEventLoop, _Queue]" = field(default_factory=WeakKeyDictionary)
    """One for each event loop; a server has one."""

    async def remember(self, replay: str, until: datetime) -> bool:
        """Whether it was not accepted before. Raises what the database raises."""
        loop = asyncio.get_running_loop()
        queue = self.queues.setdefault(loop, _Queue())
        if replay in queue.waiting or replay in queue.writing:
            return False
        future: asyncio.Future[bool] = loop.create_future()
        queue.waiting[replay] = (until, future)
        if queue.task is None or queue.task.done():
            queue.task = loop.create_task(self._write(queue))
        return await future

    async def _write(self, queue: _Queue) -> None:
        while queue.waiting:
            taken = dict(list(queue.waiting.items())[:_MOST])
            for replay in taken:
                del queue.waiting[replay]
            queue.writing = set(taken)
            await self._settle(taken)
            queue.writing = set()

    async def _settle(self, taken: Mapping[str, tuple[datetime, asyncio.Future[bool]]]) -> None:
        batch = {replay: until for replay, (until, _) in taken.items()}
        try:
            won = await run_in_threadpool(self.replays.remember, batch, self.clock())
        except Exception as error:
            for _, future in taken.values():
                if not future.done():
                    future.set_exception(error)
            return
        for replay, (_, future) in taken.items():
            if not future.done():  # whoever asked may be gone
                future.set_result(replay in won)
