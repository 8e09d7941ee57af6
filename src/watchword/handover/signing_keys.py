"""The keys that sign what others check: ID tokens, access tokens, assertions, logout tokens (RFC 7515, RFC 7517).

For each algorithm there is one key that signs and one that is next: it stands in the published set long before it
signs, so that whoever keeps the set for a while knows it already. A retired key loses its private half at once and
stays in the set as long as what it signed may still be under way. Private halves are sealed with the key file.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from watchword.crypto.jose import Alg, PrivateKey, verify
from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.foundation.clock import Clock
from watchword.foundation.errors import Conflict, Misconfigured, NotPossible
from watchword.handover.store import SigningKeyStore
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.storage.database import Database, Transaction
from watchword.storage.trusted import Row

SET_KEPT = timedelta(minutes=15)
"""How long whoever reads the set may keep it."""
PUBLISHED_BEFORE = timedelta(hours=1)
"""How long a key stands in the set before it signs."""
STAYS = timedelta(days=2)
"""How long a retired key stays in the set: longer than anything that it signed."""
SIGNS_FOR = timedelta(days=90)
_BELIEVED_FOR = timedelta(seconds=5)
"""Another process may rotate."""

State = Literal["next", "present", "retired", "gone"]


@dataclass(frozen=True, kw_only=True)
class KeyState:
    kid: str
    alg: str
    state: State
    made_at: datetime
    signs_from: datetime | None
    leaves_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class _Set:
    """The keys as they were read."""

    present: Mapping[str, PrivateKey]
    public: Sequence[Mapping[str, Any]]
    until: datetime


@dataclass
class _Kept:
    found: _Set | None = None


@dataclass(frozen=True, kw_only=True)
class SigningKeys:
    database: Database
    store: SigningKeyStore
    journal: Journal
    keyring: Keyring
    randomness: Randomness
    clock: Clock
    issuer: str
    algorithms: Sequence[Alg] = ("ES256", "EdDSA")
    _kept: _Kept = field(default_factory=_Kept)

    def sign(self, typ: str, claims: Mapping[str, Any], *, alg: Alg = "ES256") -> str:
        """A compact JWS over these claims as they are; ``typ`` says which kind of token it is (RFC 8725, 3.11)."""
        key = self._set().present.get(alg)
        if key is None:
            raise Misconfigured(f"no key signs with {alg} here")
        return key.sign(claims, typ=typ)

    def verify(self, typ: str, token: str, *, expired_too: bool = False) -> Mapping[str, Any] | None:
        """The claims of a token of this kind that we signed ourselves and that holds now; else None.

        ``expired_too`` is for a hint that names somebody and opens nothing.
        """
        read = verify(token, self._set().public)
        if read is None or read.header.get("typ") != typ or read.claims.get("iss") != self.issuer:
            return None
        ends_at = read.claims.get("exp")
        if type(ends_at) is not int or (not expired_too and self.clock().timestamp() >= ends_at):
            return None
        return read.claims

    def jwks(self) -> dict[str, Any]:
        """The JWK Set: keys that sign, that will sign, and that signed what may still be checked."""
        return {"keys": [dict(key) for key in self._set().public]}

    def list(self) -> list[KeyState]:
        """Every key there was, the oldest first."""
        now = self.clock()
        with self.database.read() as tx:
            return [_state(row, now) for row in self.store.list_all(tx)]

    def ensure(self) -> None:
        """Makes the keys that are missing: at the first start, or when an algorithm was allowed later."""
        try:
            self._make_missing()
        except Conflict:  # another process was first
            self._make_missing()

    def rotate(self, *, at_once: bool = False, compromised: bool = False) -> None:
        """The next key of each algorithm signs from now on, and another one becomes the next.

        Raises NotPossible with the time from which it can be, where a next key stands in the set too shortly;
        ``at_once`` does it all the same. ``compromised`` takes the present key out of the set at once, so that nothing
        it signed is good any more.
        """
        self.ensure()
        now = self.clock()
        with self.database.begin() as tx:
            rows = [row for row in self.store.list_live(tx) if row["alg"] in self.algorithms]
            waiting = max(row["made_at"] for row in rows if row["signs_from"] is None) + PUBLISHED_BEFORE
            if now < waiting and not (at_once or compromised):
                raise NotPossible("key_too_young", waiting)
            for alg in self.algorithms:
                self._rotate(tx, [row for row in rows if row["alg"] == alg], now, compromised)
        self._forget()

    def rotate_due(self) -> bool:
        """Rotates when the present keys have signed long enough; says whether it did."""
        now = self.clock()
        with self.database.read() as tx:
            rows = self.store.list_live(tx)
        since = [row["signs_from"] for row in rows if row["signs_from"] is not None]
        if not since or min(since) + SIGNS_FOR > now:
            return False
        try:
            self.rotate()
        except (NotPossible, Conflict):
            return False
        return True

    def reseal(self) -> int:
        """After a new root key: seals the private halves again; gives how many."""
        done = 0
        with self.database.begin() as tx:
            for row in self.store.list_live(tx):
                if self.keyring.needs_reseal(row["private_sealed"]):
                    plain = self.keyring.unseal(row["private_sealed"], *_context(row["id"]))
                    done += self.store.change(tx, row, private_sealed=self._seal(row["id"], plain)) is not None
            if done:
                at, version = self.clock(), self.keyring.newest
                self.journal.record(tx, EventKind.AUTHENTICATOR_RESEALED, at=at, key_version=version)
        return done

    def _make_missing(self) -> None:
        now = self.clock()
        with self.database.begin() as tx:
            rows = self.store.list_live(tx)
            signing = {row["alg"] for row in rows if row["signs_from"] is not None}
            waiting = {row["alg"] for row in rows if row["signs_from"] is None}
            for alg in self.algorithms:
                if alg not in signing:
                    self._make(tx, alg, now, signs_from=now)
                if alg not in waiting:
                    self._make(tx, alg, now, signs_from=None)
        self._forget()

    def _rotate(self, tx: Transaction, rows: Sequence[Row], now: datetime, compromised: bool) -> None:
        present = next(row for row in rows if row["signs_from"] is not None)
        following = next(row for row in rows if row["signs_from"] is None)
        leaves_at = now if compromised else now + STAYS
        retired = self.store.change(tx, present, retired_at=now, leaves_at=leaves_at, private_sealed=None)
        if retired is None or self.store.change(tx, following, signs_from=now) is None:
            raise Conflict
        self.journal.record(
            tx,
            EventKind.SIGNING_KEY_ROTATED,
            at=now,
            key=following["id"],
            replaces=present["id"],
            alg=present["alg"],
            compromised=compromised,
        )
        self._make(tx, present["alg"], now, signs_from=None)

    def _make(self, tx: Transaction, alg: Alg, now: datetime, *, signs_from: datetime | None) -> None:
        key = PrivateKey.draw(alg, self.randomness)
        row = {
            "id": key.kid,
            "alg": alg,
            "public_jwk": json.dumps(dict(key.public), sort_keys=True),
            "private_sealed": self._seal(key.kid, key.dump()),
            "made_at": now,
            "signs_from": signs_from,
            "retired_at": None,
            "leaves_at": None,
        }
        self.store.add(tx, row)
        self.journal.record(tx, EventKind.SIGNING_KEY_MADE, at=now, key=key.kid, alg=alg)

    def _set(self) -> _Set:
        now, kept = self.clock(), self._kept.found
        if kept is not None and now < kept.until:
            return kept
        with self.database.read() as tx:
            rows = self.store.list_published(tx, now)
        found = _Set(
            present={row["alg"]: self._private(row) for row in rows if row["retired_at"] is None and row["signs_from"]},
            public=[json.loads(row["public_jwk"]) for row in rows if row["alg"] in self.algorithms],
            until=now + _BELIEVED_FOR,
        )
        self._kept.found = found
        return found

    def _private(self, row: Row) -> PrivateKey:
        return PrivateKey.load(row["alg"], self.keyring.unseal(row["private_sealed"], *_context(row["id"])))

    def _seal(self, kid: str, plain: bytes) -> str:
        return self.keyring.seal(plain, *_context(kid))

    def _forget(self) -> None:
        self._kept.found = None


def _context(kid: str) -> tuple[str, str]:
    return ("signing_key", kid)


def _state(row: Row, now: datetime) -> KeyState:
    state: State = "next" if row["signs_from"] is None else "present"
    if row["retired_at"] is not None:
        state = "retired" if now < row["leaves_at"] else "gone"
    return KeyState(
        kid=row["id"],
        alg=row["alg"],
        state=state,
        made_at=row["made_at"],
        signs_from=row["signs_from"],
        leaves_at=row["leaves_at"],
    )
