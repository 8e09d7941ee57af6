"""Rows of accounts and of the addresses people name them by."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, select

from watchword.foundation.terms import AccountId
from watchword.storage.database import Transaction
from watchword.storage.schema import accounts, identifiers
from watchword.storage.trusted import Row, RowSigner, TrustedTable


@dataclass(frozen=True)
class AccountStore:
    signer: RowSigner

    @property
    def _accounts(self) -> TrustedTable:
        return TrustedTable(table=accounts, signer=self.signer)

    @property
    def _identifiers(self) -> TrustedTable:
        return TrustedTable(table=identifiers, signer=self.signer)

    def add_account(self, tx: Transaction, row: Row) -> None:
        self._accounts.insert(tx, row)

    def find_account(self, tx: Transaction, account: AccountId, *, lock: bool = False) -> Row | None:
        return self._accounts.find(tx, accounts.c.id == account, lock=lock)

    def close_account(self, tx: Transaction, row: Row, *, standing: str, at: datetime) -> Row | None:
        return self._accounts.change(tx, row, standing=standing, closed_at=at)

    def add_identifier(self, tx: Transaction, row: Row) -> None:
        self._identifiers.insert(tx, row)

    def find_bound_or_decoy(self, tx: Transaction, lookup_digest: str, decoy_digest: str) -> Row:
        """The bound identifier with that digest, or the decoy's: one statement and one row either way."""
        decoy_last = case((identifiers.c.lookup_digest == decoy_digest, 1), else_=0)
        statement = (
            select(identifiers)
            .where(identifiers.c.lookup_digest.in_([lookup_digest, decoy_digest]), identifiers.c.removed_at.is_(None))
            .order_by(decoy_last)
            .limit(1)
        )
        return self._identifiers.read(tx, statement)[0]

    def list_identifiers(self, tx: Transaction, account: AccountId) -> list[Row]:
        return self._identifiers.list(
            tx, identifiers.c.account_id == account, identifiers.c.removed_at.is_(None), order=identifiers.c.bound_at
        )
