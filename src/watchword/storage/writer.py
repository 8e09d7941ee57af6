"""The connection that writes to SQLite, which has one writer at a time: kept from one transaction to the next.

Taking it out of the pool and giving it back took half the time of an empty transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from watchword.storage.engines import begin_sqlite
from watchword.storage.known import Known


class Writer:
    """Never for two threads at a time: whoever calls has waited for their turn."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._known = Known()

    @contextmanager
    def transaction(self) -> Iterator[tuple[Connection, Known]]:
        """Commits at the end of the block. After an error all of it is undone, and the connection goes back to the
        pool, which sets it in order; nothing that was read counts as known then, as some of it was never committed."""
        connection = self._connection
        if connection is None:
            connection = self._connection = self._engine.connect()
        try:
            with connection.begin():
                begin_sqlite(connection, reading=False)
                self._known.resume(connection)
                yield connection, self._known
                self._known.pause(connection)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._known = Known()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
