"""A thread that does one thing again and again, and tells when it first succeeded."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

_FIRST_WAIT = 0.05
_LONGEST_WAIT = 1.0


@dataclass
class Loop:
    """``turn`` does it once and says how many seconds to wait before the next turn. Whatever it
    raises means: try again soon. What was not heard meanwhile is seen by who asks for it."""

    name: str
    turn: Callable[[], float]
    succeeded: threading.Event = field(default_factory=threading.Event)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _woken: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._woken.set()

    def join(self, seconds: float) -> None:
        if self._thread is not None:
            self._thread.join(seconds)

    def wake(self) -> None:
        """The next turn comes now."""
        self._woken.set()

    def _run(self) -> None:
        wait = _FIRST_WAIT
        while not self._stopping.is_set():
            try:
                pause = self.turn()
            except Exception:
                pause, wait = wait, min(wait * 2, _LONGEST_WAIT)
            else:
                wait = _FIRST_WAIT
                self.succeeded.set()
            if pause:
                self._woken.wait(pause)
                self._woken.clear()
