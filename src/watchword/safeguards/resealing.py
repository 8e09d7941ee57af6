"""After a new root key: seals every address and app secret again, so that older roots are needed less and less.

A row's digest is renewed with it. What lives for minutes (passages, messages under way) is left to end by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass

from watchword.accounts.store import AccountStore
from watchword.authenticators.store import AuthenticatorStore
from watchword.crypto.keyring import Keyring
from watchword.foundation.clock import Clock
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.storage.database import Database, Transaction
from watchword.storage.trusted import Row

_AT_ONCE = 200

Change = Callable[[Transaction, Row, str], Row | None]


@dataclass(frozen=True, kw_only=True)
class Resealing:
    database: Database
    accounts: AccountStore
    authenticators: AuthenticatorStore
    keyring: Keyring
    journal: Journal
    clock: Clock

    def __call__(self) -> int:
        """Gives how many values were sealed again. May run beside a server that knows the new root."""
        return self._addresses() + self._secrets()

    def _addresses(self) -> int:
        done, after = 0, ""
        while True:
            with self.database.begin() as tx:
                rows = self.accounts.page_of_identifiers(tx, after=after, count=_AT_ONCE)
                done += self._reseal(tx, rows, "value_sealed", "identifier", self.accounts.reseal_identifier)
            if len(rows) < _AT_ONCE:
                return done
            after = rows[-1]["id"]

    def _secrets(self) -> int:
        done, after = 0, ""
        while True:
            with self.database.begin() as tx:
                rows = self.authenticators.page_of_apps(tx, after=after, count=_AT_ONCE)
                done += self._reseal(tx, rows, "verifier", "totp", self.authenticators.reseal)
            if len(rows) < _AT_ONCE:
                return done
            after = rows[-1]["id"]

    def _reseal(self, tx: Transaction, rows: list[Row], column: str, label: str, change: Change) -> int:
        done = 0
        for row in rows:
            if not row[column] or not self.keyring.needs_reseal(row[column]):
                continue
            context = (label, row["account_id"], row["id"])
            sealed = self.keyring.seal(self.keyring.unseal(row[column], *context), *context)
            done += change(tx, row, sealed) is not None
        if done:
            self.journal.record(tx, EventKind.AUTHENTICATOR_RESEALED, at=self.clock(), key_version=self.keyring.newest)
        return done
