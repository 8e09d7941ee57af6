"""Transactions on SQLite or PostgreSQL. Synchronous: a use case runs on a worker thread.

SQLite: ``BEGIN IMMEDIATE`` and one writer at a time (with its defaults it silently loses concurrent
increments). PostgreSQL: read committed; whoever changes a row guards or locks it. Nothing is tried again by
itself: a deadlock, a spent lock timeout or a lost connection rolls back, raises Busy, and the caller says so.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine, Executable, UpdateBase

from watchword.foundation.errors import Busy
from watchword.storage.engines import begin_sqlite, busy_as_error, make_engines
from watchword.storage.known import Found, Known
from watchword.storage.prepared import Parameters, Prepared, Statement, prepare, run
from watchword.storage.writer import Writer

_KEPT: dict[tuple[str, Statement, tuple[str, ...]], Prepared] = {}
"""Statements as they are prepared for a dialect."""


class Transaction:
    """One open transaction. Stores run the statements they keep by ``rows`` and ``run``, others by ``execute``."""

    def __init__(self, connection: Connection, known: Known, *, alone: bool) -> None:
        self._connection = connection
        self._known = known
        self._remembers, self._may_remember = False, True
        self.dialect = connection.dialect.name
        self.alone = alone
        """Nobody else can write while this one is open: a lock would hold nobody up."""
        self.notes: dict[Any, Any] = {}
        """What a room keeps for the length of this transaction, under a key of its own."""
        self._before_commit: list[Callable[[], None]] = []
        self._last: list[Callable[[], None]] = []
        self._after_commit: list[Callable[[], None]] = []
        self._after_rollback: list[Callable[[], None]] = []
        self._witnessed: dict[tuple[str, str], str | None] = {}
        self.changed: list[tuple[str, str]] = []
        """(table, row) of every trusted row that the record keeps and this transaction changed."""

    @property
    def connection(self) -> Connection:
        """Whoever takes it may write by it whatever and whenever they like: nothing is remembered from then on."""
        self._known.clear()
        self._remembers, self._may_remember = False, False
        return self._connection

    def rows(self, statement: Statement, parameters: Parameters) -> list[dict[str, Any]]:
        """What a kept statement gives."""
        return self._run(statement, parameters, parameters)[0]

    def run(self, statement: Statement, parameters: Parameters | Sequence[Parameters]) -> int:
        """Runs a kept statement, once for each set of parameters; says how many rows it changed."""
        first = parameters if isinstance(parameters, (dict, Mapping)) else parameters[0]
        return self._run(statement, first, parameters)[1]

    def execute(self, statement: Executable, rows: Sequence[Parameters] | None = None) -> CursorResult[Any]:
        """A statement of SQLAlchemy's own, built for this one time: it reads, or writes one table."""
        if isinstance(statement, UpdateBase):
            self._forget(str(statement.table))
        elif not self.alone:  # it may lock
            self._known.clear()
        return self._connection.execute(statement, rows)

    def remember(self) -> None:
        """From now on what is read is read once, until it may read otherwise. Not before somebody is known by a
        credential or a session: how much is read must not tell one account from another (policy §5)."""
        self._remembers = self._may_remember

    def read_anew(self) -> None:
        """From here to its end everything is read: it is about somebody else than who is known, and how much was read
        of them before must not show either."""
        self._remembers, self._may_remember = False, False

    def once(self, table: str, statement: Statement, parameters: Parameters, read: Callable[[], Found]) -> Found:
        """What ``read`` makes of a kept statement over one table."""
        if not self._remembers:
            return read()
        prepared = self._prepared(statement, parameters)
        return self._known.once(table, _asked(prepared, parameters), read) if prepared.only_reads else read()

    def recall(self, table: str, key: Any, read: Callable[[], Found]) -> Found:
        """The same, of a statement that locks nothing and that the key tells from all others over the table."""
        return self._known.once(table, key, read) if self._remembers else read()

    def known(self, table: str, statement: Statement, parameters: Parameters) -> Any:
        """What ``once`` has read and would give again; None: it would read."""
        if not self._remembers:
            return None
        return self._known.find(table, _asked(self._prepared(statement, parameters), parameters))

    def keep(self, table: str, statement: Statement, parameters: Parameters, found: Any) -> None:
        """What ``once`` would read now; where others can write it reads, as they may have."""
        if self._remembers and self.alone:
            self._known.put(table, _asked(self._prepared(statement, parameters), parameters), found)

    @property
    def remembers(self) -> bool:
        """Whether it is about somebody who is known."""
        return self._remembers

    def held(self, table: str, key: Any = None) -> Any:
        """What was put there by ``hold`` and still stands, whoever this is about; None: it has to be read."""
        return self._known.find(table, key) if self.alone and self._may_remember else None

    def hold(self, table: str, found: Any, key: Any = None) -> None:
        """What was just read or written, under a key that whoever asks for it must have: how much is read must not
        tell one account from another."""
        if self.alone and self._may_remember:
            self._known.put(table, key, found)

    def _run(
        self, statement: Statement, first: Parameters, parameters: Parameters | Sequence[Parameters]
    ) -> tuple[list[dict[str, Any]], int]:
        prepared = self._prepared(statement, first)
        if not prepared.only_reads:
            self._forget(prepared.writes)
        return run(self._connection, prepared, parameters)

    def _forget(self, table: str) -> None:
        """Whoever writes or locks may have waited for somebody, who may have changed whatever was read before; where
        nobody else can write, only what is written reads otherwise."""
        if self.alone:
            self._known.forget(table)
        else:
            self._known.clear()

    def _prepared(self, statement: Statement, parameters: Parameters) -> Prepared:
        key = (self.dialect, statement, tuple(parameters))
        prepared = _KEPT.get(key)
        if prepared is None:
            prepared = _KEPT[key] = prepare(statement, key[2], self._connection.dialect)
        return prepared

    def before_commit(self, step: Callable[[], None], *, last: bool = False) -> None:
        """Runs at the end of the block, inside the transaction; an error there rolls everything back.

        ``last`` steps wait for all others: the record takes its lock there, so that others wait for it only
        as long as a commit takes. A step may add further steps.
        """
        (self._last if last else self._before_commit).append(step)

    def after_commit(self, step: Callable[[], None]) -> None:
        """Runs only once the change is durable, after every lock is let go: emptying a cache, waking a worker."""
        self._after_commit.append(step)

    def after_rollback(self, step: Callable[[], None]) -> None:
        """Runs if it all comes to nothing: what was refused is told in a transaction of its own."""
        self._after_rollback.append(step)

    def witness(self, table: str, row_id: str, digest: str | None) -> None:
        """Notes the digest a trusted row now carries (None: deleted); the record puts it into its chain."""
        self._witnessed[table, row_id] = digest
        self.changed.append((table, row_id))

    def take_witnesses(self) -> list[tuple[str, str, str | None]]:
        taken = [(table, row_id, digest) for (table, row_id), digest in self._witnessed.items()]
        self._witnessed.clear()
        return taken

    def _close(self) -> None:
        while steps := self._before_commit or self._last:
            steps.pop(0)()
        if self._witnessed:
            raise RuntimeError("a trusted row changed without an event in the same transaction")

    def _closed(self) -> None:
        for step in self._after_commit:
            step()

    def _undone(self) -> None:
        for step in self._after_rollback:
            step()


class Database:
    def __init__(self, engine: Engine, reading: Engine, wait: timedelta) -> None:
        self.engine = engine
        self.reading = reading
        self._wait = wait
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._writer = Writer(engine)
        self._turn = threading.Lock()
        self._thread = threading.local()
        self._told: dict[str, list[Callable[[str, str], None]]] = {}

    def tell_of_changes(self, tables: Iterable[str], tell: Callable[[str, str], None]) -> None:
        """Calls it with table and row of each trusted row that was changed here, once the change is durable: for what
        is kept in memory of such rows. What another process changes is not told."""
        for table in tables:
            self._told.setdefault(table, []).append(tell)

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """A transaction that may write. Commits at the end of the block; an exception rolls it back.

        Raises Busy when the database is at its bound. A thread has one such transaction at a time: a second
        one would wait for the first for ever.
        """
        if getattr(self._thread, "writes", False):
            raise RuntimeError("a transaction is already open on this thread")
        tx = None
        try:
            with self._writing(), self._open() as (connection, known):
                tx = Transaction(connection, known, alone=self.is_sqlite)
                yield tx
                tx._close()
        except BaseException:
            if tx is not None:
                tx._undone()
            raise
        for table, row in tx.changed:
            for tell in self._told.get(table, ()):
                tell(table, row)
        tx._closed()

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A transaction that only reads, from one snapshot; on SQLite it never waits for the writer."""
        tx = None
        try:
            with busy_as_error(), self.reading.connect() as connection:
                if not self.is_sqlite:
                    connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                with connection.begin():
                    if self.is_sqlite:
                        begin_sqlite(connection, reading=True)
                    tx = Transaction(connection, Known(), alone=True)
                    yield tx
        except BaseException:
            if tx is not None:
                tx._undone()
            raise

    @contextmanager
    def _open(self) -> Iterator[tuple[Connection, Known]]:
        if self.is_sqlite:
            with self._writer.transaction() as opened:
                yield opened
        else:
            with self.engine.connect() as connection, connection.begin():
                yield connection, Known()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._thread.writes = True
        try:
            with self._one_writer(), busy_as_error():
                yield
        finally:
            self._thread.writes = False

    @contextmanager
    def _one_writer(self) -> Iterator[None]:
        """SQLite has one writer; threads of this process queue here rather than poll in its busy handler."""
        if not self.is_sqlite:
            yield
            return
        if not self._turn.acquire(timeout=self._wait.total_seconds()):
            raise Busy("too many wait to write")
        try:
            yield
        finally:
            self._turn.release()

    def close(self) -> None:
        self._writer.close()
        self.engine.dispose()
        self.reading.dispose()


def _asked(prepared: Prepared, parameters: Parameters) -> tuple[Any, ...]:
    return prepared.text, *parameters.values()


def open_database(url: str, *, pool_size: int = 8, wait: timedelta = timedelta(seconds=8)) -> Database:
    """``sqlite:///path`` or ``postgresql://…``. Raises Misconfigured for anything else; does not connect yet.

    ``wait`` is how long one waits for a connection or for another's lock before it is Busy.
    """
    return Database(*make_engines(url, pool_size=pool_size, wait=wait), wait)
