"""The trading passphrase: six digits, asked at every exit (policy §2-4; a memorised secret, NIST SP 800-63B-4 3.1.1).

A million possibilities are quick to try, so the stored Argon2id hash is of an HMAC of the digits, whose key is
derived from the keyring and lies in no database, with the pepper besides; both are bound to account and row. Like
any passphrase it is found in one transaction, hashed outside any, and concluded in another.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from watchword.authenticators.store import AuthenticatorStore
from watchword.authenticators.trading_rules import REMEMBERED
from watchword.crypto.keyring import Keyring
from watchword.crypto.passphrases import PassphraseHasher
from watchword.crypto.tokens import Randomness
from watchword.foundation.errors import Conflict
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId, AuthenticatorId, AuthenticatorKind
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row

TradingStanding = Literal["none", "open", "closed"]
"""closed: too many failures in a row; only a new one opens it."""


@dataclass(frozen=True, kw_only=True)
class NewTradingPassphrase:
    """Hashed for one account and one row; useless anywhere else."""

    account: AccountId
    row_id: AuthenticatorId
    hash: str


@dataclass(frozen=True, kw_only=True)
class TradingPassphrases:
    store: AuthenticatorStore
    hasher: PassphraseHasher
    keyring: Keyring
    randomness: Randomness

    def find(self, tx: Transaction, account: AccountId, *, lock: bool = False) -> Row | None:
        return self.store.find_active(tx, account, AuthenticatorKind.TRADING_PASSPHRASE, lock=lock)

    def verify(self, row: Row, digits: str, *, reserved: bool) -> bool:
        """Hashes: call it outside a transaction. ``reserved``: a known device, for which places are kept."""
        keyed = self._keyed(row["account_id"], row["id"], digits)
        return self.hasher.verify(keyed, row["verifier"], (row["account_id"], row["id"]), reserved=reserved)

    def needs_rehash(self, row: Row) -> bool:
        return self.hasher.needs_rehash(row["verifier"])

    def hash_again(self, row: Row, digits: str) -> str:
        return self.hasher.hash(self._keyed(row["account_id"], row["id"], digits), (row["account_id"], row["id"]))

    def rehash(self, tx: Transaction, row: Row, verifier: str) -> None:
        """Keeps the same digits under stronger parameters; if somebody changed them meanwhile, theirs stay."""
        self.store.change(tx, row, verifier=verifier)

    def hash_new(self, account: AccountId, digits: str, *, reserved: bool) -> NewTradingPassphrase:
        """Hashes: call it outside a transaction. The rules were checked before."""
        row_id = AuthenticatorId(self.randomness.id())
        hashed = self.hasher.hash(self._keyed(account, row_id, digits), (account, row_id), reserved=reserved)
        return NewTradingPassphrase(account=account, row_id=row_id, hash=hashed)

    def bind(self, tx: Transaction, new: NewTradingPassphrase, digits: str, now: datetime) -> Row | None:
        """The first of an account, or in place of the present one, which is given. Raises Conflict if that changed
        meanwhile."""
        present = self.find(tx, new.account, lock=True)
        # Its hash goes: what was one is no longer of use to anybody but who would guess it.
        if present is not None and self.store.change(tx, present, state="removed", removed_at=now, verifier="") is None:
            raise Conflict
        self.store.add(
            tx,
            id=new.row_id,
            account_id=new.account,
            kind=AuthenticatorKind.TRADING_PASSPHRASE,
            begun_at=now,
            bound_at=now,
            renews=False,
            verifier=new.hash,
        )
        self._remember(tx, new.account, digits, now)
        return present

    def close(self, tx: Transaction, row: Row, now: datetime) -> bool:
        """After too many failures in a row. Whether this was what closed it."""
        return row["closed_at"] is None and self.store.change(tx, row, closed_at=now) is not None

    def was_used(self, tx: Transaction, account: AccountId, digits: str) -> bool:
        """Whether it is one of the last five, the present one among them. Compares with each, whichever matches."""
        found = False
        for row in self.store.list_earlier(tx, account):
            earlier = self._earlier(account, row["id"], digits)
            found |= self.keyring.digests_match(earlier, row["passphrase_digest"])
        return found

    def _remember(self, tx: Transaction, account: AccountId, digits: str, now: datetime) -> None:
        row_id = self.randomness.id()
        digest = self._earlier(account, row_id, digits)
        row = {"id": row_id, "account_id": account, "passphrase_digest": digest, "set_at": now}
        self.store.add_earlier(tx, row)
        for stale in self.store.list_earlier(tx, account)[:-REMEMBERED]:
            if not self.store.forget_earlier(tx, stale):
                raise Conflict

    def _keyed(self, account: str, row_id: str, digits: str) -> Secret:
        return Secret(self.keyring.digest("trading_passphrase", account, row_id, digits))

    def _earlier(self, account: str, row_id: str, digits: str) -> str:
        return self.keyring.digest("earlier_trading_passphrase", account, row_id, digits)


def standing_of(row: Row | None) -> TradingStanding:
    """``row`` is what ``find`` gave."""
    if row is None:
        return "none"
    return "open" if row["closed_at"] is None else "closed"
