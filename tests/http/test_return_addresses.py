"""The way back to the platform: where it is shown, and that nothing leads to an address the operator did not list."""

import pytest
from starlette.testclient import TestClient

from tests.support.acts import ONLY_SQLITE
from tests.support.asked import AskedHolder, request
from tests.support.clock import SettableClock
from tests.support.exits import Platform, code, confirm, later, withdrawal
from tests.support.house import Person, open_house
from watchword.foundation.errors import Misconfigured
from watchword.handover.returning import may_return
from watchword.settings import load_settings, unsafe
from watchword.settings.values import return_addresses

LISTED = ("wallet=https://trade.example/payouts/", "wallet=https://trade.example/p2p", "other=https://other.example/")
BACK = "https://trade.example/payouts/w-1201"


@pytest.fixture
def house(database_url, tmp_path, clock: SettableClock):
    given = {"return_addresses": LISTED, "platform_url": "https://trade.example/start"}
    with open_house(database_url, tmp_path, clock, **given) as opened:
        yield opened


@pytest.fixture
def platform(house) -> Platform:
    return Platform(house)


@pytest.fixture
def holder(fortified: Person) -> AskedHolder:
    confirm(fortified, withdrawal())
    return AskedHolder(later(fortified, hours=25))


@ONLY_SQLITE
def test_the_page_leads_back_to_the_service_that_asked(holder: AskedHolder, platform: Platform):
    made = holder.ask(platform, withdrawal(), return_to=BACK)
    assert f'<a class="button quiet" href="{BACK}">Back to trade.example</a>' in holder.look(made).text
    holder.confirm(made)
    assert f'<a class="button primary" href="{BACK}">Back to trade.example</a>' in holder.look(made).text
    holder.consume(platform, made, withdrawal())
    assert f'<a class="button primary" href="{BACK}">Back to trade.example</a>' in holder.look(made).text


@ONLY_SQLITE
def test_without_one_it_leads_nowhere(holder: AskedHolder, platform: Platform):
    assert "Back to trade.example" not in holder.look(holder.ask(platform, withdrawal())).text


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/payouts/w-1",
        "https://trade.example/payouts/../admin",
        "https://trade.example/payouts/a/b",
        "https://trade.example/payouts/%2e%2e",
        "https://trade.example/payouts/w?next=//evil.example",
        "https://trade.example/payouts/w#x",
        "https://trade.example/p2p/1",
        "https://trade.example.evil.example/payouts/1",
        "https://trade.example@evil.example/payouts/1",
        "http://trade.example/payouts/1",
        "HTTPS://trade.example/payouts/1",
        "https://other.example/",
        "javascript:alert(1)",
        "",
    ],
)
def test_no_other_address_is_taken(address: str):
    listed = return_addresses(LISTED)
    assert may_return(listed, "wallet", BACK)
    assert not may_return(listed, "wallet", address)


@ONLY_SQLITE
def test_a_service_that_asks_for_another_address_is_refused(platform: Platform, holder: AskedHolder):
    named = {name: holder.session[name] for name in ("account", "session")}
    refused = request(platform, {**named, "action": withdrawal(), "return_to": "https://evil.example/1"})
    assert code(refused) == "unacceptable"
    assert "evil" not in refused.text


@ONLY_SQLITE
def test_start_trading_stands_in_the_safe_room(holder: AskedHolder):
    home, devices = (holder.http.get(path).text for path in ("/account", "/account/devices"))
    assert 'href="https://trade.example/start">Start trading</a>' in home.partition("<main")[2]
    assert devices.count('href="https://trade.example/start"') == 2  # in the list, wide and narrow
    assert "Start trading" not in TestClient(holder.http.app, base_url=str(holder.http.base_url)).get("/sign-in").text


def test_an_address_taken_off_the_list_is_shown_to_nobody():
    assert may_return({"wallet": ["https://a.example/"]}, "wallet", "https://a.example/1")
    assert not may_return({"wallet": []}, "wallet", "https://a.example/1")
    assert not may_return({}, "wallet", "https://a.example/1")


@pytest.mark.parametrize(
    "entry",
    [
        "wallet",
        "wallet=",
        "=https://a.example/",
        "wallet=https://a.example",
        "W=https://a.example/x",
        "wallet=https://a.example/../x",
        "wallet=https://a.example/?q",
        "wallet=ftp://a.example/x",
    ],
)
def test_the_operators_list_is_read_strictly(entry: str):
    with pytest.raises(Misconfigured):
        load_settings(mode="development", return_addresses=(entry,))


def test_production_leads_nobody_to_plain_http():
    given = {"return_addresses": ("a=http://a.example/x",), "platform_url": "http://a.example"}
    faults = {fault.setting for fault in unsafe(load_settings(mode="production", **given))}
    assert {"return_addresses", "platform_url"} <= faults
