"""Passkeys in Chromium with a virtual authenticator: added, signed in by, confirmed by, lost, removed.

The journey is walked in English on one database and in Simplified Chinese on the other.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.test_exits import ask, consume
from tests.browser.test_pages import Tour
from tests.support import exits
from tests.support.postgresql import Server
from tests.support.virtual_passkeys import VirtualAuthenticator
from tests.support.visitor import Hands, Keyboard, Mouse, ServedHouse, Visitor, in_a_thread, open_served_house

WALKS: dict[str, tuple[str, Hands]] = {"sqlite": ("en", Mouse()), "postgresql": ("zh-Hans", Keyboard())}
HEARD = """
for (const name of ["signalUnknownCredential", "signalAllAcceptedCredentials", "signalCurrentUserDetails"]) {
  const real = PublicKeyCredential[name]?.bind(PublicKeyCredential);
  PublicKeyCredential[name] = (told) => {
    sessionStorage.setItem(name, JSON.stringify(told));
    return real ? real(told) : Promise.resolve();
  };
}
"""
"""Notes what a page tells the password manager, and passes it on."""


@pytest.fixture(scope="module", params=list(WALKS))
def door(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, sqlite_template: bytes
) -> Iterator[ServedHouse]:
    directory = tmp_path_factory.mktemp("house")
    if request.param == "sqlite":
        path = directory / "watchword.db"
        path.write_bytes(sqlite_template)
        url = f"sqlite:///{path}"
    else:
        server: Server = request.getfixturevalue("postgresql")
        url = server.url(server.create(request.getfixturevalue("postgresql_template")))
    with open_served_house(url, directory) as opened:
        yield opened


@pytest.fixture
def walk(door: ServedHouse) -> tuple[str, Hands]:
    return WALKS["sqlite" if door.house.settings.database_url.startswith("sqlite") else "postgresql"]


def press(holder: Visitor) -> None:
    """Whatever stands on the page to use a passkey."""
    holder.hands.press(holder.find("[data-passkey-use]"))


def confirm(holder: Visitor, *, by: str = "passkey") -> None:
    """A change: the passphrase, the second step, the code from the message."""
    holder.is_at("/confirm")
    holder.answer("passphrase", holder.passphrase)
    holder.find("[data-passkey-use]").wait_for()
    if by == "passkey":
        press(holder)
    else:
        holder.hands.press(holder.find("a[href='/confirm?use=totp']"))
        holder.give_app_code()
    send = holder.find("[data-submit][name=do]")
    holder.find("#code").or_(send).first.wait_for()
    if send.count() and not holder.find("#code").count():
        holder.hands.press(send)
    holder.give_message_code()


def make(holder: Visitor) -> None:
    """From the page that the browser makes it on to the end."""
    holder.page.wait_for_url("**/account/passkey/new/*")
    press(holder)
    expect(holder.find("#name")).to_be_focused()
    holder.hands.send(holder.find("[data-submit]"))


def test_the_whole_way(visitor, door: ServedHouse, walk: tuple[str, Hands]):
    language, hands = walk
    person = door.person("kim@example.org")
    in_a_thread(lambda: exits.set_trading(person))
    known = {"address": person.address, "totp": person.totp, "codes": person.codes, "hands": hands}
    holder: Visitor = visitor(language, person=known).use_device_of(person).sign_in()
    key = VirtualAuthenticator.at(holder.page)
    tour = Tour(holder, language)

    # Added.
    holder.follow("/account/passkey")
    tour.look("passkey_begin")
    holder.begin()
    holder.confirm()
    holder.page.wait_for_url("**/account/passkey/new/*")
    tour.look("passkey_new")
    key.verifies(False)
    press(holder)
    expect(holder.find("[data-passkey-problem]")).to_be_visible()
    tour.look("passkey_new")
    key.verifies(True)
    press(holder)
    expect(holder.find("#name")).to_be_focused()
    tour.look("passkey_new")
    holder.hands.write("  ", holder.find("#name"))
    holder.hands.send(holder.find("[data-submit]"))
    expect(holder.find("#name-problem")).to_be_visible()  # what was made is kept
    tour.look("passkey_new")
    holder.answer("name", "Pocket")
    holder.is_at("/account/sign-in")
    expect(holder.find("main .rows")).to_contain_text("Pocket")
    holder.follow(f"/account/passkey/{in_a_thread(lambda: passkey_of(person))}")
    tour.look("passkey_manage")
    holder.answer("name", "Pocket phone")
    expect(holder.find("main .rows")).to_contain_text("Pocket phone")
    tour.go("/account/passkey-only", "passkey_only")

    # Signed in by it: a button first, then by what the browser fills in.
    key.touched(False)
    holder.go("/account")
    holder.sign_out()
    holder.go("/sign-in")
    key.verifies(False)
    key.touched(True)
    press(holder)
    expect(holder.find("[data-passkey-problem]")).to_be_visible()
    key.touched(False)  # or it could answer what the browser offers in the fields, before anybody presses
    holder.go("/sign-in?use=passkey")
    key.verifies(True)
    key.touched(True)
    press(holder)
    holder.is_at("/account")
    door.clock.advance(timedelta(days=2))
    holder.go("/sign-in")
    holder.is_at("/account")  # nobody pressed anything

    # A withdrawal to a new address: confirmed by it, it goes at once.
    platform = exits.Platform(door.house, "wallet")
    made = ask(holder, platform)
    holder.begin()
    holder.is_at("/confirm")
    tour.look("passkey")
    expect(holder.find(".confirm-sheet")).to_contain_text("250.5")
    press(holder)
    holder.answer("trading-passphrase", exits.TRADING)
    holder.page.wait_for_url("**/account/exit?*")
    expect(holder.find(".notice.good")).to_be_visible()
    assert consume(platform, made) == "200"

    # Lost: elsewhere the app stands in, and can do less.
    lost: Visitor = visitor(language, person=known)
    lost.go("/sign-in")
    lost.give_passphrase()
    lost.hands.press(lost.find("a[href='/sign-in?use=message_code']"))
    lost.give_message_code()
    lost.give_app_code()
    lost.is_at("/account")
    elsewhere = Tour(lost, language)
    elsewhere.look("account_home")
    ask(lost, exits.Platform(door.house, "other"), address=exits.OTHER_EVM)
    lost.begin()
    lost.find("main a[href='/account/sign-in']").wait_for()
    elsewhere.look("not_possible")
    lost.go("/account/sign-in")
    lost.hands.press(lost.find("main a[href^='/account/passkey/']").first)
    elsewhere.look("passkey_manage")
    lost.hands.press(lost.find("form[action$='/remove'] button"))
    confirm(lost, by="app")
    lost.is_at("/account/sign-in")
    expect(lost.find(".notice.care")).to_be_visible()
    lost.hands.press(lost.find("main a[href^='/account/passkey/']").first)
    expect(lost.find("form[action$='/remove']")).to_have_count(0)  # it has begun
    elsewhere.look("passkey_manage")

    # Whoever holds it stops that, by using it.
    holder.sign_out()
    holder.go("/sign-in")
    holder.is_at("/account")
    lost.page.reload()
    expect(lost.find("form[action$='/remove']")).to_have_count(1)
    assert "\n".join(tour.problems + elsewhere.problems) == ""


def passkey_of(person) -> str:
    listed = person.http.get("/api/v1/authenticators", headers=person.bearer).json()["items"]
    return next(str(each["id"]) for each in listed if each["kind"] == "passkey")
