"""What an operator may do to an account: look, and close. Each look and each act is in the record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from watchword.accounts.accounts import Account, Accounts
from watchword.accounts.identifiers import PhoneRules, read_identifier
from watchword.devices.devices import Device
from watchword.foundation.clock import Clock
from watchword.foundation.errors import Conflict, NotFound, Unacceptable
from watchword.foundation.terms import AccountId, Standing
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.safeguards.overview import AuthenticatorView, Overviews
from watchword.sessions.sessions import Sessions
from watchword.storage.database import Database, Transaction


@dataclass(frozen=True, kw_only=True)
class AccountSheet:
    account: Account
    identifiers: Sequence[str]
    """Masked: an operator's screen is no place for people's addresses."""
    authenticators: Sequence[AuthenticatorView]
    devices: Sequence[Device]
    sessions: int


@dataclass(frozen=True, kw_only=True)
class OperatorDesk:
    database: Database
    accounts: Accounts
    sessions: Sessions
    overviews: Overviews
    journal: Journal
    phones: PhoneRules
    clock: Clock

    def find(self, text: str) -> AccountId:
        """By id, or by an e-mail or phone bound to it. Raises NotFound."""
        with self.database.read() as tx:
            account = self._find(tx, text)
            if account.is_decoy:
                raise NotFound
            return account.id

    def show(self, account: AccountId) -> AccountSheet:
        now = self.clock()
        self._note("accounts.show", account, now)
        authenticators = self.overviews.authenticators(account)
        devices = self.overviews.devices(account)
        with self.database.read() as tx:
            return AccountSheet(
                account=self.accounts.get(tx, account),
                identifiers=[bound.identifier.masked for bound in self.accounts.identifiers(tx, account)],
                authenticators=authenticators,
                devices=devices,
                sessions=len(self.sessions.list_live(tx, account, now)),
            )

    def close(self, account: AccountId) -> int:
        """Ends every session; from now on a sign-in can only read. Gives how many ended. Raises Conflict."""
        now = self.clock()
        with self.database.begin() as tx:
            if self.accounts.get(tx, account).standing is Standing.CLOSED:
                raise Conflict
            self.accounts.close(tx, account, now)
            ended = self.sessions.revoke_all(tx, account, now)
            self.journal.record(tx, EventKind.ACCOUNT_CLOSED, at=now, account=account, by="operator")
            return ended

    def _find(self, tx: Transaction, text: str) -> Account:
        try:
            identifier = read_identifier(text, self.phones)
        except Unacceptable:
            return self.accounts.get(tx, AccountId(text))
        return self.accounts.find_or_decoy(tx, self.accounts.digest(identifier))

    def _note(self, command: str, account: AccountId, now: datetime) -> None:
        with self.database.begin() as tx:
            self.journal.record(tx, EventKind.OPERATOR_COMMAND, at=now, account=account, command=command)
