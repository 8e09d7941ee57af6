"""The reminder to look through the account: after 90 days in which nothing was acknowledged (issue 3, point 8)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from watchword.delivery.messages.catalogue import MessageKind
from watchword.foundation.clock import Clock
from watchword.foundation.errors import WatchwordError
from watchword.safeguards.alerts.store import AlertStore
from watchword.safeguards.notices import Notices
from watchword.storage.database import Database

AFTER = timedelta(days=90)
_EVERY = timedelta(hours=1)
"""Looking for those who are due reads through the accounts: not every minute."""
_AT_ONCE = 50

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Reviews:
    database: Database
    store: AlertStore
    notices: Notices
    clock: Clock
    _looked: list[datetime] = field(default_factory=list)

    def remind_due(self) -> int:
        """Gives how many were reminded. One account in trouble stops no other."""
        now, done = self.clock(), 0
        if self._looked and now - self._looked[-1] < _EVERY:
            return 0
        with self.database.read() as tx:
            due = self.store.list_unreviewed(tx, now - AFTER, MessageKind.REVIEW_DUE, most=_AT_ONCE)
        for account in due:
            try:
                with self.database.begin() as tx:
                    self.notices.review_due(tx, account, now)
                done += 1
            except WatchwordError as trouble:
                log.error("a reminder could not be sent", account=account, kind=type(trouble).__name__)
        if len(due) < _AT_ONCE:
            self._looked[:] = [now]
        return done
