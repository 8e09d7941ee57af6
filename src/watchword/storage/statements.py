"""Statements that SQLite and PostgreSQL spell alike but SQLAlchemy's common part lacks."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from watchword.storage.database import Transaction


def insert_new(tx: Transaction, table: Table, row: Mapping[str, Any]) -> bool:
    """Inserts the row unless a unique column is taken; says whether it did.

    In one statement: after a plain INSERT that fails, PostgreSQL refuses the rest of the transaction.
    Where another transaction is inserting the same, this waits for its end.
    """
    dialect = sqlite if tx.connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    return tx.connection.execute(statement, dict(row)).rowcount == 1
