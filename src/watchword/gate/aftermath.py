"""What follows an accepted or a rejected answer: counts that end or grow, an authenticator that closes or opens."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from watchword.accounts.accounts import Account
from watchword.authenticators.passkey.passkeys import Passkeys
from watchword.authenticators.store import AuthenticatorStore
from watchword.foundation.ages import Ages
from watchword.foundation.proof import Proof, Rejection
from watchword.foundation.terms import AccountId, AuthenticatorKind, ProofKind, Purpose
from watchword.gate.alarms import Alarms
from watchword.gate.checks.shape import Attempt, Check
from watchword.gate.code_sender import CodeSender
from watchword.gate.gate_limits import GateLimits
from watchword.gate.passage import Passage
from watchword.gate.policy import BY_MESSAGE
from watchword.gate.trading_failures import TradingFailures
from watchword.limits.counters import Counters, Subject
from watchword.limits.run import Run
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row

TellClosed = Callable[[Transaction, AccountId, AuthenticatorKind, int, datetime], None]
"""Tells the owner that an authenticator closed to unknown devices."""

TellCloned = Callable[[Transaction, AccountId, datetime], None]
"""Tells the owner that a passkey was shown whose counter had gone back."""

_REOPENING = frozenset({ProofKind.PASSKEY, ProofKind.TOTP, ProofKind.RECOVERY_CODE})
_CLOSING = {
    ProofKind.PASSPHRASE: AuthenticatorKind.PASSPHRASE,
    ProofKind.TOTP: AuthenticatorKind.TOTP,
    ProofKind.PASSKEY: AuthenticatorKind.PASSKEY,
}


@dataclass(frozen=True, kw_only=True)
class Aftermath:
    counters: Counters
    limits: GateLimits
    ages: Ages
    sender: CodeSender
    authenticators: AuthenticatorStore
    passkeys: Passkeys
    journal: Journal
    tell_closed: TellClosed
    tell_cloned: TellCloned
    trading: TradingFailures
    alarms: Alarms

    def ended_by(self, attempt: Attempt, proof: Proof) -> Sequence[tuple[Run, Subject]]:
        """The rows of failures that a success ends; of most, only one from a known device."""
        named = self.limits.named
        if proof.authenticator is None:
            return ()
        if proof.kind is ProofKind.TRADING_PASSPHRASE:
            return ((named.trading_in_row, proof.authenticator),)
        if attempt.device is None or proof.kind not in _CLOSING:
            return ()
        return ((named.failures_in_row, proof.authenticator),)

    def of_success(self, tx: Transaction, attempt: Attempt, proof: Proof) -> None:
        """What else a success ends; a code that came back keeps the message budget open."""
        self.alarms.of_success(tx, attempt, proof)
        if proof.kind in BY_MESSAGE:
            self.sender.came_back(tx, attempt.passage, attempt.account, proof.kind)

    def of_failure(self, tx: Transaction, attempt: Attempt, kind: ProofKind, verdict: Rejection) -> None:
        self.counters.spend(tx, self.limits.failures(attempt), attempt.now)
        if verdict.reason == "counter_went_back":  # its signature was good: two authenticators have the same key
            self.tell_cloned(tx, attempt.account.id, attempt.now)
        self.alarms.of_failure(tx, attempt, kind)

    def of_closing(self, tx: Transaction, attempt: Attempt, kind: ProofKind, check: Check, *, barred: bool) -> bool:
        """After a failure that was counted: it may have been the last of its row. Those after it are ``barred``,
        and looked at like any other. Gives whether the passage is over with it."""
        if kind is ProofKind.TRADING_PASSPHRASE:
            return self.trading.end_passage(tx, attempt, check, barred=barred)
        if kind not in _CLOSING or not check.quiet:
            return False
        row = check.quiet[-1]
        used = self.counters.peek(tx, row.limit, row.subject, attempt.now).used
        if used == self.limits.named.failures_in_row.amount and not barred:
            self._close(tx, attempt, _CLOSING[kind], used)
        return False

    def of_passing(self, tx: Transaction, passage: Passage, account: Account, now: datetime) -> None:
        """Recovery opens again what too many failures closed; so does another authenticator, if it is senior."""
        recovered = passage.purpose is Purpose.RECOVER
        shown = {proof.authenticator for proof in passage.proofs if proof.kind in _REOPENING}
        if not recovered and not shown:
            return
        rows = [*self.authenticators.list_active(tx, account.id), *self.passkeys.list(tx, account.id)]
        senior = {row["id"] for row in rows if row["id"] in shown and self._is_senior(row, account, now)}
        opened = [row["id"] for row in rows if recovered or senior - {row["id"]}]
        self.counters.end_runs(tx, self.limits.named.failures_in_row, opened, now)

    def _is_senior(self, row: Row, account: Account, now: datetime) -> bool:
        return self.ages.is_senior(bound_at=row["bound_at"], account_created_at=account.created_at, now=now)

    def _close(self, tx: Transaction, attempt: Attempt, kind: AuthenticatorKind, failures: int) -> None:
        self.journal.record(
            tx,
            EventKind.AUTHENTICATOR_CLOSED,
            at=attempt.now,
            account=attempt.account.id,
            passage=attempt.passage.id,
            authenticator_kind=kind,
            failures=failures,
        )
        self.tell_closed(tx, attempt.account.id, kind, failures, attempt.now)
