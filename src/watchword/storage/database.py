"""Transactions on SQLite or PostgreSQL. Synchronous: a use case runs on a worker thread.

SQLite: ``BEGIN IMMEDIATE`` and one writer at a time (with its defaults it silently loses concurrent
increments). PostgreSQL: read committed; whoever changes a row guards or locks it.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool


class Transaction:
    """One open transaction. Stores execute on ``connection``."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.notes: dict[Any, Any] = {}
        """What a room keeps for the length of this transaction, under a key of its own."""
        self._before_commit: list[Callable[[], None]] = []
        self._after_commit: list[Callable[[], None]] = []
        self._witnessed: dict[tuple[str, str], str | None] = {}

    def before_commit(self, step: Callable[[], None]) -> None:
        self._before_commit.append(step)

    def after_commit(self, step: Callable[[], None]) -> None:
        """Runs only once the change is durable: emptying a cache, waking a worker."""
        self._after_commit.append(step)

    def witness(self, table: str, row_id: str, digest: str | None) -> None:
        """Notes the digest a trusted row now carries (None: deleted); the record puts it into its chain."""
        self._witnessed[table, row_id] = digest

    def take_witnesses(self) -> list[tuple[str, str, str | None]]:
        taken = [(table, row_id, digest) for (table, row_id), digest in self._witnessed.items()]
        self._witnessed.clear()
        return taken

    def _close(self) -> None:
        for step in self._before_commit:
            step()
        if self._witnessed:
            raise RuntimeError("a trusted row changed without an event in the same transaction")


class Database:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._writer = threading.Lock()

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """A transaction that may write. Commits at the end of the block; an exception rolls it back."""
        if not self.is_sqlite:
            yield from self._run()
            return
        with self._writer:
            yield from self._run()

    def _run(self) -> Iterator[Transaction]:
        with self.engine.connect() as connection:
            with connection.begin():
                tx = Transaction(connection)
                yield tx
                tx._close()
        for step in tx._after_commit:
            step()

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A transaction that only reads; on SQLite it never waits for the writer."""
        with self.engine.connect().execution_options(watchword_read=True) as connection, connection.begin():
            yield Transaction(connection)

    def close(self) -> None:
        self.engine.dispose()


def open_database(url: str, *, pool_size: int = 8) -> Database:
    """``sqlite:///path`` or ``postgresql://…``."""
    if url.startswith("sqlite:"):
        engine = create_engine(url, poolclass=QueuePool, pool_size=pool_size, max_overflow=32)
        _prepare_sqlite(engine)
    else:
        address = url.replace("postgresql://", "postgresql+psycopg://", 1).replace(
            "postgres://", "postgresql+psycopg://", 1
        )
        engine = create_engine(address, pool_size=pool_size, max_overflow=8, pool_pre_ping=False)
    return Database(engine)


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        reading = connection.get_execution_options().get("watchword_read")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
