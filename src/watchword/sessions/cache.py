"""What the hot path answers from: sessions by token digest, in this process. A revocation empties it at once.

Another process (an operator's command, another node) can revoke too, so nothing is believed for more than a
second.
"""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from watchword.foundation.terms import SessionId

if TYPE_CHECKING:
    from watchword.sessions.sessions import Session

BELIEVED_FOR = timedelta(seconds=1)
_MOST = 50_000


@dataclass
class SessionCache:
    """Thread-safe. Holds digests, never tokens."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _by_digest: dict[str, tuple["Session", datetime]] = field(default_factory=dict)
    _digests: dict[SessionId, str] = field(default_factory=dict)
    _epoch: int = 0

    @property
    def epoch(self) -> int:
        """Grows with every revocation: what was read before one is not put in after it."""
        return self._epoch

    def find(self, digest: str, now: datetime) -> "Session | None":
        kept = self._by_digest.get(digest)
        if kept is None or now >= kept[1]:
            return None
        return kept[0]

    def put(self, digest: str, session: "Session", now: datetime, epoch: int) -> None:
        with self._lock:
            if epoch != self._epoch:
                return
            if len(self._by_digest) >= _MOST:
                self._by_digest.clear()
                self._digests.clear()
            self._by_digest[digest] = (session, now + BELIEVED_FOR)
            self._digests[session.id] = digest

    def drop(self, session: SessionId) -> None:
        with self._lock:
            self._epoch += 1
            digest = self._digests.pop(session, None)
            if digest is not None:
                self._by_digest.pop(digest, None)
