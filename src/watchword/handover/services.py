"""Services: the platform's own programs, each with a credential that the operator makes, rotates and revokes.

A service asks what may leave an account and spends approvals (policy §6). It never acts for a person: its credential
opens no page and no session's address, and a session's token opens nothing of a service's.
"""

import re
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.foundation.clock import Clock
from watchword.foundation.errors import Conflict, NotFound, Unacceptable
from watchword.foundation.secret import Secret
from watchword.foundation.terms import ServiceId
from watchword.handover.store import ServiceStore
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.storage.database import Database, Transaction
from watchword.storage.trusted import Row

BELIEVED_FOR = timedelta(seconds=1)
"""Another process may revoke one, like the operator's command."""
_MOST = 1000
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")


@dataclass(frozen=True, kw_only=True)
class Service:
    id: ServiceId
    name: str
    made_at: datetime
    revoked_at: datetime | None

    @classmethod
    def of(cls, row: Row) -> "Service":
        return cls(id=ServiceId(row["id"]), name=row["name"], made_at=row["made_at"], revoked_at=row["revoked_at"])


@dataclass
class ServiceCache:
    """Of services by the digest of their token, for the hot path. Thread-safe."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _found: dict[str, tuple[Service, datetime]] = field(default_factory=dict)
    epoch: int = 0

    def find(self, digest: str, now: datetime) -> Service | None:
        kept = self._found.get(digest)
        return None if kept is None or now >= kept[1] else kept[0]

    def put(self, digest: str, service: Service, now: datetime, epoch: int) -> None:
        with self._lock:
            if epoch != self.epoch:  # what was read before a change is not kept after it
                return
            if len(self._found) >= _MOST:
                self._found.clear()
            self._found[digest] = (service, now + BELIEVED_FOR)

    def clear(self, _table: str, _row: str) -> None:
        with self._lock:
            self.epoch += 1
            self._found.clear()


@dataclass(frozen=True, kw_only=True)
class Services:
    database: Database
    store: ServiceStore
    journal: Journal
    keyring: Keyring
    randomness: Randomness
    clock: Clock
    cache: ServiceCache = field(default_factory=ServiceCache)

    def __post_init__(self) -> None:
        self.database.tell_of_changes(("services",), self.cache.clear)

    def add(self, name: str) -> Secret:
        """The token, which is kept nowhere. Raises Unacceptable for a name, Conflict when it is taken."""
        if not _NAME.fullmatch(name):
            raise Unacceptable("service_name", "name")
        now, token, service = self.clock(), self.randomness.token(), ServiceId(self.randomness.id())
        with self.database.begin() as tx:
            row = {
                "id": service,
                "name": name,
                "token_digest": self._digest(token),
                "made_at": now,
                "revoked_at": None,
            }
            self.store.add(tx, row)
            self.journal.record(tx, EventKind.SERVICE_ADDED, at=now, service=service)
        return token

    def rotate(self, name: str) -> Secret:
        """A new token; the old one ends at once, so that a stolen one is put out in one step. Raises NotFound.

        The service stays the same one: what it asks again with an idempotency key gets the same answer.
        """
        now, token = self.clock(), self.randomness.token()
        with self.database.begin() as tx:
            row = self._named(tx, name)
            if not self.store.rotate(tx, row, self._digest(token)):
                raise Conflict
            self.journal.record(tx, EventKind.SERVICE_ROTATED, at=now, service=row["id"])
        return token

    def revoke(self, name: str) -> None:
        """Raises NotFound."""
        now = self.clock()
        with self.database.begin() as tx:
            row = self._named(tx, name)
            if not self.store.revoke(tx, row, now):
                raise Conflict
            self.journal.record(tx, EventKind.SERVICE_REVOKED, at=now, service=row["id"])

    def list(self) -> list[Service]:
        """The oldest first, revoked ones too."""
        with self.database.read() as tx:
            return [Service.of(row) for row in self.store.list_all(tx)]

    def find(self, token: Secret) -> Service | None:
        """The service with that token, unless it was revoked. Read anew each time: a revoked one ends at once."""
        digest, now, epoch = self._digest(token), self.clock(), self.cache.epoch
        with self.database.read() as tx:
            row = self.store.find(tx, digest)
        if row is None or row["revoked_at"] is not None:
            return None
        found = Service.of(row)
        self.cache.put(digest, found, now, epoch)
        return found

    def find_cached(self, token: str) -> Service | None:
        """For the hot path: only what is in memory, for a second at most; a change here empties it at once."""
        return self.cache.find(self.keyring.digest("service", token), self.clock())

    def _named(self, tx: Transaction, name: str) -> Row:
        row = self.store.find_named(tx, name)
        if row is None:
            raise NotFound
        return row

    def _digest(self, token: Secret) -> str:
        return self.keyring.digest("service", token.reveal())
