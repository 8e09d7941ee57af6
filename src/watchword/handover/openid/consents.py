"""What a holder agreed that a client may know, and taking it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from watchword.crypto.tokens import Randomness
from watchword.foundation.clock import Clock
from watchword.foundation.errors import Conflict, NotFound
from watchword.foundation.terms import AccountId
from watchword.handover.openid.clients import Client, ClientId, Clients
from watchword.handover.openid.grants import Grants
from watchword.handover.openid.store import ConsentStore
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.sessions.sessions import Session
from watchword.storage.database import Database, Transaction


@dataclass(frozen=True, kw_only=True)
class Connected:
    """An application that may know something of the holder."""

    client: ClientId
    name: str
    scopes: tuple[str, ...]
    asked: bool
    """False: the operator's own, for which nobody is asked."""
    given_at: datetime


@dataclass(frozen=True, kw_only=True)
class Consents:
    database: Database
    store: ConsentStore
    clients: Clients
    grants: Grants
    journal: Journal
    randomness: Randomness
    clock: Clock

    def covers(self, tx: Transaction, account: AccountId, client: Client, scopes: Sequence[str]) -> bool:
        row = self.store.find(tx, account, client.id)
        return row is not None and set(scopes) <= set(row["scopes"].split())

    def note(self, tx: Transaction, session: Session, client: Client, scopes: Sequence[str], *, asked: bool) -> None:
        """Adds to what was agreed before; nothing, where all of it was. Raises Conflict."""
        now, row = self.clock(), self.store.find(tx, session.account, client.id)
        known = row["scopes"].split() if row is not None else []
        together = [*known, *(scope for scope in scopes if scope not in known)]
        if together == known and (row is None or row["asked"] or not asked):
            return
        if row is None:
            added = {
                "id": self.randomness.id(),
                "account_id": session.account,
                "client_id": client.id,
                "scopes": " ".join(together),
                "asked": asked,
                "given_at": now,
                "withdrawn_at": None,
            }
            try:
                self.store.add(tx, added)
            except Conflict:  # another tab was first; what it left out is asked next time
                return
        elif self.store.change(tx, row, scopes=" ".join(together), asked=asked or row["asked"]) is None:
            raise Conflict
        self.journal.record(
            tx,
            EventKind.APP_CONNECTED,
            at=now,
            account=session.account,
            session=session.id,
            device=session.device,
            application=client.id,
            scopes=",".join(together),
            asked=asked,
        )

    def list_in(self, tx: Transaction, account: AccountId, *, withdrawn_too: bool = False) -> list[Connected]:
        rows = self.store.list_all(tx, account) if withdrawn_too else self.store.list_live(tx, account)
        found = [(row, self.clients.find(tx, row["client_id"])) for row in rows]
        return [
            Connected(
                client=client.id,
                name=client.name,
                scopes=tuple(row["scopes"].split()),
                asked=row["asked"],
                given_at=row["given_at"],
            )
            for row, client in found
            if client is not None
        ]

    def list(self, account: AccountId, *, withdrawn_too: bool = False) -> list[Connected]:
        """Those of clients that still are, the oldest first."""
        with self.database.read() as tx:
            return self.list_in(tx, account, withdrawn_too=withdrawn_too)

    def withdraw(self, session: Session, client: str) -> None:
        """Its tokens end, and it is told that the holder is signed out. Raises NotFound, Conflict."""
        now = self.clock()
        with self.database.begin() as tx:
            row = self.store.find(tx, session.account, client)
            if row is None:
                raise NotFound
            if self.store.change(tx, row, withdrawn_at=now) is None:
                raise Conflict
            self.grants.end_of_client(tx, session.account, client, now, "disconnected")
            self.journal.record(
                tx,
                EventKind.APP_DISCONNECTED,
                at=now,
                account=session.account,
                session=session.id,
                device=session.device,
                application=client,
            )
