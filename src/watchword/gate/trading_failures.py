"""What follows a wrong trading passphrase (policy §4): five in one passage end it and its session; ten in a row,
over passages, sessions and restarts, close it until a new one is set. A success ends the row.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from watchword.authenticators.trading_passphrase import TradingPassphrases
from watchword.foundation.terms import AccountId, SessionId
from watchword.gate.checks.shape import Attempt, Check
from watchword.gate.gate_limits import GateLimits
from watchword.limits.counters import Counters, Spend
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.storage.database import Transaction

EndSession = Callable[[Transaction, AccountId, SessionId, datetime], bool]
TellTradingClosed = Callable[[Transaction, AccountId, int, datetime], None]


@dataclass(frozen=True, kw_only=True)
class TradingFailures:
    counters: Counters
    limits: GateLimits
    trading: TradingPassphrases
    journal: Journal
    end_session: EndSession
    tell_closed: TellTradingClosed

    def end_passage(self, tx: Transaction, attempt: Attempt, check: Check, *, barred: bool) -> bool:
        """Whether the passage is over with this failure. It was counted before it was looked at; one that is
        ``barred`` came when all tries of the passage were being looked at already, and ends nothing."""
        in_passage, in_row = check.quiet
        closed = self._is_spent(tx, in_row, attempt.now)
        if closed:
            self._close(tx, attempt, in_row)
        over = not barred and self._is_spent(tx, in_passage, attempt.now)
        if over:
            self._end_session(tx, attempt)
        return over or closed

    def _is_spent(self, tx: Transaction, spend: Spend, now: datetime) -> bool:
        """Tries that are still being looked at count as failures: whoever sends several at once is guessing."""
        return self.counters.peek(tx, spend.limit, spend.subject, now).used >= spend.limit.amount

    def _close(self, tx: Transaction, attempt: Attempt, in_row: Spend) -> None:
        row = self.trading.find(tx, attempt.account.id, lock=True)
        if row is None or row["id"] != in_row.subject or not self.trading.close(tx, row, attempt.now):
            return
        failures = in_row.limit.amount
        self.journal.record(
            tx,
            EventKind.TRADING_PASSPHRASE_CLOSED,
            at=attempt.now,
            account=attempt.account.id,
            passage=attempt.passage.id,
            session=attempt.passage.session,
            failures=failures,
        )
        self.tell_closed(tx, attempt.account.id, failures, attempt.now)

    def _end_session(self, tx: Transaction, attempt: Attempt) -> None:
        session = attempt.passage.session
        if session is None or not self.end_session(tx, attempt.account.id, session, attempt.now):
            return
        self.journal.record(
            tx,
            EventKind.SESSION_REVOKED,
            at=attempt.now,
            account=attempt.account.id,
            passage=attempt.passage.id,
            session=session,
            reason="trading_passphrase",
            count=1,
        )
