"""Trusted rows: what was changed behind our back is refused, and of many who change one wins."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, insert, select, text, update

from tests.support.parallel import at_once
from tests.support.statements import count_statements
from watchword.foundation.errors import Conflict, Tampered
from watchword.storage.database import Database, Transaction
from watchword.storage.schema import accounts, devices, limits, outbox, recovery_codes
from watchword.storage.trusted import TrustedTable

NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def trusted(keyring) -> TrustedTable:
    """Rows nobody need bear witness of."""
    return TrustedTable(table=limits, signer=keyring, witnessed=False)


@pytest.fixture
def account_rows(keyring) -> TrustedTable:
    return TrustedTable(table=accounts, signer=keyring)


def row(row_id: str, state: str = "0") -> dict[str, object]:
    return {"id": row_id, "state": state, "idle_at": NOON}


def get(database: Database, trusted: TrustedTable, row_id: str):
    with database.read() as tx:
        return trusted.find(tx, trusted.table.c.id == row_id)


def test_a_row_comes_back(database: Database, trusted: TrustedTable):
    with database.begin() as tx:
        trusted.insert(tx, row("a"))
    found = get(database, trusted, "a")
    assert found is not None
    assert (found["id"], found["state"], found["idle_at"]) == ("a", "0", NOON)
    assert get(database, trusted, "b") is None


def test_rows_are_found_by_what_they_equal(database: Database, keyring):
    trusted = TrustedTable(table=accounts, signer=keyring)
    with database.begin() as tx:
        for account, closed_at in (("b", None), ("a", None), ("c", NOON)):
            trusted.insert(tx, {**account_row(account), "closed_at": closed_at})
        tx.take_witnesses()
        assert trusted.find_by(tx, id="a", lock=True) == trusted.find(tx, accounts.c.id == "a")
        assert trusted.find_by(tx, id="a", standing="closed") is None
        assert [row["id"] for row in trusted.list_by(tx, order="id", closed_at=None)] == ["a", "b"]
        assert [row["id"] for row in trusted.list_by(tx, order="id", lock=True, closed_at=NOON)] == ["c"]
        assert [row["id"] for row in trusted.list_by(tx, order="id")] == ["a", "b", "c"]
        tx.connection.execute(update(accounts).where(accounts.c.id == "a").values(standing="closed"))
        for seek in (trusted.find_by, trusted.list_by):
            with pytest.raises(Tampered):
                seek(tx, id="a")


def test_a_taken_id_is_a_conflict_and_the_transaction_goes_on(database: Database, trusted: TrustedTable):
    with database.begin() as tx:
        trusted.insert(tx, row("a"))
        with pytest.raises(Conflict):
            trusted.insert(tx, row("a"))
        trusted.insert(tx, row("b"))
    with database.read() as tx:
        assert [found["id"] for found in trusted.list(tx, order=limits.c.id)] == ["a", "b"]


@pytest.mark.parametrize("change", [{"state": "9"}, {"idle_at": NOON.replace(year=2030)}, {"row_digest": "v1.00"}])
def test_an_edited_row_is_refused(database: Database, trusted: TrustedTable, change):
    with database.begin() as tx:
        trusted.insert(tx, row("a"))
    with database.begin() as tx:
        tx.connection.execute(update(limits).values(**change))
    with pytest.raises(Tampered):
        get(database, trusted, "a")
    with pytest.raises(Tampered), database.read() as tx:
        trusted.list(tx)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("value", ["'never'", "5", "x'00'"])
def test_a_value_that_can_not_be_read_is_refused(database: Database, trusted: TrustedTable, value: str):
    with database.begin() as tx:
        trusted.insert(tx, row("a"))
        tx.connection.execute(text(f"UPDATE limits SET idle_at = {value}"))
    with pytest.raises(Tampered):
        get(database, trusted, "a")


def test_one_row_is_asked_for_and_one_given(database: Database, trusted: TrustedTable):
    with database.begin() as tx:
        trusted.insert(tx, row("a"))
        trusted.insert(tx, row("b"))
    with pytest.raises(ValueError, match="more than one"), database.read() as tx:
        trusted.find_by(tx, state="0")


def test_a_row_copied_to_another_id_is_refused(database: Database, trusted: TrustedTable):
    with database.begin() as tx:
        trusted.insert(tx, row("a"))
        copied = dict(tx.connection.execute(select(limits)).one()._mapping)
        tx.connection.execute(insert(limits), {**copied, "id": "b"})
    with pytest.raises(Tampered) as refused:
        get(database, trusted, "b")
    assert refused.value.row_id == "b"


def test_a_row_copied_to_another_account_is_refused(database: Database, keyring):
    trusted = TrustedTable(table=devices, signer=keyring)
    with database.begin() as tx:
        for account in ("mine", "yours"):
            tx.connection.execute(insert(accounts), {**account_row(account), "row_digest": ""})
        trusted.insert(tx, device("d1", "yours"))
        tx.take_witnesses()
        tx.connection.execute(update(devices).values(account_id="mine"))
    with pytest.raises(Tampered), database.read() as tx:
        trusted.find(tx, devices.c.account_id == "mine")


def test_a_column_that_decides_nothing_may_change_freely(database: Database, keyring):
    trusted = TrustedTable(table=devices, signer=keyring)
    with database.begin() as tx:
        tx.connection.execute(insert(accounts), {**account_row("mine"), "row_digest": ""})
        trusted.insert(tx, device("d1", "mine"))
        tx.take_witnesses()
        found = trusted.find(tx, devices.c.id == "d1")
        assert found is not None
        changed = trusted.change(tx, found, name="Chromium on Linux", last_seen_at=NOON.replace(hour=13))
        assert changed is not None
        assert tx.take_witnesses() == []
    with database.read() as tx:
        again = trusted.find(tx, devices.c.id == "d1")
    assert again is not None
    assert again["name"] == "Chromium on Linux"
    assert again["row_digest"] == found["row_digest"]


def test_of_fifty_who_change_a_row_one_wins(database: Database, trusted: TrustedTable):
    with database.begin() as tx:
        trusted.insert(tx, row("a"))
    read = get(database, trusted, "a")
    assert read is not None

    def change(number: int) -> bool:
        with database.begin() as tx:
            return trusted.change(tx, read, state="won") is not None

    assert at_once(50, change).count(True) == 1
    now = get(database, trusted, "a")
    assert now is not None
    assert now["state"] == "won"


def test_a_locked_row_counts_every_one_of_fifty(database: Database, trusted: TrustedTable):
    with database.begin() as tx:
        trusted.insert(tx, row("a"))

    def count(_number: int) -> None:
        with database.begin() as tx:
            found = trusted.find(tx, limits.c.id == "a", lock=True)
            assert found is not None
            assert trusted.change(tx, found, state=str(int(found["state"]) + 1)) is not None

    at_once(50, count)
    now = get(database, trusted, "a")
    assert now is not None
    assert now["state"] == "50"


def test_of_fifty_who_delete_a_row_one_does(database: Database, trusted: TrustedTable):
    with database.begin() as tx:
        trusted.insert(tx, row("a"))
    read = get(database, trusted, "a")
    assert read is not None

    def remove(_number: int) -> bool:
        with database.begin() as tx:
            return trusted.delete(tx, read)

    assert at_once(50, remove).count(True) == 1
    assert get(database, trusted, "a") is None


def test_each_change_is_witnessed(database: Database, account_rows: TrustedTable):
    with database.begin() as tx:
        account_rows.insert(tx, account_row("a"))
        inserted = account_rows.find(tx, accounts.c.id == "a")
        assert inserted is not None
        assert tx.take_witnesses() == [("accounts", "a", inserted["row_digest"])]
        changed = account_rows.change(tx, inserted, standing="closed")
        assert changed is not None
        assert tx.take_witnesses() == [("accounts", "a", changed["row_digest"])]
        assert account_rows.delete(tx, changed) is True
        assert tx.take_witnesses() == [("accounts", "a", None)]
        assert account_rows.change(tx, changed, standing="open") is None
        assert account_rows.delete(tx, changed) is False
        assert tx.take_witnesses() == []


def test_a_change_gives_the_row_as_it_now_stands(database: Database, trusted: TrustedTable):
    with database.begin() as tx:
        trusted.insert(tx, row("a"))
        first = trusted.find(tx, limits.c.id == "a")
        assert first is not None
        second = trusted.change(tx, first, state="1")
        assert second is not None
        assert trusted.find(tx, limits.c.id == "a") == second
        assert trusted.change(tx, second, state="2") is not None


def test_an_empty_value_and_none_are_not_the_same(database: Database, keyring):
    trusted = TrustedTable(table=recovery_codes, signer=keyring)
    content = {"id": "a", "account_id": "x", "authenticator_id": "y", "code_digest": ""}
    assert trusted._sign(content) == trusted._sign({**content, "used_at": None})
    assert trusted._sign(content) != trusted._sign({**content, "used_at": ""})


def test_id_and_digest_are_not_changed(database: Database, trusted: TrustedTable):
    with database.begin() as tx:
        trusted.insert(tx, row("a"))
        found = trusted.find(tx, limits.c.id == "a")
        assert found is not None
        with pytest.raises(ValueError):
            trusted.change(tx, found, id="b")
        with pytest.raises(ValueError):
            trusted.change(tx, found, row_digest="v1.0")


def test_the_schema_says_what_is_trusted(keyring):
    with pytest.raises(ValueError):
        TrustedTable(table=outbox, signer=keyring)
    with pytest.raises(ValueError):
        TrustedTable(table=accounts, signer=keyring, loose=frozenset({"standing"}))
    with pytest.raises(ValueError):
        TrustedTable(table=accounts, signer=keyring, witnessed=False)


def account_row(account: str) -> dict[str, object]:
    return {"id": account, "standing": "open", "language": "en", "created_at": NOON}


def device(device_id: str, account: str) -> dict[str, object]:
    return {
        "id": device_id,
        "account_id": account,
        "token_digest": "t",
        "kind": "browser",
        "bound_at": NOON,
        "name": "Firefox on Linux",
        "last_network": "192.0.2.0/24",
        "last_seen_at": NOON,
    }


def test_a_row_left_behind_by_a_rollback_is_none(database: Database, trusted: TrustedTable):
    def fail(tx: Transaction) -> None:
        trusted.insert(tx, row("a"))
        tx.connection.execute(delete(outbox))
        raise Conflict

    with pytest.raises(Conflict), database.begin() as tx:
        fail(tx)
    assert get(database, trusted, "a") is None


def test_a_row_is_read_once_until_it_is_written_by_who_remembers(database: Database, account_rows: TrustedTable):
    with database.begin() as tx:
        account_rows.insert(tx, account_row("a"))
        tx.take_witnesses()
    with database.begin() as tx, count_statements(database) as seen:
        account_rows.find_by(tx, id="a")
        account_rows.find_by(tx, id="a")
        assert seen.count == 2
    with database.begin() as tx, count_statements(database) as seen:
        tx.remember()
        found = account_rows.find_by(tx, id="a")
        assert found is not None
        assert account_rows.find_by(tx, id="a") == found
        assert account_rows.find_by(tx, id="b") is None
        assert seen.count == 2
        account_rows.change(tx, found, closed_at=NOON)
        assert closed_at(tx, account_rows, "a") == NOON
        account_rows.insert(tx, account_row("b"))
        assert closed_at(tx, account_rows, "b") is None
        tx.take_witnesses()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_waited_for_a_lock_reads_everything_anew(database: Database, account_rows: TrustedTable):
    """Somebody closes b while we have no lock; once we hold a, we must not go by what b was before."""
    with database.begin() as tx:
        for account in "ab":
            account_rows.insert(tx, account_row(account))
        tx.take_witnesses()

    def close_b() -> None:
        with database.begin() as other:
            found = account_rows.find_by(other, id="b")
            assert found is not None
            account_rows.change(other, found, closed_at=NOON)
            other.take_witnesses()

    with database.begin() as tx:
        tx.remember()
        assert closed_at(tx, account_rows, "b") is None
        with ThreadPoolExecutor(1) as thread:
            thread.submit(close_b).result()
        account_rows.find_by(tx, id="a", lock=True)
        assert closed_at(tx, account_rows, "b") == NOON


def closed_at(tx: Transaction, trusted: TrustedTable, account: str) -> datetime | None:
    found = trusted.find_by(tx, id=account)
    assert found is not None
    when: datetime | None = found["closed_at"]
    return when
