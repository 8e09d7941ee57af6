"""Events are written with the transaction they tell of, in one unbroken chain."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from tests.support.parallel import at_once
from tests.support.statements import count_statements
from watchword.crypto.keyring import Keyring
from watchword.foundation.errors import Busy, Tampered
from watchword.foundation.terms import AccountId, DeviceId, PassageId, SessionId
from watchword.record.activity import RecentActivity
from watchword.record.catalogue import EventKind
from watchword.record.store import RecordStore
from watchword.record.verify import Verdict, verify_record
from watchword.storage.database import Database, Transaction, open_database
from watchword.storage.schema import events, record_head


def stored(database: Database) -> list[dict[str, Any]]:
    with database.read() as tx:
        return [row._asdict() for row in tx.connection.execute(select(events).order_by(events.c.seq))]


def verdict(database: Database, keyring: Keyring) -> Verdict:
    with database.read() as tx:
        return verify_record(tx, keyring, None)


class Deliberate(Exception):
    pass


def test_an_event_is_kept_as_told(database, journal, clock):
    with database.begin() as tx:
        journal.record(
            tx,
            EventKind.SIGNED_IN,
            at=clock(),
            account=AccountId("a"),
            passage=PassageId("p"),
            session=SessionId("s"),
            device=DeviceId("d"),
            network="2001:db8::/64",
            aal=2,
            amr="pwd,otp",
            new_device=False,
            country=None,
        )
    (event,) = stored(database)
    assert event["at"] == clock()
    assert (event["seq"], event["kind"], event["account_id"]) == (1, "signed_in", "a")
    assert (event["passage_id"], event["session_id"], event["device_id"]) == ("p", "s", "d")
    assert event["network"] == "2001:db8::/64"
    assert json.loads(event["facts"]) == {"aal": 2, "amr": "pwd,otp", "new_device": False}


def test_events_of_one_transaction_keep_their_order(database, journal, clock, keyring):
    kinds = [EventKind.PASSAGE_BEGUN, EventKind.PASSAGE_ANSWERED, EventKind.PASSAGE_PASSED]
    for _ in range(3):
        with database.begin() as tx:
            for kind in kinds:
                journal.record(tx, kind, at=clock())
    assert [(e["seq"], e["kind"]) for e in stored(database)] == list(enumerate([str(k) for k in kinds] * 3, 1))
    assert verdict(database, keyring).ok


def test_a_rollback_leaves_no_event(database, journal, clock, keyring):
    def fail(tx: Transaction) -> None:
        journal.record(tx, EventKind.SIGNED_IN, at=clock())
        journal.flush(tx)
        raise Deliberate

    with pytest.raises(Deliberate), database.begin() as tx:
        fail(tx)
    assert stored(database) == []
    with database.begin() as tx:
        journal.record(tx, EventKind.SIGNED_OUT, at=clock())
    assert [e["seq"] for e in stored(database)] == [1]
    assert verdict(database, keyring).ok


def test_an_event_told_while_others_close_is_kept(database, journal, clock, keyring):
    with database.begin() as tx:
        tx.before_commit(lambda: journal.record(tx, EventKind.SIGNED_OUT, at=clock()))
        journal.record(tx, EventKind.SIGNED_IN, at=clock())
    assert [e["kind"] for e in stored(database)] == ["signed_in", "signed_out"]
    assert verdict(database, keyring).ok


def test_an_event_told_after_the_flush_is_kept(database, journal, clock, keyring):
    with database.begin() as tx:
        journal.record(tx, EventKind.SIGNED_IN, at=clock())
        journal.flush(tx)
        journal.record(tx, EventKind.SIGNED_OUT, at=clock())
    assert [e["kind"] for e in stored(database)] == ["signed_in", "signed_out"]
    assert verdict(database, keyring).ok


def test_the_last_event_bears_witness(database, journal, people, clock):
    account = people.create("a")
    with database.begin() as tx:
        journal.record(tx, EventKind.SIGNED_IN, at=clock())
    with database.begin() as tx:
        changed = people.rows.change(tx, account, language="zh-Hans")
        journal.record(tx, EventKind.ACCOUNT_CLOSED, at=clock())
        journal.record(tx, EventKind.SIGNED_OUT, at=clock())
    assert changed is not None
    assert [json.loads(e["witness"]) for e in stored(database)] == [
        [["accounts", "a", account["row_digest"]]],
        [],
        [],
        [["accounts", "a", changed["row_digest"]]],
    ]


def test_a_fact_the_catalogue_lacks_stops_the_transaction(database, journal, clock):
    with pytest.raises(ValueError), database.begin() as tx:
        journal.record(tx, EventKind.SIGNED_IN, at=clock(), colour="blue")
    assert stored(database) == []


def test_twenty_writers_leave_no_gap(database, journal, clock, keyring):
    def write(number: int) -> None:
        for _ in range(5):
            with database.begin() as tx:
                journal.record(tx, EventKind.PASSAGE_BEGUN, at=clock(), account=AccountId(f"a{number}"))
                journal.record(tx, EventKind.PASSAGE_ENDED, at=clock(), account=AccountId(f"a{number}"))

    at_once(20, write)
    kept = stored(database)
    assert [e["seq"] for e in kept] == list(range(1, 201))
    assert [e["kind"] for e in kept] == ["passage.begun", "passage.ended"] * 100
    assert all(one["account_id"] == two["account_id"] for one, two in zip(kept[::2], kept[1::2], strict=True))
    assert verdict(database, keyring).ok


def test_a_connection_cut_before_the_commit_leaves_the_chain_whole(database, journal, people, clock, keyring):
    people.create("a")

    def cut_off(tx: Transaction) -> None:
        people.rows.insert(tx, {**people.get("a"), "id": "b", "row_digest": None})
        journal.record(tx, EventKind.ACCOUNT_CREATED, at=clock())
        journal.flush(tx)
        raw = tx.connection.connection.dbapi_connection
        assert raw is not None
        raw.close()

    with pytest.raises((Busy, DBAPIError)), database.begin() as tx:
        cut_off(tx)
    people.create("c")
    assert [e["account_id"] for e in stored(database)] == ["a", "c"]
    assert verdict(database, keyring).ok


def test_a_lost_head_stops_writing(database, journal, clock):
    with database.begin() as tx:
        tx.connection.execute(delete(record_head))
    with pytest.raises(Tampered), database.begin() as tx:
        journal.record(tx, EventKind.SIGNED_IN, at=clock())


def test_an_event_costs_three_statements_however_many_there_are(database, journal, clock):
    with count_statements(database) as seen, database.begin() as tx:
        for _ in range(4):
            journal.record(tx, EventKind.SIGNED_IN, at=clock())
    assert seen.count == 3


def test_the_holder_reads_what_is_theirs_newest_first(database, journal, clock):
    with database.begin() as tx:
        for number in range(5):
            clock.advance(timedelta(minutes=1))
            journal.record(tx, EventKind.SIGNED_IN, at=clock(), account=AccountId("a"), network="192.0.2.0/24", aal=1)
            journal.record(tx, EventKind.PASSAGE_PASSED, at=clock(), account=AccountId("a"))
            journal.record(tx, EventKind.SIGNED_OUT, at=clock(), account=AccountId(f"b{number}"))
    recent = RecentActivity(store=RecordStore())
    with database.read() as tx:
        first = recent(tx, AccountId("a"), count=3)
        second = recent(tx, AccountId("a"), before=first[-1].seq, count=3)
        nobody = recent(tx, AccountId("c"))
    assert [entry.seq for entry in first + second] == [13, 10, 7, 4, 1]
    assert {entry.kind for entry in first} == {EventKind.SIGNED_IN}
    assert first[0].at == clock()
    assert first[0].facts == {"aal": 1}
    assert nobody == []


def test_two_who_write_in_turns_write_one_chain(database, database_url, journal, clock, keyring):
    """What one of them remembers of the head is old as soon as the other has written: a server, and a command."""
    other = open_database(database_url)
    try:
        for each in (database, database, other, database, other, other, database):
            with each.begin() as tx:
                journal.record(tx, EventKind.PASSAGE_BEGUN, at=clock(), client="browser")
    finally:
        other.close()
    assert [event["seq"] for event in stored(database)] == [1, 2, 3, 4, 5, 6, 7]
    assert verdict(database, keyring).ok


def test_a_head_that_was_put_back_behind_our_back_is_not_gone_on_from_memory(database, journal, clock, keyring):
    """Whoever sets it back can't have us write a chain that hides it."""
    for _ in range(3):
        with database.begin() as tx:
            journal.record(tx, EventKind.PASSAGE_BEGUN, at=clock(), client="browser")
    first = stored(database)[0]
    with database.begin() as tx:
        tx.connection.execute(update(record_head).values(seq=1, mac=first["mac"]))
    with pytest.raises(DBAPIError), database.begin() as tx:  # its place in the chain is taken
        journal.record(tx, EventKind.PASSAGE_BEGUN, at=clock(), client="browser")
    assert not verdict(database, keyring).ok
