"""After a new root key: seals addresses, destinations, app secrets, stamps and secrets of API keys again, so that older
roots are needed less.

A row's digest is renewed with it. What lives for minutes (passages, messages under way) is left to end by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from watchword.accounts.stamps.store import StampStore
from watchword.accounts.store import AccountStore
from watchword.authenticators.store import AuthenticatorStore
from watchword.crypto.keyring import Keyring
from watchword.exits.store import DestinationStore
from watchword.foundation.clock import Clock
from watchword.handover.api_keys.known import LABEL
from watchword.handover.api_keys.store import ApiKeyStore
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.storage.database import Database, Transaction
from watchword.storage.trusted import Row

_AT_ONCE = 200

Change = Callable[[Transaction, Row, str], Row | None]


class Page(Protocol):
    """So many rows by id, after that one, over all accounts."""

    def __call__(self, tx: Transaction, *, after: str, count: int) -> list[Row]: ...


@dataclass(frozen=True, kw_only=True)
class Resealing:
    database: Database
    accounts: AccountStore
    authenticators: AuthenticatorStore
    destinations: DestinationStore
    stamps: StampStore
    api_keys: ApiKeyStore
    keyring: Keyring
    journal: Journal
    clock: Clock

    def __call__(self) -> int:
        """Gives how many values were sealed again. May run beside a server that knows the new root."""
        people, authenticators, places = self.accounts, self.authenticators, self.destinations
        return (
            self._every(people.page_of_identifiers, "value_sealed", "identifier", people.reseal_identifier)
            + self._every(authenticators.page_of_apps, "verifier", "totp", authenticators.reseal)
            + self._every(places.page, "destination_sealed", "destination", places.reseal)
            + self._every(self.stamps.page, "stamp_sealed", "stamp", self.stamps.reseal)
            + self._every(self.api_keys.page, "secret_sealed", LABEL, self.api_keys.reseal)
        )

    def _every(self, page: Page, column: str, label: str, change: Change) -> int:
        done, after = 0, ""
        while True:
            with self.database.begin() as tx:
                rows = page(tx, after=after, count=_AT_ONCE)
                done += self._reseal(tx, rows, column, label, change)
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
