"""Rows of services."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from watchword.storage.database import Transaction
from watchword.storage.schema import services
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
