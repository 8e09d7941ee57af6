"""What was accepted is accepted once, over all nodes and restarts: rows in the database until nobody could send it
again. Where they can't be written, nothing is accepted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from watchword.handover.api_keys.store import ReplayStore
from watchword.storage.database import Database

_SKEW = timedelta(minutes=1)
"""Another node's clock may be behind ours."""
_FORGOTTEN_EVERY = timedelta(seconds=10)


@dataclass
class Replays:
    database: Database
    store: ReplayStore
    _forgotten_at: datetime | None = field(default=None, init=False)

    def remember(self, batch: Mapping[str, datetime], now: datetime) -> set[str]:
        """Those that were not accepted before; each is remembered until the moment beside it. Raises Busy."""
        with self.database.begin() as tx:
            won = self.store.remember(tx, batch)
            if self._forgotten_at is None or now - self._forgotten_at >= _FORGOTTEN_EVERY:
                self.store.forget(tx, now - _SKEW)
                self._forgotten_at = now
        return won
