"""How we connect to SQLite and to PostgreSQL, and which of their errors mean "busy, try again soon"."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from watchword.foundation.errors import Busy, Misconfigured

OVERFLOW = 24
KEPT_STATEMENTS = 1024
"""By a connection to SQLite; the driver's own 128 are fewer than ours."""
WAL_TRIES = 20

SQLITE_PRAGMAS = (
    "synchronous=FULL",  # an answered step survives a power cut
    "foreign_keys=ON",
    "trusted_schema=OFF",
)

POSTGRESQL_SETTINGS = {
    "statement_timeout": "15s",
    "idle_in_transaction_session_timeout": "30s",
    "synchronous_commit": "on",
    "timezone": "UTC",
}

BUSY_STATES = frozenset(
    {
        "40001",  # serialization_failure
        "40P01",  # deadlock_detected
        "53300",  # too_many_connections
        "55P03",  # lock_not_available
        "57014",  # query_canceled: the statement timeout
        "57P01",  # admin_shutdown
        "57P03",  # cannot_connect_now
    }
)


def make_engines(url: str, *, pool_size: int, wait: timedelta) -> tuple[Engine, Engine]:
    """For who writes, and for who reads. Raises Misconfigured, without the address: it may hold a password.

    On SQLite a connection only ever does one of both: letting it change over makes it prepare every statement again.
    """
    try:
        address = make_url(url)
    except ArgumentError:
        raise Misconfigured("the database address can't be read") from None
    match address.get_backend_name():
        case "sqlite":
            return _sqlite(address, pool_size, wait), _sqlite(address, pool_size, wait, only_reads=True)
        case "postgresql" | "postgres":
            engine = _postgresql(address, pool_size, wait)
            return engine, engine
    raise Misconfigured("the database address must begin with sqlite:/// or postgresql://")


def _sqlite(address: URL, pool_size: int, wait: timedelta, *, only_reads: bool = False) -> Engine:
    if not address.database or address.database == ":memory:":
        raise Misconfigured("the SQLite database must be a file")
    _create_file(address.database)
    engine = create_engine(
        address,
        connect_args={"cached_statements": KEPT_STATEMENTS},
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=OVERFLOW,
        pool_timeout=wait.total_seconds(),
        pool_use_lifo=True,  # the one that wrote last still holds the pages it needs; another reads them anew
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        # Another process, like the operator's command line, may be writing.
        connection.execute(f"PRAGMA busy_timeout={_milliseconds(wait)}")
        _use_wal(connection)
        for pragma in SQLITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        if only_reads:
            connection.execute("PRAGMA query_only=ON")

    return engine


def begin_sqlite(connection: Connection, *, reading: bool) -> None:
    """For SQLAlchemy's own BEGIN, which is none here. (A listener on the engine would slow down each statement.)"""
    raw: Any = connection.connection.dbapi_connection
    raw.execute("BEGIN" if reading else "BEGIN IMMEDIATE")


def _create_file(path: str) -> None:
    """For its owner only from the first byte on; SQLite gives its journal files the same mode."""
    # One that exists is left alone: closing it here would let go of every lock this process holds on it.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _use_wal(connection: Any) -> None:
    """Only the first connection ever changes the mode, but several may be the first, and then SQLite does not wait."""
    for _ in range(WAL_TRIES):
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode=WAL")
            return
        connection.execute("BEGIN IMMEDIATE")  # this does wait, until the other is done
        connection.execute("ROLLBACK")
    connection.execute("PRAGMA journal_mode=WAL")


def _postgresql(address: URL, pool_size: int, wait: timedelta) -> Engine:
    settings = {"lock_timeout": f"{_milliseconds(wait)}ms", **POSTGRESQL_SETTINGS}
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    return create_engine(
        address.set(drivername="postgresql+psycopg"),
        connect_args={"options": options, "application_name": "watchword"},
        isolation_level="READ COMMITTED",
        pool_size=pool_size,
        max_overflow=OVERFLOW,
        pool_timeout=wait.total_seconds(),
        pool_recycle=1800,
        hide_parameters=True,
    )


def _milliseconds(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)


@contextmanager
def busy_as_error() -> Iterator[None]:
    """Turns "somebody else is in the way" of either database into Busy; every other error stays what it is."""
    try:
        yield
    except PoolTimeout:
        raise Busy("no free database connection") from None
    except (DBAPIError, sqlite3.OperationalError) as error:
        if not _means_busy(error):
            raise
        raise Busy("the database is busy or out of reach") from error


def _means_busy(error: DBAPIError | sqlite3.OperationalError) -> bool:
    cause: Any = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        # The low byte is the primary code; the rest says more closely where.
        return (getattr(cause, "sqlite_errorcode", 0) & 0xFF) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return lost or getattr(cause, "sqlstate", None) in BUSY_STATES
