"""What leaves the account, in Chromium: a service asks, the holder confirms it there, the service takes it."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.test_pages import ASKED, Tour
from tests.support import exits
from tests.support.asked import request, state
from tests.support.visitor import Hands, Keyboard, Mouse, ServedHouse, Visitor, in_a_thread


def holder_of(visitor, door: ServedHouse, language: str, hands: Hands) -> Visitor:
    """Somebody with app and trading passphrase since two days, at home."""
    person = door.person(f"exits-{language.lower()}@example.org")
    in_a_thread(lambda: exits.set_trading(person))
    door.clock.advance(timedelta(days=2))
    known = {"address": person.address, "totp": person.totp, "codes": person.codes, "hands": hands}
    opened: Visitor = visitor(language, person=known)
    return opened.use_device_of(person).sign_in()


def ask(holder: Visitor, platform: exits.Platform, **other: str) -> dict:
    """The platform's own page sends the browser on, with what the service was given."""
    found = holder.page.context.request.get(f"{holder.door.origin}/api/v1/session").json()
    body = {"account": found["account"], "session": found["session"], "action": exits.withdrawal(**other)}
    made = in_a_thread(lambda: request(platform, body).json())
    holder.page.goto(made["address"])
    return {**made, "account": found["account"], "session": found["session"]}


def confirm(holder: Visitor) -> None:
    holder.begin()
    holder.is_at("/confirm")
    holder.give_app_code()
    holder.answer("trading-passphrase", exits.TRADING)
    holder.find("#code, .exact.groups").first.wait_for()
    if holder.page.url.endswith("/confirm"):
        holder.give_message_code()
    holder.page.wait_for_url("**/account/exit?*")


def consume(platform: exits.Platform, made: dict) -> str:
    body = {name: made[name] for name in ("approval", "account", "session")}
    whole = {**body, "action": exits.withdrawal(), "idempotency_key": made["approval"][:20]}
    return exits.code(in_a_thread(lambda: platform.send(whole)))


@pytest.mark.parametrize(("hands", "language"), [(Mouse(), "en"), (Keyboard(), "zh-Hans")], ids=["mouse", "keyboard"])
def test_a_withdrawal_is_held_at_a_new_address_and_goes_a_day_later(visitor, door, hands: Hands, language: str):
    platform = exits.Platform(door.house, f"wallet-{language.lower()}")
    holder = holder_of(visitor, door, language, hands)
    tour = Tour(holder, language)

    first = ask(holder, platform)
    tour.look("exit_asked")
    expect(holder.find(".notice.care")).to_be_visible()  # this address is new
    confirm(holder)
    tour.look("exit_asked")
    assert state(platform, first) == "confirmed"
    assert consume(platform, first) == "held"
    holder.go("/account/trading/destinations")
    assert (holder.find(".exact.groups").text_content() or "").lower() == exits.EVM.lower()

    door.clock.advance(timedelta(hours=25))
    holder.sign_in()
    again = ask(holder, platform)
    assert holder.find(".notice").count() == 0
    confirm(holder)
    expect(holder.find(".notice.good")).to_contain_text(platform.name)
    tour.look("exit_asked")
    assert again["approval"] not in holder.page.content()
    assert consume(platform, again) == "200"
    holder.page.reload()
    assert holder.find("main form").count() == 0
    assert state(platform, again) == "spent"
    assert "\n".join(tour.problems) == ""
    assert tour.seen == ASKED
