"""A database belongs to one mode and one key file."""

import pytest

from tests.support.parallel import at_once
from watchword.foundation.errors import Misconfigured
from watchword.storage.database import Database, open_database
from watchword.storage.installation import Installation


def test_the_first_start_claims_and_the_next_finds_it_so(database: Database):
    installation = Installation(database=database)
    assert not installation.has_begun()
    installation.claim(mode="production", key_digest="k1")
    assert installation.has_begun()
    installation.claim(mode="production", key_digest="k1")


@pytest.mark.parametrize(("first", "second"), [("development", "production"), ("production", "development")])
def test_the_other_mode_is_refused(database: Database, first, second):
    Installation(database=database).claim(mode=first, key_digest="k1")
    with pytest.raises(Misconfigured, match="another mode"):
        Installation(database=database).claim(mode=second, key_digest="k1")


def test_other_keys_are_refused(database: Database):
    Installation(database=database).claim(mode="production", key_digest="k1")
    with pytest.raises(Misconfigured, match="key file"):
        Installation(database=database).claim(mode="production", key_digest="k2")


def test_of_two_first_starts_with_different_keys_one_is_refused(database: Database):
    def start(number: int) -> str:
        try:
            Installation(database=database).claim(mode="production", key_digest=f"k{number}")
        except Misconfigured:
            return "refused"
        return "claimed"

    assert sorted(at_once(2, start)) == ["claimed", "refused"]


def test_a_database_without_tables_has_not_begun(tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'empty.db'}")
    assert not Installation(database=database).has_begun()
    database.close()


@pytest.mark.parametrize("url", ["postgresql://127.0.0.1:1/nowhere", "sqlite:///{file}"])
def test_a_database_that_is_none_is_a_sentence(tmp_path, url):
    (tmp_path / "file").write_bytes(b"no database, but long enough to be taken for one" * 40)
    database = open_database(url.format(file=tmp_path / "file"))
    with pytest.raises(Misconfigured, match="can't be reached, or is none"):
        Installation(database=database).has_begun()
    database.close()
