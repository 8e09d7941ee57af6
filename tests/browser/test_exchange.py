"""From the door to the platform and back: Start trading, an order, a withdrawal that is confirmed, out everywhere."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import LOCALES, NewVisitor
from tests.browser.test_exits import confirm, holder_of
from tests.browser.test_pages import Tour
from tests.support.browser import PATIENCE
from tests.support.exchange import ServedDesk, WatchBoth, open_exchange
from tests.support.house import Place
from tests.support.visitor import Keyboard, Mouse, ServedHouse, Visitor

ADDRESS = "lan1q7x0v9d3kq2mz8f"


@pytest.fixture(scope="module")
def exchange(place: Place) -> Iterator[ServedDesk]:
    with open_exchange(*place) as opened:
        yield opened


@pytest.fixture
def door(exchange: ServedDesk) -> ServedHouse:
    return exchange.door


@pytest.fixture
def visitor(browser: Browser, exchange: ServedDesk) -> Iterator[NewVisitor]:
    watch = WatchBoth(exchange.door.origin, desk=exchange.origin)
    with ExitStack() as closing:

        def make(language: str = "en", *, person: dict[str, Any] | None = None) -> Visitor:
            context = watch.over(browser.new_context(locale=LOCALES[language], reduced_motion="reduce"))
            context.set_default_timeout(PATIENCE)
            closing.callback(context.close)
            return Visitor(page=context.new_page(), door=exchange.door, **(person or {}))

        yield make
    assert not watch.complaints


def start_trading(holder: Visitor, exchange: ServedDesk) -> None:
    holder.hands.press(holder.find(f'main a[href="{exchange.origin}/sign-in"]'))
    expect(holder.page).to_have_url(f"{exchange.origin}/balances")


def withdraw(holder: Visitor, exchange: ServedDesk, amount: str) -> None:
    """As far as the door."""
    holder.page.goto(f"{exchange.origin}/withdraw")
    holder.find("#asset").select_option("ISANT")
    holder.find("#network").select_option("Ferry")
    holder.hands.write(ADDRESS, holder.find("#address"))
    holder.hands.write(amount, holder.find("#amount"))
    holder.hands.press(holder.find("main form button.wide"))
    holder.find("form[action='/withdraw/confirm']").wait_for()


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_from_the_door_to_the_desk_and_out_everywhere(
    visitor: NewVisitor, exchange: ServedDesk, door: ServedHouse, language: str
):
    hands = Mouse() if language == "en" else Keyboard()
    holder = holder_of(visitor, door, language, hands)
    tour = Tour(holder, language)
    start_trading(holder, exchange)
    tour.look("balances")

    holder.page.goto(f"{exchange.origin}/?q=iskan")
    tour.look("markets")
    hands.press(holder.find("tbody a").first)
    hands.write("0.5", holder.find("#size"))
    hands.write("100", holder.find("#price"))
    tour.look("asset")
    hands.press(holder.find("main form button.wide"))
    expect(holder.page).to_have_url(f"{exchange.origin}/orders")
    tour.look("orders")
    hands.press(holder.find("main form button"))
    expect(holder.find("main form")).to_have_count(0)

    withdraw(holder, exchange, "1.5")
    expect(holder.find(".say.care")).to_be_visible()  # this address is new: it opens tomorrow
    tour.look("review")
    hands.press(holder.find("main form button"))
    holder.page.wait_for_url(f"{door.origin}/account/exit?*")
    confirm(holder)
    hands.press(holder.find(f'main a[href^="{exchange.origin}/payouts/"]'))
    expect(holder.find(".say.care")).to_be_visible()
    tour.look("payout")
    holder.page.goto(f"{exchange.origin}/withdraw")
    expect(holder.find(".state.care")).to_be_visible()
    tour.look("withdraw")
    holder.page.goto(f"{exchange.origin}/p2p")
    tour.look("p2p")

    door.clock.advance(timedelta(hours=25))
    holder.sign_in()
    start_trading(holder, exchange)
    withdraw(holder, exchange, "1.5")
    expect(holder.find(".say.good")).to_be_visible()
    hands.press(holder.find("main form button"))
    confirm(holder)
    hands.press(holder.find(f'main a[href^="{exchange.origin}/payouts/"]'))
    expect(holder.find(".say.good")).to_be_visible()

    hands.press(holder.find(".menu summary"))
    hands.press(holder.find("form[action='/sign-out-everywhere'] button"))
    expect(holder.page).to_have_url(f"{exchange.origin}/signed-out")
    tour.look("signed_out")
    holder.go("/account")
    holder.page.wait_for_url(f"{door.origin}/sign-in*")  # the door's session ended with it
    assert "\n".join(tour.problems) == ""


def test_out_at_the_door_is_out_at_the_desk(visitor: NewVisitor, exchange: ServedDesk, door: ServedHouse):
    newcomer = visitor("en", person={"address": "nora@example.org"}).sign_up()
    start_trading(newcomer, exchange)
    newcomer.go("/account")
    newcomer.sign_out()
    expect(newcomer.page).to_have_url(f"{door.origin}/signed-out")
    newcomer.page.goto(f"{exchange.origin}/balances")
    newcomer.page.wait_for_url(f"{door.origin}/sign-in*")


def test_the_desk_never_sees_the_cookie_of_the_door(visitor: NewVisitor, exchange: ServedDesk, door: ServedHouse):
    newcomer = visitor("en", person={"address": "cora@example.org"}).sign_up()
    start_trading(newcomer, exchange)
    newcomer.page.goto(f"{exchange.origin}/orders")
    cookies = newcomer.page.context.cookies()
    of_door = {str(cookie["value"]) for cookie in cookies if cookie["domain"] == "localhost"}
    assert {cookie["name"] for cookie in cookies if cookie["domain"] == "trade.localhost"} == {"desk"}
    assert len(of_door) >= 2  # session and device
    for received in exchange.received:
        assert not any(value.encode() in received for value in of_door)


def test_nobody_signs_in_twice_at_the_door(visitor: NewVisitor, exchange: ServedDesk, door: ServedHouse):
    """Leaving the desk leaves the door's session as it is, and a stranger gets to the door first."""
    newcomer = visitor("en", person={"address": "ines@example.org"}).sign_up()
    start_trading(newcomer, exchange)
    newcomer.find(".menu summary").click()
    newcomer.find("form[action='/sign-out'] button").click()
    expect(newcomer.page).to_have_url(f"{exchange.origin}/signed-out")
    newcomer.page.goto(f"{exchange.origin}/orders")
    expect(newcomer.page).to_have_url(f"{exchange.origin}/orders")
    stranger = visitor("en")
    stranger.page.goto(f"{exchange.origin}/orders")
    stranger.page.wait_for_url(f"{door.origin}/sign-in*")
