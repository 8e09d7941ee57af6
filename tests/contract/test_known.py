"""What a transaction remembers, and what the next one may still believe: nothing that could read otherwise by now."""

import sqlite3
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, update

from tests.support.statements import count_statements
from watchword.foundation.errors import Tampered
from watchword.storage.database import Database, open_database
from watchword.storage.schema import limits, outbox
from watchword.storage.trusted import TrustedTable

NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def trusted(database: Database, keyring) -> TrustedTable:
    """With one row, ``a``, in a state of ``0``."""
    table = TrustedTable(table=limits, signer=keyring, witnessed=False)
    with database.begin() as tx:
        table.insert(tx, {"id": "a", "state": "0", "idle_at": NOON})
    return table


def statements(database: Database, trusted: TrustedTable, *, remember: bool = True) -> int:
    """How many it takes to read the row twice, in a transaction of its own."""
    with count_statements(database) as seen, database.begin() as tx:
        if remember:
            tx.remember()
        assert [trusted.find_by(tx, id="a"), trusted.find_by(tx, id="a")] != [None, None]
    return seen.count


def state(database: Database, trusted: TrustedTable) -> str:
    with database.begin() as tx:
        tx.remember()
        found = trusted.find_by(tx, id="a")
    assert found is not None
    return str(found["state"])


def test_nothing_is_remembered_before_somebody_is_known(database: Database, trusted: TrustedTable) -> None:
    assert statements(database, trusted) == 1
    assert [statements(database, trusted, remember=False) for _ in range(2)] == [2, 2]


@SQLITE
def test_on_sqlite_the_next_transaction_believes_it_while_nothing_is_written(
    database: Database, trusted: TrustedTable
) -> None:
    assert [statements(database, trusted) for _ in range(3)] == [1, 0, 0]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_on_postgresql_no_transaction_believes_another(database: Database, trusted: TrustedTable) -> None:
    assert [statements(database, trusted) for _ in range(2)] == [1, 1]


def test_what_another_process_changed_is_refused(database: Database, database_url: str, trusted: TrustedTable) -> None:
    assert state(database, trusted) == "0"
    other = open_database(database_url)
    with other.begin() as tx:
        tx.execute(update(limits).where(limits.c.id == "a").values(state="9"))
    other.close()
    with pytest.raises(Tampered):
        state(database, trusted)


@SQLITE
def test_what_another_program_changed_is_refused(database: Database, database_url: str, trusted: TrustedTable) -> None:
    assert state(database, trusted) == "0"
    with sqlite3.connect(database_url.removeprefix("sqlite:///")) as other:
        other.execute("UPDATE limits SET state = '9'")
    other.close()
    with pytest.raises(Tampered):
        state(database, trusted)


def test_what_was_changed_by_another_connection_of_ours_is_refused(database: Database, trusted: TrustedTable) -> None:
    assert state(database, trusted) == "0"
    with database.engine.begin() as connection:
        connection.execute(update(limits).values(state="9"))
    with pytest.raises(Tampered):
        state(database, trusted)


def test_what_was_changed_by_a_statement_of_its_own_is_read_anew(database: Database, trusted: TrustedTable) -> None:
    with database.begin() as tx:
        tx.remember()
        assert trusted.find_by(tx, id="a") is not None
        tx.execute(delete(limits))
        assert trusted.find_by(tx, id="a") is None
    with database.begin() as tx:
        tx.remember()
        assert trusted.find_by(tx, id="a") is None


def test_who_takes_the_connection_may_write_at_any_time(database: Database, trusted: TrustedTable) -> None:
    with database.begin() as tx:
        tx.remember()
        taken = tx.connection
        tx.remember()
        assert trusted.find_by(tx, id="a") is not None
        taken.execute(delete(limits))
        assert trusted.find_by(tx, id="a") is None
    with database.begin() as tx:
        tx.remember()
        assert trusted.find_by(tx, id="a") is None


def test_what_was_rolled_back_was_never_read(database: Database, trusted: TrustedTable) -> None:
    def change_and_fail() -> None:
        with database.begin() as tx:
            tx.remember()
            row = trusted.find_by(tx, id="a")
            assert row is not None
            trusted.change(tx, row, state="1")
            changed = trusted.find_by(tx, id="a")
            assert changed is not None
            assert changed["state"] == "1"
            raise LookupError

    with pytest.raises(LookupError):
        change_and_fail()
    assert state(database, trusted) == "0"


def test_what_was_written_is_read_as_it_was_written(database: Database, trusted: TrustedTable) -> None:
    for new in ("1", "2"):
        with database.begin() as tx:
            tx.remember()
            row = trusted.find_by(tx, id="a")
            assert row is not None
            trusted.change(tx, row, state=new)
        assert state(database, trusted) == new


@SQLITE
def test_another_table_s_rows_stay(database: Database, trusted: TrustedTable) -> None:
    assert statements(database, trusted) == 1
    with database.begin() as tx:
        tx.execute(delete(outbox))
    assert statements(database, trusted) == 0


@SQLITE
def test_what_is_kept_has_a_bound(database: Database, trusted: TrustedTable) -> None:
    assert statements(database, trusted) == 1
    with database.begin() as tx:
        tx.remember()
        for number in range(2_000):
            trusted.find_by(tx, id=f"none-{number}")
    assert statements(database, trusted) == 1
