"""Rows of services and of the keys that sign tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import or_

from watchword.storage.database import Transaction
from watchword.storage.schema import services, signing_keys
from watchword.storage.trusted import Row, RowSigner, TrustedTable


@dataclass(frozen=True)
class ServiceStore:
    signer: RowSigner

    @cached_property
    def _services(self) -> TrustedTable:
        return TrustedTable(table=services, signer=self.signer)

    def add(self, tx: Transaction, row: Row) -> None:
        """Raises Conflict when the name is taken by one that is not revoked."""
        self._services.insert(tx, row)

    def find(self, tx: Transaction, token_digest: str) -> Row | None:
        return self._services.find_by(tx, token_digest=token_digest)

    def find_named(self, tx: Transaction, name: str) -> Row | None:
        return self._services.find_by(tx, name=name, revoked_at=None, lock=True)

    def list_all(self, tx: Transaction) -> list[Row]:
        return [*self._services.list_by(tx, order="made_at")]

    def rotate(self, tx: Transaction, row: Row, token_digest: str) -> bool:
        return self._services.change(tx, row, token_digest=token_digest) is not None

    def revoke(self, tx: Transaction, row: Row, at: datetime) -> bool:
        return self._services.change(tx, row, revoked_at=at) is not None


@dataclass(frozen=True)
class SigningKeyStore:
    signer: RowSigner

    @cached_property
    def _keys(self) -> TrustedTable:
        return TrustedTable(table=signing_keys, signer=self.signer)

    def add(self, tx: Transaction, row: Row) -> None:
        """Raises Conflict where there is such a key already."""
        self._keys.insert(tx, row)

    def list_all(self, tx: Transaction) -> Sequence[Row]:
        return self._keys.list_by(tx, order="made_at")

    def list_live(self, tx: Transaction) -> Sequence[Row]:
        """Those that sign or will sign; locked in a writing transaction by whoever changes them."""
        return self._keys.list_by(tx, retired_at=None, order="made_at")

    def list_published(self, tx: Transaction, now: datetime) -> Sequence[Row]:
        leaves = signing_keys.c.leaves_at
        return self._keys.list(tx, or_(leaves.is_(None), leaves > now), order=signing_keys.c.made_at)

    def change(self, tx: Transaction, row: Row, **changes: Any) -> Row | None:
        return self._keys.change(tx, row, **changes)
