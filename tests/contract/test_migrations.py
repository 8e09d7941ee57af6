"""Migrations lead to the schema: once, whole, under a lock."""

import subprocess
import sys

import pytest
from sqlalchemy import inspect, select, text

from tests.support.parallel import at_once
from tests.support.postgresql import Server
from watchword.foundation.errors import Misconfigured
from watchword.storage.database import Database, open_database
from watchword.storage.migrate import check_schema, migrate, revision_of
from watchword.storage.migrations import HEAD
from watchword.storage.schema import metadata, record_head


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path):
    """A database nobody has migrated."""
    if request.param == "sqlite":
        database = open_database(f"sqlite:///{tmp_path / 'empty.db'}")
        yield database
        database.close()
        return
    server: Server = request.getfixturevalue("postgresql")
    name = server.create()
    database = open_database(server.url(name))
    yield database
    database.close()
    server.drop(name)


def test_migrations_lead_to_the_schema(database: Database):
    assert check_schema(database) == []


def test_every_table_is_there_and_the_chain_has_its_beginning(database: Database):
    with database.read() as tx:
        found = set(inspect(tx.connection).get_table_names())
        assert revision_of(tx.connection) == HEAD
        assert tuple(tx.connection.execute(select(record_head)).one()) == (1, 0, "")
    assert found == {*metadata.tables, "alembic_version"}


def test_nothing_is_left_to_do(database: Database):
    assert migrate(database) is False


def test_of_eight_who_start_at_once_one_migrates(empty: Database):
    url = empty.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")

    def start(_number: int) -> bool:
        database = open_database(url)
        try:
            return migrate(database)
        finally:
            database.close()

    assert at_once(8, start).count(True) == 1
    assert check_schema(empty) == []


def test_a_migration_that_fails_leaves_nothing(empty: Database):
    with empty.begin() as tx:
        tx.connection.execute(text("CREATE TABLE outbox (id TEXT)"))  # in the way of a late step
    with pytest.raises(Exception, match="outbox"):
        migrate(empty)
    with empty.read() as tx:
        assert inspect(tx.connection).get_table_names() == ["outbox"]


def test_a_database_of_a_newer_version_is_refused(database: Database):
    with database.begin() as tx:
        tx.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Misconfigured, match="newer"):
        migrate(database)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE outbox ADD COLUMN colour TEXT",
        "ALTER TABLE outbox DROP COLUMN reference",
        "DROP INDEX ix_outbox_state_next_attempt_at",
        "CREATE INDEX ix_outbox_kind ON outbox (kind)",
        "DROP TABLE burned_steps",
        "CREATE TABLE colours (id TEXT PRIMARY KEY)",
    ],
)
def test_a_difference_shows(database: Database, change: str):
    with database.begin() as tx:
        tx.connection.execute(text(change))
    assert len(check_schema(database)) == 1


@pytest.mark.parametrize("condition", ["", "WHERE removed_at IS NOT NULL"])
def test_another_condition_of_an_index_shows(database: Database, condition: str):
    name = "uq_identifiers_lookup_digest_bound"
    with database.begin() as tx:
        tx.connection.execute(text(f"DROP INDEX {name}"))
        tx.connection.execute(text(f"CREATE UNIQUE INDEX {name} ON identifiers (lookup_digest) {condition}"))
    (difference,) = check_schema(database)
    assert name in difference


def test_the_check_as_a_command():
    done = subprocess.run([sys.executable, "-m", "watchword.storage.migrations"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_start_with_nothing_to_do_loads_no_alembic(database: Database, database_url: str):
    script = (
        "import sys; from watchword.storage.database import open_database;"
        "from watchword.storage.migrate import migrate; database = open_database(sys.argv[1]);"
        "print(migrate(database), 'alembic' in sys.modules); database.close()"
    )
    done = subprocess.run([sys.executable, "-c", script, database_url], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
