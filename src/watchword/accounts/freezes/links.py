"""Freeze links (policy §8): a token in an alert mail that can do one thing, freeze. Only its keyed digest is kept.

It lives 72 hours and dies when the account is thawed. It grants nothing and tells nothing of the account.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from watchword.accounts.freezes.store import FreezeStore
from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.foundation.errors import Conflict
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId
from watchword.storage.database import Transaction

LIVES = timedelta(hours=72)
PATH = "/freeze/"
_NEWEST = "freeze link: the one of this transaction"


@dataclass(frozen=True, kw_only=True)
class FreezeLink:
    id: str
    account: AccountId


@dataclass(frozen=True, kw_only=True)
class FreezeLinks:
    store: FreezeStore
    keyring: Keyring
    randomness: Randomness
    public_url: str

    def issue(self, tx: Transaction, account: AccountId, now: datetime) -> str:
        """The whole address. One for all that a transaction tells of an account."""
        key = (_NEWEST, account)
        if key not in tx.notes:
            tx.notes[key] = self._issue(tx, account, now)
        token: Secret = tx.notes[key]
        return f"{self.public_url}{PATH}{token.reveal()}"

    def find(self, tx: Transaction, token: Secret, now: datetime) -> FreezeLink | None:
        """The link with that token, while it lives."""
        row = self.store.find_link(tx, self._digest(token))
        if row is None or row["ended_at"] is not None or row["expires_at"] <= now:
            return None
        return FreezeLink(id=row["id"], account=AccountId(row["account_id"]))

    def end_all(self, tx: Transaction, account: AccountId, now: datetime) -> None:
        for row in self.store.list_live_links(tx, account, now):
            if self.store.end_link(tx, row, now) is None:
                raise Conflict

    def forget(self, tx: Transaction, now: datetime) -> int:
        """Drops those that are over; gives how many."""
        return self.store.forget_links(tx, now)

    def _issue(self, tx: Transaction, account: AccountId, now: datetime) -> Secret:
        token = self.randomness.token()
        row = {
            "id": self.randomness.id(),
            "account_id": account,
            "token_digest": self._digest(token),
            "made_at": now,
            "expires_at": now + LIVES,
            "ended_at": None,
        }
        self.store.add_link(tx, row)
        return token

    def _digest(self, token: Secret) -> str:
        return self.keyring.digest("freeze link", token.reveal())
