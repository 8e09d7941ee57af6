"""Brings a database to the newest schema, under a lock, in one transaction; and shows that the schema agrees.

SQLite's lock is that of any writer; PostgreSQL's is an advisory lock held until the transaction ends. Both
undo a schema change that fails, so a migration happens whole or not at all.
"""

import logging
import re
from typing import Any

from sqlalchemy import Connection, Index, inspect, select, table, text
from sqlalchemy.sql import column

from watchword.foundation.errors import Misconfigured
from watchword.storage.database import Database
from watchword.storage.migrations import DIRECTORY, HEAD
from watchword.storage.schema import metadata

ADVISORY_LOCK = 0x57_41_54_43_48
"""Any number, as long as every start of every version takes the same."""

log = logging.getLogger(__name__)
_versions = table("alembic_version", column("version_num"))


def revision_of(connection: Connection) -> str | None:
    """The revision the database is at; None before the first migration."""
    if not inspect(connection).has_table(_versions.name):
        return None
    return connection.scalar(select(_versions.c.version_num))


def migrate(database: Database) -> bool:
    """Whether there was anything to do. Raises Misconfigured if the database is newer than this program."""
    with database.read() as tx:
        if revision_of(tx.connection) == HEAD:
            return False
    with database.begin() as tx:
        _lock(tx.connection)
        before = revision_of(tx.connection)
        if before == HEAD:  # another process did it while we waited
            return False
        _upgrade(tx.connection)
        log.info("database migrated from revision %s to %s", before, HEAD)
    return True


def check_schema(database: Database) -> list[str]:
    """The differences between a migrated database and the schema, each in one line; empty when there are none."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 - a start with nothing to do loads no Alembic
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415

    with database.read() as tx:
        context = MigrationContext.configure(tx.connection, opts={"compare_server_default": True})
        differences = [str(difference) for difference in compare_metadata(context, metadata)]
        return differences + _differing_conditions(tx.connection)


def _lock(connection: Connection) -> None:
    if connection.dialect.name != "postgresql":
        return
    connection.execute(text("SET LOCAL lock_timeout = '10min'"))
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})


def _upgrade(connection: Connection) -> None:
    from alembic.command import upgrade  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(DIRECTORY).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        upgrade(config, "head")
    except CommandError as unknown:
        raise Misconfigured("the database is of a newer version than this program") from unknown


def _differing_conditions(connection: Connection) -> list[str]:
    """Which partial indexes cover other rows than the schema says; Alembic does not compare that."""
    option = f"{connection.dialect.name}_where"
    found = {
        index["name"]: index.get("dialect_options", {}).get(option)
        for of_table in inspect(connection).get_multi_indexes().values()
        for index in of_table
    }
    indexes = [index for of_table in metadata.tables.values() for index in of_table.indexes]
    known = {index.name: _condition(index, connection.dialect.name) for index in indexes}
    return [
        f"index {name} covers rows where {found[name]}, not {condition}"
        for name, condition in known.items()
        if name in found and _plain(found[name]) != _plain(condition)
    ]


def _condition(index: Index, dialect: str) -> Any:
    return index.dialect_options[dialect]["where"]


def _plain(condition: Any) -> str | None:
    """Without the brackets and casts that PostgreSQL adds."""
    return None if condition is None else re.sub(r"::text|[()]", "", str(condition)).strip()
