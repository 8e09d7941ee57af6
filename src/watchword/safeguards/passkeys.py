"""Passkeys from the security centre: begin, activate, rename, remove; and what follows for the account.

Somebody who signed in by the app, where a passkey is, only begins the removal of a senior one: it takes effect after
72 h, and any senior passkey that is used until then calls it off (policy §2).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from watchword.accounts.accounts import Account, Accounts
from watchword.approvals.approvals import Approvals, SpentApproval
from watchword.authenticators.passkey.passkeys import Passkeys, PendingPasskey, is_asked, read_name, user_handle
from watchword.authenticators.passphrase import Passphrases
from watchword.authenticators.recovery_codes import RecoveryCodes
from watchword.authenticators.totp import Totp
from watchword.delivery.messages.catalogue import PasskeyAdded, PasskeyRemovalBegun, PasskeyRemoved
from watchword.devices.devices import Devices
from watchword.exits.holds import Holds
from watchword.exits.locks import Locks
from watchword.foundation.ages import Ages
from watchword.foundation.clock import Clock
from watchword.foundation.errors import ConfirmationRequired, Conflict, NotFound, WatchwordError
from watchword.foundation.proof import Rejection
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId, AuthenticatorId, AuthenticatorKind, Cause, Standing
from watchword.gate.actions import change
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.safeguards.notices import Notices
from watchword.sessions.sessions import Session, Sessions
from watchword.storage.database import Database, Transaction
from watchword.storage.trusted import Row

log = structlog.get_logger()
_CREDENTIAL_ID = re.compile(r"[A-Za-z0-9_-]{1,1364}")
"""At most 1023 bytes (WebAuthn §4), in URL-safe Base64."""


@dataclass(frozen=True, kw_only=True)
class Bound:
    id: AuthenticatorId
    codes: tuple[Secret, ...]
    """The first ten recovery codes, if it is the first second step."""


@dataclass(frozen=True, kw_only=True)
class Signals:
    """What a browser tells its password manager, so that it offers what still works (WebAuthn Level 3 §5.1.10)."""

    rp_id: str
    user_id: str
    """URL-safe Base64."""
    credential_ids: tuple[str, ...]
    """All that are bound: ``signalAllAcceptedCredentials``; one that is not among them: ``signalUnknownCredential``."""
    name: str
    """``signalCurrentUserDetails``."""


@dataclass(frozen=True, kw_only=True)
class PasskeyRoom:
    database: Database
    accounts: Accounts
    passkeys: Passkeys
    totp: Totp
    codes: RecoveryCodes
    passphrases: Passphrases
    devices: Devices
    approvals: Approvals
    sessions: Sessions
    holds: Holds
    passkey_only: Locks
    notices: Notices
    journal: Journal
    ages: Ages
    clock: Clock
    binding: timedelta
    wait: timedelta
    """From the notice of a removal that the app began to the removal."""

    def begin(self, session: Session, approval: Secret | None) -> PendingPasskey:
        """What a browser makes one of; the approval serves this call. Raises Conflict where there are enough."""
        now = self.clock()
        with self.database.begin() as tx:
            spent = self.approvals.require(tx, approval, session, change("bind_passkey"), now)
            holder = self.accounts.get(tx, session.account)
            pending = self.passkeys.begin(
                tx,
                session.account,
                session.id,
                holder=self.accounts.preferred_identifier(tx, holder, now).value,
                confirmed_by=spent.confirmed_by,
                now=now,
                within=self.binding,
            )
            self._record(tx, EventKind.AUTHENTICATOR_PENDING, session, pending.id)
            return pending

    def pending(self, session: Session, passkey: AuthenticatorId) -> PendingPasskey:
        """The one being made, again: only for the session that began it. Raises Gone."""
        now = self.clock()
        with self.database.read() as tx:
            row = self.passkeys.find_pending(tx, session.account, passkey, session.id, now, lock=False)
            holder = self.accounts.get(tx, session.account)
            name = self.accounts.preferred_identifier(tx, holder, now).value
            return self.passkeys.read_pending(tx, row, holder=name, now=now)

    def activate(
        self, session: Session, passkey: AuthenticatorId, credential: Mapping[str, Any], name: str
    ) -> Bound | Rejection:
        """Binds it. A wrong answer ends what was begun. Raises Unacceptable for a name, Gone."""
        now, name = self.clock(), read_name(name)
        with self.database.begin() as tx:
            row = self.passkeys.find_pending(tx, session.account, passkey, session.id, now)
            bound = self.passkeys.activate(tx, row, credential, name, now)
            if isinstance(bound, Rejection):
                self._record(tx, EventKind.AUTHENTICATOR_CHECKED, session, passkey, matched=False)
                return bound
            made = self._first_codes(tx, session, row)
            self._record(tx, EventKind.AUTHENTICATOR_BOUND, session, passkey, synced=bound["backup_eligible"])
            if row["confirmed_by"] != "passkey":
                # What no senior one confirmed is as good as the first: a thief's own must not wait less.
                by_app = row["confirmed_by"] == "app" and self.totp.find(tx, session.account) is not None
                cause = Cause.SECOND_STEP_ADDED if by_app else Cause.FIRST_SECOND_STEP
                self.holds.place(tx, session.account, cause, now)
            else:  # holds nothing, but API keys pause all the same
                self.holds.follow(tx, session.account, Cause.SECOND_STEP_ADDED, now)
            self.devices.note_passkey(tx, self.devices.get(tx, session.account, session.device), now)
            self.notices.of_change(tx, session, PasskeyAdded, now)
            return Bound(id=passkey, codes=made)

    def rename(self, session: Session, passkey: AuthenticatorId, name: str) -> None:
        """Raises Unacceptable, NotFound."""
        name = read_name(name)
        with self.database.begin() as tx:
            row = self._require(tx, session, passkey)
            self.passkeys.rename(tx, row, name)
            self._record(tx, EventKind.AUTHENTICATOR_RENAMED, session, passkey)

    def remove(self, session: Session, passkey: AuthenticatorId, approval: Secret | None) -> datetime | None:
        """None: it is gone, and other sessions ended. Else when it will be: one that is asked like a senior one, from a
        session without a passkey, whatever its age, or each new phone would let an app put class K out at once (policy
        §2). A junior one that no passkey confirmed any senior one puts out in one step (§1). Raises NotFound,
        ConfirmationRequired, Conflict where that has begun already."""
        now = self.clock()
        with self.database.begin() as tx:
            row, action = self._require(tx, session, passkey), change("remove_passkey", passkey=passkey)
            spent = self.approvals.require(tx, approval, session, action, now)
            account = self.accounts.get(tx, session.account)
            self._keep_standing(tx, session, row, spent, action, now)
            if spent.confirmed_by != "passkey" and is_asked(row, of_age=self._is_of_age(row, account, now)):
                return self._begin_removal(tx, session, row, now)
            self._remove(tx, account.id, row, now, session=session)
            self.sessions.revoke_all(tx, account.id, now, but=session.id)
            self.notices.of_change(tx, session, PasskeyRemoved, now)
            return None

    def complete_due(self) -> int:
        """Removes what was announced long enough ago; gives how many. In a frozen account nothing changes: there it
        waits for the thaw. One account in trouble stops no other."""
        now, done = self.clock(), 0
        with self.database.read() as tx:
            due = self.passkeys.list_due(tx, now)
        for row in due:
            try:
                with self.database.begin() as tx:
                    done += self._complete(tx, row, now)
            except WatchwordError as trouble:
                log.error("a passkey could not be removed", account=row["account_id"], kind=type(trouble).__name__)
        return done

    def call_off_removals(self, tx: Transaction, account: AccountId, by: AuthenticatorId, now: datetime) -> None:
        """A senior passkey was used: whoever holds it has not lost it. One that is only asked like a senior one calls
        off its own removal, and nobody else's (policy §1: a junior one vetoes nothing senior)."""
        row = self.passkeys.find(tx, account, by)
        of_age = row is not None and self._is_of_age(row, self.accounts.get(tx, account), now)
        if row is None or not is_asked(row, of_age=of_age):
            return
        for kept in self.passkeys.call_off_removals(tx, account, only=None if of_age else by):
            self.journal.record(
                tx, EventKind.REMOVAL_CANCELLED, at=now, account=account, removal=kept["id"], by="passkey"
            )
            self.notices.passkey_stays(tx, account, now)

    def unknown_id(self, credential: Mapping[str, Any]) -> str | None:
        """The id of a credential that is bound to nobody, or is not any more; None where it is, or names none."""
        named = credential.get("id")
        if not isinstance(named, str) or not _CREDENTIAL_ID.fullmatch(named):
            return None
        with self.database.read() as tx:
            return named if self.passkeys.find_shown(tx, credential) is None else None

    def signals(self, account: AccountId) -> Signals:
        with self.database.read() as tx:
            holder = self.accounts.get(tx, account)
            return Signals(
                rp_id=self.passkeys.party.id,
                user_id=user_handle(account),
                credential_ids=tuple(row["credential_id"] for row in self.passkeys.list(tx, account)),
                name=self.accounts.preferred_identifier(tx, holder, self.clock()).value,
            )

    # -- parts

    def _first_codes(self, tx: Transaction, session: Session, row: Row) -> tuple[Secret, ...]:
        """Codes stay where a senior one confirmed it. Any other brings its own: none are older than it is."""
        if row["confirmed_by"] != "nothing" and self.codes.find(tx, session.account) is not None:
            return ()
        return tuple(self.codes.make(tx, session.account, renews=False, now=self.clock()))

    def _keep_standing(
        self, tx: Transaction, session: Session, row: Row, spent: SpentApproval, action: dict[str, Any], now: datetime
    ) -> None:
        """Where neither app nor passkey is left, the passphrase stands alone, and has to be able to."""
        if not self._is_last(tx, row):
            return
        if spent.new_passphrase is not None:
            self.passphrases.bind(tx, spent.new_passphrase, now)
        elif not self.passphrases.stands_alone(tx, session.account):  # it was changed since the confirmation
            raise ConfirmationRequired(action)

    def _is_last(self, tx: Transaction, row: Row) -> bool:
        account = AccountId(row["account_id"])
        others = [each for each in self.passkeys.list(tx, account) if each["id"] != row["id"]]
        return not others and self.totp.find(tx, account) is None

    def _begin_removal(self, tx: Transaction, session: Session, row: Row, now: datetime) -> datetime:
        if row["removal_due_at"] is not None:
            raise Conflict
        due_at = now + self.wait
        self.passkeys.begin_removal(tx, row, due_at)
        self.journal.record(
            tx,
            EventKind.REMOVAL_BEGUN,
            at=now,
            account=session.account,
            session=session.id,
            device=session.device,
            removal=row["id"],
            by="app",
            wait_seconds=int(self.wait.total_seconds()),
        )
        self.notices.of_change(tx, session, PasskeyRemovalBegun, now, due_at=due_at)
        return due_at

    def _remove(
        self, tx: Transaction, account: AccountId, row: Row, now: datetime, *, session: Session | None = None
    ) -> None:
        if self._is_last(tx, row):
            self.codes.remove(tx, account, now)
        self.passkeys.remove(tx, row, now)
        if not self.passkeys.list(tx, account):
            self.passkey_only.end(tx, account, now)
        self.journal.record(
            tx,
            EventKind.AUTHENTICATOR_REMOVED,
            at=now,
            account=account,
            session=None if session is None else session.id,
            device=None if session is None else session.device,
            authenticator=row["id"],
            authenticator_kind=AuthenticatorKind.PASSKEY,
            by="holder",
        )
        self.holds.place(tx, account, Cause.SECOND_STEP_REMOVED, now)

    def _complete(self, tx: Transaction, due: Row, now: datetime) -> bool:
        account = AccountId(due["account_id"])
        if self.accounts.get(tx, account, lock=True).standing is not Standing.OPEN:
            return False
        row = self.passkeys.find(tx, account, AuthenticatorId(due["id"]))
        if row is None or row["removal_due_at"] is None or row["removal_due_at"] > now:
            return False
        self._remove(tx, account, row, now)
        self.sessions.revoke_all(tx, account, now)
        self.journal.record(tx, EventKind.REMOVAL_DONE, at=now, account=account, removal=row["id"], by="app")
        self.notices.passkey_removed(tx, account, now)
        return True

    def _require(self, tx: Transaction, session: Session, passkey: AuthenticatorId) -> Row:
        row = self.passkeys.find(tx, session.account, passkey)
        if row is None:
            raise NotFound
        return row

    def _is_of_age(self, row: Row, account: Account, now: datetime) -> bool:
        return self.ages.is_senior(bound_at=row["bound_at"], account_created_at=account.created_at, now=now)

    def _record(
        self, tx: Transaction, kind: EventKind, session: Session, passkey: AuthenticatorId, **facts: Any
    ) -> None:
        self.journal.record(
            tx,
            kind,
            at=self.clock(),
            account=session.account,
            session=session.id,
            device=session.device,
            authenticator=passkey,
            authenticator_kind=AuthenticatorKind.PASSKEY,
            **facts,
        )
