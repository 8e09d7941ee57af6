"""Devices (policy §1 and §7): known from the end of their first full sign-in on; a planted token is never taken."""

import pytest

from tests.support.acts import (
    ONLY_SQLITE,
    begin_recovery,
    begin_sign_in,
    give_app,
    give_message,
    look,
    sign_in_on,
    subjects,
)
from tests.support.house import Person


@pytest.fixture
def eve(person: Person) -> Person:
    """Somebody with an account of her own."""
    return Person(person.house, person.clock, address="eve@example.org").sign_up()


def devices(person: Person) -> list[dict[str, object]]:
    reply = person.http.get("/api/v1/devices", headers=person.bearer)
    items: list[dict[str, object]] = reply.json()["items"]
    return items


def test_a_device_is_known_from_the_end_of_its_first_full_sign_in(person):
    there = Person(person.house, person.clock).sign_in()
    assert there.device != person.device
    assert begin_sign_in(there).grant["kind"] == "session", "the message is not asked a second time"
    assert len(devices(person)) == 2
    assert [each["this_one"] for each in devices(there)].count(True) == 1


def test_a_sign_in_that_is_not_finished_makes_nothing_known(person):
    person.bind_app()
    there = Person(person.house, person.clock)
    passage = give_message(person, begin_sign_in(there))
    assert passage.asks == ["totp", "recovery_code"]
    assert len(devices(person)) == 1
    assert there.begin("sign_in").asks == ["human", "passkey"]


@ONLY_SQLITE
def test_a_token_of_ones_own_making_is_not_known(person):
    there = Person(person.house, person.clock)
    there.device = "A" * 43
    passage = begin_sign_in(there)
    assert passage.asks == ["message_code"]
    given = give_message(person, passage).grant["device_token"]
    assert given != there.device, "and it is not taken"
    assert begin_sign_in(there).asks == ["message_code"]
    there.device = given
    assert begin_sign_in(there).grant["kind"] == "session"


def test_a_planted_token_is_never_adopted(person, eve):
    """Eve plants the token of her own device in the person's app, and waits for the person to sign in there."""
    planted = eve.device
    passage = give_message(person, sign_in_on(planted, Person(person.house, person.clock)))
    assert passage.grant["device_token"] != planted

    thief = Person(person.house, person.clock)
    thief.device = planted
    assert begin_sign_in(thief).asks == ["message_code"], "for the person's account the token is nobody's"


@ONLY_SQLITE
def test_two_accounts_on_one_device_share_its_token(person, eve):
    """Eve signs in on the person's device: its token changes, and both accounts know the new one alone."""
    old = person.device
    person.device = eve.device = give_message(eve, sign_in_on(old, eve)).grant["device_token"]
    assert eve.device != old
    assert begin_sign_in(person).grant["kind"] == "session"
    assert begin_sign_in(eve).grant["kind"] == "session"
    person.device = old
    assert begin_sign_in(person).asks == ["message_code"]


@ONLY_SQLITE
def test_signing_out_leaves_the_device_known(person):
    assert person.http.delete("/api/v1/session", headers=person.bearer).status_code == 204
    assert begin_sign_in(person).grant["kind"] == "session"


@ONLY_SQLITE
def test_a_recovery_makes_no_device_known(person):
    there = Person(person.house, person.clock)
    passage = give_message(person, begin_recovery(there))
    person.passphrase = there.passphrase = "eleven quiet herons over water"
    passage.give("new_passphrase", passphrase=person.passphrase)
    assert begin_sign_in(there).asks == ["message_code"]
    assert begin_sign_in(person).grant["kind"] == "session", "and makes none unknown"


@ONLY_SQLITE
def test_a_device_has_a_name_and_a_place_and_is_seen(person):
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
    there = Person(person.house, person.clock)
    there.http.headers["User-Agent"] = agent
    there.sign_in()
    (found,) = (each for each in devices(there) if each["this_one"])
    assert found["name"] == "Firefox on Windows"
    assert found["known_since"] == found["last_seen_at"]
    assert "Firefox on Windows" in person.mailbox.texts_to(person.address)[-1]
    assert subjects(person)[-1].startswith("New sign-in")


@ONLY_SQLITE
def test_what_the_passage_began_with_decides(person):
    """The token is read as the passage begins: one that is sent later changes nothing of what is asked."""
    passage = begin_sign_in(person, known=False)
    passage.headers["Device-Token"] = person.device
    assert look(passage)["ask"] == ["message_code"]
    assert give_message(person, passage).grant["device_token"] == person.device


@ONLY_SQLITE
def test_an_app_is_asked_on_every_device(person):
    there = Person(person.house, person.clock)
    there.totp = person.bind_app().totp
    passage = give_app(person, give_message(person, begin_sign_in(there)))
    there.device = passage.grant["device_token"]
    assert begin_sign_in(there).asks == ["totp", "recovery_code"]
