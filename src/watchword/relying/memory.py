"""What a verifier believes: tokens it has checked, sessions that ended, and until when it may believe any of it.

Tokens are found by the end of their signature and then compared whole: that is quicker than a digest of them, and a
changed token is never another's. They stay in memory no longer than they are good.
"""

import threading
from dataclasses import dataclass, field
from typing import NamedTuple

from watchword.relying.errors import SessionEnded, TokenRefused
from watchword.relying.identity import Identity

TAIL = -43
"""Characters of the signature's end: 256 bits."""
MOST_TOKENS = 50_000
MOST_ENDED = 1_000_000
_TIDIED_EVERY = 10.0
_SLACK = 5
"""Seconds by which the door's clock and the time of an ending may differ."""


class Kept(NamedTuple):
    token: str
    until: float
    """Of the clock that goes forward."""
    identity: Identity


@dataclass
class Memory:
    """Thread-safe. Reading ``kept`` and ``fresh_until`` takes no lock."""

    kept: dict[str, Kept] = field(default_factory=dict, repr=False)
    fresh_until: float = float("-inf")
    """Until then no session can have ended without our knowing, but for the last moments."""
    _by_session: dict[str, set[str]] = field(default_factory=dict, repr=False)
    _ended: dict[str, tuple[float, float]] = field(default_factory=dict, repr=False)
    """When to forget it by the one clock, when it ended by the other; the oldest first."""
    _issued_after: float = float("-inf")
    _tidied: float = float("-inf")
    most_tokens: int = MOST_TOKENS
    most_ended: int = MOST_ENDED
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def keep(self, token: str, until: float, issued: float, identity: Identity) -> None:
        """Raises SessionEnded where its session ended, even while it was being checked."""
        with self._lock:
            if identity.session in self._ended:
                raise SessionEnded
            if issued <= self._issued_after:
                raise TokenRefused("issued_too_early")
            if len(self.kept) >= self.most_tokens:
                self._make_room()
            tail = token[TAIL:]
            self.kept[tail] = Kept(token, until, identity)
            self._by_session.setdefault(identity.session, set()).add(tail)

    def hear(self, session: str, ended_at: float, forget_at: float) -> None:
        """From now on no token of that session is good."""
        with self._lock:
            self._ended[session] = (forget_at, ended_at)
            for tail in self._by_session.pop(session, ()):
                self.kept.pop(tail, None)
            if len(self._ended) > self.most_ended:
                self._let_go()

    def tidy(self, now: float) -> None:
        """Lets go of endings that no living token can be of, and of tokens that are over; now and then."""
        with self._lock:
            if now < self._tidied + _TIDIED_EVERY:
                return
            self._tidied = now
            while self._ended:
                session = next(iter(self._ended))
                if self._ended[session][0] > now:
                    break
                del self._ended[session]
            over = [tail for tail, kept in self.kept.items() if kept.until <= now]
            for tail in over:
                self._drop(tail)

    def forget(self) -> None:
        """Every token is checked anew. What ended stays known."""
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        self.kept.clear()
        self._by_session.clear()

    def _make_room(self) -> None:
        """The older half goes; whoever comes with one of those has it checked anew."""
        for tail in list(self.kept)[: self.most_tokens // 2 or 1]:
            self._drop(tail)

    def _drop(self, tail: str) -> None:
        session = self.kept.pop(tail).identity.session
        tails = self._by_session.get(session)
        if tails is not None:
            tails.discard(tail)
            if not tails:
                del self._by_session[session]

    def _let_go(self) -> None:
        """Of the older half. No token as old as those is taken any more: its holder fetches a new one."""
        for session in list(self._ended)[: self.most_ended // 2]:
            self._issued_after = max(self._issued_after, self._ended.pop(session)[1] + _SLACK)
        self._forget()
