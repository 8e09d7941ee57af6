"""The new account's trail, from the sign-up to where nothing is left to set up; and the code in the next message."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.support.house import Mailbox
from tests.support.visitor import Hands, Keyboard, Mouse, ServedHouse, Visitor, in_a_thread

STAMP = "lake tiger"


def next_step(holder: Visitor) -> str:
    """Where the trail leads on to; nothing when it is done."""
    holder.go("/account")
    link = holder.find("ol.setup .now a")
    return (link.get_attribute("href") or "") if link.count() else ""


def follow_trail(holder: Visitor, path: str, *, instead: str | None = None) -> None:
    """``instead``: where that page leads to besides."""
    assert next_step(holder) == path
    holder.hands.press(holder.find("ol.setup .now a"))
    holder.is_at(path)
    if instead is not None:
        holder.follow(instead)
    holder.begin()
    holder.confirm()


def newest_mail(door: ServedHouse, address: str) -> str:
    return str(in_a_thread(lambda: Mailbox(door.house).texts_to(address)[-1]))


@pytest.mark.parametrize(("hands", "language"), [(Mouse(), "en"), (Keyboard(), "zh-Hans")], ids=["mouse", "keyboard"])
def test_the_trail_to_its_end(visitor, door: ServedHouse, hands: Hands, language: str):
    address = f"eve-{language.lower()}@example.org"
    holder: Visitor = visitor(language, person={"address": address, "hands": hands}).sign_up()

    follow_trail(holder, "/account/passkey", instead="/account/app")
    holder.page.wait_for_url("**/account/app/*")
    holder.read_key()
    holder.give_app_code()
    holder.read_codes()
    assert len(set(holder.codes)) == 10

    follow_trail(holder, "/account/trading")
    holder.answer("trading-passphrase", "835192")
    holder.find("main .notice.good").wait_for()

    follow_trail(holder, "/account/messages/code")
    assert STAMP not in newest_mail(door, address)
    holder.answer("anti-phishing-code", STAMP)
    holder.is_at("/account/messages")

    assert next_step(holder) == ""
    assert holder.find("ol.setup").count() == 0
    holder.hands.press(holder.find('main .card a[href="/account/devices"]'))
    holder.is_at("/account/devices")
    expect(holder.find("main .rows .row")).to_have_count(1)
    door.clock.advance(timedelta(days=8))
    holder.sign_in()
    assert holder.find("main .card").count() == 0

    holder.sign_out()
    stranger: Visitor = visitor(language, person={"address": address, "hands": hands, "totp": holder.totp})
    stranger.go("/sign-in")
    stranger.give_passphrase()
    stranger.find("#code").wait_for()
    assert STAMP not in stranger.page.content()
    mail = newest_mail(door, address)
    assert STAMP in mail
    assert re.search(r"^\d{6}$", mail, re.MULTILINE)
