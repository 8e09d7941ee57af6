"""The rules of the ledger: nothing from nowhere, nothing below zero, nothing twice."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.exchange.ledger import (
    OUTSIDE,
    Entry,
    Refused,
    amount_of,
    history,
    holdings,
    move,
    post,
    posted,
    text_of,
)  # fmt: skip
from examples.exchange.store import Store
from watchword.gate import fields

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
amounts = st.decimals(Decimal("0.00000001"), Decimal(10) ** 14, places=8)


@given(amounts)
def test_an_amount_has_one_text_which_is_also_the_doors(amount):
    text = text_of(amount)
    assert amount_of(text) == amount
    assert text_of(amount_of(text)) == text
    assert fields.amount(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "0.0",
        "-1",
        "1e3",
        "NaN",
        "Infinity",
        "1_000",
        "1,5",
        "1.2.3",
        ".",
        "0.000000001",
        "9" * 40,
        "١",
        "10" * 8,
    ],
)
def test_what_is_no_amount(text):
    with pytest.raises(Refused):
        amount_of(text)


@pytest.mark.parametrize(("text", "amount"), [("1.50", "1.5"), (" 007 ", "7"), ("+2", "2"), (".5", "0.5"), ("5.", "5")])
def test_what_people_write(text, amount):
    assert text_of(amount_of(text)) == amount


def test_a_posting_takes_as_much_as_it_gives():
    with pytest.raises(ValueError, match="as much"):
        posted({}, [Entry(OUTSIDE, "PAPER", "free", Decimal(-1)), Entry("ann", "PAPER", "free", Decimal(2))])
    with pytest.raises(ValueError, match="as much"):  # of each asset
        posted({}, [Entry(OUTSIDE, "PAPER", "free", Decimal(-1)), Entry("ann", "ISANT", "free", Decimal(1))])


people = st.sampled_from(["ann", "bob", OUTSIDE])
parts = st.tuples(people, st.sampled_from(["free", "held"]))
moves = st.lists(st.tuples(st.sampled_from(["PAPER", "ISANT"]), amounts, parts, parts), max_size=20)


@given(moves)
def test_whatever_is_posted_the_sum_is_nothing_and_nobody_owes(given_moves):
    balances: dict = {}
    for asset, amount, source, target in given_moves:
        try:
            balances |= posted(balances, move(asset, amount, source, target))
        except Refused:
            assert source[0] != OUTSIDE
            assert balances.get((source[0], asset, source[1]), 0) < amount
    for asset in ("PAPER", "ISANT"):
        assert sum(amount for (_, of, _), amount in balances.items() if of == asset) == 0
    assert all(amount >= 0 for (account, _, _), amount in balances.items() if account != OUTSIDE)


def test_the_same_posting_is_made_once(tmp_path):
    store = Store(tmp_path / "desk.db")
    gift = move("PAPER", Decimal(5), (OUTSIDE, "free"), ("ann", "free"))
    for first in (True, False):
        with store.begin() as tx:
            assert post(tx, "gift", "gift", gift, NOW) is first
    with store.begin() as tx:
        assert {asset: held.whole for asset, held in holdings(tx, "ann").items()} == {"PAPER": Decimal(5)}
        assert history(tx, "ann") == [(NOW, "gift", "PAPER", Decimal(5))]
    store.close()


def test_what_is_refused_changes_nothing(tmp_path):
    store = Store(tmp_path / "desk.db")

    def give_five_and_take_six() -> None:
        with store.begin() as tx:
            post(tx, "gift", "gift", move("PAPER", Decimal(5), (OUTSIDE, "free"), ("ann", "free")), NOW)
            post(tx, "too-much", "pay", move("PAPER", Decimal(6), ("ann", "free"), (OUTSIDE, "free")), NOW)

    with pytest.raises(Refused, match="too_little"):
        give_five_and_take_six()
    with store.begin() as tx:
        assert holdings(tx, "ann") == {}
        assert tx.execute("SELECT count(*) FROM postings").fetchone()[0] == 0
    store.close()


def test_nobody_else_may_read_the_store(tmp_path):
    store = Store(tmp_path / "inner" / "desk.db")
    assert {path.stat().st_mode & 0o077 for path in [store.path, *store.path.parent.iterdir()]} == {0}
    assert store.path.parent.stat().st_mode & 0o077 == 0
    store.close()
