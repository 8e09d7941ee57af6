"""Sessions of the desk: begun by a sign-in at the door, and over when the door says so.

The desk's cookie is its own, and means nothing to anybody else. Behind it stand tokens of the door, kept here and never
in the browser: on every request the access token is checked against what the door signed and what it revoked. So a
session that ended at the door is over here at the next request; while the door is not heard, nobody is let in.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from threading import RLock

from examples.exchange.door import Door, NotBelieved, Tokens
from examples.exchange.ledger import OUTSIDE, move, post
from examples.exchange.market import QUOTE
from examples.exchange.store import Store
from watchword.relying import Identity, SessionEnded, TokenRefused

SIGN_IN_LIVES = timedelta(minutes=20)
SESSION_LIVES = timedelta(hours=24)
OPENING = ((QUOTE, Decimal(10_000)), ("ISANT", Decimal(12)), ("BRENB", Decimal(150)))
"""What everybody begins with."""


@dataclass(frozen=True)
class Holder:
    """Who is signed in."""

    account: str
    session: str
    """At the door: approvals are asked for and consumed with it."""
    read_only: bool
    """The account is frozen: it reads and cancels, and begins nothing."""


def digest(token: str) -> str:
    """What is kept of a token that a browser holds."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class SignIns:
    store: Store
    door: Door
    clock: Callable[[], datetime]
    new_token: Callable[[], str]
    _renewing: RLock = field(default_factory=RLock)

    def begin(self, *, next_path: str, language: str) -> tuple[str, str]:
        """What the browser keeps until it comes back, and where it is sent. Raises Unavailable."""
        state, nonce, verifier, browser = (self.new_token() for _ in range(4))
        address = self.door.begin(state=state, nonce=nonce, verifier=verifier, language=language)
        now = self.clock()
        with self.store.begin() as tx:
            tx.execute("DELETE FROM sign_ins WHERE until < ?", (now.isoformat(),))
            until = (now + SIGN_IN_LIVES).isoformat()
            row = (digest(state), digest(browser), nonce, verifier, next_path, until)
            tx.execute("INSERT INTO sign_ins VALUES (?, ?, ?, ?, ?, ?)", row)
        return browser, address

    def finish(self, answer: Mapping[str, str], browser: str) -> tuple[str, str]:
        """The desk's own token for that browser, and where it was going. Raises NotBelieved, Unavailable.

        An answer serves once, and only in the browser that asked: nobody can be signed in to somebody else's account.
        """
        begun = self._take(answer.get("state", ""), browser)
        if "code" not in answer:
            raise NotBelieved("no code")
        tokens = self.door.finish(answer, nonce=begun["nonce"], verifier=begun["verifier"])
        identity = self._identify(tokens)
        claims = self.door.read(tokens.id, "JWT")
        if claims.get("sub") != identity.subject or claims.get("sid") != identity.session:
            raise NotBelieved("two people")
        token = self.new_token()
        with self.store.begin() as tx:
            self._keep(tx, token, identity, tokens)
            self.open_account(tx, str(identity.account))
        return token, str(begun["next"])

    def find(self, token: str) -> Holder | None:
        """Who has that cookie. Raises Unavailable where the door can't be heard."""
        row = self._row(token)
        if row is None:
            return None
        try:
            identity = self._identity(token, row)
        except (NotBelieved, SessionEnded):
            self.forget(token)
            return None
        except TokenRefused:  # a key that is not known yet, clocks apart: not now, and no reason to end anything
            return None
        return Holder(str(identity.account), identity.session, identity.read_only)

    def tokens(self, token: str) -> Tokens | None:
        row = self._row(token)
        return None if row is None else _tokens(row)

    def forget(self, token: str) -> None:
        with self.store.begin() as tx:
            tx.execute("DELETE FROM sessions WHERE digest = ?", (digest(token),))

    def end(self, logout_token: str) -> None:
        """The door says that a session is over, or everything of a person's. It may say so twice, and nothing comes of
        the second time. Raises NotBelieved, Unavailable."""
        claims = self.door.read_logout(logout_token)
        with self.store.begin() as tx:
            if "sid" in claims:
                tx.execute("DELETE FROM sessions WHERE door_session = ?", (claims["sid"],))
            else:
                tx.execute("DELETE FROM sessions WHERE subject = ?", (claims["sub"],))

    def _take(self, state: str, browser: str) -> sqlite3.Row:
        with self.store.begin() as tx:
            row = tx.execute(
                "DELETE FROM sign_ins WHERE digest = ? AND browser = ? AND until >= ? RETURNING *",
                (digest(state), digest(browser), self.clock().isoformat()),
            ).fetchone()
        if row is None:
            raise NotBelieved("state")
        found: sqlite3.Row = row
        return found

    def _row(self, token: str) -> sqlite3.Row | None:
        with self.store.begin() as tx:
            found: sqlite3.Row | None = tx.execute(
                "SELECT * FROM sessions WHERE digest = ? AND until >= ?", (digest(token), self.clock().isoformat())
            ).fetchone()
        return found

    def _identity(self, token: str, row: sqlite3.Row) -> Identity:
        """An access token lives five minutes; the next one is asked for once, however many requests find it over."""
        try:
            return self._identify(_tokens(row))
        except SessionEnded:
            raise
        except TokenRefused as refused:
            if refused.reason != "expired":
                raise
        with self._renewing:
            now = self._row(token)
            if now is None:
                raise NotBelieved("over")
            if now["access"] != row["access"]:
                return self._identify(_tokens(now))
            tokens = self.door.renew(_tokens(now))
            identity = self._identify(tokens)
            with self.store.begin() as tx:
                tx.execute(
                    "UPDATE sessions SET access = ?, refresh = ?, id_token = ? WHERE digest = ?",
                    (tokens.access, tokens.refresh, tokens.id, digest(token)),
                )
            return identity

    def _identify(self, tokens: Tokens) -> Identity:
        return self.door.sessions.verify(tokens.access)

    def _keep(self, tx: sqlite3.Connection, token: str, identity: Identity, tokens: Tokens) -> None:
        now = self.clock()
        tx.execute("DELETE FROM sessions WHERE until < ?", (now.isoformat(),))
        until = (now + SESSION_LIVES).isoformat()
        row = (digest(token), identity.account, identity.subject, identity.session, *_texts(tokens), until)
        tx.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    def open_account(self, tx: sqlite3.Connection, account: str) -> None:
        now = self.clock()
        for asset, amount in OPENING:
            gift = move(asset, amount, (OUTSIDE, "free"), (account, "free"))
            post(tx, f"opening:{account}:{asset}", "opening", gift, now)


def _tokens(row: sqlite3.Row) -> Tokens:
    return Tokens(row["access"], row["refresh"], row["id_token"])


def _texts(tokens: Tokens) -> tuple[str, str, str]:
    return tokens.access, tokens.refresh, tokens.id
