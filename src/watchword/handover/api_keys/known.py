"""The keys that requests are verified with, in this process: found by id, believed for a second at most.

Any change of a key, its account or a service on this node empties what is known of it at once: the database tells of
every trusted row it has changed. Other nodes are why a second is the most.
"""

import json
import threading
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from watchword.accounts.accounts import Accounts
from watchword.crypto.keyring import Keyring, Mac
from watchword.foundation.terms import AccountId, Standing
from watchword.handover.api_keys.store import ApiKeyStore
from watchword.storage.database import Database, Transaction
from watchword.storage.trusted import Row

BELIEVED_FOR = timedelta(seconds=1)
IDLE = timedelta(days=30)
_MOST = 20_000
_TABLES = frozenset({"accounts", "api_keys"})
LABEL = "api_key_secret"
MOVING = frozenset({"trade", "transfer"})
"""What a key loses that nobody used for thirty days and anybody could use from anywhere."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownKey:
    id: str
    account: AccountId
    name: str
    secret: bytes = field(repr=False)
    mac: Mac = field(repr=False)
    """Of the secret."""
    passphrase_digest: str = field(repr=False)
    permissions: frozenset[str]
    networks: tuple[IPv4Network | IPv6Network, ...]
    confirmed_at: datetime
    works_from: datetime
    expires_at: datetime | None
    paused: bool
    lapsed: bool
    last_used_at: datetime | None
    standing: Standing

    def may_call_from(self, address: IPv4Address | IPv6Address) -> bool:
        return not self.networks or any(address in network for network in self.networks)

    def is_idle(self, now: datetime) -> bool:
        """Whether it loses trading: open to every network, and not used for thirty days."""
        return self.lapsed or idle(self.permissions, self.networks, self.confirmed_at, self.last_used_at, now)

    def rights(self, now: datetime) -> frozenset[str]:
        return self.permissions - MOVING if self.is_idle(now) else self.permissions


def idle(
    permissions: frozenset[str],
    networks: tuple[object, ...],
    confirmed_at: datetime,
    last_used_at: datetime | None,
    now: datetime,
) -> bool:
    if networks or MOVING.isdisjoint(permissions):
        return False
    return now - max(confirmed_at, last_used_at or confirmed_at) >= IDLE


@dataclass
class KnownKeys:
    """Thread-safe. ``find`` for the event loop: it only looks into memory."""

    database: Database
    store: ApiKeyStore
    accounts: Accounts
    keyring: Keyring
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _keys: dict[str, tuple[KnownKey | None, datetime]] = field(default_factory=dict)
    _of_account: dict[str, set[str]] = field(default_factory=dict)
    _epoch: int = 0

    def __post_init__(self) -> None:
        self.database.tell_of_changes(_TABLES, self._changed)

    def find(self, key: str, now: datetime) -> tuple[KnownKey | None, bool]:
        """The key, or None for one there is not; and whether that is known at all."""
        kept = self._keys.get(key)
        if kept is None or now >= kept[1]:
            return None, False
        return kept[0], True

    def look_up(self, key: str, now: datetime) -> KnownKey | None:
        """From the database. Raises Tampered for a row that does not carry the digest of its content."""
        epoch = self._epoch
        with self.database.read() as tx:
            found = self._read(tx, key)
        with self._lock:
            if epoch == self._epoch:  # what was read before a change is not kept after it
                self._keep(key, found, now)
        return found

    def used(self, key: KnownKey, now: datetime) -> None:
        """What was noted of a use is known here at once."""
        with self._lock:
            kept = self._keys.get(key.id)
            if kept is not None and kept[0] is not None:
                self._keys[key.id] = (replace(kept[0], last_used_at=now), kept[1])

    def _read(self, tx: Transaction, key: str) -> KnownKey | None:
        row = self.store.find(tx, key)
        if row is None or row["deleted_at"] is not None:
            return None
        return known_key(row, self.accounts.get(tx, AccountId(row["account_id"])).standing, self.keyring)

    def _keep(self, key: str, found: KnownKey | None, now: datetime) -> None:
        if len(self._keys) >= _MOST:
            self._keys.clear()
            self._of_account.clear()
        self._keys[key] = (found, now + BELIEVED_FOR)
        if found is not None:
            self._of_account.setdefault(found.account, set()).add(key)

    def _changed(self, table: str, row: str) -> None:
        with self._lock:
            self._epoch += 1
            for key in {row} if table == "api_keys" else self._of_account.pop(row, set()):
                self._keys.pop(key, None)


def known_key(row: Row, standing: Standing, keyring: Keyring) -> KnownKey:
    account, key = AccountId(row["account_id"]), row["id"]
    secret = keyring.unseal(row["secret_sealed"], LABEL, account, key)
    return KnownKey(
        id=key,
        account=account,
        name=row["name"],
        secret=secret,
        mac=Mac(secret),
        passphrase_digest=row["passphrase_digest"],
        permissions=frozenset(json.loads(row["permissions"])),
        networks=tuple(ip_network(each) for each in json.loads(row["networks"])),
        confirmed_at=row["confirmed_at"],
        works_from=row["works_from"],
        expires_at=row["expires_at"],
        paused=row["paused_at"] is not None,
        lapsed=row["lapsed_at"] is not None,
        last_used_at=row["last_used_at"],
        standing=standing,
    )
