"""Whatever goes wrong at the door: a clear sentence beside its field, nothing typed lost but secrets, a way on."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.browser import checked
from tests.support.visitor import Visitor
from watchword.safeguards.operator import OperatorDesk


def beside(visitor: Visitor, name: str) -> str:
    """What is said of a field: by its description, as a screen reader finds it."""
    field = visitor.find(f"#{name}")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    described = field.get_attribute("aria-describedby")
    assert described is not None
    return " ".join(visitor.find(f"#{part}").inner_text() for part in described.split())


def test_an_address_that_cannot_be_read_stays_as_it_was_typed(visitor):
    newcomer = visitor()
    newcomer.go("/sign-up")
    for typed in ("ann at example", '"><script>alert(1)</script>@example.org', "安@例え.jp"):
        newcomer.answer("identifier", typed)
        expect(newcomer.find("#identifier-problem")).to_be_visible()
        assert "can't be read as an address" in beside(newcomer, "identifier")
        expect(newcomer.find("#identifier")).to_have_value(typed)


def test_a_wrong_passphrase_keeps_the_address_and_forgets_the_passphrase(visitor):
    stranger = visitor(person={"address": "nobody@example.org"})
    stranger.go("/sign-in")
    stranger.give_passphrase()
    expect(stranger.find("main [role=alert]")).to_contain_text("That didn't open the account")
    expect(stranger.find("#identifier")).to_have_value("nobody@example.org")
    expect(stranger.find("#passphrase")).to_have_value("")
    expect(stranger.find("#passphrase")).to_be_focused()


def test_wrong_codes_say_what_to_do_and_the_right_one_still_works(visitor):
    newcomer = visitor(person={"address": "fay@example.org"})
    newcomer.ask_to_sign_up()
    for wrong in ("000000", "12", "not digits", "９９９ ９９９"):
        newcomer.answer("code", wrong)
        newcomer.page.wait_for_load_state()
        assert "didn't match" in beside(newcomer, "code")
        expect(newcomer.find("#code")).to_have_value("")
    code = newcomer.door.code(newcomer.address)
    newcomer.answer("code", f" {code[:3]} {code[3:]} ")
    newcomer.find("#new_passphrase").wait_for()


REFUSED = {
    "too short": "at least 15 characters",
    "password12345678": "quick to guess",
    "gil@example.org!": "your own address",
    "bitcoin ethereum dogecoin": "names of coins",
    "aaaaaaaaaaaaaaaaaaaa": "Choose another",
}


def test_a_passphrase_is_refused_with_the_reason(visitor):
    newcomer = visitor(person={"address": "gil@example.org"})
    newcomer.ask_to_sign_up()
    newcomer.give_message_code()
    newcomer.find("#new_passphrase").wait_for()
    for refused, because in REFUSED.items():
        newcomer.answer("new_passphrase", refused)
        expect(newcomer.find("#new_passphrase-problem")).to_contain_text(because)
        assert because in beside(newcomer, "new_passphrase")
        expect(newcomer.find("#new_passphrase")).to_have_value("")


def test_the_passphrase_field_shows_tells_and_suggests(visitor):
    newcomer = visitor(person={"address": "hal@example.org"})
    newcomer.ask_to_sign_up()
    newcomer.give_message_code()
    field, strength = newcomer.find("#new_passphrase"), newcomer.find("[data-strength-text]")
    expect(field).to_have_attribute("autocomplete", "new-password")
    expect(newcomer.find("input[autocomplete=username]")).to_have_value("hal@example.org")
    field.fill("four words")
    expect(strength).to_have_text("5 more to go")
    field.fill("password password password")
    expect(strength).to_have_text("Easy to guess")
    newcomer.find("[data-suggest]").click()
    expect(strength).to_have_text("Very strong")
    expect(field).to_have_attribute("type", "text")
    newcomer.find("[data-reveal]").click()
    expect(field).to_have_attribute("type", "password")
    newcomer.passphrase = field.input_value()
    newcomer.find("[data-submit]").click()
    newcomer.is_at("/account")
    newcomer.sign_out()
    newcomer.go("/sign-in")
    newcomer.give_passphrase()
    newcomer.is_at("/account")


def test_too_many_tries_say_when_and_change_nothing(visitor):
    stranger = visitor(person={"address": "ida@example.org"})
    stranger.go("/sign-in")
    for _ in range(10):
        stranger.give_passphrase()
        stranger.page.wait_for_load_state()
        expect(stranger.find("main .notice")).to_be_visible()
    with stranger.page.expect_response(lambda reply: reply.request.method == "POST") as answered:
        stranger.give_passphrase()
    assert answered.value.status == 429
    assert 0 < int(answered.value.headers["retry-after"]) <= 3600
    expect(stranger.find("main .notice.stop")).to_contain_text("it opens again in")
    expect(stranger.find("#identifier")).to_have_value(stranger.address)


def test_a_new_code_can_be_sent_after_a_minute_and_then_only_it_counts(visitor):
    newcomer = visitor(person={"address": "jon@example.org"})
    newcomer.page.clock.install()
    newcomer.ask_to_sign_up()
    again = newcomer.find("[data-send-again] button")
    expect(again).to_have_attribute("aria-disabled", "true")
    expect(again).to_contain_text("Send a new code in 1:00")
    again.click(force=True)
    expect(again).to_have_attribute("aria-disabled", "true")
    first = newcomer.door.code(newcomer.address)
    newcomer.page.clock.fast_forward(31_000)
    expect(again).to_contain_text("Send a new code in 0:")
    newcomer.page.clock.fast_forward(31_000)
    expect(again).to_have_text("Send a new code")
    newcomer.door.clock.advance(timedelta(seconds=61))
    with newcomer.page.expect_navigation():
        again.click()
    newcomer.answer("code", first)
    assert "Only the newest code counts" in beside(newcomer, "code")
    newcomer.give_message_code()
    newcomer.find("#new_passphrase").wait_for()


def test_the_state_of_a_message_is_told_while_the_page_lies_open(visitor, door):
    holder = visitor(person={"address": "kim@example.org"}).sign_up()
    holder.go("/account/app")
    holder.begin()
    holder.page.clock.install()
    holder.answer("passphrase", holder.passphrase)
    state = holder.find("#delivery")
    expect(state).to_contain_text("Waiting to be sent since")
    door.code(holder.address)
    holder.page.clock.fast_forward(2_000)
    expect(state).to_contain_text("Handed to your mail server at")
    expect(holder.find("#code-hint")).to_contain_text("The code lives until")
    holder.page.reload()
    expect(state).to_contain_text("Handed to your mail server at")


def test_starting_over_takes_another_address(visitor):
    newcomer = visitor(person={"address": "lea@exampel.org"})
    newcomer.ask_to_sign_up()
    newcomer.page.get_by_role("button", name="Start over").click()
    newcomer.find("#identifier").wait_for()
    newcomer.answer("identifier", "lea@example.org")
    expect(newcomer.find("main")).to_contain_text("l•••@example.org")


def test_an_attempt_that_took_too_long_is_over_and_begins_again(visitor):
    newcomer = visitor(person={"address": "max@example.org"})
    newcomer.ask_to_sign_up()
    newcomer.door.clock.advance(timedelta(minutes=16))
    with newcomer.page.expect_response(lambda reply: reply.request.method == "POST") as answered:
        newcomer.answer("code", "000000")
    assert answered.value.status == 410
    expect(newcomer.find("main h1")).to_have_text("This attempt is over")
    newcomer.follow("/sign-up")
    newcomer.find("#identifier").wait_for()


def test_switching_the_language_keeps_the_step(visitor):
    newcomer = visitor(person={"address": "nia@example.org"})
    newcomer.ask_to_sign_up()
    newcomer.page.get_by_role("button", name="简体中文").click()
    expect(newcomer.find("html")).to_have_attribute("lang", "zh-Hans")
    newcomer.is_at("/sign-up")
    newcomer.give_message_code()
    newcomer.answer("new_passphrase", newcomer.passphrase)
    newcomer.is_at("/account")
    newcomer.page.get_by_role("button", name="English").click()
    expect(newcomer.find("html")).to_have_attribute("lang", "en")
    newcomer.is_at("/account")


@pytest.mark.parametrize(
    ("language", "path", "sentence"),
    [("en", "/account-of-mine", "There is no such page"), ("zh-Hans", "/sign-in/", "没有此页面")],
)
def test_a_page_that_is_not_there_says_so_in_the_readers_language(visitor, language: str, path: str, sentence: str):
    reader = visitor(language)
    with reader.page.expect_response(f"**{path}") as answered:
        reader.go(path)
    assert answered.value.status == 404
    expect(reader.find("main h1")).to_have_text(sentence)
    reader.follow("/sign-in")


def test_an_unknown_address_and_a_known_one_look_the_same_to_who_forgot(visitor, door):
    door.person("oda@example.org")
    seen = []
    for address in ("oda@example.org", "odo@example.org"):
        reader = visitor()
        reader.go("/recover")
        reader.answer("identifier", address)
        reader.find("#code").wait_for()
        seen.append(reader.find("main").inner_text())
    assert seen[0] == seen[1]


def test_a_form_pressed_twice_is_sent_once(visitor):
    newcomer = visitor(person={"address": "pia@example.org"})
    newcomer.ask_to_sign_up()
    code = newcomer.door.code(newcomer.address)
    sent = hold_back(newcomer.page)
    newcomer.find("#code").fill(code)
    newcomer.find("[data-submit]").dblclick()
    newcomer.find("#new_passphrase").wait_for()
    assert sent == ["POST"]


def hold_back(page: Page) -> list[str]:
    """Counts the answers that go out."""
    sent: list[str] = []

    def count(route: Route) -> None:
        if route.request.method == "POST":
            sent.append("POST")
        route.continue_()

    page.route("**/sign-up", count)
    return sent


def test_who_presses_before_the_check_is_done_need_not_press_again(visitor):
    newcomer = visitor(person={"address": "quy@example.org"})
    newcomer.go("/sign-up")
    newcomer.find("#identifier").fill(newcomer.address)
    newcomer.find("[data-submit]").click()
    newcomer.find("#code").wait_for()


def test_a_check_that_is_left_out_is_asked_for_and_nothing_is_lost(visitor):
    newcomer = visitor(person={"address": "rae@example.org"})
    newcomer.go("/sign-up")
    checked(newcomer.page)
    newcomer.find("[data-human]").evaluate("part => part.remove()")
    newcomer.answer("identifier", newcomer.address)
    expect(newcomer.find("main .notice")).to_contain_text("check that a person is here")
    expect(newcomer.find("#identifier")).to_have_value(newcomer.address)
    newcomer.find("[data-submit]").click()
    newcomer.find("#code").wait_for()


def test_checking_codes_is_no_place_to_guess(visitor, door):
    person = door.person("sol@example.org")
    holder = visitor(person={"address": person.address, "totp": person.totp}).use_device_of(person).sign_in()
    replies = [
        holder.page.request.post(
            f"{door.origin}/account/check/totp", form={"output": "000000"}, headers={"Origin": door.origin}
        )
        for _ in range(11)
    ]
    assert [reply.status for reply in replies] == [200] * 10 + [429]
    assert int(replies[-1].headers["retry-after"]) > 60
    holder.go("/account/check/totp")
    holder.answer("output", "000000")
    expect(holder.find("main h1")).to_have_text("Please wait a little")
    expect(holder.find("main time")).to_be_visible()
    holder.follow("/account")


def test_a_closed_account_can_be_looked_at_and_not_changed(visitor, door):
    person = door.person("tea@example.org")
    core = door.house.core
    desk = OperatorDesk(
        database=door.house.database,
        accounts=core.accounts,
        sessions=core.sessions,
        overviews=core.overviews,
        journal=core.journal,
        phones=core.ground.phones,
        clock=door.clock,
    )
    desk.close(desk.find(person.address))
    holder = visitor(person={"address": person.address, "totp": person.totp}).use_device_of(person).sign_in()
    for path in ("/account", "/account/devices", "/account/activity", "/account/recovery", "/account/sign-in"):
        holder.go(path)
        expect(holder.find("main h1")).to_be_visible()
    holder.go("/account/app")
    holder.begin()
    expect(holder.find("main h1")).to_have_text("This account can only be read")
    holder.follow("/account")
    holder.sign_out()
