"""Every page as somebody sees it: nothing for axe in either theme, readable at 320 pixels and at twice the size."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

import watchword.web
from tests.support.browser import THEMES, Theme, axe_problems, checked, in_theme, too_wide, too_wide_with_large_text
from tests.support.house import Place
from tests.support.visitor import ServedHouse, Visitor, open_served_house

TEMPLATES = Path(watchword.web.__file__).parent / "templates"
LAYOUTS = {"base", "entry", "room", "reading", "sheet"}
PARTS = {"delivery"}
OUTSIDE = {
    "dev_mailbox", "error", "guide", "help", "human", "message_code", "new_passphrase", "official", "passage_over",
    "recover_done", "recover_identifier", "recovery_code", "sign_in", "sign_up_identifier", "signed_out", "totp",
}  # fmt: skip
INSIDE = {
    "account_home", "activity", "app_begin", "app_enrol", "app_sheet", "check_code", "confirm_passphrase", "devices",
    "message_code_setting", "passphrase_change", "recovery", "recovery_codes", "sign_in_settings",
    "trading", "trading_passphrase", "messages", "message", "stamp", "check_up", "destinations", "holds", "withdrawal",
    "not_possible",
}  # fmt: skip
PASSKEYS = {"passkey", "passkey_begin", "passkey_manage", "passkey_new", "passkey_only", "passkey_refused"}
"""Looked at by ``test_passkeys``."""
KEYS = {"api_key", "api_key_made", "api_key_new", "api_keys"}
"""Looked at by ``test_keys``."""
APPLICATIONS = {
    "applications", "forward", "forward_stopped", "openid_consent", "openid_frozen", "openid_return",
    "openid_sign_out", "openid_stopped",
}  # fmt: skip
"""Looked at by ``test_openid`` and ``test_forward_auth``; what is only passed by, in the gallery."""
ELSEWHERE = {"alerts", "freeze", "freeze_link", "freeze_link_over", "frozen", "not_me", "thawed"}
"""Looked at by ``test_safety``."""
ASKED = {"exit_asked"}
"""Looked at by ``test_exits``."""
OWN = {"account_close", "account_closed", "address_change", "addresses", "own_data"}
"""Looked at by ``test_own``."""
RISK = """
[risk]
work_low = 1
work_raised = 1
work_high = 1
failures_on_identifier = { raised = 2, high = 2 }
"""


@pytest.fixture(scope="module")
def door(place: Place) -> Iterator[ServedHouse]:
    """Two wrong answers are a high risk here: then a check for a human comes alone, before a message."""
    url, directory = place
    rules = directory / "wary.toml"
    rules.write_text(RISK)
    with open_served_house(url, directory, policy_file=rules, support="help@door.example") as opened:
        yield opened


@dataclass
class Tour:
    visitor: Visitor
    language: str
    seen: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    @property
    def themes(self) -> tuple[Theme, ...]:
        """The words change nothing in the colours: the second language is looked at in one theme."""
        return THEMES if self.language == "en" else ("light",)

    def look(self, template: str) -> None:
        """At the page that is open, which is of this template."""
        page = self.visitor.page
        checked(page)
        found = []
        for theme in self.themes:
            in_theme(page, theme)
            found += [f"{theme}: {problem}" for problem in axe_problems(page)]
        # 640 pixels are a window of 1280 at twice the size.
        found += [f"wider than {width}" for width in (320, 640) if too_wide(page, width)]
        if too_wide_with_large_text(page, 1280):
            found.append("wider than 1280 with large text")
        self.seen.add(template)
        self.problems += [f"{template} at {page.url}: {problem}" for problem in found]

    def go(self, path: str, template: str) -> None:
        self.visitor.go(path)
        self.look(template)

    def wrong(self, name: str, text: str, template: str) -> None:
        """An answer that is refused, and what the page says then."""
        self.visitor.answer(name, text)
        self.visitor.find(".problem, .notice").first.wait_for()
        self.look(template)


def test_every_template_is_on_a_tour():
    toured = OUTSIDE | INSIDE | ELSEWHERE | ASKED | OWN | PASSKEYS | KEYS | APPLICATIONS
    assert {path.stem for path in TEMPLATES.glob("*.html")} - LAYOUTS - PARTS == toured


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_pages_before_the_door(visitor, language: str):
    newcomer = visitor(language, person={"address": f"ben-{language.lower()}@example.org"})
    tour = Tour(newcomer, language)
    before = {
        "/guide": "guide",
        "/help": "help",
        "/official?q=1ocalhost": "official",
        "/nowhere": "error",
        "/": "sign_in",
    }
    for path, template in before.items():
        tour.go(path, template)
    tour.go("/sign-up", "sign_up_identifier")
    tour.wrong("identifier", "no address", "sign_up_identifier")
    newcomer.answer("identifier", newcomer.address)
    newcomer.find("#code").wait_for()
    tour.wrong("code", "000000", "message_code")
    tour.visitor.find("details.more summary").click()
    tour.look("message_code")
    newcomer.give_message_code()
    newcomer.find("#new_passphrase").wait_for()
    tour.wrong("new_passphrase", "bitcoin ethereum bitcoin", "new_passphrase")
    newcomer.answer("new_passphrase", newcomer.passphrase)
    newcomer.is_at("/account")
    newcomer.bind_app()
    newcomer.sign_out()
    tour.look("signed_out")
    newcomer.go("/sign-in")
    newcomer.give_passphrase()
    newcomer.find("#output").wait_for()
    tour.wrong("output", "000000", "totp")
    newcomer.go("/sign-in?use=recovery_code")
    tour.wrong("code", "aaaa-aaaa-aaaa-aaaa", "recovery_code")
    tour.go("/recover", "recover_identifier")
    newcomer.answer("identifier", newcomer.address)
    newcomer.give_message_code()
    newcomer.give_app_code()
    newcomer.find("#new_passphrase").wait_for()
    tour.look("new_passphrase")
    newcomer.answer("new_passphrase", newcomer.passphrase)
    newcomer.is_at("/recover/done")
    tour.look("recover_done")
    newcomer.go("/sign-up")
    newcomer.door.clock.advance(timedelta(minutes=16))
    newcomer.answer("identifier", newcomer.address)
    newcomer.find("a.button.primary").wait_for()
    tour.look("passage_over")
    tour.go("/dev/mailbox", "dev_mailbox")

    stranger = visitor(language, person={"address": newcomer.address, "passphrase": "not the right passphrase"})
    elsewhere = Tour(stranger, language)
    stranger.go("/sign-in")
    for _ in range(2):
        stranger.give_passphrase()
        stranger.find(".notice").wait_for()
    elsewhere.look("sign_in")
    stranger.passphrase = newcomer.passphrase
    stranger.give_passphrase()
    stranger.find("#passphrase").wait_for(state="detached")
    elsewhere.look("human")
    stranger.find("[data-submit]").click()
    stranger.find("#code").wait_for()
    elsewhere.look("message_code")
    assert "\n".join(tour.problems + elsewhere.problems) == ""
    assert tour.seen | elsewhere.seen == OUTSIDE


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_pages_behind_the_door(visitor, language: str):
    holder = visitor(language, person={"address": f"cho-{language.lower()}@example.org"}).sign_up()
    tour = Tour(holder, language)
    rooms = {
        "/account": "account_home",
        "/account/sign-in": "sign_in_settings",
        "/account/recovery": "recovery",
        "/account/devices": "devices",
        "/account/activity": "activity",
    }
    for path, template in rooms.items():
        tour.go(path, template)
    tour.go("/account/message-code", "message_code_setting")
    tour.go("/account/app", "app_begin")
    holder.begin()
    tour.wrong("passphrase", "not the passphrase", "confirm_passphrase")
    holder.confirm()
    holder.page.wait_for_url("**/account/app/*")
    holder.read_key()
    tour.wrong("output", "000000", "app_enrol")
    enrolment = holder.page.url.removeprefix(holder.door.origin)
    tour.go(f"{enrolment}/sheet", "app_sheet")
    holder.go(enrolment)
    holder.give_app_code()
    holder.read_codes()
    tour.look("recovery_codes")
    for path, template in rooms.items():
        tour.go(path, template)
    tour.go("/account/message-code", "message_code_setting")
    tour.go("/account/check/totp", "check_code")
    tour.wrong("output", "000000", "check_code")
    holder.go("/account/check/recovery_code")
    tour.wrong("code", holder.codes[0], "check_code")
    tour.go("/account/passphrase", "passphrase_change")
    holder.begin()
    holder.confirm()
    holder.find("#new_passphrase").wait_for()
    tour.wrong("new_passphrase", "short", "passphrase_change")
    look_at_messages(tour)
    look_at_trading(tour)
    assert "\n".join(tour.problems) == ""
    assert tour.seen == INSIDE


def look_at_messages(tour: Tour) -> None:
    """The anti-phishing code, set; it stands in the next message, and on no page."""
    holder = tour.visitor
    tour.go("/account/messages/code", "stamp")
    holder.begin()
    holder.confirm()
    holder.find("#anti-phishing-code").wait_for()
    tour.wrong("anti-phishing-code", "lake 1234", "stamp")
    holder.answer("anti-phishing-code", "lake tiger")
    holder.is_at("/account/messages")
    tour.look("messages")
    tour.wrong("reference", "KTRM-BXDF", "messages")
    holder.go("/account/messages")
    holder.hands.press(holder.find('.entries a[href^="/account/messages/"]').first)
    holder.find("pre.letter").wait_for()
    tour.look("message")
    assert "lake tiger" not in holder.page.content()


def look_at_trading(tour: Tour) -> None:
    """The trading passphrase, set and then asked; a day later, as the app is too young before."""
    holder = tour.visitor
    look_at_exits(tour)
    tour.go("/account/trading", "trading")
    holder.begin()
    holder.confirm()
    holder.find("#trading-passphrase").wait_for()
    tour.wrong("trading-passphrase", "123456", "trading")
    holder.answer("trading-passphrase", "835192")
    holder.find("main .notice").wait_for()
    holder.door.clock.advance(timedelta(hours=25))
    holder.sign_in()
    ask_to_list(holder)
    holder.give_app_code()
    holder.find("#trading-passphrase").wait_for()
    tour.wrong("trading-passphrase", "914703", "trading_passphrase")


def look_at_exits(tour: Tour) -> None:
    """Without a trading passphrase nothing leaves, and the page says so."""
    tour.go("/account/check-up", "check_up")
    tour.go("/account/trading/holds", "holds")
    tour.go("/account/trading/withdrawal", "withdrawal")
    tour.go("/account/trading/destinations", "destinations")
    ask_to_list(tour.visitor)
    tour.visitor.find("h1").wait_for()
    tour.look("not_possible")


def ask_to_list(holder: Visitor) -> None:
    holder.go("/account/trading/destinations")
    for name, text in (("asset", "USDT"), ("network", "TRON"), ("address", "TQ5pFqv9hKcSkQ4dPq5mXo9mXwYyqzL3aB")):
        holder.find(f"#{name}").fill(text)
    holder.hands.send(holder.find("[data-submit]"))
