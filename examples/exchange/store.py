"""The desk's own SQLite: one connection, one writer at a time, each change in a transaction of its own."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock

from examples.exchange import ledger

_SCHEMA = (
    ledger.SCHEMA
    + """
CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, client_id TEXT, ticker TEXT NOT NULL, side TEXT NOT NULL,
    kind TEXT NOT NULL, size TEXT NOT NULL, price TEXT, filled_at TEXT, filled_for TEXT, state TEXT NOT NULL,
    placed_at TEXT NOT NULL, UNIQUE (account, client_id)) STRICT;
CREATE INDEX IF NOT EXISTS orders_of ON orders (account, placed_at);
CREATE TABLE IF NOT EXISTS payouts (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, session TEXT NOT NULL, action TEXT NOT NULL, state TEXT NOT NULL,
    approval TEXT NOT NULL, asked_until TEXT NOT NULL, reason TEXT, opens_at TEXT, receipt TEXT,
    begun_at TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS payouts_of ON payouts (account, begun_at);
CREATE TABLE IF NOT EXISTS places (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, label TEXT NOT NULL, asset TEXT NOT NULL, network TEXT NOT NULL,
    address TEXT NOT NULL, memo TEXT) STRICT;
CREATE TABLE IF NOT EXISTS sign_ins (
    digest TEXT PRIMARY KEY, browser TEXT NOT NULL, nonce TEXT NOT NULL, verifier TEXT NOT NULL, next TEXT NOT NULL,
    until TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sessions (
    digest TEXT PRIMARY KEY, account TEXT NOT NULL, subject TEXT NOT NULL, door_session TEXT NOT NULL,
    access TEXT NOT NULL, refresh TEXT NOT NULL, id_token TEXT NOT NULL, until TEXT NOT NULL) STRICT;
"""
)


@dataclass(frozen=True)
class Store:
    path: Path
    _lock: RLock = field(default_factory=RLock)
    _open: list[sqlite3.Connection] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))  # it holds tokens: nobody else reads it
        connection = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")
        connection.executescript(_SCHEMA)
        self._open.append(connection)

    @contextmanager
    def begin(self) -> Iterator[sqlite3.Connection]:
        """All of it or nothing."""
        with self._lock:
            (connection,) = self._open
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        with self._lock:
            self._open.pop().close()
