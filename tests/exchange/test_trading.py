"""Paper orders: what is held, filled, given back; never more than there is."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from examples.exchange.ledger import OUTSIDE, Refused, holdings, move, post
from examples.exchange.market import BY_TICKER, QUOTE
from examples.exchange.store import Store
from examples.exchange.trading import Trading, Wanted
from tests.support.clock import SettableClock

ASSET = BY_TICKER["ISANT"]
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


class Desk:
    def __init__(self, path) -> None:
        self.store, self.clock, numbers = Store(path), SettableClock(NOW), count(1)
        self.trading = Trading(store=self.store, clock=self.clock, new_id=lambda: f"o{next(numbers)}")
        with self.store.begin() as tx:
            for asset, amount in ((QUOTE, 10_000), ("ISANT", 5)):
                post(tx, f"open:{asset}", "open", move(asset, Decimal(amount), (OUTSIDE, "free"), ("ann", "free")), NOW)

    def has(self, asset: str) -> tuple[object, object]:
        with self.store.begin() as tx:
            held = holdings(tx, "ann").get(asset)
        return (held.free, held.held) if held else (Decimal(0), Decimal(0))

    def place(self, side="buy", size="1", price=None, **other):
        kind = "market" if price is None else "limit"
        limit = None if price is None else Decimal(price)
        return self.trading.place(
            "ann", Wanted(ticker="ISANT", side=side, kind=kind, size=Decimal(size), price=limit, **other)
        )


@pytest.fixture
def desk(tmp_path):
    opened = Desk(tmp_path / "desk.db")
    yield opened
    opened.store.close()


def test_a_market_order_is_filled_at_once(desk: Desk):
    order = desk.place(size="2")
    assert (order.state, order.filled_for) == ("filled", ASSET.ask(NOW))
    assert desk.has("ISANT") == (Decimal(7), 0)
    assert desk.has(QUOTE) == (10_000 - 2 * ASSET.ask(NOW), 0)


def test_a_limit_order_waits_holds_and_gives_back(desk: Desk):
    order = desk.place(price="100")
    assert order.state == "open"
    assert desk.has(QUOTE) == (9_900, 100)
    assert desk.trading.cancel("ann", order.id).state == "cancelled"
    assert desk.has(QUOTE) == (10_000, 0)
    with pytest.raises(Refused, match="not_open"):
        desk.trading.cancel("ann", order.id)


def test_a_limit_order_is_filled_when_the_price_comes_to_it(desk: Desk):
    hours = range(1, 24 * 60)
    fall = next(hour for hour in hours if ASSET.ask(NOW + timedelta(hours=hour)) < ASSET.ask(NOW) * Decimal("0.99"))
    limit = (ASSET.ask(NOW) * Decimal("0.995")).quantize(ASSET.price_step)
    order = desk.place(price=str(limit))
    desk.trading.settle("ann")
    assert desk.trading.order("ann", order.id).state == "open"
    desk.clock.advance(timedelta(hours=fall))
    desk.trading.settle("ann")
    filled = desk.trading.order("ann", order.id)
    assert (filled.state, filled.filled_for) == ("filled", ASSET.ask(desk.clock()))
    assert desk.has(QUOTE) == (10_000 - ASSET.ask(desk.clock()), 0)


def test_a_limit_above_the_market_pays_the_market(desk: Desk):
    order = desk.place(price="400")
    assert (order.state, order.filled_for) == ("filled", ASSET.ask(NOW))
    assert desk.has(QUOTE) == (10_000 - ASSET.ask(NOW), 0)


def test_selling(desk: Desk):
    order = desk.place("sell", "5", price="1")
    assert order.filled_for == ASSET.bid(NOW)
    assert desk.has("ISANT") == (0, 0)
    assert desk.has(QUOTE) == (10_000 + 5 * ASSET.bid(NOW), 0)
    rests = desk.place("buy", "1")
    assert rests.state == "filled"
    assert desk.place("sell", "1", price="999").state == "open"
    assert desk.has("ISANT") == (0, 1)


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"size": "100000"}, "too_little"),
        ({"side": "sell", "size": "6"}, "too_little"),
        ({"size": "0.00001"}, "size_step"),
        ({"price": "1.001"}, "price_step"),
        ({"side": "lend"}, "no_market"),
    ],
)
def test_what_is_refused(desk: Desk, wanted, reason):
    with pytest.raises(Refused, match=reason):
        desk.place(**wanted)
    assert desk.has(QUOTE) == (10_000, 0)
    assert desk.trading.orders("ann") == []


def test_the_same_client_id_is_one_order(desk: Desk):
    first, again = desk.place(price="100", client_id="mine"), desk.place(price="100", client_id="mine")
    assert first == again
    assert desk.has(QUOTE) == (9_900, 100)


def test_nobody_else_sees_or_cancels_it(desk: Desk):
    order = desk.place(price="100")
    for act in (desk.trading.cancel, desk.trading.order):
        with pytest.raises(Refused, match="no_order"):
            act("bob", order.id)


ways = st.lists(
    st.tuples(
        st.sampled_from(["buy", "sell"]), st.integers(1, 60_000), st.integers(16_000, 19_000), st.integers(0, 40)
    ),
    max_size=8,
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(ways, st.randoms(use_true_random=False))
def test_whatever_is_ordered_nothing_is_made_or_lost(tmp_path_factory, given_ways, chance):
    desk = Desk(tmp_path_factory.mktemp("desk") / "desk.db")
    for side, size, price, hours in given_ways:
        try:
            order = desk.place(side, str(Decimal(size) / 10_000), str(Decimal(price) / 100))
            if order.state == "open" and chance.random() < 0.3:
                desk.trading.cancel("ann", order.id)
        except Refused:
            pass
        desk.clock.advance(timedelta(hours=hours))
        desk.trading.settle("ann")
    with desk.store.begin() as tx:
        rows = tx.execute("SELECT account, asset, amount FROM balances").fetchall()
        held = sum(
            Decimal(r["amount"])
            for r in tx.execute("SELECT amount FROM balances WHERE account='ann' AND part='held' AND asset='PAPER'")
        )
    for asset in (QUOTE, "ISANT"):
        assert sum(Decimal(row["amount"]) for row in rows if row["asset"] == asset) == 0
    assert all(Decimal(row["amount"]) >= 0 for row in rows if row["account"] == "ann")
    waiting = [order for order in desk.trading.orders("ann") if order.state == "open" and order.side == "buy"]
    assert held == sum((order.size * (order.price or 0) for order in waiting), Decimal(0))
    desk.store.close()
