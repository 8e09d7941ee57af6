"""Rows of accounts and of the addresses people name them by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, case, or_, select

from watchword.foundation.terms import AccountId, IdentifierId
from watchword.storage.database import Transaction
from watchword.storage.schema import accounts, identifiers
from watchword.storage.trusted import Row, RowSigner, TrustedTable

_WANTED: BindParameter[str] = bindparam("wanted")
_DECOY: BindParameter[str] = bindparam("decoy")
_NOW: BindParameter[datetime] = bindparam("now", type_=identifiers.c.contact_until.type)
_IS_BOUND = identifiers.c.contact_until.is_(None)


def _or_decoy(condition: ColumnElement[bool]) -> Select[Any]:
    return (
        select(identifiers)
        .where(or_(identifiers.c.lookup_digest == _WANTED, identifiers.c.lookup_digest == _DECOY))
        .where(identifiers.c.removed_at.is_(None), condition)
        .order_by(case((identifiers.c.lookup_digest == _DECOY, 1), else_=0))
        .limit(1)
    )


_BOUND_OR_DECOY = _or_decoy(_IS_BOUND)
_NAMED_OR_DECOY = _or_decoy(or_(_IS_BOUND, identifiers.c.contact_until > _NOW))


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

    def hold(self, tx: Transaction, account: str) -> None:
        tx.execute(select(accounts.c.id).where(accounts.c.id == account).with_for_update(key_share=True))

    def change_standing(self, tx: Transaction, row: Row, standing: str) -> Row | None:
        return self._accounts.change(tx, row, standing=standing)

    def close_account(self, tx: Transaction, row: Row, *, standing: str, at: datetime) -> Row | None:
        return self._accounts.change(tx, row, standing=standing, closed_at=at)

    def add_identifier(self, tx: Transaction, row: Row) -> None:
        self._identifiers.insert(tx, row)

    def find_bound_or_decoy(self, tx: Transaction, lookup_digest: str, decoy_digest: str) -> Row:
        """The bound identifier with that digest, or the decoy's: one statement and one row either way."""
        return self._identifiers.read(tx, _BOUND_OR_DECOY, wanted=lookup_digest, decoy=decoy_digest)[0]

    def find_named_or_decoy(self, tx: Transaction, lookup_digest: str, decoy_digest: str, now: datetime) -> Row:
        """Like ``find_bound_or_decoy``, for security contacts too."""
        return self._identifiers.read(tx, _NAMED_OR_DECOY, wanted=lookup_digest, decoy=decoy_digest, now=now)[0]

    def find_occupying(self, tx: Transaction, lookup_digest: str) -> Row | None:
        """The row that keeps others from binding that identifier: bound, or a security contact, live or over."""
        return self._identifiers.find_by(tx, lookup_digest=lookup_digest, removed_at=None, lock=True)

    def find_identifier(self, tx: Transaction, account: AccountId, identifier: IdentifierId) -> Row | None:
        """Removed ones too."""
        return self._identifiers.find_by(tx, account_id=account, id=identifier)

    def change_identifier(self, tx: Transaction, row: Row, **changes: Any) -> Row | None:
        return self._identifiers.change(tx, row, **changes)

    def list_identifiers(self, tx: Transaction, account: AccountId) -> Sequence[Row]:
        """Bound ones, and security contacts, live or over."""
        return self._identifiers.list_by(tx, account_id=account, removed_at=None, order="bound_at")

    def page_of_identifiers(self, tx: Transaction, *, after: str, count: int) -> list[Row]:
        """In the order of their ids."""
        return self._identifiers.list(tx, identifiers.c.id > after, order=identifiers.c.id, at_most=count)

    def reseal_identifier(self, tx: Transaction, row: Row, sealed: str) -> Row | None:
        return self._identifiers.change(tx, row, value_sealed=sealed)
