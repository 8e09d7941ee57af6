"""Signing in to an application on another host, in Chromium: there and back under our own content security policy."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, ConsoleMessage, expect

from tests.browser.conftest import LOCALES
from tests.support.browser import PATIENCE, REFUSED, THEMES, axe_problems, in_theme, too_wide, too_wide_with_large_text
from tests.support.openid import Party, registration
from tests.support.visitor import Hands, Keyboard, Mouse, ServedHouse, Visitor, in_a_thread


class Desk(BaseHTTPRequestHandler):
    """The application: says only that somebody came, and with what."""

    def do_GET(self) -> None:
        body = f"<!doctype html><title>Desk</title><p id=came>{self.path.partition('?')[0]}</p>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def desk() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://trade.localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _is_one(line: ConsoleMessage) -> bool:
    """What a content security policy refuses is said in the console; the desk has no icon, which is its own affair."""
    return line.type in ("error", "warning") and not line.text.startswith(REFUSED)


def look(visitor: Visitor) -> None:
    """In both themes nothing that axe finds, and never wider than the narrowest window."""
    for theme in THEMES:
        in_theme(visitor.page, theme)
        assert axe_problems(visitor.page) == []
    assert not too_wide(visitor.page, 320)
    assert not too_wide_with_large_text(visitor.page, 640)
    visitor.page.set_viewport_size({"width": 1280, "height": 820})


@pytest.mark.parametrize(("hands", "language"), [(Mouse(), "en"), (Keyboard(), "zh-Hans")], ids=["mouse", "keyboard"])
def test_to_the_desk_and_back_out(browser: Browser, door: ServedHouse, hands: Hands, language: str) -> None:
    person = door.person(f"desk-{language.lower()}@example.org")
    complaints: list[str] = []
    with desk() as origin, browser.new_context(locale=LOCALES[language], reduced_motion="reduce") as context:
        context.set_default_timeout(PATIENCE)
        context.on("console", lambda line: complaints.append(line.text) if _is_one(line) else None)
        said = registration(
            name=f"Desk {language}", redirect_uris=[f"{origin}/callback"], logout_uris=[f"{origin}/bye"]
        )
        party = in_a_thread(lambda: Party(door.house, said))
        visitor = Visitor(page=context.new_page(), door=door, hands=hands, address=person.address, totp=person.totp)

        visitor.go(party.address())
        visitor.is_at("/sign-in")
        visitor.give_passphrase()
        visitor.give_codes()
        visitor.page.wait_for_url("**/openid/continue?request=*")
        expect(visitor.find("h1")).to_contain_text(said.name)
        look(visitor)
        hands.press(visitor.find("button[value=agree]"))
        visitor.page.wait_for_url(f"{origin}/callback?code=*")

        visitor.go(party.address(prompt="login"))  # who is signed in signs in afresh
        visitor.is_at("/sign-in")
        visitor.give_passphrase()
        visitor.give_app_code()
        visitor.page.wait_for_url(f"{origin}/callback?code=*")

        visitor.go("/account/applications")
        expect(visitor.find("main h2")).to_have_text(said.name)
        look(visitor)

        query = urlencode({"client_id": party.id, "post_logout_redirect_uri": f"{origin}/bye"})
        visitor.go(f"/openid/end-session?{query}")
        look(visitor)
        hands.press(visitor.find("main form button.primary"))
        visitor.page.wait_for_url(f"{origin}/bye")
        visitor.go("/account")
        visitor.is_at("/sign-in")
    assert complaints == []


def test_an_address_that_nobody_registered_is_a_page(browser: Browser, door: ServedHouse) -> None:
    with browser.new_context() as context:
        party = in_a_thread(lambda: Party(door.house, registration(name="Lost desk")))
        visitor = Visitor(page=context.new_page(), door=door)
        visitor.go(party.address(redirect_uri="https://evil.example/"))
        expect(visitor.find("h1")).to_be_visible()
        assert "evil" not in visitor.page.content()
        look(visitor)
