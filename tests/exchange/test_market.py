"""Prices are a pure function of asset and second; what a page shows of them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.exchange.charts import chart, plain, spark
from examples.exchange.market import ASSETS, BY_SYMBOL, BY_TICKER, QUOTE, search, worth

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
PRICES = (Decimal("2.7852"), Decimal("0.92747"), Decimal("6.7061"))
moments = st.integers(0, 10 * 365 * 86_400).map(lambda seconds: NOW + timedelta(seconds=seconds))


def test_some_hundreds_of_assets_with_names_of_their_own():
    assert len(BY_TICKER) == len(BY_SYMBOL) == len({asset.name for asset in ASSETS}) == len(ASSETS) == 320
    assert QUOTE not in BY_TICKER
    assert all(asset.networks for asset in ASSETS)


@given(st.sampled_from(ASSETS), moments)
def test_the_same_second_has_the_same_price(asset, at):
    assert asset.price(at) == asset.price(at + timedelta(milliseconds=900)) > 0
    assert asset.price(at) % asset.price_step == 0
    assert asset.bid(at) < asset.ask(at)
    assert asset.bid(at) > 0


def test_prices_are_the_same_on_every_machine():
    shown = [(asset.symbol, asset.price(NOW)) for asset in ASSETS[:3]]
    assert shown == [("BRADE-PAPER", PRICES[0]), ("BRALO-PAPER", PRICES[1]), ("BRENB-PAPER", PRICES[2])]


@given(st.sampled_from(ASSETS), moments)
def test_no_price_jumps(asset, at):
    assert abs(asset.price(at + timedelta(seconds=1)) / asset.price(at) - 1) < Decimal("0.005")


@given(st.sampled_from(ASSETS))
def test_a_size_times_a_price_has_no_more_decimals_than_the_ledger(asset):
    assert asset.price_step * asset.size_step >= Decimal("0.00000001")


def test_search_by_name_and_ticker():
    assert search("iskAN")[0].ticker == "ISANT"
    assert [asset.ticker for asset in search("quade")] == ["QUADE"]
    assert search("zzz") == []
    assert len(search(" ")) == len(ASSETS)


def test_worth_in_paper():
    assert worth(QUOTE, Decimal("2.5"), NOW) == Decimal("2.5")
    assert worth("ISANT", Decimal(2), NOW) == 2 * BY_TICKER["ISANT"].price(NOW)


def test_a_chart_says_what_it_shows():
    asset = BY_TICKER["ISANT"]
    path = asset.path(NOW, timedelta(days=1), 25)
    assert path[0][0] == NOW - timedelta(days=1)
    assert path[-1] == (NOW, asset.price(NOW))
    drawn = chart(path, asset.price_step)
    assert (drawn.first, drawn.last) == (path[0][1], path[-1][1])
    assert drawn.low <= drawn.first <= drawn.high
    assert drawn.line.count("L") == 24
    assert drawn.area.startswith(drawn.line)
    assert 2 <= len(drawn.down) <= 5
    assert [tick.label for tick in drawn.across] == ["14:52", "00:00", "09:07"]


@pytest.mark.parametrize("price", ["0", "3"])
def test_a_flat_line_is_drawn_too(price):
    path = [(NOW + timedelta(hours=hour), Decimal(price)) for hour in range(3)]
    drawn = chart(path, Decimal("0.01"))
    assert drawn.change == 0
    assert "nan" not in drawn.line + spark(path)


def test_numbers_for_people():
    assert plain(Decimal("1234567.5")) == "1\u202f234\u202f567.5"
