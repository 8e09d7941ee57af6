"""What the owner hears of at once: wrong second steps of somebody who had proven something, a recovery begun, a
confirmation refused.

Neither can be brought about by strangers: whoever does it has a session, the passphrase or the mailbox. So they tell
nobody who has an account (policy §5), and flood no one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from watchword.foundation.client import Client
from watchword.foundation.proof import Proof
from watchword.foundation.terms import AccountId, ProofKind, Purpose
from watchword.gate.checks.shape import Attempt
from watchword.gate.gate_limits import GateLimits
from watchword.limits.counters import Counters, Refused
from watchword.storage.database import Transaction

TellWrong = Callable[[Transaction, AccountId, Client, int, datetime], None]
Why = Literal["impossible", "changed", "held"]
"""Could not be confirmed at all; was asked for otherwise than confirmed; was confirmed, and waits or is not let out."""
TellRefused = Callable[[Transaction, AccountId, Client | None, Why, datetime], None]
TellRecovery = Callable[[Transaction, AccountId, Client, datetime], None]
_NONE = frozenset({ProofKind.HUMAN, ProofKind.IDENTIFIER, ProofKind.NEW_PASSPHRASE})


@dataclass(frozen=True, kw_only=True)
class Alarms:
    counters: Counters
    limits: GateLimits
    tell_wrong: TellWrong
    tell_recovery: TellRecovery
    tell_refused: TellRefused

    def of_failure(self, tx: Transaction, attempt: Attempt, kind: ProofKind) -> None:
        """Once, with the failure that makes the day's number full."""
        passage = attempt.passage
        if kind in _NONE or not (passage.credential_proven or passage.purpose is Purpose.CONFIRM):
            return
        (spend,) = self.limits.wrong_second_steps(attempt.account)
        if isinstance(self.counters.spend(tx, [spend], attempt.now), Refused):
            return
        if self.counters.peek(tx, spend.limit, spend.subject, attempt.now).used == spend.limit.amount:
            self.tell_wrong(tx, attempt.account.id, attempt.client, spend.limit.amount, attempt.now)

    def of_success(self, tx: Transaction, attempt: Attempt, proof: Proof) -> None:
        """The first proof of a recovery: until then anybody can begin one."""
        passage = attempt.passage
        proving = proof.kind not in _NONE and not passage.credential_proven
        if passage.purpose is Purpose.RECOVER and proving:
            self.tell_recovery(tx, attempt.account.id, attempt.client, attempt.now)

    def of_refusal(self, tx: Transaction, account: AccountId, client: Client | None, why: Why, now: datetime) -> None:
        """The first few of a day: a program that asks again and again must not bury what else is told."""
        if not isinstance(self.counters.spend(tx, self.limits.refusals_told(account), now), Refused):
            self.tell_refused(tx, account, client, why, now)
