"""What protects the account, changed and used: app, recovery codes, code by message, passphrase, devices."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.support.browser import tab
from tests.support.house import Person
from tests.support.visitor import NEW_PASSPHRASE, Visitor

SHORT = "nine-ducks"


@pytest.fixture
def person(door, request: pytest.FixtureRequest) -> Person:
    """Somebody with an app, signed in by way of the API."""
    return door.person(f"{request.node.name.removeprefix('test_').replace('_', '-')[:40]}@example.org")


@pytest.fixture
def holder(visitor, person) -> Visitor:
    """The same person, at the account's home in a browser."""
    known = {"address": person.address, "totp": person.totp, "codes": person.codes}
    opened: Visitor = visitor(person=known)
    return opened.use_device_of(person).sign_in()


def is_signed_in(person: Person) -> bool:
    """Where they came in by way of the API."""
    return person.http.get("/api/v1/session", headers=person.bearer).status_code == 200


def sign_in(visitor: Visitor) -> None:
    visitor.sign_out()
    visitor.go("/sign-in")
    visitor.give_passphrase()


def told(visitor: Visitor, text: str) -> None:
    """Said once on the page that follows, and no more on the next."""
    expect(visitor.find("main .notice")).to_contain_text(text)
    visitor.page.reload()
    expect(visitor.find("main .notice")).to_have_count(0)


def test_a_code_by_message_can_be_the_second_step(visitor):
    holder = visitor(person={"address": "eve@example.org"}).sign_up()
    holder.follow("/account/message-code")
    holder.hands.press(holder.find("button[name=enabled]"))
    holder.confirm()
    holder.is_at("/account/sign-in")
    told(holder, "each sign-in asks for a code by message")
    sign_in(holder)
    expect(holder.find("main")).to_contain_text("e•••@example.org")
    holder.door.clock.advance(timedelta(seconds=61))
    holder.give_message_code()
    holder.is_at("/account")
    holder.go("/account/message-code")
    holder.hands.press(holder.find("button[name=enabled]"))
    holder.confirm()
    told(holder, "no longer your second step")
    sign_in(holder)
    holder.is_at("/account")


def test_codes_go_to_a_phone_too(visitor, door):
    newcomer = visitor(person={"address": "+351 912 345 678"})
    newcomer.ask_to_sign_up()
    expect(newcomer.find("main")).to_contain_text("••• 78 from Watchword")
    door.deliver()
    with tab(newcomer.page.context) as mailbox:
        mailbox.goto(f"{door.origin}/dev/mailbox")
        letter = mailbox.locator("details", has_text="+351912345678")
        code = letter.locator(".key-text").text_content()
    newcomer.answer("code", code)
    newcomer.answer("new_passphrase", newcomer.passphrase)
    newcomer.is_at("/account")
    expect(newcomer.find("main")).to_contain_text("Signed in as +351912345678")


def test_a_changed_passphrase_signs_the_others_out(person, holder):
    assert is_signed_in(person)
    holder.go("/account/passphrase")
    holder.begin()
    holder.confirm()
    holder.is_at("/account/passphrase")
    holder.answer("new_passphrase", NEW_PASSPHRASE)
    holder.is_at("/account/sign-in")
    told(holder, "The passphrase is changed")
    assert not is_signed_in(person)
    sign_in(holder)
    expect(holder.find("main [role=alert]")).to_contain_text("didn't open the account")
    holder.passphrase = NEW_PASSPHRASE
    holder.give_passphrase()
    holder.give_app_code()
    holder.is_at("/account")


def test_removing_the_app_takes_a_long_passphrase_where_the_present_one_is_short(holder):
    holder.go("/account/passphrase")
    holder.begin()
    holder.confirm()
    holder.answer("new_passphrase", SHORT)
    holder.is_at("/account/sign-in")
    holder.passphrase = SHORT
    holder.hands.press(holder.find("form[action='/account/app/remove'] button"))
    holder.confirm()
    holder.answer("new_passphrase", "too short")
    expect(holder.find("#new_passphrase-problem")).to_contain_text("15 characters")
    holder.answer("new_passphrase", NEW_PASSPHRASE)
    holder.is_at("/account/sign-in")
    told(holder, "The authenticator app is removed")
    holder.passphrase = NEW_PASSPHRASE
    sign_in(holder)
    holder.is_at("/account")
    expect(holder.find("main h1")).to_have_text("Your account could stand firmer")


def test_new_recovery_codes_take_the_place_of_the_old(holder):
    old = holder.codes
    holder.go("/account/recovery")
    holder.hands.press(holder.find("form[action='/account/codes'] button"))
    holder.confirm()
    holder.read_codes()
    assert not set(old) & set(holder.codes)
    for code, right in ((old[0], False), (holder.codes[0], True), (holder.codes[0].upper().replace("-", " "), True)):
        holder.go("/account/check/recovery_code")
        holder.answer("code", code)
        expect(holder.find(f"main .notice.{'good' if right else 'care'}")).to_be_visible()


def test_codes_shown_once_are_not_lost_by_switching_the_language(holder):
    holder.go("/account/recovery")
    holder.hands.press(holder.find("form[action='/account/codes'] button"))
    holder.confirm()
    holder.read_codes()
    expect(holder.find("form.language")).to_have_count(0)


def test_an_app_set_up_anew_takes_the_place_of_the_old(holder):
    old = holder.totp
    assert old is not None
    holder.begin_app()
    assert holder.totp is not None
    assert holder.totp.secret != old.secret
    holder.give_app_code()
    holder.is_at("/account/sign-in")
    told(holder, "The new authenticator app is on")
    sign_in(holder)
    holder.find("#output").wait_for()
    holder.answer("output", old.at(holder.door.clock.advance(timedelta(seconds=30))))
    expect(holder.find("#output-problem")).to_be_visible()
    holder.give_app_code()
    holder.is_at("/account")


def test_the_app_may_be_on_this_very_device(holder):
    holder.begin_app()
    assert holder.totp is not None
    link = holder.find("a[href^='otpauth:']").get_attribute("href")
    assert link is not None
    assert link.startswith("otpauth://totp/")
    assert f"secret={holder.totp.secret}" in link
    expect(holder.find(".qr-box svg")).to_be_visible()
    assert holder.find("#backup-key").inner_text().replace("\n", "").replace(" ", "") == holder.totp.secret


def test_typing_a_code_to_check_it_costs_none(holder):
    output = holder.output()
    for _ in range(2):
        holder.go("/account/check/totp")
        holder.answer("output", f"{output[:3]} {output[3:]}")
        expect(holder.find("main .notice.good")).to_be_visible()
    sign_in(holder)
    holder.find("#output").wait_for()
    holder.answer("output", output)
    holder.is_at("/account")


def test_others_are_signed_out(visitor, person):
    holder = visitor(person={"address": person.address, "totp": person.totp}).sign_in()
    assert is_signed_in(person)
    holder.go("/account/devices")
    expect(holder.find("main .row")).to_have_count(2)
    holder.hands.press(holder.find("form[action='/account/devices/sign-out-others'] button"))
    holder.give_app_code()
    holder.is_at("/account/devices")
    told(holder, "All other devices are signed out")
    assert not is_signed_in(person)


def test_a_recovery_code_stands_for_the_app_once(holder):
    for right in (True, False):
        sign_in(holder)
        holder.hands.press(holder.find("a[href='/sign-in?use=recovery_code']"))
        holder.find("#code").wait_for()
        holder.answer("code", holder.codes[0])
        if right:
            holder.is_at("/account")
    expect(holder.find("#code-problem")).to_contain_text("didn't match")
    holder.answer("code", holder.codes[1])
    holder.is_at("/account")


def test_the_mailbox_is_lost(visitor, person):
    lost = visitor(person={"address": person.address, "totp": person.totp})
    lost.go("/sign-in")
    lost.give_passphrase()
    lost.find("#code").wait_for()
    lost.hands.press(lost.page.get_by_text("I lost my mailbox: use a recovery code"))
    lost.page.wait_for_url("**/sign-in?use=recovery_code")
    lost.answer("code", person.codes[0])
    lost.give_app_code()
    lost.is_at("/account")


def test_the_clock_doctor_speaks_after_two_codes_of_another_time(holder):
    assert holder.totp is not None
    sign_in(holder)
    holder.find("#output").wait_for()
    behind = timedelta(seconds=150)
    for said in (False, True):
        now = holder.door.clock.advance(timedelta(seconds=30))
        holder.answer("output", holder.totp.at(now - behind))
        expect(holder.find("#output-problem")).to_be_visible()
        expect(holder.find("main .notice")).to_have_count(1 if said else 0)
        holder.page.wait_for_load_state()
    expect(holder.find("main .notice")).to_contain_text("Your phone's clock is about 2 min 30 s behind")
    holder.give_app_code()
    holder.is_at("/account")


def test_a_confirmation_can_be_left(holder):
    holder.go("/account/app")
    holder.begin()
    holder.is_at("/confirm")
    holder.hands.press(holder.page.get_by_role("button", name="Cancel"))
    holder.is_at("/account")
    told(holder, "Nothing was changed")
    holder.go("/confirm")
    expect(holder.find("main h1")).to_have_text("This attempt is over")
