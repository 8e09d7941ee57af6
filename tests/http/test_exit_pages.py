"""What may leave, on pages without script: what waits, the allow-list, what would happen to a withdrawal."""

import re

import pytest

from tests.http.test_trading_page import Holder
from tests.support.acts import ONLY_SQLITE
from tests.support.exits import EVM, TRADING
from tests.support.house import PASSPHRASE
from watchword.app import House

pytestmark = ONLY_SQLITE

HOLDS, PLACES = "/account/trading/holds", "/account/trading/destinations"
PREVIEW = "/account/trading/withdrawal"
ENTRY = {"asset": "USDT", "network": "Ethereum", "address": EVM, "memo": ""}


@pytest.fixture
def holder(house: House) -> Holder:
    return Holder(house).begin()


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.split("<main", 1)[1].split("</main", 1)[0]).split())


def confirm(holder: Holder, *, trading: bool = False) -> str:
    holder.answer("/confirm", "passphrase", passphrase=PASSPHRASE)
    if not trading:
        return str(holder.message("/confirm").headers["location"])
    holder.message("/confirm")
    return str(holder.answer("/confirm", "trading_passphrase", **{"trading-passphrase": TRADING}).headers["location"])


def test_a_hold_is_shown_with_its_cause_and_what_still_works(holder: Holder) -> None:
    assert "Nothing waits" in holder.page(HOLDS)
    holder.set(TRADING)
    page = text_of(holder.page(HOLDS))
    assert "A trading passphrase was set for the first time." in page
    assert "For now nothing leaves the account." in page
    assert "What leaves the account waits, after a change" in text_of(holder.page("/account/activity"))


def test_an_address_is_listed_and_removed(holder: Holder) -> None:
    holder.set(TRADING)
    assert holder.post(PLACES, **ENTRY).headers["location"] == "/confirm"
    assert confirm(holder, trading=True) == HOLDS  # the first trading passphrase holds the list too
    assert "not on the list yet" in text_of(holder.page(HOLDS))
    page = text_of(holder.page(PLACES))
    assert "Others" in page
    assert "No memo" in page
    (found,) = re.findall(r'name="destination" value="([^"]+)"', holder.page(PLACES))
    assert holder.post(f"{PLACES}/remove", destination="another").status_code == 404
    assert holder.post(f"{PLACES}/remove", destination=found).headers["location"] == "/confirm"
    asked = text_of(holder.page("/confirm"))
    assert "Remove a saved address Asset USDT Network Ethereum" in asked
    assert EVM.lower() in asked.replace(" ", "")
    assert confirm(holder) == PLACES
    assert "The address is removed." in holder.page(PLACES)
    assert EVM.lower()[:6] not in text_of(holder.page(PLACES)).replace(" ", "")


def test_the_list_is_switched_on_and_off_again(holder: Holder) -> None:
    assert holder.post(f"{PLACES}/list", enabled="yes").headers["location"] == "/confirm"
    assert confirm(holder) == PLACES
    assert "Begins" in text_of(holder.page(PLACES))
    assert holder.post(f"{PLACES}/list", enabled="no").headers["location"] == "/confirm"
    assert confirm(holder) == PLACES
    assert "The allow-list is off." in holder.page(PLACES)


def test_a_withdrawal_is_previewed_and_nothing_is_named(holder: Holder) -> None:
    assert "What you asked about" not in holder.page(PREVIEW)
    reply = holder.post(PREVIEW, **ENTRY, amount="12.5")
    assert reply.status_code == 200
    assert "Without an authenticator app" in text_of(reply.text)
    assert "No memo" in text_of(reply.text)
    assert EVM not in str(reply.url)
    assert "None yet." in holder.page(PLACES)
    for wrong in ({"amount": "12,5"}, {"amount": "1e9"}, {"address": "a b", "amount": "1"}):
        refused = holder.post(PREVIEW, **{**ENTRY, **wrong})
        assert refused.status_code == 422
        assert "can&#39;t be read" in refused.text
    assert holder.post(PLACES, **{**ENTRY, "network": ""}).status_code == 422


def test_pages_say_it_in_chinese(holder: Holder) -> None:
    holder.set(TRADING)
    holder.http.cookies.set("__Host-language", "zh-Hans")
    for path in (HOLDS, PLACES, PREVIEW):
        page = holder.http.get(path, headers={"Accept-Language": "zh-Hans"}).text
        assert re.search(r"[\u4e00-\u9fff]{4}", text_of(page)), path
