"""Changing the e-mail address or phone number, confirmed; the old one stays a security contact (policy §1, §3, §6)."""

from dataclasses import dataclass
from datetime import datetime

from watchword.accounts.accounts import Account, Accounts
from watchword.accounts.addresses import CONTACT_FOR, BoundIdentifier
from watchword.accounts.identifiers import Identifier, PhoneRules, read_identifier
from watchword.approvals.approvals import Approvals
from watchword.delivery.messages.catalogue import AddressAdded, AddressReplaced
from watchword.exits.holds import Holds
from watchword.foundation.clock import Clock
from watchword.foundation.errors import ConfirmationRequired, Unacceptable
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId, Cause, IdentifierId, IdentifierKind
from watchword.gate.actions import Action, change
from watchword.gate.new_identifiers import NewIdentifiers, concealed
from watchword.gate.recoveries import Recoveries
from watchword.gate.standing import Standings
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.safeguards.notices import Notices
from watchword.sessions.sessions import Session, Sessions
from watchword.storage.database import Database, Transaction


@dataclass(frozen=True, kw_only=True)
class AddressView:
    kind: IdentifierKind
    value: str
    bound_at: datetime
    contact_until: datetime | None
    """None: it is bound. Else it was replaced, and may undo that until then."""


@dataclass(frozen=True, kw_only=True)
class AddressChange:
    database: Database
    accounts: Accounts
    new_identifiers: NewIdentifiers
    standings: Standings
    approvals: Approvals
    sessions: Sessions
    recoveries: Recoveries
    holds: Holds
    notices: Notices
    journal: Journal
    phones: PhoneRules
    clock: Clock

    def list(self, account: AccountId) -> list[AddressView]:
        """What is bound, and the security contacts; the oldest first."""
        with self.database.read() as tx:
            return [_view(each) for each in self.accounts.told(tx, account, self.clock())]

    def action(self, kind: IdentifierKind, text: str) -> Action:
        """What has to be confirmed. Raises Unacceptable."""
        return change("replace_identifier", identifier_kind=str(kind), identifier=self._read(kind, text).value)

    def __call__(self, session: Session, approval: Secret | None, kind: IdentifierKind, text: str) -> None:
        """Raises Unacceptable for what can't be an address or is theirs already, ConfirmationRequired, and Conflict
        when somebody else bound it meanwhile."""
        new, action, now = self._read(kind, text), self.action(kind, text), self.clock()
        with self.database.begin() as tx:
            self.new_identifiers.require_other(tx, session.account, new)
            try:
                kept = concealed(action, self.accounts.digest(new))
                self.approvals.require(tx, approval, session, kept, now)
            except ConfirmationRequired:
                raise ConfirmationRequired(action) from None
            account = self.accounts.get(tx, session.account)
            stood = {"app": self.standings.app(tx, account, now)}
            stood["passkey"] = self.standings.ranks(tx, account, now).enrolled
            bound, old = self.accounts.replace_identifier(tx, account, new, now=now, **stood)
            # Whoever began a recovery with the old address begins it again, and then it is an undo.
            self.recoveries.end_all(tx, account.id, now)
            self._record(tx, session, new, bound, old, now)
            if old is None:
                self.notices.of_change(tx, session, AddressAdded, now, what=kind)
            else:
                self._end_with(tx, session, account, new, now)

    def _end_with(self, tx: Transaction, session: Session, account: Account, new: Identifier, now: datetime) -> None:
        """What a replaced address brings with it: other sessions end, exits wait, everybody is told."""
        ended = self.sessions.revoke_all(tx, account.id, now, but=session.id)
        if ended:
            self.journal.record(
                tx, EventKind.SESSION_REVOKED, at=now, account=account.id, reason="address", count=ended
            )
        self.holds.place(tx, account.id, Cause.ADDRESS_REPLACED, now, account_created_at=account.created_at)
        until = now + CONTACT_FOR
        self.notices.of_change(tx, session, AddressReplaced, now, what=new.kind, undo_until=until)

    def _record(
        self,
        tx: Transaction,
        session: Session,
        new: Identifier,
        bound: IdentifierId,
        old: BoundIdentifier | None,
        now: datetime,
    ) -> None:
        self.journal.record(
            tx,
            EventKind.IDENTIFIER_REPLACED,
            at=now,
            account=session.account,
            session=session.id,
            device=session.device,
            identifier_kind=new.kind,
            identifier=bound,
            replaces=None if old is None else old.id,
        )

    def _read(self, kind: IdentifierKind, text: str) -> Identifier:
        new = read_identifier(text, self.phones)
        if new.kind is not kind:
            raise Unacceptable("identifier_unreadable", "identifier")
        return new


def _view(address: BoundIdentifier) -> AddressView:
    return AddressView(
        kind=address.identifier.kind,
        value=address.identifier.value,
        bound_at=address.bound_at,
        contact_until=address.contact_until,
    )
