"""What follows an accepted or a rejected answer: counts that end or grow, an authenticator that closes or opens."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from watchword.accounts.accounts import Account
from watchword.authenticators.store import AuthenticatorStore
from watchword.foundation.ages import Ages
from watchword.foundation.proof import Proof
from watchword.foundation.terms import AccountId, AuthenticatorId, AuthenticatorKind, ProofKind, Purpose
from watchword.gate.checks.shape import Attempt, Check
from watchword.gate.code_sender import CodeSender
from watchword.gate.gate_limits import GateLimits
from watchword.gate.passage import Passage
from watchword.limits.counters import Counters, Subject
from watchword.limits.run import Run
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row

TellClosed = Callable[[Transaction, AccountId, AuthenticatorKind, int, datetime], None]
"""Tells the owner that an authenticator closed to unknown devices."""

_REOPENING = frozenset({ProofKind.TOTP, ProofKind.RECOVERY_CODE})
_CLOSING = {ProofKind.PASSPHRASE: AuthenticatorKind.PASSPHRASE, ProofKind.TOTP: AuthenticatorKind.TOTP}


@dataclass(frozen=True, kw_only=True)
class Aftermath:
    counters: Counters
    limits: GateLimits
    ages: Ages
    sender: CodeSender
    authenticators: AuthenticatorStore
    journal: Journal
    tell_closed: TellClosed

    def ended_by(self, attempt: Attempt, proof: Proof) -> Sequence[tuple[Run, Subject]]:
        """The row of failures that a success from a known device ends."""
        if proof.authenticator is None or attempt.device is None:
            return ()
        return ((self.limits.named.failures_in_row, proof.authenticator),)

    def of_success(self, tx: Transaction, attempt: Attempt, proof: Proof) -> None:
        """A code that came back keeps the message budget open."""
        if proof.kind is ProofKind.MESSAGE_CODE:
            self.sender.came_back(tx, attempt.passage, attempt.account)

    def of_failure(self, tx: Transaction, attempt: Attempt) -> None:
        self.counters.spend(tx, self.limits.failures(attempt), attempt.now)

    def of_closing(self, tx: Transaction, attempt: Attempt, kind: ProofKind, check: Check, *, barred: bool) -> None:
        """After a failure that was counted: whether it was the last of the row. Those after it are ``barred``,
        and looked at like any other."""
        if kind not in _CLOSING or not check.quiet:
            return
        row = check.quiet[-1]
        used = self.counters.peek(tx, row.limit, row.subject, attempt.now).used
        if used == self.limits.named.failures_in_row.amount and not barred:
            self._close(tx, attempt, _CLOSING[kind], used)

    def of_passing(self, tx: Transaction, passage: Passage, account: Account, now: datetime) -> None:
        """Recovery opens again what too many failures closed; so does another authenticator, if it is senior."""
        recovered = passage.purpose is Purpose.RECOVER
        shown = {proof.authenticator for proof in passage.proofs if proof.kind in _REOPENING}
        if not recovered and not shown:
            return
        rows = self.authenticators.list_active(tx, account.id)
        senior = {row["id"] for row in rows if row["id"] in shown and self._is_senior(row, account, now)}
        for row in rows:
            if recovered or senior - {row["id"]}:
                self._end_run(tx, AuthenticatorId(row["id"]))

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

    def _end_run(self, tx: Transaction, authenticator: AuthenticatorId) -> None:
        self.counters.end_run(tx, self.limits.named.failures_in_row, authenticator)
