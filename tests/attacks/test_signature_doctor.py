"""Who knows a key, which is no secret, can't bury what its owner is told of their own requests that were refused."""

import base64
from datetime import timedelta
from typing import Any

import pytest

from tests.support.api_keys import BALANCE, ORDER, ORDERS, Bot, Gateway, make_key
from tests.support.clock import SettableClock
from tests.support.exits import fortify
from tests.support.house import Person
from watchword.app import House

MINUTE = timedelta(minutes=1)


@pytest.fixture
def gateway(house: House) -> Gateway:
    return Gateway(house)


def junk(gateway: Gateway, bot: Bot, networks: int, times: int = 1) -> None:
    """In the name of the key, signed with nothing."""
    asked = bot.sign("GET", BALANCE)
    asked["headers"]["API-SIGN"] = "bm90aGluZw=="
    for number in range(networks):
        for _ in range(times):
            assert gateway.code(asked, client_address=f"203.0.{number}.9") == "400005"


def told(bot: Bot) -> list[tuple[str, str]]:
    return [(each["why"], each["network"]) for each in bot.failures()]


def upper_hex(asked: dict[str, Any]) -> dict[str, Any]:
    asked["headers"]["API-SIGN"] = base64.b64decode(asked["headers"]["API-SIGN"]).hex()
    return asked


def test_what_comes_from_the_networks_of_a_key_stays(person: Person, gateway: Gateway, clock: SettableClock) -> None:
    bot = make_key(fortify(person), networks=["198.51.100.0/24"])
    assert gateway.code(bot.sign("GET", BALANCE, signed=ORDERS)) == "400005"
    for _ in range(2):
        junk(gateway, bot, 30)
        clock.advance(MINUTE)
    junk(gateway, bot, 30)
    assert gateway.code(bot.off_by(-60_000).sign("GET", BALANCE)) == "400002"  # in the same minute as the junk
    found = told(bot)
    assert ("clock_behind", "198.51.100.0/24") in found
    assert ("secret_or_content", "198.51.100.0/24") in found
    assert len(found) == 22


def test_what_the_secret_signed_stays_wherever_it_came_from(
    person: Person, gateway: Gateway, clock: SettableClock
) -> None:
    """A key without networks: by the mistakes that only who has the secret can make."""
    bot = make_key(fortify(person))
    mistakes = {
        "hex": upper_hex(bot.sign("GET", BALANCE)),
        "clock_behind": bot.off_by(-60_000).sign("GET", BALANCE),
        "passphrase": bot.sign("GET", BALANCE),
        "permission": bot.sign("GET", BALANCE),
    }
    mistakes["passphrase"]["headers"]["API-PASSPHRASE"] = "bm90aGluZw=="
    mistakes["permission"]["permission"] = "withdraw"
    for asked in mistakes.values():
        assert gateway.code(asked) != "ok"
    for _ in range(2):
        junk(gateway, bot, 30)
        clock.advance(MINUTE)
    kept = [why for why, network in told(bot) if network.startswith("198.51.100.")]
    assert sorted(kept) == sorted(mistakes)


def test_what_was_overheard_pushes_nothing_out(person: Person, gateway: Gateway) -> None:
    bot = make_key(fortify(person))
    assert gateway.code(upper_hex(bot.sign("GET", BALANCE))) == "400005"
    overheard = bot.sign("POST", ORDERS, ORDER)
    assert gateway.code(overheard) == "ok"
    for number in range(30):
        assert gateway.code(overheard, client_address=f"203.0.{number}.9") == "400005"
    assert ("hex", "198.51.100.0/24") in told(bot)
    assert len(told(bot)) == 21


def test_one_network_uses_up_no_minute_of_another(person: Person, gateway: Gateway) -> None:
    bot = make_key(fortify(person))
    junk(gateway, bot, 1, times=40)
    assert gateway.code(upper_hex(bot.sign("GET", BALANCE))) == "400005"
    assert ("hex", "198.51.100.0/24") in told(bot)
    assert len(told(bot)) == 21


def test_the_number_looked_at_has_a_bound(person: Person, gateway: Gateway) -> None:
    """Looking takes work. The networks of a key are outside of it."""
    bot = make_key(fortify(person), networks=["198.51.100.0/24"])
    junk(gateway, bot, 15, times=20)
    mistake = upper_hex(bot.sign("GET", BALANCE))
    assert gateway.code(mistake, client_address="203.0.99.9") == "400005"
    assert {why for why, _ in told(bot)} == {"secret_or_content"}
    assert gateway.code(mistake) == "400005"
    assert ("hex", "198.51.100.0/24") in told(bot)
