"""Setting, changing and removing the anti-phishing code. What is told of it carries the old one (policy §3 and §10)."""

from dataclasses import dataclass
from datetime import datetime

from watchword.accounts.accounts import Accounts
from watchword.accounts.stamps.rules import read_stamp
from watchword.accounts.stamps.stamps import Stamps
from watchword.approvals.approvals import Approvals
from watchword.delivery.messages.catalogue import StampRemoved, StampSet
from watchword.foundation.clock import Clock
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId
from watchword.gate.actions import change
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.safeguards.notices import Notices
from watchword.sessions.sessions import Session
from watchword.storage.database import Database, Transaction

ACTION = change("anti_phishing_code")


@dataclass(frozen=True, kw_only=True)
class StampChange:
    database: Database
    accounts: Accounts
    stamps: Stamps
    approvals: Approvals
    notices: Notices
    journal: Journal
    clock: Clock
    brand: str

    def set_at(self, account: AccountId) -> datetime | None:
        """Since when there is one. The code itself is shown nowhere but in mail."""
        with self.database.read() as tx:
            return self.stamps.set_at(tx, account)

    def confirmed_until(self, session: Session, approval: Secret | None) -> datetime | None:
        """How long the change may be made without another confirmation; None: not now. Spends nothing."""
        with self.database.read() as tx:
            return self.approvals.serves_until(tx, approval, session, ACTION, self.clock())

    def put(self, session: Session, approval: Secret | None, code: Secret) -> None:
        """Raises ConfirmationRequired before anything else, Unacceptable with the reason: the approval then serves
        for another."""
        now = self.clock()
        with self.database.begin() as tx:
            self.approvals.require_unspent(tx, approval, session, ACTION, now)
            own = [each.identifier for each in self.accounts.told(tx, session.account, now)]
            stamp = read_stamp(code.reveal(), brand=self.brand, identifiers=own)
            self.approvals.require(tx, approval, session, ACTION, now)
            replaces = self.stamps.set_at(tx, session.account) is not None
            self.notices.of_change(tx, session, StampSet, now, replaces=replaces)  # before: it shows the old one
            self.stamps.put(tx, session.account, stamp, now)
            self._record(tx, session, now, replaces=replaces, removed=False)

    def remove(self, session: Session, approval: Secret | None) -> None:
        """Raises ConfirmationRequired."""
        now = self.clock()
        with self.database.begin() as tx:
            self.approvals.require(tx, approval, session, ACTION, now)
            if self.stamps.set_at(tx, session.account) is None:
                return
            self.notices.of_change(tx, session, StampRemoved, now)
            self.stamps.remove(tx, session.account)
            self._record(tx, session, now, replaces=True, removed=True)

    def _record(self, tx: Transaction, session: Session, now: datetime, *, replaces: bool, removed: bool) -> None:
        self.journal.record(
            tx,
            EventKind.STAMP_SET,
            at=now,
            account=session.account,
            session=session.id,
            device=session.device,
            replaces=replaces,
            removed=removed,
        )
