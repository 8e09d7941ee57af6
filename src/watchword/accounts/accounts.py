"""Accounts: create, find, close. One row is the decoy, which every unknown identifier leads to.

The decoy has an address and a passphrase nobody knows. A step for an unknown person therefore runs the same
statements, checks the same digests and hashes as for anybody else, and can never be accepted (policy §5).
"""

from dataclasses import dataclass
from datetime import datetime

from watchword.accounts.identifiers import Identifier
from watchword.accounts.store import AccountStore
from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.foundation.errors import Conflict, NotFound
from watchword.foundation.terms import AccountId, IdentifierId, IdentifierKind, Standing
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row

DECOY = AccountId("decoy")
DECOY_IDENTIFIER = Identifier(IdentifierKind.EMAIL, "nobody@decoy.invalid")


@dataclass(frozen=True, kw_only=True)
class Account:
    id: AccountId
    standing: Standing
    language: str
    created_at: datetime

    @property
    def is_decoy(self) -> bool:
        return self.id == DECOY

    @classmethod
    def of(cls, row: Row) -> "Account":
        return cls(
            id=AccountId(row["id"]),
            standing=Standing(row["standing"]),
            language=row["language"],
            created_at=row["created_at"],
        )


@dataclass(frozen=True, kw_only=True)
class BoundIdentifier:
    """An address of an account."""

    id: IdentifierId
    account: AccountId
    identifier: Identifier
    bound_at: datetime


@dataclass(frozen=True, kw_only=True)
class Accounts:
    store: AccountStore
    keyring: Keyring
    randomness: Randomness

    def digest(self, identifier: Identifier) -> str:
        """The keyed digest an identifier is found and counted by."""
        return self.keyring.digest("identifier", identifier.kind, identifier.value)

    def create(self, tx: Transaction, account: AccountId, *, language: str, now: datetime) -> None:
        row = {"id": account, "standing": Standing.OPEN, "language": language, "created_at": now, "closed_at": None}
        self.store.add_account(tx, row)

    def bind_identifier(self, tx: Transaction, account: AccountId, identifier: Identifier, now: datetime) -> None:
        """Raises Conflict when it is bound already."""
        row_id = self.randomness.id()
        self.store.add_identifier(
            tx,
            {
                "id": row_id,
                "account_id": account,
                "kind": identifier.kind,
                "value_sealed": self.keyring.seal(identifier.value.encode(), "identifier", account, row_id),
                "lookup_digest": self.digest(identifier),
                "bound_at": now,
                "removed_at": None,
            },
        )

    def find_or_decoy(self, tx: Transaction, identifier_digest: str) -> Account:
        """The account behind an identifier, or the decoy: the same statements either way."""
        bound = self.store.find_bound_or_decoy(tx, identifier_digest, self.digest(DECOY_IDENTIFIER))
        return self.get(tx, AccountId(bound["account_id"]))

    def get(self, tx: Transaction, account: AccountId) -> Account:
        row = self.store.find_account(tx, account)
        if row is None:
            raise NotFound
        return Account.of(row)

    def identifiers(self, tx: Transaction, account: AccountId) -> list[BoundIdentifier]:
        """Oldest first."""
        return [self._bound(row) for row in self.store.list_identifiers(tx, account)]

    def preferred_identifier(self, tx: Transaction, account: AccountId) -> Identifier:
        """Where codes go: the e-mail; the phone only where no e-mail is bound (policy §2)."""
        bound = [each.identifier for each in self.identifiers(tx, account)]
        return next((each for each in bound if each.kind is IdentifierKind.EMAIL), bound[0])

    def close(self, tx: Transaction, account: AccountId, now: datetime) -> None:
        row = self.store.find_account(tx, account, lock=True)
        if row is None or account == DECOY:
            raise NotFound
        if self.store.close_account(tx, row, standing=Standing.CLOSED, at=now) is None:
            raise Conflict

    def _bound(self, row: Row) -> BoundIdentifier:
        value = self.keyring.unseal(row["value_sealed"], "identifier", row["account_id"], row["id"])
        return BoundIdentifier(
            id=IdentifierId(row["id"]),
            account=AccountId(row["account_id"]),
            identifier=Identifier(IdentifierKind(row["kind"]), value.decode()),
            bound_at=row["bound_at"],
        )
