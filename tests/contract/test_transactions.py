"""What a transaction promises, on SQLite and on PostgreSQL."""

import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from threading import Barrier, Event, Timer

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from tests.support.parallel import at_once
from tests.support.statements import count_statements
from watchword.foundation.errors import Busy, Misconfigured
from watchword.storage.database import Database, Transaction, open_database
from watchword.storage.schema import installation, spent_challenges
from watchword.storage.statements import insert_new

MOMENT = datetime(2027, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


def put(tx: Transaction, name: str, value: str) -> None:
    tx.connection.execute(insert(installation), {"name": name, "value": value})


def value_of(database: Database, name: str) -> str | None:
    with database.read() as tx:
        return tx.connection.scalar(select(installation.c.value).where(installation.c.name == name))


def add_one(tx: Transaction) -> None:
    where = installation.c.name == "n"
    n = tx.connection.execute(select(installation.c.value).where(where).with_for_update()).scalar_one()
    tx.connection.execute(update(installation).where(where).values(value=str(int(n) + 1)))


@pytest.fixture
def hasty(database_url: str):
    """A second way into the same database, which gives up at once."""
    opened = open_database(database_url, wait=timedelta(milliseconds=50))
    yield opened
    opened.close()


class Deliberate(Exception):
    pass


def test_no_increment_of_fifty_is_lost(database: Database):
    with database.begin() as tx:
        put(tx, "n", "0")

    def increment(_number: int) -> None:
        with database.begin() as tx:
            add_one(tx)

    at_once(50, increment)
    assert value_of(database, "n") == "50"


def test_an_exception_rolls_back(database: Database):
    def fail(tx: Transaction) -> None:
        put(tx, "a", "1")
        raise Deliberate

    with pytest.raises(Deliberate), database.begin() as tx:
        fail(tx)
    assert value_of(database, "a") is None


def test_a_rejection_that_was_committed_survives_what_fails_around_it(database: Database):
    def attempt() -> None:
        with database.begin() as tx:
            put(tx, "failures", "1")
        raise Deliberate

    with pytest.raises(Deliberate):
        attempt()
    assert value_of(database, "failures") == "1"


def test_a_connection_lost_before_the_commit_leaves_nothing(database: Database):
    def cut_off() -> None:
        with database.begin() as tx:
            put(tx, "a", "1")
            raw = tx.connection.connection.dbapi_connection
            assert raw is not None
            raw.close()

    with pytest.raises((Busy, DBAPIError)):
        cut_off()
    assert value_of(database, "a") is None
    with database.begin() as tx:
        put(tx, "a", "2")
    assert value_of(database, "a") == "2"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_server_that_hangs_up_is_busy_and_the_next_one_gets_through(database: Database):
    def hang_up(tx: Transaction) -> None:
        put(tx, "a", "1")
        own = tx.connection.scalar(text("SELECT pg_backend_pid()"))
        with database.read() as other:
            other.connection.execute(text("SELECT pg_terminate_backend(:own, 10000)"), {"own": own})
        put(tx, "b", "2")

    with pytest.raises(Busy), database.begin() as tx:
        hang_up(tx)
    with database.begin() as tx:
        put(tx, "a", "2")
    assert value_of(database, "a") == "2"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_who_wait_for_each_other_are_parted(database: Database):
    with database.begin() as tx:
        put(tx, "0", "")
        put(tx, "1", "")
    both = Barrier(2)

    def cross(number: int) -> str:
        try:
            with database.begin() as tx:
                for step in (number, 1 - number):
                    one = installation.c.name == str(step)
                    tx.connection.execute(update(installation).where(one).values(value=f"by {number}"))
                    if step == number:
                        both.wait(30)
        except Busy:
            return "parted"
        return "through"

    assert sorted(at_once(2, cross)) == ["parted", "through"]
    assert value_of(database, "0") == value_of(database, "1")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_bounds_every_wait(database: Database):
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "synchronous_commit")
    with database.begin() as tx:
        found = {name: tx.connection.scalar(text(f"SHOW {name}")) for name in (*names, "transaction_isolation")}
    assert found == {
        "statement_timeout": "15s",
        "lock_timeout": "8s",
        "idle_in_transaction_session_timeout": "30s",
        "synchronous_commit": "on",
        "transaction_isolation": "read committed",
    }


def test_steps_before_the_commit_run_in_order_and_the_last_ones_last(database: Database):
    ran: list[str] = []

    def first() -> None:
        ran.append("first")
        tx.before_commit(lambda: ran.append("added"))

    with database.begin() as tx:
        tx.before_commit(lambda: ran.append("last"), last=True)
        tx.before_commit(first)
        tx.before_commit(lambda: ran.append("second"))
    assert ran == ["first", "second", "added", "last"]


def test_what_a_last_step_adds_still_runs(database: Database):
    ran: list[str] = []
    with database.begin() as tx:
        tx.before_commit(lambda: tx.before_commit(lambda: ran.append("added")), last=True)
    assert ran == ["added"]


def test_a_failing_step_before_the_commit_rolls_back(database: Database):
    def fail() -> None:
        raise Deliberate

    def prepare(tx: Transaction) -> None:
        put(tx, "a", "1")
        tx.before_commit(fail)
        tx.after_commit(lambda: after.append("ran"))

    after: list[str] = []
    with pytest.raises(Deliberate), database.begin() as tx:
        prepare(tx)
    assert value_of(database, "a") is None
    assert after == []


def test_what_runs_after_the_commit_finds_it_durable_and_no_lock_held(database: Database):
    found = []

    def look() -> None:
        with database.begin() as tx:
            put(tx, "b", "2")
        found.append(value_of(database, "a"))

    with database.begin() as tx:
        put(tx, "a", "1")
        tx.after_commit(look)
    assert found == ["1"]
    assert value_of(database, "b") == "2"


def test_a_thread_has_one_transaction_at_a_time(database: Database):
    with database.begin(), pytest.raises(RuntimeError), database.begin():
        pass  # pragma: no cover - not reached
    with database.begin() as tx:
        put(tx, "a", "1")
    assert value_of(database, "a") == "1"


def test_a_changed_trusted_row_needs_an_event(database: Database):
    def change(tx: Transaction) -> None:
        put(tx, "a", "1")
        tx.witness("accounts", "1", "digest")

    with pytest.raises(RuntimeError, match="without an event"), database.begin() as tx:
        change(tx)
    assert value_of(database, "a") is None


def test_reading_can_not_write(database: Database):
    with pytest.raises(DBAPIError), database.read() as tx:
        put(tx, "a", "1")
    with database.begin() as tx:
        put(tx, "a", "1")
    assert value_of(database, "a") == "1"


def test_reading_sees_one_snapshot_and_waits_for_nobody(database: Database):
    count = text("SELECT count(*) FROM installation")
    with database.read() as reading:
        before = reading.connection.scalar(count)
        with database.begin() as tx:
            put(tx, "a", "1")
            assert reading.connection.scalar(count) == before
        assert reading.connection.scalar(count) == before
    with database.read() as reading:
        assert reading.connection.scalar(count) == before + 1


def test_a_lock_held_too_long_is_busy_and_nothing_is_half_done(database: Database, hasty: Database):
    with database.begin() as tx:
        put(tx, "n", "0")
    held, done = Event(), Event()

    def hold(_number: int) -> None:
        with database.begin() as tx:
            add_one(tx)
            held.set()
            assert done.wait(30)

    def half(tx: Transaction) -> None:
        put(tx, "a", "1")
        add_one(tx)

    def meanwhile(_number: int) -> None:
        assert held.wait(30)
        try:
            with pytest.raises(Busy), hasty.begin() as tx:
                half(tx)
        finally:
            done.set()

    at_once(2, lambda number: hold(number) if number else meanwhile(number))
    assert value_of(database, "n") == "1"
    assert value_of(database, "a") is None


def test_threads_queue_for_sqlite_and_give_up_in_time(tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'one.db'}", wait=timedelta(milliseconds=20))

    def second(_number: int) -> str:
        try:
            with database.begin():
                return "in"
        except Busy:
            return "busy"

    with database.begin():
        assert at_once(1, second) == ["busy"]
    assert at_once(1, second) == ["in"]
    database.close()


def test_a_first_connection_waits_for_another_process_that_writes(tmp_path):
    path = tmp_path / "new.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    hasty = open_database(f"sqlite:///{path}", wait=timedelta(milliseconds=20))
    with pytest.raises(Busy), hasty.read():
        pass  # pragma: no cover - not reached
    patient = open_database(f"sqlite:///{path}", wait=timedelta(seconds=30))
    released = Timer(0.05, lambda: other.execute("ROLLBACK"))
    released.start()
    with patient.begin() as tx:
        assert tx.connection.scalar(text("PRAGMA journal_mode")) == "wal"
    released.join()
    for each in (hasty, patient, other):
        each.close()


def test_no_free_connection_is_busy(database_url: str):
    database = open_database(database_url, pool_size=1, wait=timedelta(milliseconds=20))
    held = [database.reading.connect() for _ in range(25)]
    with pytest.raises(Busy), database.read():
        pass  # pragma: no cover - not reached
    for connection in held:
        connection.close()
    database.close()


def test_insert_new_says_whether_it_did_and_the_transaction_goes_on(database: Database):
    row = {"challenge_digest": "c", "expires_at": MOMENT}
    with database.begin() as tx:
        assert insert_new(tx, spent_challenges, row) is True
        assert insert_new(tx, spent_challenges, row) is False
        put(tx, "a", "1")
    assert value_of(database, "a") == "1"


def test_of_fifty_who_insert_the_same_one_does(database: Database):
    def spend(_number: int) -> bool:
        with database.begin() as tx:
            return insert_new(tx, spent_challenges, {"challenge_digest": "c", "expires_at": MOMENT})

    assert at_once(50, spend).count(True) == 1


def test_a_moment_comes_back_as_it_was(database: Database):
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    with database.begin() as tx:
        insert_new(tx, spent_challenges, {"challenge_digest": "c", "expires_at": elsewhere})
    with database.read() as tx:
        found = tx.connection.scalar(select(spent_challenges.c.expires_at))
    assert found == MOMENT
    assert found.tzinfo is UTC


def test_a_moment_without_zone_is_refused(database: Database):
    naive = MOMENT.replace(tzinfo=None)
    with pytest.raises(StatementError, match="time zone"), database.begin() as tx:
        insert_new(tx, spent_challenges, {"challenge_digest": "c", "expires_at": naive})


def test_an_error_does_not_tell_the_values(database: Database):
    with pytest.raises(IntegrityError) as caught, database.begin() as tx:
        tx.connection.execute(insert(installation), {"name": "very-secret-value", "value": None})
    assert "hidden" in str(caught.value)
    assert "[parameters: {" not in str(caught.value)


def test_statements_are_counted(database: Database):
    with count_statements(database) as seen, database.begin() as tx:
        put(tx, "a", "1")
        tx.connection.execute(select(installation))
    assert seen.count == 2
    assert [one.split()[0] for one in seen.texts] == ["INSERT", "SELECT"]


def test_a_sqlite_file_is_for_its_owner_only(tmp_path):
    path = tmp_path / "new.db"
    database = open_database(f"sqlite:///{path}")
    with database.begin() as tx:
        tx.connection.execute(text("CREATE TABLE t (a)"))
        assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    database.close()


def test_sqlite_is_durable_and_keeps_references(tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'new.db'}")
    with database.read() as tx:
        pragma = {
            name: tx.connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragma == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    database.close()


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:", "nothing at all", ""])
def test_other_addresses_are_refused_without_being_repeated(url: str):
    with pytest.raises(Misconfigured) as caught:
        open_database(url)
    assert not url or url not in str(caught.value)


def test_what_was_refused_is_told_after_a_rollback(database: Database) -> None:
    """In a transaction of its own, and only if the first one came to nothing."""
    told = []

    def tell() -> None:
        with database.begin():
            told.append("told")

    def fail() -> None:
        with database.begin() as tx:
            tx.after_rollback(tell)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert told == ["told"]
    with database.begin() as tx:
        tx.after_rollback(tell)
    assert told == ["told"]
