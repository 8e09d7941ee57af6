"""Passkeys of an account: several, each with a name; made, shown, renamed, removed.

A credential names its account, so it signs in alone. Each challenge is SHA-256(domain tag, passage, 32 random bytes,
canonical action): kept by the server, spent once (policy §6). A counter that goes back is a clone, and refused.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any, Literal

from watchword.authenticators.passkey.facts import ALGORITHMS, Asserted, Known, Registered
from watchword.authenticators.passkey.store import PasskeyStore
from watchword.crypto.keyring import framed
from watchword.crypto.tokens import Randomness
from watchword.foundation.errors import Conflict, Gone, Unacceptable
from watchword.foundation.proof import Rejection
from watchword.foundation.terms import AccountId, AuthenticatorId, PassageId, SessionId
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row

MOST = 20
"""Of one account."""
LONGEST_NAME = 64
_TIMEOUT = 300_000
_DOMAIN = "watchword passkey challenge 1"
ConfirmedBy = Literal["passkey", "app", "nothing"]
"""The senior class that confirmed a binding."""
_NOBODYS_KEY = bytes.fromhex(
    "a5010203262001215820"
    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "225820"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)
"""A point of P-256: what an unknown credential is held against, so that the work is the same. It accepts nothing."""


@dataclass(frozen=True, kw_only=True)
class RelyingParty:
    """Who we are to an authenticator: the host of the official address, and that address to the letter."""

    id: str
    origin: str
    name: str


@dataclass(frozen=True, kw_only=True)
class PendingPasskey:
    id: AuthenticatorId
    options: Mapping[str, Any]
    """``PublicKeyCredentialCreationOptionsJSON``."""
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A credential that was handed over, and what it is held against."""

    credential: Mapping[str, Any] = field(repr=False)
    row: Row | None
    """None: nobody's, or not of this account."""
    alone: bool
    """Nothing else named the person: the credential has to name its user."""


def is_asked(row: Row, *, of_age: bool) -> bool:
    """Whether it is asked like a senior one (policy §1): it is of age, or a passkey confirmed its binding."""
    return of_age or row["confirmed_by"] == "passkey"


@dataclass(frozen=True, kw_only=True)
class Passkeys:
    store: PasskeyStore
    randomness: Randomness
    party: RelyingParty

    # -- what is bound

    def list(self, tx: Transaction, account: AccountId) -> Sequence[Row]:
        """Those that are bound, the oldest first."""
        return self.store.list_active(tx, account)

    def find(self, tx: Transaction, account: AccountId, passkey: AuthenticatorId) -> Row | None:
        row = self.store.find(tx, account, passkey)
        return None if row is None or row["state"] != "active" else row

    def find_shown(self, tx: Transaction, credential: Mapping[str, Any]) -> Row | None:
        """The passkey with the credential's id, if it is bound; whosever it is."""
        named = credential.get("id")
        row = self.store.find_credential(tx, named if isinstance(named, str) else "")
        return None if row is None or row["state"] != "active" else row

    # -- binding

    def begin(
        self,
        tx: Transaction,
        account: AccountId,
        session: SessionId,
        *,
        holder: str,
        confirmed_by: ConfirmedBy,
        now: datetime,
        within: timedelta,
    ) -> PendingPasskey:
        """``holder``: what the person calls the account. An earlier one that was never finished goes. Raises Conflict
        where there are enough."""
        bound = self.list(tx, account)
        if len(bound) >= MOST:
            raise Conflict
        for stale in self.store.list_pending(tx, account):
            self.store.change(tx, stale, state="removed", removed_at=now, nonce=None)
        passkey, nonce = AuthenticatorId(self.randomness.id()), new_nonce(self.randomness)
        self.store.add(
            tx,
            id=passkey,
            account_id=account,
            state="pending",
            begun_at=now,
            confirmed_by=confirmed_by,
            session_id=session,
            nonce=nonce,
            expires_at=now + within,
            name="",
        )
        options = self._creation(account, holder, challenge_of(passkey, nonce, None), bound, within)
        return PendingPasskey(id=passkey, options=options, expires_at=now + within)

    def find_pending(
        self,
        tx: Transaction,
        account: AccountId,
        passkey: AuthenticatorId,
        session: SessionId,
        now: datetime,
        *,
        lock: bool = True,
    ) -> Row:
        """Raises Gone unless it is pending, in time, and begun by this session."""
        row = self.store.find(tx, account, passkey, lock=lock)
        if row is None or row["state"] != "pending" or row["session_id"] != session or row["expires_at"] <= now:
            raise Gone
        return row

    def read_pending(self, tx: Transaction, row: Row, *, holder: str, now: datetime) -> PendingPasskey:
        """What was begun, again, for as long as it may still be finished."""
        account, passkey = AccountId(row["account_id"]), AuthenticatorId(row["id"])
        challenge, left = challenge_of(passkey, row["nonce"], None), row["expires_at"] - now
        options = self._creation(account, holder, challenge, self.list(tx, account), left)
        return PendingPasskey(id=passkey, options=options, expires_at=row["expires_at"])

    def activate(
        self, tx: Transaction, row: Row, credential: Mapping[str, Any], name: str, now: datetime
    ) -> Row | Rejection:
        """Binds a pending one. Its challenge is spent, whatever came."""
        made: Registered | Rejection = _ceremonies().verify_registration(
            credential=credential,
            challenge=challenge_of(row["id"], row["nonce"], None),
            rp_id=self.party.id,
            origin=self.party.origin,
        )
        if isinstance(made, Registered) and self.store.find_credential(tx, made.credential_id) is not None:
            made = Rejection(reason="registered_before")  # WebAuthn §7.1 step 26: for any user
        if isinstance(made, Rejection):
            if self.store.change(tx, row, state="removed", removed_at=now, nonce=None) is None:
                raise Conflict
            return made
        bound = self.store.change(tx, row, **_bound(made), bound_at=now)
        if bound is None:
            raise Conflict
        self.store.rename(tx, AuthenticatorId(row["id"]), name)
        return {**bound, "name": name}

    # -- showing

    def request(self, challenge: bytes, allowed: Sequence[Row]) -> dict[str, Any]:
        """``PublicKeyCredentialRequestOptionsJSON``; none allowed by name: the browser offers what it has."""
        return {
            "challenge": _text(challenge),
            "timeout": _TIMEOUT,
            "rpId": self.party.id,
            "allowCredentials": [_descriptor(row) for row in allowed],
            "userVerification": "required",
        }

    def verify(self, shown: Shown, challenge: bytes) -> Asserted | Rejection:
        """The same work for a credential that is nobody's. Outside any transaction."""
        row, credential = shown.row, shown.credential
        known = _nobodys(credential) if row is None else _known(row)
        ceremonies = _ceremonies()
        verdict: Asserted | Rejection = ceremonies.verify_authentication(
            credential=credential, challenge=challenge, rp_id=self.party.id, origin=self.party.origin, known=known
        )
        if row is None:
            return Rejection(reason="unknown_credential")
        if isinstance(verdict, Asserted) and shown.alone and ceremonies.user_handle_of(credential) is None:
            return Rejection(reason="no_user_handle")
        return verdict

    def note_use(self, tx: Transaction, row: Row, asserted: Asserted, now: datetime) -> Row | Rejection:
        """Keeps counter and backup state (WebAuthn §7.2 step 24), if it is bound still and nobody was ahead."""
        present = self.store.find_credential(tx, row["credential_id"], lock=True)
        if present is None or present["state"] != "active" or present["account_id"] != row["account_id"]:
            return Rejection(reason="removed_meanwhile")
        if (asserted.sign_count or present["sign_count"]) and asserted.sign_count <= present["sign_count"]:
            return Rejection(reason="counter_went_back")
        used = {"sign_count": asserted.sign_count, "backed_up": asserted.backed_up, "last_used_at": now}
        return self.store.change(tx, present, **used) or Rejection(reason="lost_race")

    # -- afterwards

    def rename(self, tx: Transaction, row: Row, name: str) -> None:
        self.store.rename(tx, AuthenticatorId(row["id"]), name)

    def remove(self, tx: Transaction, row: Row, now: datetime) -> None:
        """The row stays for the record. Raises Conflict."""
        if self.store.change(tx, row, state="removed", removed_at=now, removal_due_at=None, nonce=None) is None:
            raise Conflict

    def drop_since(self, tx: Transaction, account: AccountId, since: datetime, now: datetime) -> Sequence[Row]:
        """Removes those that were bound after that moment, and what was begun; gives the former."""
        for stale in self.store.list_pending(tx, account):
            self.remove(tx, stale, now)
        late = [row for row in self.list(tx, account) if row["bound_at"] > since]
        for row in late:
            self.remove(tx, row, now)
        return late

    def list_due(self, tx: Transaction, now: datetime) -> Sequence[Row]:
        """Those whose removal had its time."""
        return self.store.list_due(tx, now)

    def begin_removal(self, tx: Transaction, row: Row, due_at: datetime) -> None:
        if self.store.change(tx, row, removal_due_at=due_at) is None:
            raise Conflict

    def call_off_removals(
        self, tx: Transaction, account: AccountId, *, only: AuthenticatorId | None = None
    ) -> Sequence[Row]:
        """Gives those whose removal had begun."""
        listed = [row for row in self.list(tx, account) if only is None or row["id"] == only]
        begun = [row for row in listed if row["removal_due_at"] is not None]
        if any(self.store.change(tx, row, removal_due_at=None) is None for row in begun):
            raise Conflict
        return begun

    def _creation(
        self, account: AccountId, holder: str, challenge: bytes, bound: Sequence[Row], within: timedelta
    ) -> dict[str, Any]:
        return {
            "rp": {"id": self.party.id, "name": self.party.name},
            "user": {"id": user_handle(account), "name": holder, "displayName": holder},
            "challenge": _text(challenge),
            "pubKeyCredParams": [{"type": "public-key", "alg": each} for each in ALGORITHMS],
            "timeout": min(_TIMEOUT, int(within.total_seconds() * 1000)),
            "excludeCredentials": [_descriptor(row) for row in bound],
            "authenticatorSelection": {
                "residentKey": "required",
                "requireResidentKey": True,
                "userVerification": "required",
            },
            "attestation": "none",
            "extensions": {"credProps": True},
        }


def user_handle(account: AccountId) -> str:
    """URL-safe Base64. An account's id is random and says nothing of anybody (WebAuthn §14.6.1)."""
    return _text(account.encode())


def new_nonce(randomness: Randomness) -> str:
    """32 random bytes, URL-safe Base64."""
    return _text(randomness.bytes(32))


def challenge_of(passage: PassageId | AuthenticatorId, nonce: str, action: str | None) -> bytes:
    """``passage``: or the row of a passkey that is being made. ``action``: canonical; None: nothing is confirmed."""
    named = () if action is None else (action,)
    return hashlib.sha256(framed(_DOMAIN, passage, nonce, *named)).digest()


def read_name(text: str) -> str:
    """What the holder calls it. Raises Unacceptable."""
    name = " ".join(text.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise Unacceptable("passkey_name", "name")
    return name


def warm() -> None:
    """Loads what the first passkey would have to wait for."""
    _ceremonies()


def _ceremonies() -> ModuleType:
    from watchword.authenticators.passkey import verifier  # noqa: PLC0415 - see ``facts``

    return verifier


def _bound(made: Registered) -> dict[str, Any]:
    return {
        "state": "active",
        "session_id": None,
        "nonce": None,
        "expires_at": None,
        "credential_id": made.credential_id,
        "public_key": _text(made.public_key),
        "algorithm": made.algorithm,
        "sign_count": made.sign_count,
        "backup_eligible": made.backup_eligible,
        "backed_up": made.backed_up,
        "aaguid": made.aaguid,
        "transports": json.dumps(made.transports),
    }


def _known(row: Row) -> Known:
    return Known(
        credential_id=row["credential_id"],
        user_handle=row["account_id"].encode(),
        public_key=_bytes(row["public_key"]),
        sign_count=row["sign_count"],
        backup_eligible=row["backup_eligible"],
    )


def _nobodys(credential: Mapping[str, Any]) -> Known:
    """Whatever was sent is taken as it stands up to the signature."""
    try:
        handle = _ceremonies().user_handle_of(credential) or b""
    except Exception:
        handle = b""
    return Known(
        credential_id=str(credential.get("id")),
        user_handle=handle,
        public_key=_NOBODYS_KEY,
        sign_count=0,
        backup_eligible=True,
    )


def _descriptor(row: Row) -> dict[str, Any]:
    return {"id": row["credential_id"], "type": "public-key", "transports": json.loads(row["transports"])}


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
