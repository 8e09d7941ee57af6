"""What follows an accepted or a rejected answer: counts that end or grow, an authenticator that closes or opens."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from watchword.authenticators.message_code import MessageCodes
from watchword.authenticators.store import AuthenticatorStore
from watchword.foundation.proof import Proof
from watchword.foundation.terms import AccountId, AuthenticatorId, AuthenticatorKind, ProofKind, Purpose
from watchword.gate.checks.shape import Attempt, Check
from watchword.gate.gate_limits import GateLimits
from watchword.gate.passage import Passage
from watchword.limits.counters import Counters
from watchword.limits.named import EVERYBODY, purpose_class
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.storage.database import Transaction

TellClosed = Callable[[Transaction, AccountId, AuthenticatorKind, int, datetime], None]
"""Tells the owner that an authenticator closed to unknown devices."""

_REOPENING = frozenset({ProofKind.TOTP, ProofKind.RECOVERY_CODE})
_CLOSING = {ProofKind.PASSPHRASE: AuthenticatorKind.PASSPHRASE, ProofKind.TOTP: AuthenticatorKind.TOTP}


@dataclass(frozen=True, kw_only=True)
class Aftermath:
    counters: Counters
    limits: GateLimits
    codes: MessageCodes
    authenticators: AuthenticatorStore
    journal: Journal
    tell_closed: TellClosed

    def of_success(self, tx: Transaction, attempt: Attempt, proof: Proof) -> None:
        """A known device ends its row of failures; a code that came back keeps the message budget open."""
        if proof.authenticator is not None and attempt.device is not None:
            self._end_run(tx, proof.authenticator)
        if proof.kind is ProofKind.MESSAGE_CODE:
            newest = self.codes.newest(tx, attempt.passage.id)
            if newest is not None:
                subject = (EVERYBODY, purpose_class(attempt.passage.purpose))
                self.counters.came_back(tx, self.limits.named.messages_everybody, subject, sent_at=newest["issued_at"])

    def of_failure(self, tx: Transaction, attempt: Attempt, kind: ProofKind, check: Check) -> None:
        self.counters.spend(tx, self.limits.failures(attempt), attempt.now)
        if kind not in _CLOSING or not check.quiet:
            return
        row = check.quiet[-1]
        used = self.counters.peek(tx, row.limit, row.subject, attempt.now).used
        if used == self.limits.named.failures_in_row.amount and not attempt.account.is_decoy:
            self._close(tx, attempt, _CLOSING[kind], used)

    def of_passing(self, tx: Transaction, passage: Passage, account: AccountId) -> None:
        """Recovery, and any senior app or code shown, opens again what too many failures closed."""
        if passage.purpose is not Purpose.RECOVER and not _REOPENING & set(passage.given):
            return
        for row in self.authenticators.list_active(tx, account):
            self._end_run(tx, AuthenticatorId(row["id"]))

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
