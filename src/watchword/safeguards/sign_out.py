"""Signing out: this session, or all others."""

from dataclasses import dataclass

from watchword.approvals.approvals import Approvals
from watchword.delivery.messages.catalogue import OthersSignedOut
from watchword.foundation.clock import Clock
from watchword.foundation.secret import Secret
from watchword.foundation.terms import ClientKind
from watchword.gate.actions import change
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.safeguards.notices import Notices
from watchword.sessions.sessions import Session, Sessions
from watchword.storage.database import Database


@dataclass(frozen=True, kw_only=True)
class SignOut:
    database: Database
    sessions: Sessions
    approvals: Approvals
    notices: Notices
    journal: Journal
    clock: Clock

    def __call__(self, session: Session) -> None:
        """The device stays known; the very next request of the session is refused. In a browser so is that of any
        session before it: a sign-in afresh for a client leaves the earlier one open, for the clients that came with it.
        """
        now = self.clock()
        with self.database.begin() as tx:
            if session.client_kind is ClientKind.BROWSER:
                self.sessions.revoke_of_device(tx, session.account, session.device, now)
            else:
                self.sessions.revoke(tx, session.account, session.id, now)
            self.journal.record(
                tx,
                EventKind.SIGNED_OUT,
                at=now,
                account=session.account,
                session=session.id,
                device=session.device,
                client=session.client_kind,
            )

    def others(self, session: Session, approval: Secret | None) -> int:
        """Ends every other session; gives how many. Raises ConfirmationRequired."""
        now = self.clock()
        with self.database.begin() as tx:
            self.approvals.require(tx, approval, session, change("sign_out_others"), now)
            ended = self.sessions.revoke_all(tx, session.account, now, but=session.id)
            self.journal.record(
                tx,
                EventKind.SESSION_REVOKED,
                at=now,
                account=session.account,
                session=session.id,
                device=session.device,
                by="holder",
                reason="sign_out_others",
                count=ended,
            )
            self.notices.of_change(tx, session, OthersSignedOut, now)
            return ended
