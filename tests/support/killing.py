"""`kill -9` at a chosen moment of a change, and everything a database holds before and after.

The change is made by a fork of this process over a house that is open here. It takes along no connection, no thread and
nothing remembered, so it is as if a server had started, but quicker. A moment is told by transactions that write: their
statements that write, and the commit.
"""

import gc
import json
import os
import re
import signal
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, Table, Text, event, make_url

from tests.support.house import Person, give_new_loop
from watchword.app import House
from watchword.crypto.hashing_pool import HashingPool
from watchword.crypto.keyring import Keyring
from watchword.record.verify import verify_record
from watchword.sessions.cache import SessionCache
from watchword.storage.database import Transaction, open_database
from watchword.storage.schema import metadata

PATIENCE = 60
"""Seconds that a child may take; then its own alarm ends it."""
COMMIT, COMMITTED = -1, -2
"""In place of the number of a statement: just before and just after the commit."""

Act = Callable[[Person], Any]
"""Given somebody without an account, in the house where it is to happen."""
Row = dict[str, Any]
Changed = dict[str, tuple[Counter[Any], Counter[Any]]]
"""By table: rows that came, and rows that went."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    transaction: int
    """Of those that write; the first is 1."""
    statement: int
    """Just before this one of those that write; the first is 1. Or COMMIT, COMMITTED."""


@contextmanager
def moments(house: House, each: Callable[[Moment], None]) -> Iterator[None]:
    """Calls at every moment of what is written meanwhile, one transaction after another."""
    engine, begun, statements = house.database.engine, 0, 0
    wrote: list[Any] = []

    def executed(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        nonlocal begun, statements
        if not re.match(r"\s*(INSERT|UPDATE|DELETE)\b", statement):
            return
        driver = connection.connection.dbapi_connection
        if driver not in wrote:
            wrote.append(driver)
            begun, statements = begun + 1, 0
        statements += 1
        each(Moment(transaction=begun, statement=statements))

    def ending(do: Callable[[Any], None], *, told: bool) -> Callable[[Any], None]:
        def end(connection: Any) -> None:
            driver = connection.dbapi_connection
            written = driver in wrote
            if written and told:
                each(Moment(transaction=begun, statement=COMMIT))
            do(connection)
            if written:
                wrote.remove(driver)
            if written and told:
                each(Moment(transaction=begun, statement=COMMITTED))

        return end

    dialect: Any = engine.dialect
    committing, undoing = dialect.do_commit, dialect.do_rollback
    dialect.do_commit, dialect.do_rollback = ending(committing, told=True), ending(undoing, told=False)
    event.listen(engine, "before_cursor_execute", executed)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", executed)
        dialect.do_commit, dialect.do_rollback = committing, undoing


def movable(house: House) -> Callable[[str], None]:
    """What moves the house to another database, as a restart would: nothing it remembered of the last is believed."""
    place = ""

    def connecting(dialect: Any, _record: Any, positional: list[Any], named: dict[str, Any]) -> None:
        if place:
            positional[:], others = dialect.create_connect_args(make_url(place))
            named.update(others)

    def move(url: str) -> None:
        nonlocal place
        house.database.close()
        vars(house.core.sessions.cache).update(vars(SessionCache()))
        place = url

    for engine in {house.database.engine, house.database.reading}:
        event.listen(engine, "do_connect", connecting)
    return move


def kill_at(moment: Moment, somebody: Person, act: Act) -> None:
    """Acts in a child, which is killed at that moment."""
    somebody.house.database.close()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it forks beside threads, and shares nothing with them
        child = os.fork()
    if child == 0:
        _act_and_die(moment, somebody, act)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), (moment, "was not reached", status)
    assert os.WTERMSIG(status) == signal.SIGKILL, (moment, status)


def _act_and_die(moment: Moment, somebody: Person, act: Act) -> None:
    """In the child; never returns."""

    def reached(now: Moment) -> None:
        if now == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        gc.disable()  # it would touch, and so copy, all the memory there is
        signal.alarm(PATIENCE)
        vars(somebody.house.pool).update(vars(HashingPool(2, 2)))  # no thread comes along
        give_new_loop(somebody.house)
        with moments(somebody.house, reached):
            print("not killed:", act(somebody))
    except BaseException:  # whatever it is, the tests must not go on in the child
        traceback.print_exc()
    finally:
        os._exit(1)


# -- everything there is

_TOLD = frozenset(
    {"action", "by", "cause", "channel", "kind", "name", "outcome", "purpose", "reach", "scope", "standing", "state"}
    | {"thawed_by"}
)
"""Of the columns with text, those that are the same however often a change is made; others are random, or sealed."""
_ID = re.compile(r"\b[0-9a-hjkmnp-tv-z]{26}\b")


@dataclass(frozen=True, kw_only=True)
class State:
    tables: dict[str, list[Row]] = field(repr=False)

    def since(self, earlier: "State") -> Changed:
        """What came and what went, by table: alike for two databases that went through the same, whatever was drawn
        by lot."""
        found: Changed = {}
        for table in metadata.sorted_tables:
            now, then = (Counter(_shape(table, row) for row in each.tables[table.name]) for each in (self, earlier))
            if now != then:
                found[table.name] = (now - then, then - now)
        return found

    def but(self, *tables: str) -> dict[str, list[Row]]:
        return {name: rows for name, rows in self.tables.items() if name not in tables}

    def changed_since(self, earlier: "State") -> set[str]:
        """The tables that differ."""
        return {name for name, rows in self.tables.items() if rows != earlier.tables[name]}

    def new(self, table: str, since: "State") -> list[Row]:
        """The rows that were not there, or not so."""
        return [row for row in self.tables[table] if row not in since.tables[table]]


def _shape(table: Table, row: Row) -> tuple[Any, ...]:
    return tuple(_shown(table, column, row[column.name]) for column in table.columns if column.name != "seq")


def _shown(table: Table, column: Column[Any], value: Any) -> Any:
    if value is None or column.name in _TOLD or not isinstance(column.type, Text):
        return value
    if column.name == "facts":
        return json.dumps(json.loads(_ID.sub("id", value)), sort_keys=True)
    return value if (table.name, column.name) == ("limits", "state") else "·"


def read_all(url: str, keyring: Keyring | None = None) -> State:
    """As after a restart, through connections of its own; with the keys the record has to verify."""
    database = open_database(url)
    try:
        with database.read() as tx:
            if keyring is not None:
                verdict = verify_record(tx, keyring, None)
                assert verdict.ok, verdict
            return State(tables={table.name: _rows(tx, table) for table in metadata.sorted_tables})
    finally:
        database.close()


def _rows(tx: Transaction, table: Table) -> list[Row]:
    """As the driver gives them: to compile a statement for each table would take longer than all else."""
    names = [column.name for column in table.columns]
    order = ", ".join(column.name for column in table.primary_key)
    listed = ", ".join(f'"{name}"' for name in names)
    found = tx.connection.exec_driver_sql(f'SELECT {listed} FROM "{table.name}" ORDER BY {order}')
    return [dict(zip(names, row, strict=True)) for row in found]
