"""Closing the account, confirmed. Nobody is signed in after it, nothing leaves it, and its holder can still read it."""

from dataclasses import dataclass

from watchword.accounts.accounts import Accounts
from watchword.approvals.approvals import Approvals
from watchword.delivery.messages.catalogue import AccountClosed
from watchword.foundation.clock import Clock
from watchword.foundation.secret import Secret
from watchword.gate.actions import change
from watchword.gate.recoveries import Recoveries
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.safeguards.notices import Notices
from watchword.sessions.sessions import Session, Sessions
from watchword.storage.database import Database


@dataclass(frozen=True, kw_only=True)
class AccountClosing:
    database: Database
    accounts: Accounts
    approvals: Approvals
    sessions: Sessions
    recoveries: Recoveries
    notices: Notices
    journal: Journal
    clock: Clock

    def __call__(self, session: Session, approval: Secret | None) -> None:
        """Raises ConfirmationRequired."""
        now = self.clock()
        with self.database.begin() as tx:
            self.approvals.require(tx, approval, session, change("close_account"), now)
            self.accounts.close(tx, session.account, now)
            self.sessions.revoke_all(tx, session.account, now)
            self.recoveries.end_all(tx, session.account, now)
            self.journal.record(
                tx,
                EventKind.ACCOUNT_CLOSED,
                at=now,
                account=session.account,
                session=session.id,
                device=session.device,
                by="holder",
            )
            self.notices.of_change(tx, session, AccountClosed, now)
