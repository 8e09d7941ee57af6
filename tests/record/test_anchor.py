"""The anchor outside the database: written whole, ours alone, never moved back."""

import json
from collections.abc import Callable

import pytest
from sqlalchemy import delete, update

from watchword.foundation.errors import Tampered
from watchword.record.anchor import DropAnchor, read_anchor
from watchword.record.store import RecordStore
from watchword.storage.schema import events, record_head


@pytest.fixture
def path(tmp_path):
    return tmp_path / "anchors" / "anchor.json"


@pytest.fixture
def drop_anchor(database, keyring, clock, path) -> DropAnchor:
    path.parent.mkdir()
    return DropAnchor(database=database, store=RecordStore(), keyring=keyring, clock=clock, path=path)


def test_it_is_read_as_it_was_written(drop_anchor, people, keyring, path, clock):
    assert read_anchor(path, keyring) is None
    people.create("a")
    written = drop_anchor()
    assert (written.seq, written.at) == (1, clock())
    assert read_anchor(path, keyring) == written


def test_it_moves_on_and_leaves_nothing_else(drop_anchor, people, keyring, path):
    drop_anchor()
    people.create("a")
    people.create("b")
    assert drop_anchor().seq == 2
    assert [file.name for file in path.parent.iterdir()] == ["anchor.json"]
    assert path.stat().st_mode & 0o077 == 0


def test_a_cut_record_is_not_anchored_anew(drop_anchor, people, database, keyring, path):
    people.create("a")
    people.create("b")
    anchored = drop_anchor()
    with database.begin() as tx:
        tx.connection.execute(delete(events))
        tx.connection.execute(update(record_head).values(seq=0, mac=""))
    for name in "cde":
        people.create(name)
    with pytest.raises(Tampered):
        drop_anchor()
    assert read_anchor(path, keyring) == anchored


def test_a_lost_head_is_not_anchored(drop_anchor, database):
    with database.begin() as tx:
        tx.connection.execute(delete(record_head))
    with pytest.raises(Tampered):
        drop_anchor()


def _changed(**changes: object) -> Callable[[str], str]:
    return lambda content: json.dumps({**json.loads(content), **changes})


@pytest.mark.parametrize(
    "forge",
    [
        _changed(seq=0),
        _changed(mac="00"),
        _changed(at="2027-03-01T12:00:01.000000+00:00"),
        _changed(at="2027-03-01T12:00:00.000000"),
        _changed(at="never"),
        _changed(anchor_mac="00"),
        _changed(anchor_mac="ü"),
        _changed(anchor_mac=None),
        _changed(seq="1"),
        _changed(seq=True),
        _changed(more=1),
        lambda content: "",
        lambda content: "[]",
        lambda content: content[:-20],
        lambda content: "\udcff",
    ],
)
def test_a_forged_one_is_refused(drop_anchor, people, keyring, path, forge):
    people.create("a")
    drop_anchor()
    path.write_bytes(forge(path.read_text()).encode(errors="surrogateescape"))
    with pytest.raises(Tampered):
        read_anchor(path, keyring)
    with pytest.raises(Tampered):
        drop_anchor()


def test_another_key_refuses_it(drop_anchor, keyring, randomness, path):
    drop_anchor()
    with pytest.raises(Tampered):
        read_anchor(path, type(keyring).create(randomness))
