"""Many threads at once, let go together."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

T = TypeVar("T")


def at_once(count: int, do: Callable[[int], T]) -> list[T]:
    """Runs ``do(0)`` to ``do(count - 1)``, each on a thread of its own, and gives their answers in that order.

    The first error is raised once all have ended.
    """
    gate = Barrier(count)

    def run(number: int) -> T:
        gate.wait(timeout=30)
        return do(number)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))
