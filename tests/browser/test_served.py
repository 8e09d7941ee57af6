"""The first hour with the house as it is served from the command line: its own process, clock, work and mailbox."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from playwright.sync_api import Browser, BrowserContext

from tests.http.test_serving import first_line, serving
from tests.support.browser import PATIENCE, Watch, tab
from tests.support.ports import free_port
from tests.support.visitor import NEW_PASSPHRASE, Visitor
from watchword.foundation.clock import system_clock

MOST_LOOKS = 100


@dataclass
class RunningHouse:
    """Codes are read in a second tab, as a newcomer reads them."""

    origin: str
    context: BrowserContext
    uses: int = 0
    read: list[str] = field(default_factory=list)

    @property
    def clock(self) -> "RunningHouse":
        return self

    def advance(self, by: timedelta) -> datetime:
        """The app is used twice: now, and with the next code."""
        self.uses += 1
        return system_clock() + by * (self.uses - 1)

    def code(self, address: str) -> str:
        with tab(self.context) as mailbox:
            for _ in range(MOST_LOOKS):
                mailbox.goto(f"{self.origin}/dev/mailbox")
                letters = [text for text in mailbox.locator("details").all_text_contents() if address in text]
                codes = [code for text in letters for code in re.findall(r"^(\d{6})$", text, re.MULTILINE)]
                if codes and codes[0] not in self.read:
                    self.read.append(codes[0])
                    return codes[0]
        raise AssertionError(f"no code for {address} came")


def test_the_first_hour(browser: Browser, tmp_path):
    port = free_port()
    with serving(mode="development", data=tmp_path / "var", port=port) as process:
        assert f"http://localhost:{port}" in first_line(process)
        origin = f"http://localhost:{port}"
        watch = Watch(origin)
        context = watch.over(browser.new_context(locale="en-GB"))
        context.set_default_timeout(PATIENCE)
        newcomer = Visitor(page=context.new_page(), door=RunningHouse(origin, context))
        newcomer.sign_up().bind_app()
        newcomer.follow("/account")
        newcomer.sign_out()
        newcomer.follow("/sign-in")
        newcomer.give_passphrase()
        newcomer.give_app_code()
        newcomer.is_at("/account")
        newcomer.sign_out()
        newcomer.go("/recover")
        newcomer.answer("identifier", newcomer.address)
        newcomer.give_message_code()
        newcomer.find("#output").wait_for()
        newcomer.go("/recover?use=recovery_code")
        newcomer.answer("code", newcomer.codes[0])
        newcomer.answer("new_passphrase", NEW_PASSPHRASE)
        newcomer.is_at("/recover/done")
        context.close()
    assert not watch.complaints
