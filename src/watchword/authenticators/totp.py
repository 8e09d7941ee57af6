"""The authenticator app: a one-time-password authenticator by RFC 6238 (NIST SP 800-63B-4 section 3.1.4).

30 s steps, SHA-1 (the common apps know no other), six digits, one step either side, and only a step later than
the last one accepted: replay-resistant. The secret is sealed to its account and row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from watchword.authenticators.clock_doctor import SPAN, Drift, NearMiss, diagnose, near_misses
from watchword.authenticators.store import AuthenticatorStore
from watchword.crypto import otp
from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.foundation.errors import Conflict, Gone
from watchword.foundation.proof import Proof, Rejection
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId, AuthenticatorId, AuthenticatorKind, ProofKind, SessionId
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row

_NO_SECRET = bytes(20)


@dataclass(frozen=True, kw_only=True)
class PendingTotp:
    """An app that is being set up: shown once, to the session that began it."""

    id: AuthenticatorId
    secret: Secret
    """Base32 without padding: the backup key."""
    key: bytes = field(repr=False)
    """The same as bytes."""
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class TotpRejection(Rejection):
    near: tuple[NearMiss, ...] = ()
    drift: Drift | None = None


@dataclass(frozen=True, kw_only=True)
class Totp:
    store: AuthenticatorStore
    keyring: Keyring
    randomness: Randomness

    def find(self, tx: Transaction, account: AccountId) -> Row | None:
        return self.store.find_active(tx, account, AuthenticatorKind.TOTP)

    def verify(
        self, tx: Transaction, account: AccountId, output: str, now: datetime, earlier: Sequence[NearMiss]
    ) -> Proof | TotpRejection:
        """Accepts a step at most once, by one conditional update. ``earlier``: near misses of this passage."""
        row = self.store.find_active(tx, account, AuthenticatorKind.TOTP, lock=True)
        secret = _NO_SECRET if row is None else self._open(row)
        step = otp.matching_step(secret, output, now=now, after=None if row is None else row["last_step"])
        if row is None or step is None:
            return self._rejected(tx, row, secret, output, now, earlier)
        if self.store.is_burned(tx, AuthenticatorId(row["id"]), step):
            return TotpRejection(reason="burned_step")
        if self.store.use_step(tx, row, step) is None:
            return TotpRejection(reason="lost_race")
        return Proof(kind=ProofKind.TOTP, authenticator=AuthenticatorId(row["id"]), given_at=now)

    def check(self, tx: Transaction, account: AccountId, output: str, now: datetime) -> bool:
        """ "Type one now": tells whether the app works, and costs no step."""
        row = self.find(tx, account)
        return row is not None and otp.matching_step(self._open(row), output, now=now, after=None) is not None

    def begin(
        self, tx: Transaction, account: AccountId, session: SessionId, *, renews: bool, now: datetime, within: timedelta
    ) -> PendingTotp:
        """A new secret, pending until its first code. An earlier one that was never finished goes."""
        for stale in self.store.list_pending(tx, account):
            self.store.change(tx, stale, state="removed", removed_at=now, verifier="")
        row_id = AuthenticatorId(self.randomness.id())
        secret = otp.new_totp_secret(self.randomness)
        self.store.add(
            tx,
            id=row_id,
            account_id=account,
            kind=AuthenticatorKind.TOTP,
            state="pending",
            begun_at=now,
            renews=renews,
            verifier=self.keyring.seal(secret, "totp", account, row_id),
            session_id=session,
            expires_at=now + within,
        )
        return _pending(row_id, secret, now + within)

    def find_pending(
        self, tx: Transaction, account: AccountId, totp: AuthenticatorId, session: SessionId, now: datetime
    ) -> Row:
        """Raises Gone unless it is pending, in time, and begun by this session."""
        row = self.store.find(tx, account, totp)
        if row is None or row["state"] != "pending" or row["session_id"] != session or row["expires_at"] <= now:
            raise Gone
        return row

    def read_pending(self, row: Row) -> PendingTotp:
        return _pending(AuthenticatorId(row["id"]), self._open(row), row["expires_at"])

    def activate(self, tx: Transaction, row: Row, output: str, now: datetime, *, renews: bool) -> bool:
        """Binds a pending app by its first code, in place of the present one. False: the code did not match."""
        step = otp.matching_step(self._open(row), output, now=now, after=None)
        if step is None:
            return False
        present = self.find(tx, AccountId(row["account_id"]))
        if present is not None:
            self.remove(tx, present, now)
        bound = self.store.change(
            tx,
            row,
            state="active",
            bound_at=now,
            renews=renews,
            last_step=step,
            session_id=None,
            expires_at=None,
        )
        if bound is None:
            raise Conflict
        return True

    def remove(self, tx: Transaction, row: Row, now: datetime) -> None:
        """The row stays for the record; its secret goes."""
        if self.store.change(tx, row, state="removed", removed_at=now, verifier="") is None:
            raise Conflict

    def _rejected(
        self,
        tx: Transaction,
        row: Row | None,
        secret: bytes,
        output: str,
        now: datetime,
        earlier: Sequence[NearMiss],
    ) -> TotpRejection:
        steps = otp.matching_steps_within(secret, output, now, SPAN)
        latest = near_misses(steps, otp.step_at(now))
        if row is None:
            return TotpRejection(reason="no_app")
        drift = diagnose(earlier, latest)
        if drift is not None:
            for step in drift.steps:
                self.store.burn_step(tx, AuthenticatorId(row["id"]), step, now)
        return TotpRejection(reason="no_match", near=latest, drift=drift)

    def _open(self, row: Row) -> bytes:
        return self.keyring.unseal(row["verifier"], "totp", row["account_id"], row["id"])


def _pending(row_id: AuthenticatorId, secret: bytes, expires_at: datetime) -> PendingTotp:
    return PendingTotp(id=row_id, secret=otp.base32_text(secret), key=secret, expires_at=expires_at)
