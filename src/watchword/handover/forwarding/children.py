"""Child sessions: what an application on another host knows a browser by, once the door has let it in.

Our own cookie can't reach that host, and must not. So the door gives a code to a browser with a session, and the
browser carries it to the application's host, where we redeem it for a cookie of that host alone. The code serves
once, for a minute, for the application it was made for, and only in the browser that asked for it: the one that keeps
what was drawn for it at that host. So nobody is signed in with a code that somebody else was given, and a code read
on its way opens nothing.

A child has no life of its own: every look at it looks at its parent, whose end is its end. Coming with a code a
second time ends the child that it made (RFC 6749, section 4.1.2).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.foundation.client import Client
from watchword.foundation.clock import Clock
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId, ChildSessionId, SessionId
from watchword.handover.forwarding.addresses import Application, Return
from watchword.handover.forwarding.cache import ChildCache
from watchword.handover.forwarding.store import ChildStore
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.sessions.sessions import Session, Sessions
from watchword.storage.database import Database, Transaction
from watchword.storage.trusted import Row

CODE_LIVES = timedelta(seconds=60)
_RETURN = "child_return"


@dataclass(frozen=True, kw_only=True)
class Redeemed:
    token: Secret
    expires_at: datetime
    """Of the parent, absolute."""
    address: str
    """To go on to."""


@dataclass(frozen=True, kw_only=True)
class ChildSessions:
    database: Database
    store: ChildStore
    cache: ChildCache
    sessions: Sessions
    journal: Journal
    keyring: Keyring
    randomness: Randomness
    clock: Clock

    def begin(self, parent: Session, goes_to: Return, browser_digest: str) -> Secret:
        """A code for a browser that is signed in at the door. ``browser_digest`` is of what that browser keeps at the
        application's host; the door is told no more of it."""
        now, code, child = self.clock(), self.randomness.token(), self.randomness.id()
        with self.database.begin() as tx:
            self.store.begin(
                tx,
                {
                    "id": child,
                    "account_id": parent.account,
                    "session_id": parent.id,
                    "origin": goes_to.application.origin,
                    "code_digest": self._digest_of_code(code),
                    "browser_digest": browser_digest,
                    "return_sealed": self.keyring.seal(goes_to.address.encode(), _RETURN, parent.account, child),
                    "begun_at": now,
                    "code_expires_at": now + CODE_LIVES,
                    "token_digest": None,
                    "redeemed_at": None,
                    "ended_at": None,
                },
            )
        return code

    def redeem(self, code: Secret, application: Application, browser_digest: str) -> Redeemed | None:
        """None: no such code, not for this application or browser, too late, used before, or the parent is over.
        Whatever the reason, the code serves no more."""
        now, token = self.clock(), self.randomness.token()
        with self.database.begin() as tx:
            row = self.store.find_by_code(tx, self._digest_of_code(code))
            if row is None:
                return None
            if row["redeemed_at"] is not None:
                self._end(tx, row, "replayed", now)
                return None
            parent = self._parent(tx, row, now) if self._serves(row, application, browser_digest, now) else None
            if parent is None:
                self._end(tx, row, "refused", now)
                return None
            address = self.keyring.unseal(row["return_sealed"], _RETURN, row["account_id"], row["id"]).decode()
            for earlier in self.store.list_live(tx, parent.id):
                if earlier["redeemed_at"] is not None and earlier["origin"] == application.origin:
                    self._end(tx, earlier, "replaced", now)
            if not self.store.redeem(tx, row, self._digest(token, application), now):
                return None
            self._record(tx, EventKind.CHILD_SESSION_OPENED, row, now)
        return Redeemed(token=token, expires_at=parent.expires_at, address=address)

    def find(self, token: Secret, application: Application, client: Client) -> Session | None:
        """The live parent of the child with that token at that application."""
        digest, now = self._digest(token, application), self.clock()
        found = self.cache.find(digest, now)
        if found is None:
            epoch = self.cache.epoch
            found = self._look_up(digest, application, client)
            if found is not None:
                self.cache.put(digest, found, now, epoch)
        return found if found is not None and self.sessions.is_live(found, now) else None

    def find_cached(self, token: str, application: Application) -> Session | None:
        """For the hot path: only what is in memory."""
        now = self.clock()
        found = self.cache.find(self.keyring.digest("child_session", application.origin, token), now)
        return found if found is not None and self.sessions.is_live(found, now) else None

    def ended(self, tx: Transaction, account: AccountId, session: SessionId, now: datetime) -> None:
        """In the transaction that ends the parent: its children, and codes that may yet make one, end with it."""
        tx.after_commit(lambda: self.cache.drop(session))
        for row in self.store.list_live(tx, session):
            if row["account_id"] == account:
                self._end(tx, row, "parent", now)

    def forget(self, tx: Transaction, now: datetime) -> None:
        """Codes that nobody redeemed in time."""
        self.store.forget(tx, now)

    def _look_up(self, digest: str, application: Application, client: Client) -> Session | None:
        with self.database.read() as tx:
            row = self.store.find(tx, digest)
        if row is None or row["ended_at"] is not None or row["origin"] != application.origin:
            return None
        return self.sessions.see(AccountId(row["account_id"]), SessionId(row["session_id"]), client)

    def _serves(self, row: Row, application: Application, browser_digest: str, now: datetime) -> bool:
        return (
            row["ended_at"] is None
            and now < row["code_expires_at"]
            and row["origin"] == application.origin
            and self.keyring.digests_match(row["browser_digest"], browser_digest)
        )

    def _parent(self, tx: Transaction, row: Row, now: datetime) -> Session | None:
        return self.sessions.find_live(tx, AccountId(row["account_id"]), SessionId(row["session_id"]), now)

    def _end(self, tx: Transaction, row: Row, reason: str, now: datetime) -> None:
        if row["ended_at"] is None and self.store.end(tx, row, now):
            self._record(tx, EventKind.CHILD_SESSION_ENDED, row, now, reason=reason)
            tx.after_commit(lambda: self.cache.drop(SessionId(row["session_id"])))

    def _record(self, tx: Transaction, kind: EventKind, row: Row, now: datetime, **reason: Any) -> None:
        self.journal.record(
            tx,
            kind,
            at=now,
            account=AccountId(row["account_id"]),
            session=SessionId(row["session_id"]),
            child=ChildSessionId(row["id"]),
            application=row["origin"],
            **reason,
        )

    def _digest(self, token: Secret, application: Application) -> str:
        return self.keyring.digest("child_session", application.origin, token.reveal())

    def _digest_of_code(self, code: Secret) -> str:
        return self.keyring.digest("child_code", code.reveal())
