"""Hearing of sessions that ended (``GET /api/v1/revocations``), and knowing when one was heard last."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from watchword.relying.clock import Clock
from watchword.relying.connection import Connection
from watchword.relying.memory import Memory

PATH = "/api/v1/revocations"
WAIT = 0.5
"""Seconds that the door waits for something new: so often we hear that it lives."""
PATIENCE = 2.0
"""Seconds beyond that: after them nothing is believed anyhow, and a new line is tried."""


@dataclass
class Revocations:
    """``believed_for``: seconds after which what was heard is worth nothing."""

    connection: Connection
    memory: Memory
    clock: Clock
    believed_for: float
    covers: int = 0
    """How many seconds back the door tells of endings."""
    _cursor: str | None = None

    def turn(self) -> float:
        """One question and its answer. Raises Unavailable, CallRefused; ValueError, KeyError, TypeError for an answer
        that is not as described."""
        asked = self.clock.monotonic()
        params = {"wait": f"{WAIT}"} | ({} if self._cursor is None else {"after": self._cursor})
        answer = self.connection.get(PATH, params, within=WAIT + PATIENCE)
        self.take(answer, asked)
        return 0

    def take(self, answer: dict[str, Any], asked: float) -> None:
        """What was answered to a question that was asked then."""
        covers, cursor, complete = int(answer["covers"]), str(answer["next"]), float(answer["complete_ms"]) / 1000
        ended = [(str(each["session"]), datetime.fromisoformat(each["at"]).timestamp()) for each in answer["items"]]
        heard = self.clock.monotonic()
        for session, at in ended:
            self.memory.hear(session, at, heard + covers)
        if answer["reset"] and self._cursor is not None:
            self.memory.forget()
        self.covers, self._cursor = covers, cursor
        if not answer["more"]:
            # The door can't have said more than we know: what it saw, it saw after we asked and before we heard.
            seen = min(asked + max(complete, 0), heard)
            self.memory.fresh_until = max(self.memory.fresh_until, seen + self.believed_for)
        self.memory.tidy(heard)
