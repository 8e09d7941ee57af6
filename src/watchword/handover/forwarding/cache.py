"""What a look at a child session is answered from: its parent by the digest of its token, for a second at most.

The end of the parent, and of a child, empties it at once, as in ``sessions.cache``.
"""

import threading
from dataclasses import dataclass, field
from datetime import datetime

from watchword.foundation.terms import SessionId
from watchword.sessions.cache import BELIEVED_FOR
from watchword.sessions.sessions import Session

_MOST = 50_000


@dataclass
class ChildCache:
    """Thread-safe. Holds digests, never tokens."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _by_digest: dict[str, tuple[Session, datetime]] = field(default_factory=dict)
    _digests: dict[SessionId, set[str]] = field(default_factory=dict)
    _epoch: int = 0

    @property
    def epoch(self) -> int:
        """Grows with every end: what was read before one is not put in after it."""
        return self._epoch

    def find(self, digest: str, now: datetime) -> Session | None:
        kept = self._by_digest.get(digest)
        return None if kept is None or now >= kept[1] else kept[0]

    def put(self, digest: str, parent: Session, now: datetime, epoch: int) -> None:
        with self._lock:
            if epoch != self._epoch:
                return
            if len(self._by_digest) >= _MOST:
                self._by_digest.clear()
                self._digests.clear()
            self._by_digest[digest] = (parent, now + BELIEVED_FOR)
            self._digests.setdefault(parent.id, set()).add(digest)

    def drop(self, parent: SessionId) -> None:
        """All children of that session."""
        with self._lock:
            self._epoch += 1
            for digest in self._digests.pop(parent, ()):
                self._by_digest.pop(digest, None)
