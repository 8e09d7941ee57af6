"""Rows of child sessions. One that nobody redeemed yet is not witnessed by the record: it lives for a minute."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import delete

from watchword.foundation.terms import SessionId
from watchword.storage.database import Transaction
from watchword.storage.schema import child_sessions
from watchword.storage.trusted import Row, RowSigner, TrustedTable


@dataclass(frozen=True)
class ChildStore:
    signer: RowSigner

    @cached_property
    def _begun(self) -> TrustedTable:
        return TrustedTable(table=child_sessions, signer=self.signer, witnessed=False)

    @cached_property
    def _children(self) -> TrustedTable:
        return TrustedTable(table=child_sessions, signer=self.signer)

    def begin(self, tx: Transaction, row: Row) -> None:
        self._begun.insert(tx, row)

    def find_by_code(self, tx: Transaction, code_digest: str) -> Row | None:
        return self._begun.find_by(tx, code_digest=code_digest, lock=True)

    def find(self, tx: Transaction, token_digest: str) -> Row | None:
        return self._children.find_by(tx, token_digest=token_digest)

    def list_live(self, tx: Transaction, session: SessionId) -> Sequence[Row]:
        """Those that were redeemed or may yet be, in one order for all."""
        return self._children.list_by(tx, session_id=session, ended_at=None, order="id", lock=True)

    def redeem(self, tx: Transaction, row: Row, token_digest: str, at: datetime) -> bool:
        """False: somebody else was first."""
        changes = {"token_digest": token_digest, "redeemed_at": at, "return_sealed": None}
        return self._children.change(tx, row, **changes) is not None

    def end(self, tx: Transaction, row: Row, at: datetime) -> bool:
        table = self._begun if row["redeemed_at"] is None else self._children
        return table.change(tx, row, ended_at=at, return_sealed=None) is not None

    def forget(self, tx: Transaction, before: datetime) -> None:
        """Codes that nobody redeemed in time."""
        begun = child_sessions.c
        tx.execute(delete(child_sessions).where(begun.redeemed_at.is_(None), begun.code_expires_at < before))
