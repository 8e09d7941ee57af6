"""Grants: what one sign-in at one client gave. Its codes and tokens live no longer than it, and it no longer than the
session: whatever ends the session (signing out, removing the device, freezing, closing) ends it in the same
transaction.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from watchword.accounts.accounts import Accounts
from watchword.crypto.tokens import Randomness
from watchword.foundation.terms import AccountId, SessionId, Standing
from watchword.handover.openid.clients import Client, Clients
from watchword.handover.openid.logouts import Logouts
from watchword.handover.openid.store import GrantStore
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.sessions.sessions import Session, Sessions
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row

GrantId = NewType("GrantId", str)

CODE_REUSED, REFRESH_TOKEN_REUSED = "code_reused", "refresh_token_reused"
REUSED = frozenset({CODE_REUSED, REFRESH_TOKEN_REUSED})
"""Why a grant ended that somebody else may have had a part in: the holder reads it."""


@dataclass(frozen=True, kw_only=True)
class LiveGrant:
    id: GrantId
    client: Client
    session: Session
    scopes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Grants:
    store: GrantStore
    clients: Clients
    sessions: Sessions
    accounts: Accounts
    logouts: Logouts
    journal: Journal
    randomness: Randomness

    def open(
        self, tx: Transaction, client: Client, session: Session, scopes: tuple[str, ...], now: datetime
    ) -> GrantId:
        grant = GrantId(self.randomness.id())
        row = {
            "id": grant,
            "client_id": client.id,
            "account_id": session.account,
            "session_id": session.id,
            "scopes": " ".join(scopes),
            "made_at": now,
            "expires_at": session.expires_at,
            "ended_at": None,
            "end_reason": None,
        }
        self.store.add(tx, row)
        self.journal.record(
            tx,
            EventKind.APP_ENTERED,
            at=now,
            account=session.account,
            session=session.id,
            device=session.device,
            application=client.id,
            scopes=",".join(scopes),
        )
        return grant

    def find_live(self, tx: Transaction, grant: str, now: datetime) -> LiveGrant | None:
        """Neither ended, nor its session over, nor its client revoked; with the scopes that the client still has.

        Of a session that can only read: while the account is frozen, and the client is said to understand it. After
        the thaw there is none, so that nobody goes on as a reader who could do all.
        """
        row = self.store.find(tx, grant)
        if row is None or row["ended_at"] is not None:
            return None
        session = self.sessions.find_live(tx, AccountId(row["account_id"]), SessionId(row["session_id"]), now)
        client = self.clients.find(tx, row["client_id"])
        if session is None or client is None or not self._may_use(tx, client, session):
            return None
        return LiveGrant(
            id=GrantId(row["id"]), client=client, session=session, scopes=client.still_has(row["scopes"].split())
        )

    def _may_use(self, tx: Transaction, client: Client, session: Session) -> bool:
        if session.scope == "full":
            return True
        return client.understands_read_only and self.accounts.get(tx, session.account).standing is Standing.FROZEN

    def end(self, tx: Transaction, grant: str, now: datetime, reason: str) -> None:
        """Its refresh tokens and access tokens are refused from now on."""
        row = self.store.find(tx, grant)
        if row is not None and row["ended_at"] is None:
            self._end(tx, row, now, reason)

    def end_of_client(self, tx: Transaction, account: AccountId, client: str, now: datetime, reason: str) -> int:
        """Every grant of the account at that client, which is told; gives how many."""
        rows = self.store.list_of_client(tx, account, client)
        for row in rows:
            self._end(tx, row, now, reason)
        told = self.clients.find(tx, client)
        for session in sorted({row["session_id"] for row in rows}):
            self.logouts.enqueue(tx, told, account, SessionId(session), now)
        return len(rows)

    def session_ended(self, tx: Transaction, account: AccountId, session: SessionId, now: datetime) -> None:
        """What follows the end of a session: its grants end, and every client it was used at is told."""
        rows = self.store.list_of_session(tx, account, session)
        for row in rows:
            if row["ended_at"] is None:
                self._end(tx, row, now, "session_ended")
        for client in sorted({row["client_id"] for row in rows}):
            self.logouts.enqueue(tx, self.clients.find(tx, client), account, session, now)

    def _end(self, tx: Transaction, row: Row, now: datetime, reason: str) -> None:
        if self.store.change(tx, row, ended_at=now, end_reason=reason) is None:
            return
        self.journal.record(
            tx,
            EventKind.APP_TOKEN_REUSED if reason in REUSED else EventKind.APP_TOKENS_ENDED,
            at=now,
            account=AccountId(row["account_id"]),
            session=SessionId(row["session_id"]),
            application=row["client_id"],
            reason=reason,
        )
