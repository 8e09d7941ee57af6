"""Wakes the worker as soon as a message is committed, from whatever thread committed it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import final


@final
class Bell:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listener: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def ring(self) -> None:
        """From any thread, and never an error: without a listener the message waits for the next look."""
        with self._lock:
            if self._listener is not None:
                loop, event = self._listener
                loop.call_soon_threadsafe(event.set)

    @contextmanager
    def listening(self) -> Iterator[asyncio.Event]:
        """The event that is set at each ring, for the running loop."""
        event = asyncio.Event()
        with self._lock:
            self._listener = asyncio.get_running_loop(), event
        try:
            yield event
        finally:
            with self._lock:
                self._listener = None
