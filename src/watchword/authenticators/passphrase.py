"""The sign-in passphrase: a password in the terms of NIST SP 800-63B-4 section 3.1.1.

Hashing takes tens of milliseconds, so it stands outside every transaction: find, then verify, then conclude.
"""

from dataclasses import dataclass
from datetime import datetime

from watchword.authenticators.passphrase_rules import normalise
from watchword.authenticators.store import AuthenticatorStore
from watchword.crypto.passphrases import PassphraseHasher
from watchword.crypto.tokens import Randomness
from watchword.foundation.errors import Conflict
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId, AuthenticatorId, AuthenticatorKind
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row


@dataclass(frozen=True, kw_only=True)
class NewPassphrase:
    """Hashed for one account and one row; useless anywhere else."""

    account: AccountId
    row_id: AuthenticatorId
    hash: str
    stands_alone: bool


@dataclass(frozen=True, kw_only=True)
class Passphrases:
    store: AuthenticatorStore
    hasher: PassphraseHasher
    randomness: Randomness
    alone: int
    """Code points from which a passphrase stands alone."""

    def find(self, tx: Transaction, account: AccountId, *, lock: bool = False) -> Row:
        row = self.store.find_active(tx, account, AuthenticatorKind.PASSPHRASE, lock=lock)
        if row is None:
            raise LookupError("an account without a passphrase")
        return row

    def verify(self, row: Row, passphrase: Secret, *, reserved: bool) -> bool:
        """Hashes: call it outside a transaction. ``reserved``: a known device, for which places are kept."""
        return self.hasher.verify(
            Secret(normalise(passphrase.reveal())), row["verifier"], self._context(row), reserved=reserved
        )

    def needs_rehash(self, row: Row) -> bool:
        return self.hasher.needs_rehash(row["verifier"])

    def hash_again(self, row: Row, passphrase: Secret) -> str:
        return self.hasher.hash(Secret(normalise(passphrase.reveal())), self._context(row))

    def rehash(self, tx: Transaction, row: Row, verifier: str) -> None:
        """Keeps the same passphrase under stronger parameters; if somebody changed it meanwhile, theirs stays."""
        self.store.change(tx, row, verifier=verifier)

    def hash_new(self, account: AccountId, passphrase: Secret) -> NewPassphrase:
        """Hashes: call it outside a transaction. The rules were checked before."""
        text = normalise(passphrase.reveal())
        row_id = AuthenticatorId(self.randomness.id())
        return NewPassphrase(
            account=account,
            row_id=row_id,
            hash=self.hasher.hash(Secret(text), (account, row_id)),
            stands_alone=len(text) >= self.alone,
        )

    def bind(self, tx: Transaction, new: NewPassphrase, now: datetime) -> None:
        """The first of an account, or in place of the present one. Raises Conflict if that changed meanwhile."""
        present = self.store.find_active(tx, new.account, AuthenticatorKind.PASSPHRASE, lock=True)
        if present is not None and self.store.change(tx, present, state="removed", removed_at=now) is None:
            raise Conflict
        self.store.add(
            tx,
            id=new.row_id,
            account_id=new.account,
            kind=AuthenticatorKind.PASSPHRASE,
            begun_at=now,
            bound_at=now,
            renews=present is not None,
            verifier=new.hash,
            stands_alone=new.stands_alone,
        )

    def stands_alone(self, tx: Transaction, account: AccountId) -> bool:
        return bool(self.find(tx, account)["stands_alone"])

    @staticmethod
    def _context(row: Row) -> tuple[str, str]:
        return (row["account_id"], row["id"])
