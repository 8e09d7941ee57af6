"""Kept statements give and refuse what SQLAlchemy's own ``execute`` does."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError, StatementError

from watchword.storage.database import Database
from watchword.storage.schema import authenticators, installation, spent_challenges

MOMENT = datetime(2027, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
_PUT = insert(spent_challenges)
_AFTER = select(spent_challenges).where(spent_challenges.c.expires_at > bindparam("after")).limit(2)
_MOVE = update(spent_challenges).where(spent_challenges.c.challenge_digest == bindparam("which"))
_OF_KIND = select(authenticators).where(authenticators.c.kind == bindparam("kind"))
_AMONG = select(installation).where(installation.c.name.in_(bindparam("names", expanding=True)))


def _put(database: Database, *digests: str) -> int:
    with database.begin() as tx:
        return tx.run(_PUT, [{"challenge_digest": each, "expires_at": MOMENT} for each in digests])


def test_rows_come_out_as_from_execute(database: Database):
    assert _put(database, "a", "b") == 2
    with database.read() as tx:
        rows = tx.rows(_AFTER, {"after": datetime(2027, 1, 1, tzinfo=UTC)})
        assert rows == [row._asdict() for row in tx.connection.execute(_AFTER, {"after": MOMENT.replace(year=2026)})]
        assert {row["expires_at"] for row in rows} == {MOMENT}
        assert tx.rows(_AFTER, {"after": MOMENT}) == []


def test_an_update_says_how_many_it_changed(database: Database):
    _put(database, "a", "b")
    later = MOMENT.replace(year=2028)
    with database.begin() as tx:
        assert tx.run(_MOVE, {"which": "a", "expires_at": later}) == 1
        assert tx.run(_MOVE, {"which": "c", "expires_at": later}) == 0
        assert tx.run(_MOVE, [{"which": each, "expires_at": later} for each in "abc"]) == 2
        assert len(tx.rows(_AFTER, {"after": MOMENT})) == 2


def test_no_rows_of_a_wide_table(database: Database):
    with database.read() as tx:
        assert tx.rows(_OF_KIND, {"kind": "totp"}) == []


def test_what_is_taken_is_an_integrity_error_without_the_values(database: Database):
    _put(database, "very-secret-value")
    with pytest.raises(IntegrityError) as caught:
        _put(database, "very-secret-value")
    assert "[parameters" not in str(caught.value)


def test_a_parameter_that_is_missing_is_refused(database: Database):
    with pytest.raises(StatementError), database.read() as tx:
        tx.rows(_AFTER, {})


def test_a_statement_the_database_refuses(database: Database):
    with database.begin() as tx:
        tx.connection.exec_driver_sql("DROP TABLE spent_challenges")
        with pytest.raises((OperationalError, ProgrammingError)):
            tx.rows(_AFTER, {"after": MOMENT})
        tx.connection.rollback()


def test_a_statement_without_all_its_text_is_not_kept(database: Database):
    with pytest.raises(ValueError, match="kept statement"), database.read() as tx:
        tx.rows(_AMONG, {"names": ["a"]})
