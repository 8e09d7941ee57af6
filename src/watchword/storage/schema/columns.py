"""What tables are made of: moments with their zone, digests of rows, and one row at most of a kind.

A column added later to a trusted table must allow NULL: the digest leaves NULL out, so older rows still match.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, DateTime, Dialect, Index, MetaData, Text, TypeDecorator, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime. SQLite keeps it without its zone, so the zone is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else _in_utc(value)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Any:
        return _to_sqlite if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        return _from_sqlite if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def _to_sqlite(moment: datetime | None) -> str | None:
    """As SQLAlchemy writes it there, ``2027-03-01 12:00:00.123456``; its own way takes ten times as long."""
    return None if moment is None else _in_utc(moment).replace(tzinfo=None).isoformat(" ", "microseconds")


def _from_sqlite(text: str | None) -> datetime | None:
    """Raises ValueError or TypeError for what is no moment."""
    return None if text is None else datetime.fromisoformat(text + "+00:00")


TRUSTED = {"trusted": True, "witnessed": True}
"""The row carries its digest, and the record's chain keeps the digest of each change."""
TRUSTED_FOR_NOW = {"trusted": True, "witnessed": False}
"""Trusted, but the record keeps only some of its rows, or none: they live for hours at most and come in numbers."""
LOOSE = {"loose": True}
"""A column outside the digest: it changes at every visit and opens nothing. Who can write ``last_seen_at`` of a
session can stretch its idle hour, never its absolute end."""


def one(name: str, *columns: Column[Any], where: str) -> None:
    """At most one row with these values among those that fulfil the condition: what a lock can't hold, as the
    first of two has no row to lock."""
    condition = text(where)
    Index(name, *columns, unique=True, sqlite_where=condition, postgresql_where=condition)


def row_id() -> Column[str]:
    return Column("id", Text, primary_key=True)


def digest() -> Column[str]:
    return Column("row_digest", Text, nullable=False)
