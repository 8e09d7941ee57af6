"""A journal, and accounts whose changes it records."""

from dataclasses import dataclass

import pytest

from tests.support.clock import SettableClock
from watchword.crypto.keyring import Keyring
from watchword.foundation.terms import AccountId
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.record.store import RecordStore
from watchword.storage.database import Database, Transaction
from watchword.storage.schema import accounts
from watchword.storage.trusted import Row, TrustedTable


@pytest.fixture
def journal(keyring: Keyring) -> Journal:
    return Journal(store=RecordStore(), keyring=keyring)


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """The smallest thing that has a record: accounts that open and change."""

    database: Database
    journal: Journal
    rows: TrustedTable
    clock: SettableClock

    def create(self, account: str) -> Row:
        with self.database.begin() as tx:
            row = {"id": account, "standing": "open", "language": "en", "created_at": self.clock()}
            self.rows.insert(tx, row)
            self.note(tx, account, EventKind.ACCOUNT_CREATED)
        return self.get(account)

    def close(self, account: str) -> None:
        with self.database.begin() as tx:
            assert self.rows.change(tx, self.get(account), standing="closed") is not None
            self.note(tx, account, EventKind.ACCOUNT_CLOSED)

    def remove(self, account: str) -> None:
        with self.database.begin() as tx:
            assert self.rows.delete(tx, self.get(account))
            self.note(tx, account, EventKind.TIDIED)

    def get(self, account: str) -> Row:
        with self.database.read() as tx:
            found = self.rows.find(tx, accounts.c.id == account)
        assert found is not None
        return found

    def note(self, tx: Transaction, account: str, kind: EventKind) -> None:
        self.journal.record(tx, kind, at=self.clock(), account=AccountId(account))


@pytest.fixture
def people(database: Database, journal: Journal, keyring: Keyring, clock: SettableClock) -> Accounts:
    rows = TrustedTable(table=accounts, signer=keyring)
    return Accounts(database=database, journal=journal, rows=rows, clock=clock)
