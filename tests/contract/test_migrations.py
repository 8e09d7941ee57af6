"""Migrations lead to schema.py, once, whole, under a lock."""

from watchword.storage.database import Database
from watchword.storage.migrate import check_schema, migrate


def test_migrations_lead_to_the_schema(database: Database):
    assert check_schema(database) == []


def test_nothing_is_left_to_do(database: Database):
    assert migrate(database) is False
