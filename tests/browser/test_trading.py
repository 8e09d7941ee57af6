"""The trading passphrase in Chromium: issued and set, then asked where something may leave the account."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.support.browser import axe_problems, too_wide
from tests.support.visitor import Keyboard, Visitor


@pytest.fixture
def holder(visitor, door) -> Visitor:
    """Somebody with an app, at the account's home."""
    person = door.person("trader@example.org")
    known = {"address": person.address, "totp": person.totp, "codes": person.codes, "hands": Keyboard()}
    opened: Visitor = visitor(person=known)
    return opened.use_device_of(person).sign_in()


def test_one_is_issued_set_and_asked(holder: Visitor) -> None:
    page = holder.page
    holder.follow("/account/trading")
    holder.begin()
    page.clock.install()
    holder.confirm()
    holder.is_at("/account/trading")
    expect(holder.find("[data-left-text]")).to_contain_text("Save it within 1:")
    page.clock.fast_forward("02:00")
    expect(holder.find("[data-left-over]")).to_contain_text("The time is over")
    assert axe_problems(page) == []
    holder.door.clock.advance(timedelta(minutes=2))
    holder.hands.press(holder.find("[data-left-again]"))
    holder.confirm()
    holder.is_at("/account/trading")
    field = holder.find("#trading-passphrase")
    expect(field).to_be_focused()
    holder.answer("trading-passphrase", "311299")
    expect(holder.find("#trading-passphrase-problem")).to_contain_text("It can be read as a date")
    assert axe_problems(page) == []
    holder.hands.press(holder.find("button[value=issue]"))
    expect(holder.find("#trading-passphrase")).to_have_attribute("type", "text")
    issued = field.input_value()
    assert len(issued) == 6
    assert not too_wide(page, 320)
    holder.hands.press(holder.find("[data-submit]"))
    expect(holder.find("main .notice")).to_contain_text("The trading passphrase is set.")
    expect(holder.find("main")).not_to_contain_text(issued)

    holder.door.clock.advance(timedelta(hours=25))
    holder.sign_in()
    holder.go("/account/trading/destinations")
    for name, text in (("asset", "USDT"), ("network", "TRON"), ("address", "TQ5pFqv9hKcSkQ4dPq5mXo9mXwYyqzL3aB")):
        holder.find(f"#{name}").fill(text)
    holder.hands.press(holder.find("[data-submit]"))
    holder.give_app_code()
    field.wait_for()
    assert axe_problems(page) == []
    holder.answer("trading-passphrase", issued[::-1])
    expect(holder.find("#trading-passphrase-problem")).to_contain_text("That is not your trading passphrase")
    expect(field).to_have_value("")
    field.evaluate("(input, text) => { input.focus(); document.execCommand('insertText', false, text) }", issued)
    holder.hands.send(holder.find("[data-submit]"))
    holder.find("#code").wait_for()
