"""Whether a signed request is good: every check of the table in its order, replay and last use included.

The steps that need no database are plain functions of what is known, so that the hot path answers them in the event
loop; ``verify`` walks all of them on a worker thread. Nothing of what was signed is kept but a digest, for seconds.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import NamedTuple

from watchword.crypto.keyring import Keyring, Mac
from watchword.foundation.clock import Clock
from watchword.foundation.terms import AccountId, Standing
from watchword.handover import request_signing as signing
from watchword.handover.api_keys.key_text import read_key
from watchword.handover.api_keys.known import KnownKey, KnownKeys
from watchword.handover.api_keys.replays import Replays
from watchword.handover.api_keys.store import ApiKeyStore
from watchword.handover.request_signing import Code, HeaderNames, Presented, Refusal, SignedRequest
from watchword.storage.database import Database

PERMISSIONS = ("read", "trade", "transfer", "withdraw")
_MOST = 10_000
_TOUCHED_EVERY = timedelta(minutes=1)
_REMEMBERED = timedelta(milliseconds=signing.WINDOW_BEHIND)

REPLAYED = Refusal(Code.SIGNATURE, "A request with this signature was sent before: sign each one anew.", "replayed")
ELSEWHERE = Refusal(Code.ADDRESS, "The key may not be used from this address.", "address")
FROZEN = Refusal(Code.FROZEN, "The account is frozen.", "frozen")
PAUSED = Refusal(Code.PERMISSION, "The key is paused until its owner confirms it again.", "paused")
NOT_YET = Refusal(Code.PERMISSION, "The key does not work yet: one that may withdraw waits three days.", "not_yet")
IDLE = Refusal(Code.PERMISSION, "The key was idle for thirty days and lost trading.", "idle")
NOT_PERMITTED = Refusal(Code.PERMISSION, "The key has no permission for this.", "permission")


class Asked(NamedTuple):
    """What a service of the platform hands over. ``address``: the client's, as its own trusted proxies tell it."""

    request: SignedRequest
    address: IPv4Address | IPv6Address
    permission: str | None = None
    """What the request needs; None: reading for GET and HEAD, anything beyond reading for the others."""


class Verified(NamedTuple):
    key: KnownKey
    rights: frozenset[str]
    """What it may now."""

    @property
    def permissions(self) -> tuple[str, ...]:
        return tuple(each for each in PERMISSIONS if each in self.rights)


@dataclass(frozen=True, kw_only=True)
class ApiRequests:
    database: Database
    store: ApiKeyStore
    known: KnownKeys
    replays: Replays
    keyring: Keyring
    clock: Clock
    names: HeaderNames
    started: int
    """This node's start, in milliseconds since the epoch."""
    nobody: Mac = field(repr=False)
    """Of a secret that no key has: what a request with an unknown key is worked on with."""
    right: dict[str, tuple[KnownKey, str]] = field(default_factory=dict, repr=False)
    """What was sent for a passphrase and fitted, for as long as the key is known as it was then."""

    def verify(self, asked: Asked) -> Verified | Refusal:
        """Raises Busy where the database can't be reached: nothing is let through then."""
        now = self.clock()
        presented = self.present(asked.request, now)
        if isinstance(presented, Refusal):
            return presented
        key = self.find(presented, now)
        refused = self.examine(asked.request, presented, key, now)
        if refused is None and asked.request.method not in signing.SAFE_METHODS:
            replay, until = self.replay_of(presented)
            refused = None if replay in self.replays.remember({replay: until}, now) else REPLAYED
        if refused is None and key is not None:
            refused = self.admit(asked, key, now)
        if refused is not None or key is None:
            return refused or signing.NO_KEY
        if self.is_touch_due(key, now):
            self.touch(key, asked.address, now)
        return self.verified(key, now)

    # -- the steps

    def present(self, request: SignedRequest, now: datetime) -> Presented | Refusal:
        """400001, 400002."""
        found = signing.present(request, self.names)
        if isinstance(found, Refusal):
            return found
        return found if signing.in_time(found, milliseconds(now), self.started) else signing.NOT_IN_TIME

    def find(self, presented: Presented, now: datetime) -> KnownKey | None:
        key_id = read_key(presented.key)
        if key_id is None:
            return None
        found, is_known = self.known.find(key_id, now)
        return found if is_known else self.known.look_up(key_id, now)

    def examine(
        self, request: SignedRequest, presented: Presented, key: KnownKey | None, now: datetime
    ) -> Refusal | None:
        """400003 to 400004. The signature is worked out for a key that is not there too."""
        if key is not None and key.expires_at is not None and key.expires_at <= now:
            key = None
        signed = signing.is_signed(request, presented, self.nobody if key is None else key.mac)
        if key is None:
            return signing.NO_KEY
        refused = signing.refuse_version(presented)
        if refused is not None:
            return refused
        if not signed:
            return signing.NOT_SIGNED
        return None if self._is_passphrase(key, presented.passphrase) else signing.WRONG_PASSPHRASE

    def _is_passphrase(self, key: KnownKey, sent: str) -> bool:
        """What was right for a key as it is known is right again: it is the same with each request."""
        kept = self.right.get(key.id)
        if kept is not None and kept[0] is key and self.keyring.digests_match(kept[1], sent):
            return True
        digest = passphrase_digest(self.keyring, key.account, key.id, sent)
        if not self.keyring.digests_match(digest, key.passphrase_digest):
            return False
        if len(self.right) >= _MOST:
            self.right.clear()
        self.right[key.id] = (key, sent)
        return True

    def replay_of(self, presented: Presented) -> tuple[str, datetime]:
        """What must not come twice, and until when it could."""
        replay = hashlib.sha256(f"{presented.key} {presented.sign}".encode()).hexdigest()
        return replay, moment(presented.at) + _REMEMBERED

    def admit(self, asked: Asked, key: KnownKey, now: datetime) -> Refusal | None:
        """400006, 411100, 400007: said only to who signed right."""
        if not key.may_call_from(asked.address):
            return ELSEWHERE
        if key.standing is not Standing.OPEN:
            return FROZEN
        if key.paused:
            return PAUSED
        if now < key.works_from:
            return NOT_YET
        if _is_permitted(asked, key.rights(now)):
            return None
        return IDLE if _is_permitted(asked, key.permissions) else NOT_PERMITTED

    def verified(self, key: KnownKey, now: datetime) -> Verified:
        return Verified(key, key.rights(now))

    def may_ask_for(self, key: str, account: AccountId, kind: str, now: datetime) -> bool:
        """Whether a key of that account works now and may bring about exits of that kind. Read anew."""
        found = self.known.look_up(key, now)
        if found is None or found.account != account or found.paused or now < found.works_from:
            return False
        if found.expires_at is not None and found.expires_at <= now:
            return False
        return kind in ("transfer", "withdraw") and kind in found.rights(now)

    # -- last use

    def is_touch_due(self, key: KnownKey, now: datetime) -> bool:
        """One that has just become idle is not touched before it has lost trading for good."""
        if key.is_idle(now) and not key.lapsed:
            return False
        return key.last_used_at is None or now - key.last_used_at >= _TOUCHED_EVERY

    def touch(self, key: KnownKey, address: IPv4Address | IPv6Address, now: datetime) -> None:
        with self.database.begin() as tx:
            self.store.touch(tx, key.id, now, network_of(address))
        self.known.used(key, now)


def _is_permitted(asked: Asked, rights: frozenset[str]) -> bool:
    if asked.permission is not None:
        return asked.permission in rights
    return "read" in rights if asked.request.method in signing.SAFE_METHODS else not rights <= {"read"}


def passphrase_digest(keyring: Keyring, account: str, key: str, sent: str) -> str:
    """Of what clients send for the passphrase, which is constant for a key."""
    return keyring.digest("api_key_passphrase", account, key, sent)


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def moment(at: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=at)


def network_of(address: IPv4Address | IPv6Address) -> str:
    """The /24 or /64 that an address lies in."""
    return str(ip_network((address, 24 if address.version == 4 else 64), strict=False))


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
