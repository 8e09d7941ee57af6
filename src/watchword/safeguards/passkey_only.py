"""Passkey-only: nothing serves in a passkey's stead any more. It begins 72 h after its notice (policy §6).

It needs two passkeys that were both used since they were bound, and a sheet of recovery codes of which one was typed
and was right: with one passkey lost the other serves, and a code in place of mailbox or passphrase. Without any the
operator's removal is left.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from watchword.approvals.approvals import Approvals
from watchword.authenticators.passkey.passkeys import Passkeys
from watchword.authenticators.recovery_codes import RecoveryCodes
from watchword.delivery.messages.catalogue import PasskeyOnlyBegun, PasskeyOnlyEnded
from watchword.exits.holds import Holds
from watchword.exits.locks import Lock, Locks
from watchword.foundation.clock import Clock
from watchword.foundation.errors import NotPossible
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId, Cause
from watchword.gate.actions import Action, change
from watchword.safeguards.notices import Notices
from watchword.sessions.sessions import Session
from watchword.storage.database import Database, Transaction

Missing = Literal["two_passkeys", "use_passkeys", "check_codes"]


@dataclass(frozen=True, kw_only=True)
class PasskeyOnlyView:
    lock: Lock | None
    missing: Missing | None
    """What has to be done before it can be switched on."""
    passkeys: int
    unused: tuple[str, ...]
    """The names of those that were never used since they were added."""
    codes_checked_at: datetime | None
    """When a recovery code of the present sheet was last typed and right."""


@dataclass(frozen=True, kw_only=True)
class PasskeyOnly:
    database: Database
    passkeys: Passkeys
    codes: RecoveryCodes
    locks: Locks
    approvals: Approvals
    holds: Holds
    notices: Notices
    clock: Clock

    def view(self, account: AccountId) -> PasskeyOnlyView:
        with self.database.read() as tx:
            bound, codes = self.passkeys.list(tx, account), self.codes.find(tx, account)
            return PasskeyOnlyView(
                lock=self.locks.find(tx, account),
                missing=self._missing(tx, account),
                passkeys=len(bound),
                unused=tuple(row["name"] for row in bound if row["last_used_at"] is None),
                codes_checked_at=None if codes is None else codes["checked_at"],
            )

    def switch(self, session: Session, approval: Secret | None, *, enabled: bool) -> Lock | None:
        """Gives when it begins. Raises ConfirmationRequired, Conflict where it is on already, NotPossible."""
        now = self.clock()
        with self.database.begin() as tx:
            spent = self.approvals.require(tx, approval, session, change("passkey_only", enabled=enabled), now)
            if enabled:
                missing = self._missing(tx, session.account)
                if missing is not None or spent.confirmed_by != "passkey":
                    raise NotPossible(missing or "without_passkey")
                begun = self.locks.begin(tx, session.account, now)
                self.notices.of_change(tx, session, PasskeyOnlyBegun, now, effective_at=begun.effective_at)
                return begun
            ended = self.locks.end(tx, session.account, now)
            if ended is not None:
                if ended.is_in_effect(now):
                    self.holds.place(tx, session.account, Cause.LIST_WEAKENED, now)
                self.notices.of_change(tx, session, PasskeyOnlyEnded, now)
            return None

    def refusal(self, tx: Transaction, account: AccountId, action: Action, _now: datetime) -> NotPossible | None:
        """Said before anybody is asked to confirm it."""
        if action.get("what") != "passkey_only" or not action["enabled"]:
            return None
        missing = self._missing(tx, account)
        return None if missing is None else NotPossible(missing)

    def _missing(self, tx: Transaction, account: AccountId) -> Missing | None:
        bound = self.passkeys.list(tx, account)
        if len(bound) < 2:
            return "two_passkeys"
        if any(row["last_used_at"] is None for row in bound):
            return "use_passkeys"
        codes = self.codes.find(tx, account)
        tested = codes is not None and codes["checked_at"] is not None and self.codes.left(tx, account) > 0
        return None if tested else "check_codes"
