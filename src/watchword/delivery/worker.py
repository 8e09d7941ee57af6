"""Sends what lies in the outbox: an asyncio task that claims, hands over and reports.

At least once: whoever dies between handing over and reporting leaves a lease that runs out, and the message goes
out again under the same Message-ID. Several workers may run on one database. Logs hold ids and states alone.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from watchword.crypto.keyring import Keyring, Unsealable
from watchword.crypto.tokens import Randomness
from watchword.delivery.bell import Bell
from watchword.delivery.carriers import Carrier, Handover, Parcel, deferred, failed
from watchword.delivery.pace import Pace
from watchword.delivery.recipient import Channel
from watchword.delivery.sealing import open_address, open_body
from watchword.delivery.state import MessageState
from watchword.delivery.store import OutboxStore
from watchword.foundation.clock import Clock
from watchword.foundation.errors import Busy
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.storage.database import Database, Transaction
from watchword.storage.trusted import Row

log = logging.getLogger(__name__)
T = TypeVar("T")

REPORTS = 3
"""How often a worker tries to report when the database is busy."""
_EVENTS = {
    "handed_over": EventKind.MESSAGE_HANDED_OVER,
    "deferred": EventKind.MESSAGE_DEFERRED,
    "failed": EventKind.MESSAGE_FAILED,
}
_LEVELS = {"handed_over": logging.INFO, "deferred": logging.WARNING, "failed": logging.ERROR}


@dataclass(kw_only=True, eq=False)
class Worker:
    database: Database
    store: OutboxStore
    keyring: Keyring
    randomness: Randomness
    clock: Clock
    journal: Journal
    bell: Bell
    carriers: Mapping[Channel, Carrier]
    pace: Pace = field(default_factory=Pace)
    _under_way: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    _stopping: bool = field(default=False, init=False)

    async def run(self) -> None:
        """Until ``stop`` is called, or the task is cancelled. Errors are logged and outlived."""
        threads = ThreadPoolExecutor(2, thread_name_prefix="delivery")
        try:
            with self.bell.listening() as rung:
                while not self._stopping:
                    rung.clear()
                    await self._look(threads, rung)
                    await _first_of(rung, self.pace.look_every.total_seconds())
        finally:
            await self._finish()
            threads.shutdown(wait=False)

    def stop(self) -> None:
        """Takes nothing more on; ``run`` ends when what is under way has ended, or its grace is over."""
        self._stopping = True
        self.bell.ring()

    async def deliver_due(self) -> int:
        """Hands over what is due now, and waits for it; gives how many were tried."""
        tried = 0
        with ThreadPoolExecutor(2) as threads:
            while claimed := await _on(threads, lambda: self._claim(self.pace.at_once)):
                await asyncio.gather(*(self._carry(threads, row) for row in claimed))
                tried += len(claimed)
        return tried

    async def _look(self, threads: ThreadPoolExecutor, rung: asyncio.Event) -> None:
        free = self.pace.at_once - len(self._under_way)
        if not free:
            return
        try:
            claimed = await _on(threads, lambda: self._claim(free))
        except Exception as error:  # the task must outlive a database that is away
            log.error("delivery: the outbox can't be read (%s)", type(error).__name__)
            return
        for row in claimed:
            task = asyncio.create_task(self._carry(threads, row))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
            task.add_done_callback(lambda _task: rung.set())

    async def _finish(self) -> None:
        if not self._under_way:
            return
        await asyncio.wait(self._under_way, timeout=self.pace.grace.total_seconds())
        cut_off = list(self._under_way)
        for task in cut_off:
            task.cancel()
        await asyncio.gather(*cut_off, return_exceptions=True)

    def _claim(self, most: int) -> list[Row]:
        now = self.clock()
        with self.database.read() as tx:
            if not self.store.has_work(tx, now):
                return []
        with self.database.begin() as tx:
            for row in self.store.expire(tx, now):
                self._record(tx, row, EventKind.MESSAGE_EXPIRED)
                tx.after_commit(partial(log.warning, "message %s (%s) expired", row["id"], row["kind"]))
            return self.store.claim(tx, most=most, now=now, until=now + self.pace.lease)

    async def _carry(self, threads: ThreadPoolExecutor, row: Row) -> None:
        handover = await self._hand_over(row)
        for _attempt in range(REPORTS):
            try:
                await _on(threads, lambda: self._report(row, handover))
            except Busy:
                continue
            except Exception as error:
                log.error("message %s: its state can't be written (%s)", row["id"], type(error).__name__)
            return
        log.error("message %s: its state can't be written (the database is busy)", row["id"])

    async def _hand_over(self, row: Row) -> Handover:
        carrier = self.carriers.get(row["channel"])
        if carrier is None:
            return deferred("no_carrier")
        try:
            parcel = Parcel(
                id=row["id"],
                address=open_address(self.keyring, row),
                body=open_body(self.keyring, row),
                created_at=row["created_at"],
            )
            async with asyncio.timeout(self.pace.patience.total_seconds()):
                return await carrier.hand_over(parcel)
        except Unsealable:
            return failed("unsealable")
        except TimeoutError:
            return deferred("timeout")
        except Exception as error:  # its text may hold an address, so only its name is told
            return deferred(type(error).__name__)

    def _report(self, row: Row, handover: Handover) -> None:
        now = self.clock()
        with self.database.begin() as tx:
            if handover.result == "deferred":
                wait = self.pace.wait_after(row["attempts"], self.randomness.uniform())
                ours = self.store.postpone(tx, row, now + wait, now)
            else:
                ours = self.store.settle(tx, row, MessageState(handover.result), now)
            if ours:
                self._record(tx, row, _EVENTS[handover.result], handover.reason)
        level = _LEVELS[handover.result] if ours else logging.WARNING
        result = handover.result if ours else f"{handover.result}, but another worker took over"
        log.log(level, "message %s (%s) %s: %s", row["id"], row["kind"], result, handover.reason or "ok")

    def _record(self, tx: Transaction, row: Row, kind: EventKind, reason: str | None = None) -> None:
        self.journal.record(
            tx,
            kind,
            at=self.clock(),
            account=row["account_id"],
            message=row["id"],
            message_kind=row["kind"],
            channel=row["channel"],
            attempt=row["attempts"],
            reason=reason,
        )


async def _on(threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(threads, work)


async def _first_of(rung: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await rung.wait()
    except TimeoutError:
        return
