"""The signature doctor: the last requests of a key that were refused, and why, for its owner alone.

Of a request nothing is kept but its method, the network it came from and a word of ours. What is kept is bounded, for
each key and each minute: who knows a key can send as many bad requests as they like. So what is the owner's, by the
networks of the key or by having been signed with its secret, is counted and kept apart from the rest.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from watchword.crypto.tokens import Randomness
from watchword.foundation.errors import NotFound
from watchword.foundation.terms import AccountId
from watchword.handover import request_signing as signing
from watchword.handover import signature_doctor as doctor
from watchword.handover.api_keys.key_text import read_key
from watchword.handover.api_keys.known import KnownKey
from watchword.handover.api_keys.store import ApiKeyStore, FailureStore
from watchword.handover.api_keys.verifying import ApiRequests, Asked, milliseconds, network_of, passphrase_digest
from watchword.handover.request_signing import Code, Presented, Refusal
from watchword.storage.database import Database

KEPT = 20
"""Of the owner's, and of the others'."""
A_MINUTE = 20
"""Of one key, on one node, from one network: looked at; and of the owner's and of the others': kept."""
LOOKED_AT = 300
"""A minute, of one key, from networks that are not the key's: looking takes some signatures to work out."""
_MINUTE = timedelta(minutes=1)
_MOST = 10_000
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass(frozen=True, kw_only=True)
class Failure:
    at: datetime
    code: str
    why: str
    milliseconds: int | None
    """How far the client's clock was behind; ahead: below zero."""
    method: str
    network: str


@dataclass(frozen=True, kw_only=True)
class Failures:
    database: Database
    store: FailureStore
    keys: ApiKeyStore
    requests: ApiRequests
    randomness: Randomness
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _noted: dict[tuple[str, str], tuple[datetime, int]] = field(default_factory=dict, repr=False)

    def list(self, account: AccountId, key: str) -> Sequence[Failure]:
        """The newest first. Raises NotFound."""
        with self.database.read() as tx:
            if self.keys.find_of_account(tx, account, key) is None:
                raise NotFound
            rows = self.store.list(tx, key)
        names = ("at", "code", "why", "milliseconds", "method", "network")
        return [Failure(**{name: row[name] for name in names}) for row in rows]

    def note(self, asked: Asked, refusal: Refusal, now: datetime) -> None:
        """If the key is one of ours."""
        named = [value for name, value in asked.request.headers if name.lower() == self.requests.names.key]
        key_id = read_key(named[0]) if named else None
        network = network_of(asked.address)
        if key_id is None or not self._has_room(key_id, network, A_MINUTE, now):
            return
        found, is_known = self.requests.known.find(key_id, now)
        key = found if is_known else self.requests.known.look_up(key_id, now)
        if key is None:
            return
        own = bool(key.networks) and key.may_call_from(asked.address)
        if not own and not self._has_room(key_id, "elsewhere", LOOKED_AT, now):
            return
        presented = signing.present(asked.request, self.requests.names)
        why, behind = self._why(asked, presented, refusal, key, now)
        own = own or self._is_of_owner(asked, presented, refusal, why, key)
        if not self._has_room(key_id, "own" if own else "others", A_MINUTE, now):
            return
        row = {
            "id": self.randomness.id(),
            "key_id": key.id,
            "at": now,
            "code": str(refusal.code),
            "why": why,
            "milliseconds": behind,
            "method": asked.request.method if asked.request.method in _METHODS else "other",
            "network": network,
            "own": own,
        }
        with self.database.begin() as tx:
            self.store.add(tx, row, keep=KEPT)

    def _has_room(self, key: str, of: str, most: int, now: datetime) -> bool:
        """Whether there were fewer this minute. Counts it."""
        with self._lock:
            since, count = self._noted.get((key, of), (now, 0))
            if now - since >= _MINUTE:
                since, count = now, 0
            if count >= most:
                return False
            if len(self._noted) >= _MOST:
                self._noted.clear()
            self._noted[key, of] = (since, count + 1)
        return True

    def _is_of_owner(
        self, asked: Asked, presented: Presented | Refusal, refusal: Refusal, why: str, key: KnownKey
    ) -> bool:
        """Whether it was signed with the key's secret, if not as it should be. One that was sent before may have been
        overheard."""
        if isinstance(presented, Refusal) or why == "replayed":
            return False
        if refusal.code is Code.SIGNATURE and why != "secret_or_content":
            return True
        return signing.is_signed(asked.request, presented, key.mac)

    def _why(
        self, asked: Asked, presented: Presented | Refusal, refusal: Refusal, key: KnownKey, now: datetime
    ) -> tuple[str, int | None]:
        if isinstance(presented, Refusal):
            return doctor.why_not_presented(asked.request, self.requests.names), None
        match refusal.code:
            case Code.TIMESTAMP:
                return doctor.why_not_in_time(presented, milliseconds(now))
            case Code.SIGNATURE if refusal.why == signing.NOT_SIGNED.why:
                return doctor.why_not_signed(asked.request, presented, key.secret), None
            case Code.PASSPHRASE:
                return self._of_passphrase(presented, key), None
            case Code.KEY:
                return "ended", None
        return refusal.why, None

    def _of_passphrase(self, presented: Presented, key: KnownKey) -> str:
        keyring = self.requests.keyring

        def is_right(sent: str) -> bool:
            return keyring.digests_match(passphrase_digest(keyring, key.account, key.id, sent), key.passphrase_digest)

        return doctor.why_not_the_passphrase(presented, key.secret, is_right)
