"""The page "Trading", without a browser and without script: set, issued, refused, changed, closed."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.support.acts import ONLY_SQLITE
from tests.support.clock import SettableClock
from tests.support.house import PASSPHRASE, Mailbox, client_of, solve
from tests.support.trading import DIGITS, OTHER
from watchword.app import House

pytestmark = ONLY_SQLITE

PATH = "/account/trading"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Holder:
    """Somebody who signed up on the pages."""

    house: House
    address: str = "ann@example.org"
    http: TestClient = field(init=False)

    def __post_init__(self) -> None:
        self.http = client_of(self.house)
        self.answer("/sign-up", "identifier", identifier=self.address)
        self.message("/sign-up")
        self.answer("/sign-up", "new_passphrase", new_passphrase=PASSPHRASE)

    def page(self, path: str = PATH) -> str:
        reply = self.http.get(path)
        assert reply.status_code == 200
        return reply.text

    def post(self, path: str = PATH, **form: str) -> Any:
        return self.http.post(path, data=form, headers=SAME_ORIGIN)

    def answer(self, path: str, proof: str, **form: str) -> Any:
        assert self.http.get(path).status_code == 200
        challenge = self.http.get(f"{path}/challenge")
        payload = {"payload": solve(challenge.json())} if challenge.status_code == 200 else {}
        reply = self.post(path, proof=proof, **form, **payload)
        assert reply.status_code == 303, (proof, reply.status_code)
        return reply

    def message(self, path: str) -> Any:
        return self.answer(path, "message_code", code=Mailbox(self.house).newest_code(self.address))

    def begin(self) -> "Holder":
        """As far as the form for six digits."""
        assert self.post().headers["location"] == "/confirm"
        self.answer("/confirm", "passphrase", passphrase=PASSPHRASE)
        assert self.message("/confirm").headers["location"] == PATH
        return self

    def set(self, passphrase: str) -> Any:
        return self.post(**{"trading-passphrase": passphrase})


@pytest.fixture
def holder(house: House) -> Holder:
    return Holder(house)


def test_it_is_set_after_a_confirmation_and_said_once(holder: Holder) -> None:
    assert "Not set" in holder.page()
    assert "trading-passphrase" not in holder.page()
    done = holder.begin().set(DIGITS)
    assert (done.status_code, done.headers["location"]) == (303, PATH)
    page = holder.page()
    assert "The trading passphrase is set." in page
    assert "Six digits, set on" in page
    assert "The trading passphrase is set." not in holder.page()
    assert "Trading passphrase" in holder.page("/account")


def test_without_a_confirmation_digits_lead_to_one(holder: Holder) -> None:
    assert holder.set(DIGITS).headers["location"] == "/confirm"
    assert "Not set" in holder.page()


def test_a_refused_one_says_why_beside_the_field_and_is_not_shown(holder: Holder) -> None:
    reply = holder.begin().set("311299")
    assert reply.status_code == 422
    assert 'id="trading-passphrase-problem"' in reply.text
    assert "It can be read as a date" in reply.text
    assert "311299" not in reply.text
    assert holder.set("").status_code == 422
    assert holder.set(DIGITS).status_code == 303


def test_one_can_be_issued_without_script(holder: Holder) -> None:
    reply = holder.begin().post(do="issue")
    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "no-store"
    found = re.search(r'name="trading-passphrase" type="text" value="(\d{6})"', reply.text)
    assert found is not None
    again = holder.post(do="issue")
    assert found[1] not in again.text
    assert found[1] not in holder.page(), "shown once"
    assert holder.set(found[1]).status_code == 303


def test_nobody_issues_one_without_a_confirmation(holder: Holder) -> None:
    assert holder.post(do="issue").headers["location"] == "/confirm"


def test_password_managers_keep_it_apart(holder: Holder) -> None:
    """Another name of the field, another user name, a section of its own: it can't overwrite the sign-in passphrase."""
    page = holder.begin().page()
    field_ = re.search(r'<input id="trading-passphrase"[^>]*>', page)
    user = re.search(r'<input[^>]*name="username"[^>]*>', page)
    assert field_ is not None
    assert user is not None
    assert 'autocomplete="section-trading new-password"' in field_[0]
    assert 'autocomplete="section-trading username"' in user[0]
    assert 'value="ann@example.org · trading"' in user[0]
    assert " maxlength=" not in field_[0], "what is pasted with spaces must fit"


def test_it_reads_in_chinese(holder: Holder) -> None:
    holder.http.headers["Accept-Language"] = "zh-CN"
    assert "未设置" in holder.page()
    reply = holder.begin().set("123456")
    assert "数字依次递增或递减" in reply.text


def test_too_many_refused_ones_wait(holder: Holder) -> None:
    holder.begin().set(OTHER)
    holder.begin()
    for _ in range(10):
        assert "one of your last five" in holder.set(OTHER).text
    reply = holder.set(DIGITS)
    assert reply.status_code == 429
    assert int(reply.headers["Retry-After"]) > 3600
    assert "Too many were refused." in reply.text


def test_after_two_minutes_it_is_confirmed_again(holder: Holder, clock: SettableClock) -> None:
    holder.begin()
    clock.advance(timedelta(seconds=70))
    assert "Save it within 50 seconds" in holder.page()
    clock.advance(timedelta(seconds=50))
    assert holder.set(DIGITS).headers["location"] == "/confirm"
    late = "The time to save it was over, so nothing was changed."
    assert late in holder.page("/confirm")
    assert late not in holder.page("/confirm")
    assert "Not set" in holder.page()


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ("/account/passphrase", {"new_passphrase": "eight yellow kettles hum quietly"}),
        ("/account/messages/code", {"do": "save", "anti-phishing-code": "lake tiger"}),
    ],
)
def test_so_it_is_with_the_others(holder: Holder, clock: SettableClock, path: str, typed: dict[str, str]) -> None:
    holder.begin()
    assert "Save it within" not in holder.page(path)  # what was confirmed is something else
    assert holder.post(path).headers["location"] == "/confirm"
    holder.answer("/confirm", "passphrase", passphrase=PASSPHRASE)
    assert holder.message("/confirm").headers["location"] == path
    assert "Save it within 120 seconds" in holder.page(path)
    clock.advance(timedelta(minutes=2))
    assert holder.post(path, **typed).headers["location"] == "/confirm"
    assert "The time to save it was over" in holder.page("/confirm")
