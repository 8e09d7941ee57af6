"""Statements that are kept: compiled once, and run on the driver itself.

SQLAlchemy writes the SQL for either database and says how values go in and come out. What else it does each time a
statement runs took four times as long as SQLite takes to answer. Errors and listeners are as with its own ``execute``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Update
from sqlalchemy.exc import DBAPIError, StatementError

Statement = Select[Any] | Insert | Update | Delete
Parameters = Mapping[str, Any]
_Convert = Callable[[Any], Any]


@dataclass(frozen=True, kw_only=True)
class Prepared:
    text: str
    positional: bool
    own: Parameters
    """What the statement itself gives a value for."""
    going_in: Sequence[tuple[str, _Convert | None]]
    """Every parameter, in order."""
    names: Sequence[str]
    """Of the columns that come out."""
    coming_out: Sequence[tuple[str, _Convert]]
    """Those that are not taken as they are."""
    only_reads: bool
    """It changes nothing, and waits for nobody."""
    writes: str
    """The table that it changes, if it changes one."""

    def bound(self, given: Parameters) -> Any:
        values = {**self.own, **given} if self.own else given
        if self.positional:
            return [values[name] if convert is None else convert(values[name]) for name, convert in self.going_in]
        return {name: values[name] if convert is None else convert(values[name]) for name, convert in self.going_in}

    def row(self, found: Sequence[Any]) -> dict[str, Any]:
        row = dict(zip(self.names, found, strict=True))
        for name, convert in self.coming_out:
            row[name] = convert(row[name])
        return row


def prepare(statement: Statement, names: Sequence[str], dialect: Dialect) -> Prepared:
    """``names``: of the parameters that will be given; for an insert or update they say which columns it sets."""
    compiled: Any = statement.compile(dialect=dialect, column_keys=None if statement.is_select else list(names))
    if compiled.post_compile_params or compiled.literal_execute_params:
        raise ValueError("a kept statement has all its text before it is run")
    binds = {name: bind for bind, name in compiled.bind_names.items()}
    order = compiled.positiontup if compiled.positional else list(binds)
    types = ((name, binds[name].type.dialect_impl(dialect)) for name in order)
    columns = list(statement.exported_columns)
    converted = ((column.name, column.type.dialect_impl(dialect).result_processor(dialect, None)) for column in columns)
    return Prepared(
        text=str(compiled),
        positional=compiled.positional,
        own={name: value for name, value in compiled.params.items() if not binds[name].required},
        going_in=[(name, kind.bind_processor(dialect)) for name, kind in types],
        names=[column.name for column in columns],
        coming_out=[(name, convert) for name, convert in converted if convert is not None],
        only_reads=statement.is_select and "FOR UPDATE" not in str(compiled),
        writes="" if isinstance(statement, Select) else str(statement.table),
    )


def run(
    connection: Connection, prepared: Prepared, parameters: Parameters | Sequence[Parameters]
) -> tuple[list[dict[str, Any]], int]:
    """The rows it gives, and how many it changed. Raises SQLAlchemy's errors."""
    driver: Any = connection.connection.dbapi_connection
    cursor = driver.cursor()
    many = not isinstance(parameters, (dict, Mapping))  # quicker than to ask for the Mapping alone
    values = _bound(prepared, parameters, many=many)
    for heard in connection.engine.dispatch.before_cursor_execute:
        heard(connection, cursor, prepared.text, values, None, many)
    try:
        (cursor.executemany if many else cursor.execute)(prepared.text, values)
        found = cursor.fetchall() if prepared.names else []
    except connection.dialect.dbapi.Error as error:  # type: ignore[union-attr]
        raise _wrapped(connection, driver, cursor, prepared, error) from error
    return [prepared.row(each) for each in found], cursor.rowcount


def _bound(prepared: Prepared, parameters: Any, *, many: bool) -> Any:
    try:
        return [prepared.bound(each) for each in parameters] if many else prepared.bound(parameters)
    except (KeyError, TypeError, ValueError) as error:
        raise StatementError(str(error), prepared.text, None, error, hide_parameters=True) from error


def _wrapped(connection: Connection, driver: Any, cursor: Any, prepared: Prepared, error: Exception) -> BaseException:
    dialect: Any = connection.dialect
    lost = dialect.is_disconnect(error, driver, cursor)
    if lost:
        connection.invalidate(error)
    return DBAPIError.instance(
        prepared.text,
        None,
        error,
        dialect.dbapi.Error,
        hide_parameters=True,
        connection_invalidated=lost,
        dialect=dialect,
    )
