"""The chain's arithmetic: every part of an event and its place count."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.record.chain import GENESIS, content_of, link, links

NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
EVENT = {
    "seq": 7,
    "at": NOON,
    "kind": "signed_in",
    "account_id": "a",
    "passage_id": None,
    "session_id": None,
    "device_id": "d",
    "network": "192.0.2.0/24",
    "facts": "{}",
    "witness": "[]",
}
OTHERS = {
    "seq": 8,
    "at": NOON + timedelta(microseconds=1),
    "kind": "signed_out",
    "account_id": None,
    "passage_id": "",
    "session_id": "d",
    "device_id": None,
    "network": "",
    "facts": '{"aal":2}',
    "witness": '[["accounts","a",null]]',
}


@pytest.mark.parametrize("column", OTHERS)
def test_every_column_counts(column: str, keyring):
    row = {**EVENT, "mac": link(keyring, GENESIS, EVENT)}
    assert links(keyring, GENESIS, row)
    assert not links(keyring, GENESIS, {**row, column: OTHERS[column]})


def test_the_place_counts(keyring):
    row = {**EVENT, "mac": link(keyring, GENESIS, EVENT)}
    assert not links(keyring, "00", row)


def test_a_key_rotated_since_still_links(keyring, randomness):
    mac = link(keyring, GENESIS, EVENT)
    rotated = keyring.rotated(randomness)
    assert links(rotated, GENESIS, {**EVENT, "mac": mac})
    after = {**EVENT, "seq": 8}
    after["mac"] = link(rotated, mac, after)
    assert links(rotated, mac, after)
    assert not links(keyring, mac, after)


def test_another_key_gives_another_code(keyring, randomness):
    other = type(keyring).create(randomness)
    assert link(keyring, GENESIS, EVENT) != link(other, GENESIS, EVENT)


@pytest.mark.parametrize("mac", [None, b"00", 5, "ü", ""])
def test_a_code_of_another_kind_does_not_link(mac, keyring):
    assert not links(keyring, GENESIS, {**EVENT, "mac": mac})


def test_a_value_of_another_kind_does_not_link(keyring):
    assert not links(keyring, GENESIS, {**EVENT, "facts": b"{}", "mac": link(keyring, GENESIS, EVENT)})


def test_the_zone_of_a_moment_does_not_count():
    elsewhere = NOON.astimezone(timezone(timedelta(hours=8)))
    assert content_of({**EVENT, "at": elsewhere}) == content_of(EVENT)


texts = st.none() | st.text(max_size=6)
columns = st.fixed_dictionaries({name: texts for name in EVENT if name not in ("seq", "at")})


@given(columns, columns)
def test_two_events_have_one_content_only_if_they_are_the_same(one: dict, other: dict):
    assert (content_of({**EVENT, **one}) == content_of({**EVENT, **other})) == (one == other)
