"""Counts the statements a block executes, on whatever thread."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event

from watchword.storage.database import Database


@dataclass
class Statements:
    texts: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.texts)


@contextmanager
def count_statements(database: Database) -> Iterator[Statements]:
    """What a store executed, in order; BEGIN, COMMIT and settings of the connection are not among them."""
    seen = Statements()

    def executed(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.texts.append(statement)

    engines = {database.engine, database.reading}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", executed)
    try:
        yield seen
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", executed)
