"""A served house, and somebody at a browser in front of it: by mouse or by keyboard alone, in either language."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pyotp
from playwright.sync_api import Locator, Page, expect
from prometheus_client import CollectorRegistry

from tests.support.clock import SettableClock
from tests.support.house import Mailbox, Person, deliver, open_house
from tests.support.ports import free_port
from tests.support.served import Served, served
from watchword.app import House, web_application
from watchword.foundation.clock import system_clock
from watchword.serving import edge_plan, operations_of
from watchword.web.edge import guarded
from watchword.web.edge.asgi import App, Receive, Scope, Send

PASSPHRASE = "seven purple lanterns drift slowly"
NEW_PASSPHRASE = "eight yellow kettles hum quietly"
MOST_TABS = 60


@dataclass(kw_only=True)
class ServedHouse:
    """A house that answers at ``origin``. Its messages go out when somebody looks for them, and not before."""

    house: House
    clock: SettableClock
    origin: str
    server: Served

    def code(self, address: str) -> str:
        """The newest code sent to that address."""
        return in_a_thread(lambda: Mailbox(self.house).newest_code(address))

    def person(self, address: str) -> Person:
        """Somebody who opened an account and bound an app by way of the API, from a device of their own."""
        return in_a_thread(lambda: Person(self.house, self.clock, address=address).sign_up().bind_app())

    def deliver(self) -> None:
        in_a_thread(lambda: deliver(self.house))


def in_a_thread(do: Any) -> Any:
    """Playwright keeps an event loop running in the thread of the tests; what needs one of its own goes elsewhere."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(do).result()


@contextmanager
def open_served_house(
    database_url: str,
    directory: Path,
    *,
    tls: tuple[Path, Path] | None = None,
    clock: SettableClock | None = None,
    **settings: Any,
) -> Iterator[ServedHouse]:
    """``tls`` is certificate and key. ``settings`` are those of the house."""
    clock = clock or SettableClock(system_clock())
    port = free_port()
    plan: dict[str, Any] = {"port": port}
    if tls is not None:
        settings["public_url"] = f"https://localhost:{port}"
        plan |= {"tls_cert": tls[0], "tls_key": tls[1]}
    with open_house(database_url, directory, clock, host="localhost", port=port, **settings) as house:
        registry = CollectorRegistry()
        app = guarded(without_worker(web_application(house)), edge_plan(house.settings, registry))
        with served(app, operations_of(house, registry), **plan) as server:
            yield ServedHouse(house=house, clock=clock, origin=house.settings.public_url, server=server)


def without_worker(app: App) -> App:
    """The application without what runs beside its requests, so that a test decides when messages go out."""

    async def alone(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        while True:
            event = (await receive())["type"].removeprefix("lifespan.")
            await send({"type": f"lifespan.{event}.complete"})
            if event == "shutdown":
                return

    return alone


class Ticking(Protocol):
    def advance(self, by: timedelta) -> datetime: ...


class Door(Protocol):
    """What a visitor needs to know of a house: where it is, what it sent, what time its codes are for."""

    @property
    def origin(self) -> str: ...

    @property
    def clock(self) -> Ticking: ...

    def code(self, address: str) -> str: ...


class Hands(Protocol):
    def press(self, control: Locator) -> None: ...

    def write(self, text: str, into: Locator) -> None: ...

    def send(self, form_button: Locator) -> None: ...


class Mouse:
    def press(self, control: Locator) -> None:
        control.click()

    def write(self, text: str, into: Locator) -> None:
        into.click()
        into.fill(text)

    def send(self, form_button: Locator) -> None:
        form_button.click()


class Keyboard:
    """Tab, Enter and typing: nothing is pointed at."""

    def press(self, control: Locator) -> None:
        self._reach(control)
        control.page.keyboard.press("Enter")

    def write(self, text: str, into: Locator) -> None:
        self._reach(into)
        into.page.keyboard.press("ControlOrMeta+a")
        into.page.keyboard.type(text)

    def send(self, form_button: Locator) -> None:
        """Enter in the field that was just typed into."""
        form_button.page.keyboard.press("Enter")

    def _reach(self, control: Locator) -> None:
        control.wait_for()
        for _ in range(MOST_TABS):
            if control.evaluate("element => element === document.activeElement"):
                return
            control.page.keyboard.press("Tab")
        raise AssertionError(f"{control} can't be reached by Tab")


@dataclass(kw_only=True)
class Visitor:
    """Knows a page by what every language of it has: names of fields, addresses of links."""

    page: Page
    door: Door
    hands: Hands = field(default_factory=Mouse)
    address: str = "ann@example.org"
    passphrase: str = PASSPHRASE
    totp: pyotp.TOTP | None = None
    codes: list[str] = field(default_factory=list)

    def find(self, selector: str) -> Locator:
        return self.page.locator(selector)

    def go(self, path: str) -> None:
        self.page.goto(f"{self.door.origin}{path}")

    def is_at(self, path: str) -> None:
        expect(self.page).to_have_url(f"{self.door.origin}{path}")

    def follow(self, path: str) -> None:
        """By the first link there that a person sees."""
        self.hands.press(self.find(f'main a[href="{path}"] >> visible=true').first)
        self.is_at(path)

    def answer(self, name: str, text: str) -> None:
        """Types into one field and sends its form."""
        self.hands.write(text, self.find(f"#{name}"))
        self.hands.send(self.find("[data-submit]"))

    # -- the steps

    def ask_to_sign_up(self) -> None:
        self.go("/sign-up")
        self.answer("identifier", self.address)
        self.find("#code").wait_for()

    def give_message_code(self) -> None:
        self.find("#code").wait_for()
        self.answer("code", self.door.code(self.address))

    def sign_up(self) -> "Visitor":
        self.ask_to_sign_up()
        self.give_message_code()
        self.answer("new_passphrase", self.passphrase)
        self.is_at("/account")
        return self

    def give_passphrase(self) -> None:
        """On the sign-in page."""
        self.hands.write(self.address, self.find("#identifier"))
        self.answer("passphrase", self.passphrase)

    def give_app_code(self) -> None:
        self.find("#output").wait_for()
        self.answer("output", self.output())

    def output(self) -> str:
        """A code of a step that was not used before."""
        assert self.totp is not None
        return self.totp.at(self.door.clock.advance(timedelta(seconds=30)))

    def confirm(self) -> None:
        """Whatever a confirmation asks, after the button that began it."""
        self.is_at("/confirm")
        self.answer("passphrase", self.passphrase)
        self.find("#code, #output").wait_for()
        if self.find("#output").count():
            self.give_app_code()
        self.give_message_code()

    def begin(self) -> None:
        """The button of the page that begins a change."""
        self.hands.press(self.find("main form button.primary"))

    def begin_app(self) -> None:
        self.go("/account/app")
        self.begin()
        self.confirm()
        self.page.wait_for_url("**/account/app/*")
        self.read_key()

    def read_key(self) -> None:
        key = self.find("#backup-key").get_attribute("data-text")
        assert key is not None
        self.totp = pyotp.TOTP(key)

    def bind_app(self) -> "Visitor":
        self.begin_app()
        self.give_app_code()
        self.read_codes()
        return self

    def read_codes(self) -> None:
        self.find("#codes").wait_for()
        self.codes = self.find("#codes li").all_text_contents()

    def use_device_of(self, person: Person) -> "Visitor":
        """From now on the browser is the device this person signed up from."""
        self.page.context.add_cookies([{"name": "device", "value": person.device, "url": self.door.origin}])
        return self

    def sign_in(self) -> "Visitor":
        """With whatever is asked."""
        self.go("/sign-in")
        self.give_passphrase()
        self.give_codes()
        self.is_at("/account")
        return self

    def give_codes(self) -> None:
        """The one by message where it is asked, then the app's."""
        self.find("#code, #output").wait_for()
        if self.find("#code").count():
            self.give_message_code()
        self.give_app_code()

    def sign_out(self) -> None:
        self.hands.press(self.find("header form button"))
        self.is_at("/signed-out")
