"""Rows of passages."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import delete

from watchword.foundation.terms import AccountId, PassageId, Purpose
from watchword.gate.passage import Passage, changeable, read_passage
from watchword.storage.database import Transaction
from watchword.storage.schema import passages
from watchword.storage.trusted import Row, RowSigner, TrustedTable


@dataclass(frozen=True)
class PassageStore:
    signer: RowSigner

    @cached_property
    def _passages(self) -> TrustedTable:
        return TrustedTable(table=passages, signer=self.signer, witnessed=False)

    def add(self, tx: Transaction, row: Row) -> Passage:
        return _held(tx, read_passage(self._passages.insert(tx, row)))

    def find(self, tx: Transaction, passage: PassageId, token_digest: str, *, lock: bool) -> Passage | None:
        """Only with the token its client holds."""
        held: Passage | None = tx.held(passages.name, (passage, token_digest))
        if held is not None:
            return held
        row = self._passages.find_by(tx, id=passage, token_digest=token_digest, lock=lock)
        return None if row is None else _held(tx, read_passage(row))

    def save(self, tx: Transaction, passage: Passage, **more: Any) -> Passage | None:
        """None when somebody else changed it since it was read."""
        row = self._passages.change(tx, passage.row, **changeable(passage), **more)
        return None if row is None else _held(tx, replace(passage, row=row))

    def list_open(self, tx: Transaction, account: AccountId, purpose: Purpose) -> list[Passage]:
        rows = self._passages.list_by(tx, account_id=account, purpose=purpose, state="open")
        return [read_passage(row) for row in rows]

    def forget(self, tx: Transaction, before: datetime) -> int:
        """Passages that ended long ago, with their codes. The record keeps what happened."""
        return tx.execute(delete(passages).where(passages.c.expires_at < before)).rowcount


def _held(tx: Transaction, passage: Passage) -> Passage:
    """The next answer needs not read it again, if nothing was written there since."""
    tx.hold(passages.name, passage, (passage.id, passage.row["token_digest"]))
    return passage
