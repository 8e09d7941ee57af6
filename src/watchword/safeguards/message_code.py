"""Opting for the message code as second step, or out of it again."""

from dataclasses import dataclass

from watchword.approvals.approvals import Approvals
from watchword.authenticators.message_code import MessageCodes
from watchword.delivery.messages.catalogue import MessageCodeOff, MessageCodeOn
from watchword.foundation.clock import Clock
from watchword.foundation.secret import Secret
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
    approvals: Approvals
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
            self.notices.of_change(tx, session, MessageCodeOn if enabled else MessageCodeOff, now)
