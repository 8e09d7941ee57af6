"""Frozen from a mail and thawed, a device put out, what wasn't me; and each of these pages as somebody sees it."""

import re
from datetime import timedelta

import pytest

from tests.browser.test_pages import ELSEWHERE, Tour
from tests.support.freezing import another, links
from tests.support.house import Person
from tests.support.visitor import Hands, Keyboard, Mouse, ServedHouse, Visitor, in_a_thread


def alarm(door: ServedHouse, address: str) -> str:
    """Somebody signs in to the account on another device; the path of the link in the mail that tells it."""
    return str(in_a_thread(lambda: links(another(Person(door.house, door.clock, address=address)))[-1]))


@pytest.mark.parametrize(("hands", "language"), [(Mouse(), "en"), (Keyboard(), "zh-Hans")], ids=["mouse", "keyboard"])
def test_frozen_from_a_mail_and_thawed(visitor, door: ServedHouse, hands: Hands, language: str):
    address = f"fay-{language.lower()}@example.org"
    holder: Visitor = visitor(language, person={"address": address, "hands": hands}).sign_up()
    link = alarm(door, address)

    reader: Visitor = visitor(language, person={"hands": hands})
    reader.go(link)
    holder.go("/account/alerts")
    holder.is_at("/account/alerts")  # opening it changed nothing
    reader.hands.press(reader.find("[data-submit]"))
    reader.is_at("/frozen")

    holder.go("/account/devices")
    holder.is_at("/sign-in")
    holder.give_passphrase()
    holder.is_at("/account/devices")
    holder.hands.press(holder.find('.notice a[href="/account/freeze"]'))
    holder.is_at("/account/freeze")
    holder.begin()
    holder.confirm()
    holder.is_at("/thawed")
    holder.follow("/sign-in")
    holder.give_passphrase()
    holder.is_at("/account")
    assert holder.find(".notice.stop").count() == 0
    reader.go(link)
    assert reader.find('a[href="/help"]').first.is_visible()
    assert reader.find("[data-submit]").count() == 0


def test_a_device_is_put_out_and_its_next_click_refused(visitor, door: ServedHouse):
    holder: Visitor = visitor(person={"address": "gil@example.org"}).sign_up()
    door.deliver()
    door.clock.advance(timedelta(minutes=1))
    other: Visitor = visitor(person={"address": holder.address})
    other.go("/sign-in")
    other.give_passphrase()
    other.give_message_code()
    other.is_at("/account")

    holder.go("/account/devices")
    holder.hands.press(holder.find('form[action$="/remove"] button'))
    holder.is_at("/account/devices")
    holder.find(".notice.good").wait_for()
    assert holder.find('form[action$="/remove"]').count() == 0

    other.hands.press(other.find('nav a[href="/account/activity"] >> visible=true').first)
    other.is_at("/sign-in")


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_their_pages(visitor, door: ServedHouse, language: str):
    address = f"hal-{language.lower()}@example.org"
    holder: Visitor = visitor(language, person={"address": address}).sign_up()
    link = alarm(door, address)
    tour = Tour(holder, language)
    tour.go("/account/devices", "devices")
    tour.go("/account/alerts", "alerts")
    holder.follow("/account/not-me")
    tour.look("not_me")
    tour.go("/account/freeze", "freeze")
    tour.go(link, "freeze_link")
    tour.go("/freeze/nothing", "freeze_link_over")
    holder.go("/account/freeze")
    holder.begin()
    holder.is_at("/frozen")
    tour.look("frozen")
    tour.go(link, "freeze_link")
    holder.go("/sign-in")
    holder.give_passphrase()
    holder.is_at("/account")
    tour.go("/account/freeze", "freeze")
    tour.go("/account/devices", "devices")
    holder.go("/account/freeze")
    holder.begin()
    holder.confirm()
    holder.is_at("/thawed")
    tour.look("thawed")
    assert "\n".join(tour.problems) == ""
    assert tour.seen == ELSEWHERE | {"devices"}
    assert re.fullmatch(r"/freeze/[\w-]{43}", link)
