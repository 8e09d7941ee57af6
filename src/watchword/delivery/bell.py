"""Wakes whoever waits as soon as something is committed, from whatever thread committed it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import final


@final
class Bell:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
        self.rings = 0
        """How often it rang: whoever looks, then listens, sees here whether it rang in between."""

    def ring(self) -> None:
        """From any thread, and never an error: without a listener the message waits for the next look."""
        with self._lock:
            self.rings += 1
            for loop, event in self._listeners:
                loop.call_soon_threadsafe(event.set)

    @contextmanager
    def listening(self) -> Iterator[asyncio.Event]:
        """The event that is set at each ring, for the running loop."""
        listener = asyncio.get_running_loop(), asyncio.Event()
        with self._lock:
            self._listeners.append(listener)
        try:
            yield listener[1]
        finally:
            with self._lock:
                self._listeners.remove(listener)
