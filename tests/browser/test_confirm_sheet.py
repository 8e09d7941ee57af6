"""The confirm sheet in Chromium: on every step of a confirmation stands exactly what is confirmed, and whole."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.support import exits
from tests.support.browser import axe_problems, too_wide
from tests.support.visitor import Visitor, in_a_thread

PLACES = "/account/trading/destinations"
ADDRESS = exits.EVM


def guest(visitor, door, name: str, *, language: str = "en", trading: bool = True) -> Visitor:
    """Somebody with an app of two days, and a trading passphrase or none."""
    person = door.person(name)
    if trading:
        in_a_thread(lambda: exits.set_trading(person))
    door.clock.advance(timedelta(days=2))
    known = {"address": person.address, "totp": person.totp, "codes": person.codes}
    opened: Visitor = visitor(language, person=known)
    return opened.use_device_of(person).sign_in()


def wish(holder: Visitor, *, memo: str = "") -> None:
    """Asks to put an address on the list."""
    holder.go(PLACES)
    for name, text in (("asset", "USDT"), ("network", "Ethereum"), ("address", ADDRESS), ("memo", memo)):
        holder.find(f"#{name}").fill(text)
    holder.hands.press(holder.find("main form:has(#address) [data-submit]"))


def expect_sheet(holder: Visitor, *, memo: str) -> None:
    sheet = holder.find(".confirm-sheet")
    expect(sheet.locator("dd")).to_have_text(["USDT", "Ethereum", ADDRESS, memo])
    groups = sheet.locator(".groups")
    assert groups.inner_text().split() == [ADDRESS[at : at + 4] for at in range(0, len(ADDRESS), 4)]
    assert groups.locator("b").all_inner_texts() == [ADDRESS[:4], ADDRESS[40:]]
    assert groups.evaluate("each => each.textContent") == ADDRESS, "what is copied is the address"
    assert axe_problems(holder.page) == []
    assert not too_wide(holder.page, 320)


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_it_stands_on_every_step(visitor, door, language: str) -> None:
    holder = guest(visitor, door, f"sheet-{language.lower()}@example.org", language=language)
    wish(holder, memo="71 5")
    expect_sheet(holder, memo="71 5")
    holder.give_app_code()
    holder.find("#trading-passphrase").wait_for()
    expect_sheet(holder, memo="71 5")
    holder.answer("trading-passphrase", exits.TRADING)
    holder.find("#code").wait_for()
    expect_sheet(holder, memo="71 5")
    wish(holder)
    expect_sheet(holder, memo={"en": "no memo", "zh-Hans": "无备注"}[language])


def test_what_can_not_be_confirmed_says_why_and_leads_there(visitor, door) -> None:
    holder = guest(visitor, door, "without@example.org", trading=False)
    wish(holder)
    expect(holder.find("h1")).to_have_text("One thing first")
    expect(holder.find(".lede")).to_contain_text("you have none yet")
    assert axe_problems(holder.page) == []
    assert not too_wide(holder.page, 320)
    holder.hands.press(holder.find("a.button"))
    holder.is_at("/account/trading")
