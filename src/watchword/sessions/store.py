"""Rows of sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import bindparam, update

from watchword.foundation.terms import AccountId, SessionId
from watchword.storage.database import Transaction
from watchword.storage.schema import sessions
from watchword.storage.trusted import Row, RowSigner, TrustedTable

_TOUCH = update(sessions).where(sessions.c.id == bindparam("session"))


@dataclass(frozen=True)
class SessionStore:
    signer: RowSigner

    @cached_property
    def _sessions(self) -> TrustedTable:
        return TrustedTable(table=sessions, signer=self.signer)

    def add(self, tx: Transaction, row: Row) -> None:
        self._sessions.insert(tx, row)

    def find(self, tx: Transaction, token_digest: str) -> Row | None:
        return self._sessions.find_by(tx, token_digest=token_digest)

    def find_by_id(self, tx: Transaction, account: AccountId, session: SessionId) -> Row | None:
        return self._sessions.find_by(tx, account_id=account, id=session)

    def list_live(self, tx: Transaction, account: AccountId) -> Sequence[Row]:
        return self._sessions.list_by(tx, account_id=account, revoked_at=None, order="last_seen_at")

    def revoke(self, tx: Transaction, row: Row, at: datetime) -> bool:
        return self._sessions.change(tx, row, revoked_at=at) is not None

    def touch(self, tx: Transaction, session: SessionId, at: datetime, network: str | None) -> None:
        """``network`` None: it is not the browser or app itself that was seen."""
        seen = {"last_seen_at": at} if network is None else {"last_seen_at": at, "network": network}
        tx.run(_TOUCH, {"session": session, **seen})
