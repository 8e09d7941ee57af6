"""One house for each file of the suite's plans, served under https as the suite wants it, with RS256 allowed: OpenID
Connect Core lets no provider leave it out, and ours has it off until an operator wants it.
"""

import json
import re
from collections.abc import Iterator
from itertools import count

import pytest

from tests.support.clock import SettableClock
from tests.support.house import Mailbox, Person, Place, deliver, open_house
from tests.support.openid import Party, Visitor, registration
from watchword.app import House

ISSUER = "https://localhost:8443"
_names = count()


def new_party(door: House, **said: object) -> Party:
    return Party(door, registration(name=f"Suite {next(_names)}", **said))


class HttpsVisitor(Visitor):
    """Somebody at a browser over https, where cookies have other names."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.known:
            self.http.cookies.clear()
            self.http.cookies.set("__Host-device", self.person.device)


class Telephone(Mailbox):
    def newest_code(self, address: str) -> str:
        deliver(self.house)
        sent = [json.loads(file.read_text()) for file in sorted(self.house.settings.mailbox.glob("*.sms.json"))]
        (*_, text) = (message["text"] for message in sent if message["to"] == address)
        (code,) = re.findall(r"^(\d{6})$", text, re.MULTILINE)
        return str(code)


class Caller(Person):
    """Somebody who is known by a telephone number."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.mailbox = Telephone(self.house)


@pytest.fixture(scope="module")
def time() -> SettableClock:
    return SettableClock()


@pytest.fixture(scope="module")
def door(place: Place, time: SettableClock) -> Iterator[House]:
    with open_house(*place, time, public_url=ISSUER, openid_rs256=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def ann(door: House, time: SettableClock) -> Person:
    return Person(door, time).sign_up()


@pytest.fixture(scope="module")
def party(door: House) -> Party:
    return new_party(door, scopes=["openid", "email", "phone", "offline_access"])


@pytest.fixture
def fresh(ann: Person) -> HttpsVisitor:
    """Somebody who is not signed in yet."""
    return HttpsVisitor(ann)
