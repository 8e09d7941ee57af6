"""The anti-phishing code ("stamp") of an account: sealed to account and row, read only to be put into a message."""

from dataclasses import dataclass
from datetime import datetime

from watchword.accounts.stamps.store import StampStore
from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.foundation.errors import Conflict
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row


@dataclass(frozen=True, kw_only=True)
class Stamp:
    text: Secret
    set_at: datetime


@dataclass(frozen=True, kw_only=True)
class Stamps:
    store: StampStore
    keyring: Keyring
    randomness: Randomness

    def find(self, tx: Transaction, account: AccountId) -> Stamp | None:
        """For the head of a message to a confirmed address of that account, and for nothing else. The decoy has
        none: its statement is the same (policy §5)."""
        row = self.store.find(tx, account)
        return None if row is None else self._open(row)

    def set_at(self, tx: Transaction, account: AccountId) -> datetime | None:
        """Since when there is one: all that pages and the API tell."""
        row = self.store.find(tx, account)
        return None if row is None else row["set_at"]

    def put(self, tx: Transaction, account: AccountId, stamp: Secret, now: datetime) -> bool:
        """Whether it takes the place of another. Raises Conflict."""
        present = self.store.find(tx, account, lock=True)
        row_id = self.randomness.id() if present is None else present["id"]
        sealed = self.keyring.seal(stamp.reveal().encode(), "stamp", account, row_id)
        if present is None:
            self.store.add(tx, {"id": row_id, "account_id": account, "stamp_sealed": sealed, "set_at": now})
        elif self.store.change(tx, present, stamp_sealed=sealed, set_at=now) is None:
            raise Conflict
        return present is not None

    def remove(self, tx: Transaction, account: AccountId) -> bool:
        """Whether there was one. Raises Conflict."""
        present = self.store.find(tx, account, lock=True)
        if present is not None and not self.store.delete(tx, present):
            raise Conflict
        return present is not None

    def _open(self, row: Row) -> Stamp:
        text = self.keyring.unseal(row["stamp_sealed"], "stamp", row["account_id"], row["id"]).decode()
        return Stamp(text=Secret(text), set_at=row["set_at"])
