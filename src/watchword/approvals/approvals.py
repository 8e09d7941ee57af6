"""An approval: one confirmed action, for one account and session, once, within two minutes of its making."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from watchword.approvals.store import ApprovalStore
from watchword.authenticators.passphrase import NewPassphrase
from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.foundation.ages import Ages
from watchword.foundation.errors import ConfirmationRequired, Conflict
from watchword.foundation.present import present
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId, ApprovalId, AuthenticatorId, ProofKind, ServiceId, SessionId
from watchword.gate.actions import Action, canonical
from watchword.gate.grants import ApprovalGrant, PassedPassage
from watchword.gate.notes import action_name
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.sessions.sessions import Session
from watchword.storage.database import Database, Transaction
from watchword.storage.trusted import Row


@dataclass(frozen=True, kw_only=True)
class SpentApproval:
    """Proof for a use case that its action was confirmed, in the transaction that spends it."""

    id: ApprovalId
    account: AccountId
    session: SessionId
    by_senior_class: bool
    """Confirmed by a senior authenticator of the strongest class: what it binds is asked like a senior one."""
    by_second_step: bool
    """Confirmed by a passkey, the app or a recovery code, of any age."""
    confirmed_by: Literal["passkey", "app", "nothing"]
    """The senior class that confirmed it."""
    new_passphrase: NewPassphrase | None


@dataclass(frozen=True, kw_only=True)
class Approvals:
    database: Database
    store: ApprovalStore
    journal: Journal
    keyring: Keyring
    randomness: Randomness
    lifetime: timedelta
    ages: Ages

    def issue(self, tx: Transaction, passed: PassedPassage) -> ApprovalGrant:
        """What a passed ``confirm`` passage grants."""
        passage, now, new = passed.passage, passed.now, passed.new_passphrase
        action, account, session = present(passage.action), present(passage.account), present(passage.session)
        token = self.randomness.token()
        approval = self.randomness.id()
        self.store.add(
            tx,
            {
                "id": approval,
                "token_digest": self.digest(token),
                "passage_id": passage.id,
                "account_id": account,
                "session_id": session,
                "action": canonical(action),
                "passphrase_hash": None if new is None else f"{new.row_id} {new.hash}",
                "passphrase_stands_alone": None if new is None else new.stands_alone,
                "by_senior_class": passed.by_senior_class,
                "by_second_step": by_second_step(passed),
                "passkey_id": passage.passkey,
                "from_senior_device": from_senior_device(passed, self.ages),
                "issued_at": now,
                "expires_at": now + self.lifetime,
                "spent_at": None,
            },
        )
        self.journal.record(
            tx,
            EventKind.APPROVAL_ISSUED,
            at=now,
            account=account,
            passage=passage.id,
            session=session,
            approval=approval,
            action=action_name(action),
        )
        return ApprovalGrant(token=token, expires_at=now + self.lifetime)

    def require(
        self, tx: Transaction, token: Secret | None, session: Session, action: Action, now: datetime
    ) -> SpentApproval:
        """Spends it: it serves once, and only this action in this session. Raises ConfirmationRequired."""
        row = self.require_unspent(tx, token, session, action, now)
        if not self.store.spend(tx, row, now):
            raise self._refused(tx, session, action, now)
        self.journal.record(
            tx,
            EventKind.APPROVAL_SPENT,
            at=now,
            account=session.account,
            session=session.id,
            approval=row["id"],
            action=action_name(action),
        )
        return SpentApproval(
            id=ApprovalId(row["id"]),
            account=session.account,
            session=session.id,
            by_senior_class=row["by_senior_class"],
            by_second_step=bool(row["by_second_step"]),
            confirmed_by=_confirmed_by(row),
            new_passphrase=_new_passphrase(row["passphrase_hash"], row["passphrase_stands_alone"], session.account),
        )

    def require_unspent(
        self, tx: Transaction, token: Secret | None, session: Session, action: Action, now: datetime
    ) -> Row:
        """A look that spends nothing. Raises ConfirmationRequired."""
        if token is None:
            raise ConfirmationRequired(action)
        row = self.store.find(tx, self.digest(token))
        if row is None or not _allows(row, session, action, now):
            raise self._refused(tx, session, action, now)
        return row

    def serves_until(
        self, tx: Transaction, token: Secret | None, session: Session, action: Action, now: datetime
    ) -> datetime | None:
        """How long it allows this action in this session; None: it doesn't. Spends nothing and records nothing."""
        row = None if token is None else self.store.find(tx, self.digest(token))
        return None if row is None or not _allows(row, session, action, now) else row["expires_at"]

    def find(self, tx: Transaction, token: Secret, service: ServiceId) -> Row | None:
        """The approval with that token, spent or not; nobody else spends it before this transaction ends. One that was
        handed over to a service is found for that service alone."""
        found = self.store.find(tx, self.digest(token), lock=True)
        return found or self.store.find(tx, self.digest_for(service, token), lock=True)

    def spend(self, tx: Transaction, row: Row, action: Action, service: ServiceId, now: datetime) -> bool:
        """For a service of the platform, which has compared all that was confirmed. False: somebody was first."""
        if not self.store.spend(tx, row, now):
            return False
        self.journal.record(
            tx,
            EventKind.APPROVAL_SPENT,
            at=now,
            account=row["account_id"],
            session=row["session_id"],
            approval=row["id"],
            action=action_name(action),
            service=service,
        )
        return True

    def find_handed(self, tx: Transaction, digest: str) -> Row | None:
        """The approval that was handed over to whoever has the token of this digest."""
        return self.store.find(tx, digest)

    def hand_over(self, tx: Transaction, row: Row, digest: str) -> None:
        """From now on another token spends it. Raises Conflict where that token has an approval, or had one, and
        where somebody changed this one first."""
        if not self.store.hand_over(tx, row, digest):
            raise Conflict

    def end_all(
        self, tx: Transaction, account: AccountId, now: datetime, *, of_session: SessionId | None = None
    ) -> None:
        """Those not spent yet serve no more; one that is being spent at this moment was first."""
        for row in self.store.list_unspent(tx, account, now):
            if of_session in (None, row["session_id"]):
                self.store.end(tx, row, now)

    def _refused(self, tx: Transaction, session: Session, action: Action, now: datetime) -> ConfirmationRequired:
        tx.after_rollback(lambda: self._note_refused(session, action, now))
        return ConfirmationRequired(action)

    def _note_refused(self, session: Session, action: Action, now: datetime) -> None:
        with self.database.begin() as tx:
            self.journal.record(
                tx,
                EventKind.APPROVAL_REFUSED,
                at=now,
                account=session.account,
                session=session.id,
                device=session.device,
                action=action_name(action),
            )

    def digest(self, token: Secret) -> str:
        return self.keyring.digest("approval", token.reveal())

    def digest_for(self, service: ServiceId, token: Secret) -> str:
        """Of a token that serves one service: in the hands of another it is none."""
        return self.keyring.digest("approval", service, token.reveal())


def _allows(row: Row, session: Session, action: Action, now: datetime) -> bool:
    return bool(
        row["account_id"] == session.account
        and row["session_id"] == session.id
        and row["action"] == canonical(action)
        and row["spent_at"] is None
        and row["expires_at"] > now
    )


def by_second_step(passed: PassedPassage) -> bool:
    return not {ProofKind.PASSKEY, ProofKind.TOTP, ProofKind.RECOVERY_CODE}.isdisjoint(passed.passage.given)


def _confirmed_by(row: Row) -> Literal["passkey", "app", "nothing"]:
    if not row["by_senior_class"]:
        return "nothing"
    return "app" if row["passkey_id"] is None else "passkey"


def from_senior_device(passed: PassedPassage, ages: Ages) -> bool:
    """A device that is not known is junior."""
    if passed.device is None:
        return False
    return ages.is_senior(bound_at=passed.device.bound_at, account_created_at=passed.account.created_at, now=passed.now)


def _new_passphrase(kept: str | None, stands_alone: bool | None, account: AccountId) -> NewPassphrase | None:
    if kept is None:
        return None
    row_id, _, hashed = kept.partition(" ")
    return NewPassphrase(account=account, row_id=AuthenticatorId(row_id), hash=hashed, stands_alone=bool(stands_alone))
