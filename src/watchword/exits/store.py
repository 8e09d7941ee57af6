"""Rows of holds, destinations, locks, and of approvals that a service spent."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import select

from watchword.foundation.terms import AccountId
from watchword.storage.database import Transaction
from watchword.storage.schema import destinations, exit_spendings, freezes, holds, locks
from watchword.storage.trusted import Row, RowSigner, TrustedTable


@dataclass(frozen=True)
class HoldStore:
    signer: RowSigner

    @cached_property
    def _holds(self) -> TrustedTable:
        return TrustedTable(table=holds, signer=self.signer)

    def add(self, tx: Transaction, row: Row) -> None:
        self._holds.insert(tx, row)

    def list_running(self, tx: Transaction, account: AccountId, now: datetime) -> list[Row]:
        """Those that have not ended, the longest first. All rows of the account are checked: one whose end was
        edited would fall out of a narrower look."""
        rows = [row for row in self._holds.list_by(tx, order="ends_at", account_id=account) if row["ends_at"] > now]
        return rows[::-1]

    def find_since(self, tx: Transaction, account: AccountId, cause: str, begun_after: datetime) -> Row | None:
        rows = self._holds.list_by(tx, order="begins_at", account_id=account, cause=cause)
        return rows[-1] if rows and rows[-1]["begins_at"] > begun_after else None


@dataclass(frozen=True)
class DestinationStore:
    signer: RowSigner

    @cached_property
    def _destinations(self) -> TrustedTable:
        return TrustedTable(table=destinations, signer=self.signer)

    def add(self, tx: Transaction, row: Row) -> None:
        """Raises Conflict when the account has it already."""
        self._destinations.insert(tx, row)

    def find(self, tx: Transaction, account: AccountId, destination_digest: str) -> Row | None:
        return self._destinations.find_by(tx, account_id=account, destination_digest=destination_digest)

    def find_by_id(self, tx: Transaction, account: AccountId, destination: str) -> Row | None:
        return self._destinations.find_by(tx, account_id=account, id=destination)

    def list_of_account(self, tx: Transaction, account: AccountId) -> list[Row]:
        return [*self._destinations.list_by(tx, order="named_at", account_id=account)]

    def enlist(self, tx: Transaction, row: Row, at: datetime) -> bool:
        return self._destinations.change(tx, row, listed_at=at) is not None

    def remove(self, tx: Transaction, row: Row) -> bool:
        return self._destinations.delete(tx, row)

    def page(self, tx: Transaction, *, after: str, count: int) -> list[Row]:
        """By id, over all accounts."""
        statement = select(destinations).where(destinations.c.id > after).order_by(destinations.c.id).limit(count)
        return [*self._destinations.read(tx, statement)]

    def reseal(self, tx: Transaction, row: Row, sealed: str) -> Row | None:
        return self._destinations.change(tx, row, destination_sealed=sealed)


@dataclass(frozen=True)
class LockStore:
    signer: RowSigner

    @cached_property
    def _locks(self) -> TrustedTable:
        return TrustedTable(table=locks, signer=self.signer)

    def add(self, tx: Transaction, row: Row) -> None:
        """Raises Conflict when one of its kind is on already."""
        self._locks.insert(tx, row)

    def find(self, tx: Transaction, account: AccountId, kind: str) -> Row | None:
        """The one that is on, or begins. All rows of the account are checked: one whose end was written in would
        fall out of a narrower look."""
        rows = self._locks.list_by(tx, order="begun_at", account_id=account, kind=kind)
        return next((row for row in rows if row["ended_at"] is None), None)

    def end(self, tx: Transaction, row: Row, at: datetime) -> bool:
        return self._locks.change(tx, row, ended_at=at) is not None


@dataclass(frozen=True)
class SpendingStore:
    signer: RowSigner

    @cached_property
    def _spendings(self) -> TrustedTable:
        return TrustedTable(table=exit_spendings, signer=self.signer)

    @cached_property
    def _freezes(self) -> TrustedTable:
        return TrustedTable(table=freezes, signer=self.signer)

    def add(self, tx: Transaction, row: Row) -> None:
        """Raises Conflict when its key or its approval was spent already."""
        self._spendings.insert(tx, row)

    def find(self, tx: Transaction, key_digest: str) -> Row | None:
        return self._spendings.find_by(tx, key_digest=key_digest)

    def list_since(self, tx: Transaction, account: AccountId, since: datetime) -> list[Row]:
        columns = exit_spendings.c
        return self._spendings.list(tx, columns.account_id == account, columns.spent_at > since)

    def was_frozen_since(self, tx: Transaction, account: AccountId, since: datetime) -> bool:
        """Whether a freeze began then or later, thawed or not."""
        return any(row["frozen_at"] >= since for row in self._freezes.list_by(tx, account_id=account))
