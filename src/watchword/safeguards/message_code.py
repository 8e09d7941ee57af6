"""Opting for the message code as second step, or out of it again."""

from dataclasses import dataclass

from watchword.approvals.approvals import Approvals
from watchword.authenticators.message_code import MessageCodes
from watchword.authenticators.passkey.passkeys import Passkeys
from watchword.authenticators.totp import Totp
from watchword.delivery.messages.catalogue import MessageCodeOff, MessageCodeOn
from watchword.exits.holds import Holds
from watchword.foundation.clock import Clock
from watchword.foundation.secret import Secret
from watchword.foundation.terms import Cause
from watchword.gate.actions import change
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.safeguards.notices import Notices
from watchword.sessions.sessions import Session
from watchword.storage.database import Database


@dataclass(frozen=True, kw_only=True)
class MessageCodeChoice:
    database: Database
    codes: MessageCodes
    totp: Totp
    passkeys: Passkeys
    approvals: Approvals
    holds: Holds
    notices: Notices
    journal: Journal
    clock: Clock

    def __call__(self, session: Session, approval: Secret | None, *, enabled: bool) -> None:
        """Raises ConfirmationRequired."""
        now = self.clock()
        with self.database.begin() as tx:
            self.approvals.require(tx, approval, session, change("message_code", enabled=enabled), now)
            if not self.codes.opt(tx, session.account, enabled=enabled, now=now):
                return
            self.journal.record(
                tx,
                EventKind.MESSAGE_CODE_ON if enabled else EventKind.MESSAGE_CODE_OFF,
                at=now,
                account=session.account,
                session=session.id,
                device=session.device,
            )
            alone = self.totp.find(tx, session.account) is None and not self.passkeys.list(tx, session.account)
            if not enabled and alone:
                # It was the second step there was. Beside an app it was none: nothing is weakened.
                self.holds.place(tx, session.account, Cause.SECOND_STEP_REMOVED, now)
            self.notices.of_change(tx, session, MessageCodeOn if enabled else MessageCodeOff, now)
