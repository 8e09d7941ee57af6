"""Rows of approvals."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from watchword.foundation.terms import AccountId
from watchword.storage.database import Transaction
from watchword.storage.schema import approvals
from watchword.storage.trusted import Row, RowSigner, TrustedTable


@dataclass(frozen=True)
class ApprovalStore:
    signer: RowSigner

    @cached_property
    def _approvals(self) -> TrustedTable:
        return TrustedTable(table=approvals, signer=self.signer)

    def add(self, tx: Transaction, row: Row) -> None:
        self._approvals.insert(tx, row)

    def find(self, tx: Transaction, token_digest: str, *, lock: bool = False) -> Row | None:
        return self._approvals.find_by(tx, token_digest=token_digest, lock=lock)

    def list_unspent(self, tx: Transaction, account: AccountId, now: datetime) -> list[Row]:
        return self._approvals.list(
            tx, approvals.c.account_id == account, approvals.c.spent_at.is_(None), approvals.c.expires_at > now
        )

    def end(self, tx: Transaction, row: Row, at: datetime) -> bool:
        return self._approvals.change(tx, row, expires_at=at) is not None

    def hand_over(self, tx: Transaction, row: Row, token_digest: str) -> bool:
        return self._approvals.change(tx, row, token_digest=token_digest) is not None

    def spend(self, tx: Transaction, row: Row, at: datetime) -> bool:
        return self._approvals.change(tx, row, spent_at=at) is not None
