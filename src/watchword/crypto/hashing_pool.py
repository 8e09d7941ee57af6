"""A bounded pool of low-priority threads, for work that takes a core for tens of milliseconds.

Whoever comes when it is full is turned away at once, so a storm can neither queue up memory nor starve the rest
of the machine. Half of the places are kept for known devices, and the two queues take turns: a storm from
unknown ones leaves the others both a place and a share of the threads (policy §4).
"""

import math
import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from watchword.foundation.errors import Busy

NICENESS = 10
"""Against 0 of all other threads: on a busy core they get about nine tenths of it."""

T = TypeVar("T")
_Job = tuple[Callable[[], Any], "Future[Any]"]


class HashingPool:
    def __init__(self, threads: int, waiting: int, reserved_share: float = 0.5) -> None:
        """``threads``: how much is done at once; ``waiting``: how much may wait besides."""
        if threads < 1 or waiting < 0 or not 0 <= reserved_share < 1:
            raise ValueError("a pool needs a thread, and places for those without a reservation")
        self.places = threads + waiting
        self.open_places = max(1, self.places - math.ceil(self.places * reserved_share))
        """How many of them those without a reservation may take."""
        self.hashes_done = 0
        """A count of all work done so far."""
        self._lock = threading.Lock()
        self._taken = {True: 0, False: 0}
        self._queues: dict[bool, deque[_Job]] = {True: deque(), False: deque()}
        self._turn = True
        self._threads = ThreadPoolExecutor(threads, "hashing", initializer=_step_back)

    def run(self, work: Callable[[], T], *, reserved: bool) -> T:
        """Waits for the work and gives what it gives, or raises what it raises. Raises Busy when there is no place."""
        future: Future[T] = Future()
        with self._lock:
            if sum(self._taken.values()) >= self.places or (not reserved and self._taken[False] >= self.open_places):
                raise Busy
            self._taken[reserved] += 1
            self._queues[reserved].append((work, future))
        try:
            self._threads.submit(self._serve)
            return future.result()
        finally:
            with self._lock:
                self._taken[reserved] -= 1

    def close(self) -> None:
        """Waits for what is being done."""
        self._threads.shutdown()

    def _serve(self) -> None:
        work, future = self._next()
        try:
            result = work()
        except BaseException as error:  # the waiting thread gets it
            future.set_exception(error)
        else:
            with self._lock:
                self.hashes_done += 1
            future.set_result(result)

    def _next(self) -> _Job:
        """The queues take turns; where one is empty the other goes on."""
        with self._lock:
            turn = self._turn if self._queues[self._turn] else not self._turn
            self._turn = not turn
            return self._queues[turn].popleft()


def _step_back() -> None:
    """On Linux a thread has a priority of its own; elsewhere the pool works without."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
