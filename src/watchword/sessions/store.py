"""Rows of sessions."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from watchword.foundation.terms import AccountId, SessionId
from watchword.storage.database import Transaction
from watchword.storage.schema import sessions
from watchword.storage.trusted import Row, RowSigner, TrustedTable


@dataclass(frozen=True)
class SessionStore:
    signer: RowSigner

    @property
    def _sessions(self) -> TrustedTable:
        return TrustedTable(table=sessions, signer=self.signer)

    def add(self, tx: Transaction, row: Row) -> None:
        self._sessions.insert(tx, row)

    def find(self, tx: Transaction, token_digest: str) -> Row | None:
        return self._sessions.find(tx, sessions.c.token_digest == token_digest)

    def find_by_id(self, tx: Transaction, account: AccountId, session: SessionId) -> Row | None:
        return self._sessions.find(tx, sessions.c.account_id == account, sessions.c.id == session)

    def list_live(self, tx: Transaction, account: AccountId) -> list[Row]:
        return self._sessions.list(
            tx, sessions.c.account_id == account, sessions.c.revoked_at.is_(None), order=sessions.c.last_seen_at
        )

    def revoke(self, tx: Transaction, row: Row, at: datetime) -> bool:
        return self._sessions.change(tx, row, revoked_at=at) is not None

    def touch(self, tx: Transaction, session: SessionId, at: datetime, network: str) -> None:
        tx.connection.execute(update(sessions).where(sessions.c.id == session).values(last_seen_at=at, network=network))
