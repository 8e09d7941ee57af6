"""Sessions (policy §7): an opaque token, its keyed digest stored; idle 1 h, absolute 24 h; new at every sign-in.

A session can only be opened from a passed passage. One opened in a browser is refused as a Bearer token.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.devices.devices import Device
from watchword.foundation.client import Client
from watchword.foundation.clock import Clock
from watchword.foundation.proof import Proof
from watchword.foundation.secret import Secret
from watchword.foundation.terms import Aal, AccountId, ClientKind, DeviceId, ProofKind, SessionId, Standing
from watchword.gate.grants import PassedPassage
from watchword.gate.policy import SessionRules
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.sessions.cache import SessionCache
from watchword.sessions.store import SessionStore
from watchword.storage.database import Database, Transaction
from watchword.storage.trusted import Row

_TOUCHED_EVERY = timedelta(minutes=1)
_AMR = {
    ProofKind.PASSPHRASE: "pwd",
    ProofKind.NEW_PASSPHRASE: "pwd",
    ProofKind.TOTP: "otp",
    ProofKind.RECOVERY_CODE: "recovery_code",
    ProofKind.MESSAGE_CODE: "message",
}
"""RFC 8176 names where it has one. A message code is never ``otp`` and never makes ``mfa``."""
_SECOND_FACTORS = frozenset({ProofKind.TOTP, ProofKind.RECOVERY_CODE})


@dataclass(frozen=True, kw_only=True)
class Session:
    id: SessionId
    account: AccountId
    device: DeviceId
    client_kind: ClientKind
    aal: Aal
    amr: tuple[str, ...]
    scope: str
    authenticated_at: datetime
    expires_at: datetime
    """Absolute; being idle may end it before."""
    last_seen_at: datetime
    without_passkey: bool = False
    """Opened by the app, though the account had a passkey: it moves nothing to new destinations (policy §2)."""

    @classmethod
    def of(cls, row: Row) -> "Session":
        return cls(
            id=SessionId(row["id"]),
            account=AccountId(row["account_id"]),
            device=DeviceId(row["device_id"]),
            client_kind=ClientKind(row["client_kind"]),
            aal=Aal(row["aal"]),
            amr=tuple(json.loads(row["amr"])),
            scope=row["scope"],
            authenticated_at=row["authenticated_at"],
            expires_at=row["expires_at"],
            last_seen_at=row["last_seen_at"],
            without_passkey=bool(row["without_passkey"]),
        )


SessionEnding = Callable[[Transaction, AccountId, SessionId, datetime], None]
"""Runs in the transaction that revokes a session."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    session: Session
    token: Secret


@dataclass(frozen=True, kw_only=True)
class Sessions:
    database: Database
    store: SessionStore
    cache: SessionCache
    journal: Journal
    keyring: Keyring
    randomness: Randomness
    rules: SessionRules
    clock: Clock
    ended: SessionEnding

    def open(self, tx: Transaction, passed: PassedPassage, device: Device, standing: Standing) -> Opened:
        token = self.randomness.token()
        now = passed.now
        aal, amr = assurance(passed.passage.proofs)
        row = {
            "id": self.randomness.id(),
            "account_id": device.account,
            "device_id": device.id,
            "passage_id": passed.passage.id,
            "token_digest": self._digest(token),
            "client_kind": passed.client.kind,
            "aal": int(aal),
            "amr": json.dumps(amr),
            "scope": "full" if standing is Standing.OPEN else "read",
            "authenticated_at": now,
            "expires_at": now + self.rules.absolute,
            "revoked_at": None,
            "without_passkey": passed.without_passkey,
            "last_seen_at": now,
            "network": passed.client.network,
            "country": device.country,
        }
        self.store.add(tx, row)
        session = Session.of(row)
        self.journal.record(
            tx,
            EventKind.SESSION_OPENED,
            at=now,
            account=session.account,
            passage=passed.passage.id,
            session=session.id,
            device=session.device,
            network=passed.client.network,
            aal=int(aal),
            amr=",".join(amr),
            client=session.client_kind,
            scope=session.scope,
            country=device.country,
        )
        return Opened(session=session, token=token)

    def find(self, token: Secret, kind: ClientKind, client: Client) -> Session | None:
        """The live session with that token, for the kind of client it was opened in."""
        now = self.clock()
        digest = self._digest(token)
        session = self.cache.find(digest, now) or self._look_up(digest, client, now)
        if session is None or session.client_kind is not kind:
            return None
        return session if self.is_live(session, now) else None

    def find_cached(self, token: str, kind: ClientKind) -> Session | None:
        """For the hot path: only what is in memory."""
        now = self.clock()
        session = self.cache.find(self.keyring.digest("session", token), now)
        if session is None or session.client_kind is not kind or not self.is_live(session, now):
            return None
        return session

    def see(self, account: AccountId, session: SessionId, client: Client) -> Session | None:
        """By its id, for who shows the token of a child of it: live, and used just now."""
        now = self.clock()
        with self.database.read() as tx:
            row = self.store.find_by_id(tx, account, session)
        return self._seen(row, client, now)

    def find_live(self, tx: Transaction, account: AccountId, session: SessionId, now: datetime) -> Session | None:
        """By its id, for who can't show its token: neither revoked nor over."""
        row = self.store.find_by_id(tx, account, session)
        return Session.of(row) if row is not None and self._lives(row, now) else None

    def lives(self, tx: Transaction, account: AccountId, session: SessionId, now: datetime) -> bool:
        """Whether ``find_live`` would find it."""
        row = self.store.find_by_id(tx, account, session)
        return row is not None and self._lives(row, now)

    def revoke(self, tx: Transaction, account: AccountId, session: SessionId, now: datetime) -> bool:
        """Whether it was live until now. The very next request with its token is refused."""
        row = self.store.find_by_id(tx, account, session)
        if row is None or row["revoked_at"] is not None:
            return False
        tx.after_commit(lambda: self.cache.drop(session))
        if not self.store.revoke(tx, row, now):
            return False
        self.ended(tx, account, session, now)
        return True

    def revoke_all(self, tx: Transaction, account: AccountId, now: datetime, *, but: SessionId | None = None) -> int:
        """Ends every session of the account, or every other one; gives how many."""
        ended = 0
        for row in self.store.list_live(tx, account):
            if row["id"] != but:
                ended += self.revoke(tx, account, SessionId(row["id"]), now)
        return ended

    def revoke_of_device(
        self, tx: Transaction, account: AccountId, device: DeviceId, now: datetime
    ) -> "list[SessionId]":
        """Ends every session on that device; gives those that ended."""
        rows = [row for row in self.store.list_live(tx, account) if row["device_id"] == device]
        found = [SessionId(row["id"]) for row in rows]
        return [session for session in found if self.revoke(tx, account, session, now)]

    def note_use(self, tx: Transaction, session: Session, now: datetime) -> None:
        """Somebody is active in it without showing its token: being idle begins anew. Its absolute end stays."""
        self.store.touch(tx, session.id, now, None)

    def list_live(self, tx: Transaction, account: AccountId, now: datetime) -> list[Session]:
        found = [Session.of(row) for row in self.store.list_live(tx, account)]
        return [session for session in found if self.is_live(session, now)]

    def _look_up(self, digest: str, client: Client, now: datetime) -> Session | None:
        epoch = self.cache.epoch
        with self.database.read() as tx:
            row = self.store.find(tx, digest)
        session = self._seen(row, client, now)
        if session is not None:
            self.cache.put(digest, session, now, epoch)
        return session

    def _seen(self, row: Row | None, client: Client, now: datetime) -> Session | None:
        """What that row is now that it was asked for; None where it is over."""
        if row is None or row["revoked_at"] is not None:
            return None
        session = Session.of(row)
        if not self.is_live(session, now):
            return None
        if now - session.last_seen_at >= _TOUCHED_EVERY:
            with self.database.begin() as tx:
                self.store.touch(tx, session.id, now, client.network)
            session = replace(session, last_seen_at=now)
        return session

    def is_live(self, session: Session, now: datetime) -> bool:
        """Neither too old nor idle for too long; whether it was revoked is not asked here."""
        return self._in_time(session.expires_at, session.last_seen_at, now)

    def _lives(self, row: Row, now: datetime) -> bool:
        return row["revoked_at"] is None and self._in_time(row["expires_at"], row["last_seen_at"], now)

    def _in_time(self, expires_at: datetime, last_seen_at: datetime, now: datetime) -> bool:
        return now < expires_at and now - last_seen_at < self.rules.idle

    def _digest(self, token: Secret) -> str:
        return self.keyring.digest("session", token.reveal())


def assurance(proofs: Sequence[Proof]) -> tuple[Aal, tuple[str, ...]]:
    """What the proofs of a passage are worth (NIST SP 800-63B-4 section 2; RFC 8176 names)."""
    given = {proof.kind for proof in proofs}
    methods = tuple(method for proof in proofs for method in _methods(proof))
    if ProofKind.PASSKEY in given or (ProofKind.PASSPHRASE in given and _SECOND_FACTORS & given):
        return Aal.AAL2, (*methods, "mfa")
    return Aal.AAL1, methods


def _methods(proof: Proof) -> tuple[str, ...]:
    """A passkey proves two factors: what one has, and by verifying its user what one knows or is. ``swk``: its keeper
    copies the key between devices. Of one that stays where it is nobody attests that it lies in hardware: ``pop``, the
    registry's word for a key of which that is not said, and never ``hwk``."""
    if proof.kind is ProofKind.PASSKEY:
        return ("swk" if "synced" in proof.facts else "pop", "user")
    return (_AMR[proof.kind],) if proof.kind in _AMR else ()
