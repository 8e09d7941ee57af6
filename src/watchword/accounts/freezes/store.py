"""Rows of freezes and of the links that freeze."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import delete

from watchword.foundation.terms import AccountId
from watchword.storage.database import Transaction
from watchword.storage.schema import freeze_links, freezes
from watchword.storage.trusted import Row, RowSigner, TrustedTable


@dataclass(frozen=True)
class FreezeStore:
    signer: RowSigner

    @cached_property
    def _freezes(self) -> TrustedTable:
        return TrustedTable(table=freezes, signer=self.signer)

    @cached_property
    def _links(self) -> TrustedTable:
        return TrustedTable(table=freeze_links, signer=self.signer, witnessed=False)

    def add(self, tx: Transaction, row: Row) -> None:
        self._freezes.insert(tx, row)

    def list_live(self, tx: Transaction, account: AccountId) -> Sequence[Row]:
        return self._freezes.list_by(tx, account_id=account, thawed_at=None, order="frozen_at")

    def list_thawed_since(self, tx: Transaction, account: AccountId, since: datetime) -> Sequence[Row]:
        return self._freezes.list(tx, freezes.c.account_id == account, freezes.c.thawed_at > since)

    def end(self, tx: Transaction, row: Row, *, at: datetime, by: str) -> Row | None:
        return self._freezes.change(tx, row, thawed_at=at, thawed_by=by)

    def add_link(self, tx: Transaction, row: Row) -> None:
        self._links.insert(tx, row)

    def find_link(self, tx: Transaction, token_digest: str) -> Row | None:
        return self._links.find_by(tx, token_digest=token_digest)

    def list_live_links(self, tx: Transaction, account: AccountId, now: datetime) -> Sequence[Row]:
        return self._links.list(
            tx,
            freeze_links.c.account_id == account,
            freeze_links.c.ended_at.is_(None),
            freeze_links.c.expires_at > now,
            order=freeze_links.c.id,
        )

    def end_link(self, tx: Transaction, row: Row, at: datetime) -> Row | None:
        return self._links.change(tx, row, ended_at=at)

    def forget_links(self, tx: Transaction, before: datetime) -> int:
        return tx.execute(delete(freeze_links).where(freeze_links.c.expires_at < before)).rowcount
