"""The authenticator app from the security centre: begin, activate, check, remove; and its recovery codes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from watchword.accounts.accounts import Accounts
from watchword.approvals.approvals import Approvals
from watchword.authenticators.passkey.passkeys import Passkeys
from watchword.authenticators.passphrase import Passphrases
from watchword.authenticators.recovery_codes import RecoveryCodes
from watchword.authenticators.totp import PendingTotp, Totp
from watchword.delivery.messages.catalogue import AuthenticatorAdded, AuthenticatorRemoved, RecoveryCodesMade
from watchword.exits.holds import Holds
from watchword.foundation.clock import Clock
from watchword.foundation.errors import ConfirmationRequired, NotFound
from watchword.foundation.proof import Rejection
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AuthenticatorId, AuthenticatorKind, Cause
from watchword.gate.actions import change
from watchword.gate.gate_limits import GateLimits
from watchword.limits.counters import Spent
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.safeguards.notices import Notices
from watchword.safeguards.tries import Tries
from watchword.sessions.sessions import Session, Sessions
from watchword.storage.database import Database, Transaction


@dataclass(frozen=True, kw_only=True)
class Activated:
    codes: tuple[Secret, ...]
    """The first ten recovery codes; none when an app took the place of another and the codes stay."""


@dataclass(frozen=True, kw_only=True)
class Apps:
    database: Database
    accounts: Accounts
    totp: Totp
    passkeys: Passkeys
    codes: RecoveryCodes
    passphrases: Passphrases
    approvals: Approvals
    sessions: Sessions
    holds: Holds
    tries: Tries
    limits: GateLimits
    notices: Notices
    journal: Journal
    clock: Clock
    binding: timedelta

    def begin(self, session: Session, approval: Secret | None) -> PendingTotp:
        """A secret to put into an app; the approval serves this call."""
        now = self.clock()
        with self.database.begin() as tx:
            spent = self.approvals.require(tx, approval, session, change("bind_totp"), now)
            pending = self.totp.begin(
                tx, session.account, session.id, renews=spent.by_senior_class, now=now, within=self.binding
            )
            self._record(tx, EventKind.AUTHENTICATOR_PENDING, session, pending.id)
            return pending

    def pending(self, session: Session, totp: AuthenticatorId) -> PendingTotp:
        """The one being set up, again: only for the session that began it. Raises Gone."""
        with self.database.read() as tx:
            return self.totp.read_pending(self.totp.find_pending(tx, session.account, totp, session.id, self.clock()))

    def activate(self, session: Session, totp: AuthenticatorId, output: str) -> Activated | Rejection:
        """Binds it by its first code. Raises Gone, Throttled."""
        now = self.clock()
        spent = self._count(session, totp)
        with self.database.begin() as tx:
            row = self.totp.find_pending(tx, session.account, totp, session.id, now)
            by_senior = row["renews"] and self._has_second_step(tx, session)
            renews = by_senior and self._replaces_senior(tx, session, now)
            if not self.totp.activate(tx, row, "".join(output.split()), now, renews=renews):
                self._record(tx, EventKind.AUTHENTICATOR_CHECKED, session, totp, matched=False)
                return Rejection(reason="no_match")
            self.tries.give_back(tx, spent)
            # Codes stay where a senior one confirmed it. Any other app brings its own: none are older than it is.
            kept = by_senior and self.codes.find(tx, session.account) is not None
            made = [] if kept else self.codes.make(tx, session.account, renews=False, now=now)
            self._record(tx, EventKind.AUTHENTICATOR_BOUND, session, totp, renews=renews)
            # What no senior one confirmed is as good as the first: a thief's own app must not wait less.
            cause = Cause.SECOND_STEP_ADDED if by_senior else Cause.FIRST_SECOND_STEP
            self.holds.place(tx, session.account, cause, now)
            self.notices.of_change(tx, session, AuthenticatorAdded, now)
            return Activated(codes=tuple(made))

    def remove(self, session: Session, approval: Secret | None) -> None:
        """Removes the app, and the recovery codes where no passkey is left; other sessions end. Raises NotFound,
        ConfirmationRequired."""
        now = self.clock()
        with self.database.begin() as tx:
            present = self.totp.find(tx, session.account)
            if present is None:
                raise NotFound
            spent = self.approvals.require(tx, approval, session, change("remove_totp"), now)
            last = not self.passkeys.list(tx, session.account)
            if last and spent.new_passphrase is not None:
                self.passphrases.bind(tx, spent.new_passphrase, now)
            elif last and not self.passphrases.stands_alone(
                tx, session.account
            ):  # it was changed since the confirmation
                raise ConfirmationRequired(change("remove_totp"))
            self.totp.remove(tx, present, now)
            if last:
                self.codes.remove(tx, session.account, now)
            self.sessions.revoke_all(tx, session.account, now, but=session.id)
            self._record(tx, EventKind.AUTHENTICATOR_REMOVED, session, AuthenticatorId(present["id"]), by="holder")
            self.holds.place(tx, session.account, Cause.SECOND_STEP_REMOVED, now)
            self.notices.of_change(tx, session, AuthenticatorRemoved, now)

    def make_codes(self, session: Session, approval: Secret | None) -> tuple[Secret, ...]:
        """Ten new codes in place of the old. Raises NotFound without app and passkey, ConfirmationRequired."""
        now = self.clock()
        with self.database.begin() as tx:
            if not self._has_second_step(tx, session):
                raise NotFound
            spent = self.approvals.require(tx, approval, session, change("recovery_codes"), now)
            made = self.codes.make(tx, session.account, renews=spent.by_senior_class, now=now)
            self.journal.record(
                tx,
                EventKind.RECOVERY_CODES_MADE,
                at=now,
                account=session.account,
                session=session.id,
                device=session.device,
                count=len(made),
            )
            self.holds.place(tx, session.account, Cause.RECOVERY_CODES_MADE, now)
            self.notices.of_change(tx, session, RecoveryCodesMade, now)
            return tuple(made)

    def check_app(self, session: Session, output: str) -> bool:
        """ "Type one now": costs no code, but is counted, so that it is no place to guess. Raises Throttled."""
        spent = self._count(session, "app")
        with self.database.begin() as tx:
            matched = self.totp.check(tx, session.account, "".join(output.split()), self.clock())
            self._checked(tx, session, spent, AuthenticatorKind.TOTP, matched)
            return matched

    def check_code(self, session: Session, text: str) -> bool:
        """Whether a recovery code of the sheet is good, without using it up. Raises Throttled."""
        spent = self._count(session, "codes")
        with self.database.begin() as tx:
            matched = self.codes.check(tx, session.account, text, self.clock())
            self._checked(tx, session, spent, AuthenticatorKind.RECOVERY_CODES, matched)
            return matched

    def _has_second_step(self, tx: Transaction, session: Session) -> bool:
        return self.totp.find(tx, session.account) is not None or bool(self.passkeys.list(tx, session.account))

    def _replaces_senior(self, tx: Transaction, session: Session, now: datetime) -> bool:
        present = self.totp.find(tx, session.account)
        if present is None:
            return False
        born, bound = self.accounts.get(tx, session.account).created_at, present["bound_at"]
        ages = self.accounts.ages
        return bool(present["renews"]) or ages.is_senior(bound_at=bound, account_created_at=born, now=now)

    def _checked(self, tx: Transaction, session: Session, spent: Spent, kind: AuthenticatorKind, matched: bool) -> None:
        if matched:
            self.tries.give_back(tx, spent)
        self._record(tx, EventKind.AUTHENTICATOR_CHECKED, session, None, authenticator_kind=kind, matched=matched)

    def _count(self, session: Session, what: str) -> Spent:
        """Counted apart: who spoils checks in a stolen session must not keep the owner from a new app."""
        return self.tries.count(session, self.limits.checks_in_session(session.account, what), "checks")

    def _record(
        self,
        tx: Transaction,
        kind: EventKind,
        session: Session,
        totp: AuthenticatorId | None,
        **facts: Any,
    ) -> None:
        self.journal.record(
            tx,
            kind,
            at=self.clock(),
            account=session.account,
            session=session.id,
            device=session.device,
            authenticator=totp,
            **{"authenticator_kind": AuthenticatorKind.TOTP, **facts},
        )
