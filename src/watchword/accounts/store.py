"""Rows of accounts and of the addresses people name them by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import BindParameter, bindparam, case, or_, select

from watchword.foundation.terms import AccountId
from watchword.storage.database import Transaction
from watchword.storage.schema import accounts, identifiers
from watchword.storage.trusted import Row, RowSigner, TrustedTable

_WANTED: BindParameter[str] = bindparam("wanted")
_DECOY: BindParameter[str] = bindparam("decoy")
_BOUND_OR_DECOY = (
    select(identifiers)
    .where(or_(identifiers.c.lookup_digest == _WANTED, identifiers.c.lookup_digest == _DECOY))
    .where(identifiers.c.removed_at.is_(None))
    .order_by(case((identifiers.c.lookup_digest == _DECOY, 1), else_=0))
    .limit(1)
)


@dataclass(frozen=True)
class AccountStore:
    signer: RowSigner

    @cached_property
    def _accounts(self) -> TrustedTable:
        return TrustedTable(table=accounts, signer=self.signer)

    @cached_property
    def _identifiers(self) -> TrustedTable:
        return TrustedTable(table=identifiers, signer=self.signer)

    def add_account(self, tx: Transaction, row: Row) -> None:
        self._accounts.insert(tx, row)

    def find_account(self, tx: Transaction, account: AccountId, *, lock: bool = False) -> Row | None:
        return self._accounts.find_by(tx, id=account, lock=lock)

    def close_account(self, tx: Transaction, row: Row, *, standing: str, at: datetime) -> Row | None:
        return self._accounts.change(tx, row, standing=standing, closed_at=at)

    def add_identifier(self, tx: Transaction, row: Row) -> None:
        self._identifiers.insert(tx, row)

    def find_bound_or_decoy(self, tx: Transaction, lookup_digest: str, decoy_digest: str) -> Row:
        """The bound identifier with that digest, or the decoy's: one statement and one row either way."""
        return self._identifiers.read(tx, _BOUND_OR_DECOY, wanted=lookup_digest, decoy=decoy_digest)[0]

    def list_identifiers(self, tx: Transaction, account: AccountId) -> Sequence[Row]:
        return self._identifiers.list_by(tx, account_id=account, removed_at=None, order="bound_at")

    def page_of_identifiers(self, tx: Transaction, *, after: str, count: int) -> list[Row]:
        """In the order of their ids."""
        return self._identifiers.list(tx, identifiers.c.id > after, order=identifiers.c.id, at_most=count)

    def reseal_identifier(self, tx: Transaction, row: Row, sealed: str) -> Row | None:
        return self._identifiers.change(tx, row, value_sealed=sealed)
