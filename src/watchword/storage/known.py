"""What was read and verified, by table, until it may read otherwise.

A transaction keeps what it read. On SQLite, which has one writer at a time, the connection that writes keeps it for its
next transaction too, and two counters prove that nothing was written in between: ``data_version`` counts what any other
connection of any process committed, ``total_changes`` what this one changed beside our own statements. It is the proof
by which SQLite itself goes on using the pages it holds in memory, so a row that somebody changed in the database is
read, and verified, anew.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection

_MOST = 2_000
"""Results; they go together when there are more."""

Found = TypeVar("Found")


class Known:
    """One for each transaction, or for the connection to SQLite that writes. Never shared by two threads at a time."""

    def __init__(self) -> None:
        self._by_table: dict[str, dict[Any, Any]] = {}
        self._count = 0
        self._seen: tuple[int, int] | None = None
        self._version = 0

    def find(self, table: str, key: Any) -> Any:
        """None: it would have to be read."""
        kept = self._by_table.get(table)
        return None if kept is None else kept.get(key)

    def once(self, table: str, key: Any, read: Callable[[], Found]) -> Found:
        found: Found | None = self.find(table, key)
        return self.put(table, key, read()) if found is None else found

    def put(self, table: str, key: Any, found: Found) -> Found:
        if self._count >= _MOST:
            self.clear()
        kept = self._by_table.setdefault(table, {})
        self._count += key not in kept
        kept[key] = found
        return found

    def forget(self, table: str) -> None:
        self._count -= len(self._by_table.pop(table, ()))

    def clear(self) -> None:
        self._by_table.clear()
        self._count = 0

    def resume(self, connection: Connection) -> None:
        """Inside the next transaction of the connection, so that nobody else can write any more."""
        self._version = _raw(connection).execute("PRAGMA data_version").fetchone()[0]
        if self._seen != (self._version, _raw(connection).total_changes):
            self.clear()

    def pause(self, connection: Connection) -> None:
        """At the end of a transaction, all of it written. Nobody else has committed since it began."""
        self._seen = self._version, _raw(connection).total_changes


def _raw(connection: Connection) -> Any:
    return connection.connection.dbapi_connection
