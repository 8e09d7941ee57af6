"""What the gate writes into the record, in the transaction of what it tells."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from watchword.accounts.accounts import Account
from watchword.authenticators.recovery_codes import RecoveryCodes
from watchword.devices.devices import Devices
from watchword.foundation.client import Client
from watchword.foundation.errors import NotPossible, Tampered
from watchword.foundation.proof import Proof, Rejection
from watchword.foundation.terms import AccountId, ProofKind, Purpose, SessionId
from watchword.gate.actions import Action
from watchword.gate.checks.shape import Attempt
from watchword.gate.checks.totp import NearMissed
from watchword.gate.passage import Passage
from watchword.limits.counters import Counters, Refused
from watchword.limits.tally import Tally, of_many
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.storage.database import Transaction


@dataclass(frozen=True, kw_only=True)
class Notes:
    journal: Journal
    devices: Devices
    codes: RecoveryCodes
    counters: Counters
    told: Tally

    def begun(self, tx: Transaction, passage: Passage, client: Client, now: datetime, *, stands_for: int) -> None:
        """``stands_for``: how many were begun from there since one was told."""
        self.journal.record(
            tx,
            EventKind.PASSAGE_BEGUN,
            at=now,
            account=passage.account,
            passage=passage.id,
            session=passage.session,
            network=passage.network,
            purpose=passage.purpose,
            action=action_name(passage.action),
            client=client.kind,
            country=self.devices.locate(client.address),
            **of_many(stands_for),
        )

    def not_begun(
        self, tx: Transaction, account: AccountId, session: SessionId, refused: Refused, now: datetime, stands_for: int
    ) -> None:
        """Its session began too many."""
        self.journal.record(
            tx,
            EventKind.LIMIT_REACHED,
            at=now,
            account=account,
            session=session,
            limit=refused.limit.name,
            retry_seconds=int((refused.retry_at - now).total_seconds()),
            **of_many(stands_for),
        )

    def not_possible(
        self, tx: Transaction, passage: Passage, refused: NotPossible, client: Client, now: datetime
    ) -> None:
        """No passage came of it, so the event names none."""
        self.journal.record(
            tx,
            EventKind.CONFIRMATION_REFUSED,
            at=now,
            account=passage.account,
            session=passage.session,
            network=client.network,
            action=action_name(passage.action),
            reason=refused.reason,
            country=self.devices.locate(client.address),
        )

    def counted(self, tx: Transaction, attempt: Attempt, kind: ProofKind) -> None:
        self._record(tx, EventKind.LIMIT_COUNTED, attempt, limit=kind, amount=1)

    def given_back(self, tx: Transaction, attempt: Attempt) -> None:
        self._record(tx, EventKind.LIMIT_GIVEN_BACK, attempt, limit="busy", amount=1)

    def throttled(self, tx: Transaction, attempt: Attempt, kind: ProofKind, refused: Refused) -> None:
        """Whoever goes on all the same is told of once in many."""
        whence = (attempt.client.wide_network or attempt.client.network, "throttled", attempt.account.id)
        stands_for = self.counters.tally(tx, self.told, whence, attempt.now)
        if not stands_for:
            return
        wait = int((refused.retry_at - attempt.now).total_seconds())
        self._record(
            tx,
            EventKind.PASSAGE_THROTTLED,
            attempt,
            purpose=attempt.passage.purpose,
            action=action_name(attempt.passage.action),
            proof=kind,
            limit=refused.limit.name,
            retry_seconds=wait,
            country=self.devices.locate(attempt.client.address),
            **of_many(stands_for),
        )

    def accepted(self, tx: Transaction, attempt: Attempt, proof: Proof) -> None:
        self._record(
            tx,
            EventKind.PASSAGE_ANSWERED,
            attempt,
            purpose=attempt.passage.purpose,
            action=action_name(attempt.passage.action),
            proof=proof.kind,
            authenticator=proof.authenticator,
        )
        if proof.kind is ProofKind.IDENTIFIER and attempt.passage.purpose is Purpose.RECOVER:
            country = self.devices.locate(attempt.client.address)
            self._record(tx, EventKind.RECOVERY_BEGUN, attempt, client=attempt.client.kind, country=country)
        if proof.kind is ProofKind.RECOVERY_CODE:
            self._record(
                tx,
                EventKind.RECOVERY_CODE_USED,
                attempt,
                authenticator=proof.authenticator,
                left=self.codes.left(tx, attempt.account.id),
                purpose=attempt.passage.purpose,
            )

    def rejected(self, tx: Transaction, attempt: Attempt, kind: ProofKind, verdict: Rejection) -> None:
        self._record(
            tx,
            EventKind.PASSAGE_REJECTED,
            attempt,
            purpose=attempt.passage.purpose,
            action=action_name(attempt.passage.action),
            proof=kind,
            reason=verdict.reason,
            country=self.devices.locate(attempt.client.address),
        )

        if isinstance(verdict, NearMissed) and verdict.drift is not None:
            behind = -int(verdict.drift.offset.total_seconds())
            self._record(tx, EventKind.CLOCK_DRIFT_NOTICED, attempt, behind_seconds=behind)
            self._record(tx, EventKind.STEPS_BURNED, attempt, count=len(verdict.drift.steps))

    def ended(self, tx: Transaction, passage: Passage, now: datetime) -> None:
        self.journal.record(
            tx,
            EventKind.PASSAGE_ENDED,
            at=now,
            account=passage.account,
            passage=passage.id,
            network=passage.network,
            purpose=passage.purpose,
            reason="no_way_on",
        )

    def risk_raised(self, tx: Transaction, attempt: Attempt, level: str) -> None:
        self._record(tx, EventKind.RISK_RAISED, attempt, level=level)

    def row_refused(self, tx: Transaction, attempt: Attempt, refused: Tampered) -> None:
        self._record(tx, EventKind.ROW_REFUSED, attempt, table=refused.table, row=refused.row_id)

    def passed(self, tx: Transaction, passage: Passage, now: datetime) -> None:
        self.journal.record(
            tx,
            EventKind.PASSAGE_PASSED,
            at=now,
            account=passage.account,
            passage=passage.id,
            session=passage.session,
            network=passage.network,
            purpose=passage.purpose,
            action=action_name(passage.action),
        )

    def _record(self, tx: Transaction, kind: EventKind, attempt: Attempt, **facts: Any) -> None:
        self.journal.record(
            tx,
            kind,
            at=attempt.now,
            account=concerned(attempt.passage, attempt.account),
            passage=attempt.passage.id,
            session=attempt.passage.session,
            device=None if attempt.device is None else attempt.device.id,
            network=attempt.client.network,
            **facts,
        )


def concerned(passage: Passage, account: Account) -> AccountId | None:
    """The account an event belongs to. Sign-up concerns nobody yet."""
    return None if passage.purpose is Purpose.SIGN_UP else account.id


def action_name(action: Action | None) -> str | None:
    if action is None:
        return None
    return f"change.{action['what']}" if action["kind"] == "change" else str(action["kind"])
