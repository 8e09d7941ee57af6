"""A client library that people already use, pointed at the desk by its addresses alone; and what a bot may not do."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import ccxt
import httpx
import pytest

from examples.exchange.trading import Wanted
from tests.support.api_keys import Bot, make_key
from tests.support.exchange import ServedDesk, open_exchange
from tests.support.exits import fortify, later
from tests.support.house import Person, Place

SYMBOL = "ISANT/PAPER"


@pytest.fixture(scope="module")
def exchange(place: Place) -> Iterator[ServedDesk]:
    with open_exchange(*place) as opened:
        yield opened


@pytest.fixture(scope="module")
def person(exchange: ServedDesk) -> Person:
    """With a balance at the desk, and everything set up at the door since days."""
    person = fortify(Person(exchange.door.house, exchange.door.clock, address="ann@example.org").sign_up())
    with exchange.desk.store.begin() as tx:
        exchange.desk.sign_ins.open_account(tx, _account(person))
    return person


def _account(person: Person) -> str:
    return str(person.http.get("/api/v1/session", headers=person.bearer).json()["account"])


def library(exchange: ServedDesk, bot: Bot) -> Any:
    class OnTheHousesClock(ccxt.kucoin):  # type: ignore[misc]  # the library has no types
        """Its clock is days ahead of this machine's."""

        def nonce(self) -> int:
            return int(bot.timestamp())

    made = bot.made
    opened = OnTheHousesClock({"apiKey": made["key"], "secret": made["secret"], "password": made["passphrase"]})
    opened.urls["api"] = dict.fromkeys(opened.urls["api"], exchange.for_programs)
    opened.session.trust_env = False
    return opened


def test_a_balance_an_order_and_its_cancellation(exchange: ServedDesk, person: Person):
    desk = library(exchange, make_key(person))
    assert desk.fetch_balance()["PAPER"] == {"free": 10_000.0, "used": 0.0, "total": 10_000.0}
    assert len(desk.markets) == 320
    ticker = desk.fetch_ticker(SYMBOL)
    assert ticker["last"] > 0
    placed = desk.create_order(SYMBOL, "limit", "buy", 0.5, 100)
    assert desk.fetch_balance()["PAPER"] == {"free": 9_950.0, "used": 50.0, "total": 10_000.0}
    assert [order["id"] for order in desk.fetch_open_orders(SYMBOL)] == [placed["id"]]
    desk.cancel_order(placed["id"], SYMBOL)
    cancelled = desk.fetch_order(placed["id"], SYMBOL)
    assert (cancelled["status"], cancelled["amount"], cancelled["price"]) == ("canceled", 0.5, 100.0)
    assert desk.fetch_balance()["PAPER"]["free"] == 10_000.0
    sold = desk.fetch_order(desk.create_order(SYMBOL, "market", "sell", 0.5)["id"], SYMBOL)
    assert (sold["status"], sold["filled"]) == ("closed", 0.5)
    with pytest.raises(ccxt.InsufficientFunds):
        desk.create_order(SYMBOL, "limit", "buy", 50_000, 100)
    with pytest.raises(ccxt.BaseError):
        desk.cancel_order(placed["id"], SYMBOL)


def test_a_key_that_reads_places_nothing(exchange: ServedDesk, person: Person):
    later(person, minutes=5)
    desk = library(exchange, make_key(person, name="reader", permissions=["read"]))
    assert desk.fetch_balance()["PAPER"]["total"] > 9_000
    with pytest.raises(ccxt.BaseError, match="400007"):
        desk.create_order(SYMBOL, "limit", "buy", 0.5, 100)


def test_what_is_not_signed_so_is_refused(exchange: ServedDesk, person: Person):
    later(person, minutes=5)
    bot, target = make_key(person, name="third"), "/api/v1/accounts"
    with httpx.Client(base_url=exchange.for_programs, trust_env=False) as http:
        good = _signed(bot, "GET", target)
        assert http.get(target, headers=good).json()["code"] == "200000"
        for headers, asked in (
            (good, f"{target}?type=trade"),
            ({}, target),
            ({**good, "KC-API-SIGN": "x" * 44}, target),
        ):
            refused = http.get(asked, headers=headers)
            assert refused.status_code == 401
            assert refused.json()["code"] in ("400001", "400005")
        body = b'{"clientOid":"a","side":"buy","symbol":"ISANT-PAPER","type":"limit","price":"100","size":"0.5"}'
        order: dict[str, Any] = {"headers": _signed(bot, "POST", "/api/v1/orders", body), "content": body}
        assert http.post("/api/v1/orders", **order).json()["code"] == "200000"
        assert http.post("/api/v1/orders", **order).json()["code"] == "400005"  # sent again
        changed = {**order, "content": body.replace(b"0.5", b"5.5")}
        assert http.post("/api/v1/orders", **changed).status_code == 401


def test_another_holders_order_is_not_there(exchange: ServedDesk, person: Person):
    with exchange.desk.store.begin() as tx:
        exchange.desk.sign_ins.open_account(tx, "somebody-else")
    wanted = Wanted(ticker="ISANT", side="sell", kind="limit", size=Decimal(1), price=Decimal(999))
    order = exchange.desk.trading.place("somebody-else", wanted)
    later(person, minutes=5)
    desk = library(exchange, make_key(person, name="fourth"))
    with pytest.raises(ccxt.BaseError):
        desk.cancel_order(order.id, SYMBOL)
    assert exchange.desk.trading.order("somebody-else", order.id).state == "open"


def test_bots_have_no_pages_and_pages_no_bots(exchange: ServedDesk):
    with httpx.Client(base_url=exchange.for_programs, trust_env=False) as http:
        assert http.get("/").status_code == 421
        assert http.get("/sign-in").status_code == 421
        assert http.get("/api/v1/timestamp").status_code == 200


def _signed(bot: Bot, method: str, target: str, body: bytes = b"") -> dict[str, str]:
    headers: dict[str, str] = Bot(person=bot.person, made=bot.made, prefix="KC-API").sign(method, target, body)[
        "headers"
    ]
    return headers
