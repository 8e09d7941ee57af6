"""The room "API keys", without script: made, shown once with requests that work as they stand, paused, deleted; and
what the signature doctor says.
"""

import html
import json
import re
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.http.test_trading_page import SAME_ORIGIN, Holder
from tests.support.acts import ONLY_SQLITE
from tests.support.api_keys import BALANCE, Bot, Gateway, handed, make_key
from tests.support.clock import SettableClock
from tests.support.exits import TRADING, fortify, set_trading
from tests.support.house import Mailbox, Person, client_of, open_house
from watchword.app import House
from watchword.foundation.clock import system_clock

KEYS = "/account/api-keys"


@dataclass
class Trader(Holder):
    """A holder with everything set up, at a browser."""

    person: Person = field(kw_only=True)

    def __post_init__(self) -> None:
        self.http, self.mailbox = client_of(self.house), Mailbox(self.house)
        self.answer("/sign-in", "passphrase", identifier=self.address, passphrase=self.person.passphrase)
        self.message("/sign-in")
        self.answer("/sign-in", "totp", output=self.person.output())

    def confirm(self) -> Any:
        """The last reply of a confirmation of a key."""
        self.answer("/confirm", "totp", output=self.person.output())
        self.message("/confirm")
        challenge = {"proof": "trading_passphrase", "trading-passphrase": TRADING}
        return self.http.post("/confirm", data=challenge, headers=SAME_ORIGIN)


def trader(house: House, clock: SettableClock) -> Trader:
    return Trader(house, person=fortify(Person(house, clock).sign_up()))


NEW = {"name": "night bot", "read": "yes", "trade": "yes", "networks": "127.0.0.0/8\n198.51.100.7", "expiry": "90"}


def text_of(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.split("<main", 1)[1].split("</main", 1)[0])).split())


def shown(page: str, name: str) -> str:
    """What the copy button of that name copies."""
    found = re.search(rf'id="{name}"(?: data-text="([^"]*)")?[^>]*>(.*?)</(?:p|pre)>', page, re.DOTALL)
    assert found is not None
    return html.unescape(found[1] or found[2])


def make(holder: Trader, **other: str) -> Any:
    assert holder.post(f"{KEYS}/new", **{**NEW, **other}).headers["location"] == "/confirm"
    asked = text_of(holder.page("/confirm"))
    assert "Make an API key" in asked
    assert "night bot" in asked
    assert "read, trade" in asked
    return holder.confirm()


@ONLY_SQLITE
def test_a_key_is_confirmed_and_shown_once(house: House, clock: SettableClock) -> None:
    holder = trader(house, clock)
    assert "None yet." in text_of(holder.page(KEYS))
    made = make(holder)
    assert made.status_code == 200
    secret, key = shown(made.text, "made-secret"), shown(made.text, "made-key")
    assert secret.startswith("wws_")
    assert made.headers["cache-control"] == "no-store"
    (path,) = re.findall(rf'href="({KEYS}/[^"]+)">I have saved them', made.text)
    for page in (holder.page(KEYS), holder.page(path), holder.page("/account/activity")):
        assert secret not in page
    assert "An API key was made" in text_of(holder.page("/account/activity"))
    bot = Bot(
        person=holder.person, made={"key": key, "secret": secret, "passphrase": shown(made.text, "made-passphrase")}
    )
    assert Gateway(house).code(bot.sign("GET", BALANCE)) == "ok"

    assert holder.post(f"{path}/name", name="day bot").headers["location"] == path
    assert "day bot" in text_of(holder.page(path))
    assert holder.post(f"{path}/name", name="ä").status_code == 422
    holder.post(f"{path}/pause")
    assert "You paused it." in text_of(holder.page(path))
    assert holder.post(f"{path}/unpause").headers["location"] == "/confirm"
    assert "Let a paused API key work again" in text_of(holder.page("/confirm"))
    assert holder.confirm().headers["location"] == path
    assert "Works" in text_of(holder.page(path))
    assert holder.post(f"{path}/delete").headers["location"] == KEYS
    assert "The key is deleted." in text_of(holder.page(KEYS))
    assert holder.http.get(path).status_code == 404


WRONG = (
    ({"name": ""}, "Use 1 to 64 plain letters"),
    ({"read": "", "trade": ""}, "Choose at least one."),
    ({"networks": "everywhere"}, "Write addresses or ranges"),
    ({"withdraw": "yes", "networks": ""}, "needs at least one address"),
    ({"expiry": "never"}, "Only a key that just reads"),
    ({"expiry": "7"}, "Only a key that just reads"),
)


@ONLY_SQLITE
def test_what_can_not_be_is_said_beside_its_field(house: House) -> None:
    holder = Holder(house)
    for wrong, said in WRONG:
        reply = holder.post(f"{KEYS}/new", **{**NEW, **wrong})
        assert reply.status_code == 422, wrong
        assert said in text_of(reply.text)


@ONLY_SQLITE
def test_fewer_networks_count_at_once_and_others_once_confirmed(house: House, clock: SettableClock) -> None:
    holder, gateway = trader(house, clock), Gateway(house)
    bot = make_key(holder.person)
    path = f"{KEYS}/{bot.id}"
    assert holder.post(f"{path}/networks", networks="203.0.113.7").headers["location"] == path
    assert "The networks are saved." in text_of(holder.page(path))
    assert "Used from 203.0.113.7/32" in text_of(holder.page(path))
    assert gateway.code(bot.sign("GET", BALANCE)) == "400006"

    assert holder.post(f"{path}/networks", networks="").headers["location"] == "/confirm"
    assert "any network" in text_of(holder.page("/confirm"))
    assert gateway.code(bot.off_by(1).sign("GET", BALANCE)) == "400006"  # nothing is wider before
    assert holder.confirm().headers["location"] == path
    assert gateway.code(bot.sign("GET", BALANCE)) == "ok"

    for wrong, said in (("0.0.0.0/0", "none wider than /8"), ("192.0.2.7, 192.0.2.7/32", "Write each address once.")):
        reply = holder.post(f"{path}/networks", networks=wrong)
        assert reply.status_code == 422
        assert said in text_of(reply.text)
        assert wrong in html.unescape(reply.text)  # to be corrected, not typed anew
    other = Holder(house, address="eve@example.org")
    assert other.post(f"{path}/networks", networks="203.0.113.7").status_code == 404


# -- the requests shown with a new key


class Platform(BaseHTTPRequestHandler):
    """A platform's API that asks about each request, and passes the answer on."""

    gateway: Gateway

    def do_GET(self) -> None:
        answer = self.gateway.verify(handed("GET", self.path, [*self.headers.items()], address=self.client_address[0]))
        self.send_response(answer.status_code)
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, *_: object) -> None:
        return


class Running(SettableClock):
    """The machine's own time, and so much more or less."""

    def __init__(self, by: timedelta) -> None:
        self.by = by

    @property
    def now(self) -> datetime:
        return system_clock() + self.by

    @now.setter
    def now(self, at: datetime) -> None:
        self.by = at - system_clock()

    def __call__(self) -> datetime:
        return self.now


AT_ONCE = """
[risk]
work_low = 1
work_raised = 1
work_high = 1
[confirming_hours]
app = 0
[exits]
holds_hours = { first_second_step = 0, first_trading_passphrase = 0 }
"""


def test_the_requests_shown_with_a_key_work_as_they_stand(sqlite_template: bytes, tmp_path: Path) -> None:
    """Both are run, at the machine's own time: so nobody waits a day for their app, or for what it holds."""
    path = tmp_path / "watchword.db"
    path.write_bytes(sqlite_template)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Platform)
    example = f"http://127.0.0.1:{server.server_port}/api/v1/accounts"
    clock, rules = Running(timedelta(minutes=-5)), tmp_path / "at-once.toml"
    rules.write_text(AT_ONCE)
    given = {"api_example": example, "api_header_prefix": "KC-API", "policy_file": rules}
    with open_house(f"sqlite:///{path}", tmp_path, clock, **given) as house:
        Platform.gateway = Gateway(house)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        holder = Trader(house, person=set_trading(Person(house, clock).sign_up().bind_app()))
        made = make(holder).text
        clock.by = timedelta()
        (tmp_path / "first.py").write_text(shown(made, "python"))
        (tmp_path / "first.sh").write_text(shown(made, "curl"))
        for command in ([sys.executable, "first.py"], ["sh", "first.sh"]):
            done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout)["permissions"] == ["read", "trade"]
        server.shutdown()
        server.server_close()


@ONLY_SQLITE
def test_the_doctor_tells_its_owner_alone(house: House, clock: SettableClock) -> None:
    holder, gateway = trader(house, clock), Gateway(house)
    bot = make_key(holder.person)
    gateway.code(bot.off_by(-7200).sign("GET", BALANCE))
    page = holder.page(f"{KEYS}/{bot.id}")
    assert "is 7.2 seconds behind" in text_of(page)
    assert "GET · 400002 · 198.51.100.0/24" in text_of(page)
    other = Holder(house, address="eve@example.org")
    assert other.http.get(f"{KEYS}/{bot.id}").status_code == 404
