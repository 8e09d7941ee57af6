"""The pool: bounded, places kept for known devices, turns, low priority."""

import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.support.parallel import at_once
from watchword.crypto.hashing_pool import NICENESS, HashingPool
from watchword.foundation.errors import Busy


class Held:
    """A pool whose one thread is held until it is let go, and callers who wait in it."""

    def __init__(self, waiting: int) -> None:
        self.pool = HashingPool(1, waiting)
        self.callers = ThreadPoolExecutor(waiting + 1)
        self.let_go = threading.Event()
        self.order: list[str] = []
        started = threading.Event()

        def hold() -> None:
            started.set()
            assert self.let_go.wait(30)

        self.first = self.callers.submit(self.pool.run, hold, reserved=False)
        assert started.wait(30)
        self.waiting: list[Future[None]] = []

    def wait_in_it(self, name: str, *, reserved: bool) -> None:
        before = self.queued
        self.waiting.append(self.callers.submit(self.pool.run, lambda: self.order.append(name), reserved=reserved))
        while self.queued == before:
            self.waiting[-1].done() and self.waiting[-1].result()

    @property
    def queued(self) -> int:
        return sum(self.pool._taken.values())

    def finish(self) -> None:
        self.let_go.set()
        for future in (self.first, *self.waiting):
            future.result(30)
        self.callers.shutdown()
        self.pool.close()


@pytest.fixture
def held():
    held = Held(waiting=5)
    yield held
    held.finish()


def test_half_of_the_places_are_kept_for_known_devices(held):
    for name in ("b", "c"):  # with the one at work, three of six
        held.wait_in_it(name, reserved=False)
    with pytest.raises(Busy):
        held.pool.run(lambda: None, reserved=False)
    for name in ("x", "y", "z"):
        held.wait_in_it(name, reserved=True)
    with pytest.raises(Busy):
        held.pool.run(lambda: None, reserved=True)


def test_known_devices_may_take_all_places_that_are_free(held):
    for name in "vwxyz":
        held.wait_in_it(name, reserved=True)
    for reserved in (True, False):
        with pytest.raises(Busy):
            held.pool.run(lambda: None, reserved=reserved)


def test_the_two_queues_take_turns(held):
    for name in ("b", "c"):
        held.wait_in_it(name, reserved=False)
    for name in ("x", "y", "z"):
        held.wait_in_it(name, reserved=True)
    held.let_go.set()
    for future in held.waiting:
        future.result(30)
    assert held.order == ["x", "b", "y", "c", "z"]


def test_a_place_is_free_again_after_the_work():
    pool = HashingPool(1, 0)
    for _ in range(3):
        assert pool.run(lambda: 5, reserved=False) == 5
    assert pool.hashes_done == 3
    pool.close()


def test_an_error_of_the_work_reaches_its_caller_and_frees_the_place():
    pool = HashingPool(1, 0)

    def fail() -> None:
        raise LookupError("mine")

    for _ in range(2):
        with pytest.raises(LookupError, match="mine"):
            pool.run(fail, reserved=False)
    assert pool.hashes_done == 0
    pool.close()


def test_a_closed_pool_takes_no_work():
    pool = HashingPool(1, 0)
    pool.close()
    with pytest.raises(RuntimeError):
        pool.run(lambda: None, reserved=False)
    assert pool._taken == {True: 0, False: 0}


def test_its_threads_yield_to_everything_else():
    pool = HashingPool(1, 0)
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    assert pool.run(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()), reserved=False) >= NICENESS
    assert os.getpriority(os.PRIO_PROCESS, 0) == mine
    pool.close()


def test_where_threads_have_no_priority_it_works_without(monkeypatch):
    def refuse(*_args: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", refuse)
    pool = HashingPool(1, 0)
    assert pool.run(lambda: 5, reserved=False) == 5
    pool.close()


def test_many_at_once_never_take_more_than_the_places():
    pool = HashingPool(2, 6)
    most, now, lock = 0, 0, threading.Lock()

    def work() -> None:
        nonlocal most, now
        with lock:
            now += 1
            most = max(most, now)
        sum(range(2000))
        with lock:
            now -= 1

    def attempt(number: int) -> bool:
        try:
            pool.run(work, reserved=number % 2 == 0)
        except Busy:
            return False
        return True

    served = sum(at_once(40, attempt))
    assert pool.hashes_done == served >= 8
    assert most <= 2
    assert pool._taken == {True: 0, False: 0}
    pool.close()


@pytest.mark.parametrize(
    ("threads", "waiting", "share", "open_places"),
    [(1, 0, 0.5, 1), (1, 1, 0.5, 1), (1, 2, 0.5, 1), (2, 6, 0.5, 4), (2, 6, 0, 8)],
)
def test_how_many_places_are_open_to_all(threads, waiting, share, open_places):
    pool = HashingPool(threads, waiting, share)
    assert (pool.places, pool.open_places) == (threads + waiting, open_places)
    pool.close()


@pytest.mark.parametrize("shape", [(0, 1, 0.5), (1, -1, 0.5), (1, 1, 1), (1, 1, -0.1)])
def test_a_pool_that_could_serve_nobody_is_refused(shape):
    with pytest.raises(ValueError):
        HashingPool(*shape)
