"""Installs the decoy: the account that unknown identifiers lead to. Nobody knows its passphrase or its codes."""

from dataclasses import dataclass

from watchword.accounts.accounts import DECOY, DECOY_IDENTIFIER, Accounts
from watchword.authenticators.passphrase import Passphrases
from watchword.authenticators.recovery_codes import RecoveryCodes
from watchword.crypto.tokens import Randomness
from watchword.foundation.clock import Clock
from watchword.foundation.errors import NotFound
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.storage.database import Database, Transaction


@dataclass(frozen=True, kw_only=True)
class Decoy:
    database: Database
    accounts: Accounts
    passphrases: Passphrases
    codes: RecoveryCodes
    journal: Journal
    randomness: Randomness
    clock: Clock

    def install(self) -> bool:
        """Whether it was missing. Its passphrase is drawn, hashed and forgotten."""
        with self.database.read() as tx:
            if self._is_there(tx):
                return False
        now = self.clock()
        new = self.passphrases.hash_new(DECOY, self.randomness.token())
        with self.database.begin() as tx:
            if self._is_there(tx):
                return False
            self.accounts.create(tx, DECOY, language="en", now=now)
            self.accounts.bind_identifier(tx, DECOY, DECOY_IDENTIFIER, now)
            self.passphrases.bind(tx, new, now)
            self.codes.make(tx, DECOY, renews=False, now=now)
            self.journal.record(tx, EventKind.ACCOUNT_CREATED, at=now, account=DECOY, client="decoy")
        return True

    def _is_there(self, tx: Transaction) -> bool:
        try:
            self.accounts.get(tx, DECOY)
        except NotFound:
            return False
        return True
