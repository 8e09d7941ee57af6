"""Whatever is done to the database behind our back, ``verify_record`` names the first bad row."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update

from watchword.record.anchor import DropAnchor
from watchword.record.catalogue import EventKind
from watchword.record.store import RecordStore
from watchword.record.verify import Verdict, VerifyRecord
from watchword.storage.database import Database
from watchword.storage.schema import accounts, events, limits, record_head
from watchword.storage.trusted import TrustedTable


@pytest.fixture
def anchor_path(tmp_path):
    return tmp_path / "anchor.json"


@pytest.fixture
def drop_anchor(database, keyring, clock, anchor_path) -> DropAnchor:
    return DropAnchor(database=database, store=RecordStore(), keyring=keyring, clock=clock, path=anchor_path)


@pytest.fixture
def verify(database, keyring, anchor_path) -> VerifyRecord:
    return VerifyRecord(database=database, keyring=keyring, path=anchor_path)


@pytest.fixture
def ten(database, journal, clock):
    """Ten events of nothing in particular."""
    for _ in range(10):
        clock.advance(timedelta(seconds=1))
        with database.begin() as tx:
            journal.record(tx, EventKind.PASSAGE_BEGUN, at=clock(), client="browser")


def damage(database: Database, *statements: Any) -> None:
    with database.begin() as tx:
        for statement in statements:
            tx.connection.execute(statement)


def swap(database: Database, one: int, other: int) -> None:
    move = [(one, 0), (other, one), (0, other)]
    damage(database, *(update(events).where(events.c.seq == a).values(seq=b) for a, b in move))


def cut(database: Database, keep: int, *, head: bool) -> None:
    damage(database, delete(events).where(events.c.seq > keep))
    if head:
        with database.begin() as tx:
            mac = tx.connection.scalar(select(events.c.mac).where(events.c.seq == keep))
            tx.connection.execute(update(record_head).values(seq=keep, mac=mac or ""))


def bad(verdict: Verdict) -> tuple[bool, str | None, str]:
    return verdict.ok, verdict.first_bad, (verdict.reason or "").split(":")[0].split(",")[0]


def test_an_empty_record_is_whole(verify, drop_anchor):
    assert verify() == Verdict(ok=True, first_bad=None, reason=None, events=0, anchored=False)
    drop_anchor()
    assert verify() == Verdict(ok=True, first_bad=None, reason=None, events=0, anchored=True)


def test_a_record_is_whole(verify, drop_anchor, ten, people):
    people.create("a")
    people.close("a")
    people.create("b")
    people.remove("b")
    assert verify() == Verdict(ok=True, first_bad=None, reason=None, events=14, anchored=False)
    drop_anchor()
    people.create("c")
    assert verify() == Verdict(ok=True, first_bad=None, reason=None, events=15, anchored=True)


def test_more_than_a_page_is_read(verify, database, journal, clock):
    with database.begin() as tx:
        for _ in range(2100):
            journal.record(tx, EventKind.PASSAGE_BEGUN, at=clock())
    assert verify().ok
    assert verify().events == 2100
    damage(database, update(events).where(events.c.seq == 2050).values(network="198.51.100.0/24"))
    assert bad(verify()) == (False, "events 2050", "changed")


EDITS: dict[str, Callable[[], dict[str, Any]]] = {
    "kind": lambda: {"kind": "signed_in"},
    "account": lambda: {"account_id": "somebody"},
    "facts": lambda: {"facts": '{"client":"app"}'},
    "witness": lambda: {"witness": '[["accounts","a",null]]'},
    "code": lambda: {"mac": "00"},
    "nothing but an odd code": lambda: {"mac": "ü"},
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("seq", [1, 5, 10])
def test_an_edited_event_is_named(verify, database, ten, edit: str, seq: int):
    damage(database, update(events).where(events.c.seq == seq).values(**EDITS[edit]()))
    assert bad(verify()) == (False, f"events {seq}", "changed")


@pytest.mark.parametrize("seq", [1, 5, 9])
def test_a_deleted_event_is_named(verify, database, ten, seq: int):
    damage(database, delete(events).where(events.c.seq == seq))
    assert bad(verify()) == (False, f"events {seq}", "missing")
    assert verify().events == seq - 1


def test_a_deletion_closed_up_is_named(verify, database, ten):
    damage(
        database,
        delete(events).where(events.c.seq == 5),
        *(update(events).where(events.c.seq == seq).values(seq=seq - 1) for seq in range(6, 11)),
        update(record_head).values(seq=9),
    )
    assert bad(verify()) == (False, "events 5", "changed")


def test_swapped_events_are_named(verify, database, ten):
    swap(database, 3, 7)
    assert bad(verify()) == (False, "events 3", "changed")


def test_an_event_slipped_in_is_named(verify, database, ten):
    with database.begin() as tx:
        copied = dict(tx.connection.execute(select(events).where(events.c.seq == 10)).one()._mapping)
        tx.connection.execute(insert(events), {**copied, "seq": 11})
    assert bad(verify()) == (False, "events 11", "changed")


def test_an_event_slipped_in_before_the_first_is_named(verify, database, ten):
    with database.begin() as tx:
        copied = dict(tx.connection.execute(select(events).where(events.c.seq == 10)).one()._mapping)
        tx.connection.execute(insert(events), {**copied, "seq": -5})
    assert bad(verify()) == (False, "events 1", "missing")


def test_a_cut_tail_is_named_by_the_head(verify, database, ten):
    cut(database, 7, head=False)
    assert bad(verify()) == (False, "events 8", "missing")


@pytest.mark.parametrize("keep", [0, 7])
def test_a_tail_cut_with_its_head_is_named_by_the_anchor(verify, database, ten, drop_anchor, keep: int):
    drop_anchor()
    cut(database, keep, head=True)
    assert bad(verify()) == (False, f"events {keep + 1}", "missing")


def test_a_cut_tail_grown_anew_is_named_by_the_anchor(verify, database, ten, drop_anchor, people):
    drop_anchor()
    cut(database, 7, head=True)
    for name in "abcdef":
        people.create(name)
    assert bad(verify()) == (False, "events 10", "not what the anchor saw")


def test_a_head_set_back_is_named(verify, database, ten):
    damage(database, update(record_head).values(seq=9))
    assert bad(verify()) == (False, "record_head 1", "changed")


def test_a_head_with_another_code_is_named(verify, database, ten):
    damage(database, update(record_head).values(mac="00"))
    assert bad(verify()) == (False, "record_head 1", "changed")


def test_a_lost_head_is_named(verify, database, ten):
    damage(database, delete(record_head))
    assert bad(verify()) == (False, "record_head 1", "missing")


def test_a_forged_anchor_is_named(verify, ten, drop_anchor, anchor_path):
    drop_anchor()
    anchor_path.write_text(anchor_path.read_text().replace('"seq": 10', '"seq": 9'))
    assert bad(verify()) == (False, "the anchor file", "changed")


def test_an_edited_trusted_row_is_named(verify, database, people):
    people.create("a")
    damage(database, update(accounts).values(standing="closed"))
    assert bad(verify()) == (False, "accounts a", "changed")


def test_a_deleted_trusted_row_is_named(verify, database, people):
    people.create("a")
    people.create("b")
    damage(database, delete(accounts).where(accounts.c.id == "b"))
    assert bad(verify()) == (False, "accounts b", "missing")


def test_an_old_copy_of_a_trusted_row_is_named(verify, database, people):
    old = people.create("a")
    people.close("a")
    assert verify().ok
    damage(database, delete(accounts), insert(accounts).values(**old))
    assert people.get("a")["standing"] == "open"  # its own digest can't tell
    assert bad(verify()) == (False, "accounts a", "an old copy")


def test_a_trusted_row_put_back_is_named(verify, database, people):
    old = people.create("a")
    people.remove("a")
    assert verify().ok
    damage(database, insert(accounts).values(**old))
    assert bad(verify()) == (False, "accounts a", "put back")


def test_a_trusted_row_without_event_is_named(verify, database, people, keyring, clock):
    row = {"id": "a", "standing": "open", "language": "en", "created_at": clock(), "closed_at": None}
    digest = keyring.sign_row("accounts", {name: value for name, value in row.items() if value is not None})
    damage(database, insert(accounts).values(**row, row_digest=digest))
    assert bad(verify()) == (False, "accounts a", "slipped in")


def test_rows_the_record_keeps_only_in_part(verify, database, keyring, journal, clock):
    unseen = TrustedTable(table=limits, signer=keyring, witnessed=False)
    seen = TrustedTable(table=limits, signer=keyring)
    with database.begin() as tx:
        unseen.insert(tx, {"id": "rate", "state": "{}", "idle_at": clock()})
        seen.insert(tx, {"id": "window", "state": "{}", "idle_at": clock()})
        journal.record(tx, EventKind.LIMIT_COUNTED, at=clock())
    assert verify().ok
    damage(database, delete(limits).where(limits.c.id == "rate"))
    assert verify().ok
    damage(database, delete(limits).where(limits.c.id == "window"))
    assert bad(verify()) == (False, "limits window", "missing")


def test_more_than_a_page_of_trusted_rows_is_compared(verify, database, people, keyring, journal, clock):
    rows = TrustedTable(table=limits, signer=keyring)
    with database.begin() as tx:
        for number in range(1500):
            rows.insert(tx, {"id": f"{number:05}", "state": "{}", "idle_at": clock()})
        journal.record(tx, EventKind.LIMIT_COUNTED, at=clock())
    assert verify().ok
    damage(database, update(limits).where(limits.c.id == "01400").values(state="[]"))
    assert bad(verify()) == (False, "limits 01400", "changed")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE events SET at = 'never' WHERE seq = 5", "events 5"),
        ("UPDATE events SET facts = x'00' WHERE seq = 5", "events 5"),
        ("UPDATE events SET mac = x'00' WHERE seq = 5", "events 5"),
        ("UPDATE events SET seq = 'five' WHERE seq = 5", "events 5"),
        ("UPDATE accounts SET created_at = 'never' WHERE id = 'b'", "accounts after a"),
        ("UPDATE accounts SET standing = x'00' WHERE id = 'b'", "accounts b"),
    ],
)
def test_values_of_another_kind_are_named(verify, database, people, ten, statement: str, named: str):
    for name in "abc":
        people.create(name)
    damage(database, text(statement))
    verdict = verify()
    assert (verdict.ok, verdict.first_bad) == (False, named)
