"""Junk in place of a passkey: it is no guess, but it is work, and rows. A network has so many, then a human is asked
first; a hundred failures of one passkey close it to devices that nobody knows.
"""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.acts import ONLY_SQLITE, house_under, subjects
from tests.support.asked import SAME_ORIGIN
from tests.support.clock import SettableClock
from tests.support.house import Passage, Person, client_of, solve
from tests.support.passkey_user import add_passkey, give_passkey, show, sign_in_by_passkey
from tests.support.passkeys import UV, Authenticator, Bent
from watchword.app import House
from watchword.foundation.client import Client, read_address
from watchword.foundation.terms import ClientKind

pytestmark = ONLY_SQLITE
WRONG = Bent(drop=UV)
HOME = Client(kind=ClientKind.APP, address=read_address("127.0.0.1"), agent="", language="en")


@pytest.fixture
def phone() -> Authenticator:
    return Authenticator()


@pytest.fixture
def ann(person: Person, phone: Authenticator) -> Person:
    add_passkey(person, phone)
    return person


def fail(passage: Passage, authenticator: Authenticator, times: int) -> None:
    """Wrong answers, without a check for a human."""
    for _ in range(times):
        reply = passage.offer("passkey", credential=show(passage, authenticator, WRONG))
        assert reply.status_code == 422, reply.text
        passage.state = reply.json()["passage"]


def crowd(house: House, clock: SettableClock, times: int) -> None:
    """As so many failures of the network do."""
    with house.database.begin() as tx:
        house.core.counters.spend(tx, [*house.core.limits.unproven_passages(HOME)] * times, clock())


def test_after_twenty_failures_of_a_network_a_human_comes_first(ann: Person, phone: Authenticator) -> None:
    open_before = ann.begin("sign_in", known=False)
    for _ in range(2):
        fail(ann.begin("sign_in", known=False), phone, 10)
    assert open_before.asks == ["human", "passkey"]
    reply = open_before.offer("passkey", credential=show(open_before, phone))
    assert (reply.status_code, reply.json()["code"]) == (409, "not_asked")
    later = ann.begin("sign_in", known=False)
    assert later.asks == ["human"]
    assert later.offer("passkey", credential={"id": "x"}).status_code == 409
    assert give_passkey(later.human(), phone).grant["kind"] == "session"


def test_one_check_buys_three_answers(ann: Person, phone: Authenticator) -> None:
    crowd(ann.house, ann.clock, 20)
    passage = ann.begin("sign_in", known=False).human()
    fail(passage, phone, 3)
    assert passage.asks == ["human"]
    ann.clock.advance(timedelta(hours=1))
    assert "passkey" in ann.begin("sign_in", known=False).asks


def test_other_networks_are_asked_nothing(ann: Person, phone: Authenticator) -> None:
    crowd(ann.house, ann.clock, 20)
    elsewhere = Person(ann.house, ann.clock)
    elsewhere.http = client_of(ann.house, "203.0.113.9")
    assert give_passkey(elsewhere.begin("sign_in"), phone).grant["kind"] == "session"


def test_who_signs_in_uses_up_nothing(ann: Person, phone: Authenticator) -> None:
    crowd(ann.house, ann.clock, 19)
    for _ in range(3):
        sign_in_by_passkey(ann, phone, known=False)


def test_on_the_page_the_check_comes_before_the_passkey(ann: Person, phone: Authenticator) -> None:
    crowd(ann.house, ann.clock, 20)
    http = client_of(ann.house)
    page = http.get("/sign-in").text
    assert "data-passkey-use" not in page
    assert 'href="/sign-in?use=passkey"' in page
    assert "Before a passkey is asked for" in http.get("/sign-in?use=passkey").text
    payload = solve(http.get("/sign-in/challenge").json())
    done = http.post("/sign-in", data={"proof": "human", "payload": payload}, headers=SAME_ORIGIN)
    assert done.status_code in (200, 303)
    assert "data-passkey-use" in http.get("/sign-in").text


def test_a_page_that_lay_open_leads_to_the_check(ann: Person, phone: Authenticator) -> None:
    http = client_of(ann.house)
    assert "data-passkey-use" in http.get("/sign-in").text
    crowd(ann.house, ann.clock, 20)
    shown = {"proof": "passkey", "credential": '{"id": "x", "type": "public-key"}'}
    reply = http.post("/sign-in", data=shown, headers=SAME_ORIGIN)
    assert reply.status_code == 409
    assert "Before a passkey is asked for" in reply.text


def test_a_hundred_failures_of_one_passkey_close_it_to_unknown_devices(
    database_url: str, tmp_path: Path, clock: SettableClock, phone: Authenticator
) -> None:
    """Whoever forges its answers, from anywhere; its owner is told once, and goes on from a device that is known."""
    policy = "[limits]\npassages_network = 1000\npasskey_passage = 200\n"
    with house_under(policy, database_url, tmp_path, clock) as house:
        ann = Person(house, clock).sign_up()
        add_passkey(ann, phone)
        passage = ann.begin("sign_in", known=False)
        fail(passage, phone, 99)
        assert give_passkey(ann.begin("sign_in", known=False), phone).grant["kind"] == "session"
        fail(passage, phone, 1)
        assert sum(each.startswith("Too many wrong answers") for each in subjects(ann)) == 1
        stranger = ann.begin("sign_in", known=False)
        fail(passage, phone, 1)
        assert stranger.offer("passkey", credential=show(stranger, phone)).status_code == 422
        sign_in_by_passkey(ann, phone)
        assert give_passkey(ann.begin("sign_in", known=False), phone).grant["kind"] == "session"
        assert sum(each.startswith("Too many wrong answers") for each in subjects(ann)) == 1
