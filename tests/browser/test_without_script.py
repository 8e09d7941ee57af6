"""Without JavaScript every page works but where proof of work is asked, and there the page says so."""

import pytest
from playwright.sync_api import expect

from tests.support.visitor import NEW_PASSPHRASE, ServedHouse, Visitor


@pytest.fixture
def known(visitor, door: ServedHouse, request: pytest.FixtureRequest) -> Visitor:
    """A browser that runs no scripts, on a device that signed in before."""
    person = door.person(f"tia-{len(request.node.name)}@example.org")
    same = {"address": person.address, "totp": person.totp, "codes": person.codes}
    without: Visitor = visitor(person=same, java_script_enabled=False).use_device_of(person)
    return without


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/recover"])
def test_where_proof_of_work_is_asked_the_page_says_so(visitor, path: str):
    reader = visitor(java_script_enabled=False)
    reader.go(path)
    expect(reader.find("main .notice")).to_contain_text("This step needs JavaScript")
    reader.find("#identifier").fill("una@example.org")
    if path == "/sign-in":
        reader.find("#passphrase").fill(reader.passphrase)
    reader.find("[data-submit]").click()
    expect(reader.find("main")).to_contain_text("The check that a person is here didn't work")
    expect(reader.find("#identifier")).to_have_value("una@example.org")


def test_nothing_is_shown_that_only_a_script_can_do(visitor):
    reader = visitor(java_script_enabled=False)
    reader.go("/sign-in")
    expect(reader.find(".with-script >> visible=true")).to_have_count(0)


def test_everything_else_works(known):
    known.go("/sign-in")
    expect(known.find("main .notice")).to_have_count(0)
    known.give_passphrase()
    known.give_app_code()
    known.is_at("/account")
    expect(known.find("main time").first).to_contain_text("20")
    for path in ("/account/sign-in", "/account/devices", "/account/activity", "/account/recovery", "/guide", "/help"):
        known.go(path)
        expect(known.find("main h1")).to_be_visible()

    known.begin_app()
    known.give_app_code()
    known.is_at("/account/sign-in")
    expect(known.find("main .notice.good")).to_be_visible()

    known.go("/account/recovery")
    known.hands.press(known.find("form[action='/account/codes'] button"))
    known.is_at("/confirm")
    known.answer("passphrase", known.passphrase)
    known.give_app_code()
    expect(known.find("noscript span")).to_have_text("Possible in 60 seconds.")
    known.give_message_code()
    known.read_codes()

    known.go("/account/passphrase")
    known.begin()
    known.confirm()
    known.answer("new_passphrase", NEW_PASSPHRASE)
    known.is_at("/account/sign-in")
    known.sign_out()
    known.passphrase = NEW_PASSPHRASE
    known.go("/sign-in")
    known.give_passphrase()
    known.give_app_code()
    known.is_at("/account")


def test_the_menu_of_rooms_opens_on_a_phone(known):
    known.page.set_viewport_size({"width": 320, "height": 640})
    known.go("/sign-in")
    known.give_passphrase()
    known.give_app_code()
    known.find(".rooms-narrow summary").click()
    known.find(".rooms-narrow a[href='/account/devices']").click()
    known.is_at("/account/devices")
