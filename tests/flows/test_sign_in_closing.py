"""A hundred failures of an authenticator in a row close it to unknown devices; what opens it again (policy §4)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.acts import (
    ANOTHER,
    ONLY_SQLITE,
    begin_recovery,
    begin_sign_in,
    come_back,
    fail,
    give_app,
    give_message,
    house_under,
    is_signed_in,
    output_at,
    subjects,
    wait,
    wrong_output,
)
from tests.support.clock import SettableClock
from tests.support.house import Person

pytestmark = ONLY_SQLITE
A_FEW = 12
"""Where a hundred would only take longer."""


@pytest.fixture
def few(database_url: str, tmp_path: Path, clock: SettableClock) -> Iterator[Person]:
    """Somebody whose authenticators close after a few failures."""
    with house_under(f"[limits]\nfailures_in_row = {A_FEW}\n", database_url, tmp_path, clock) as house:
        yield Person(house, clock).sign_up()


def fail_at_length(person: Person, count: int) -> None:
    """So many wrong passphrases, no more than ten an hour and thirty a day."""
    for done in range(0, count, 10):
        fail(person, min(10, count - done))
        wait(person, hours=25)


def is_closed(person: Person) -> bool:
    """Whether the right passphrase is rejected on a device that nobody knows."""
    passage = person.begin("sign_in", known=False).human()
    reply = passage.offer("passphrase", identifier=person.address, passphrase=person.passphrase)
    assert reply.status_code in (200, 422), "never anything else"
    return bool(reply.status_code == 422)


def told(person: Person) -> int:
    return sum(subject.startswith("Too many wrong answers") for subject in subjects(person))


def test_a_hundred(person):
    fail_at_length(person, 99)
    assert not is_closed(person)
    assert told(person) == 0
    fail(person, 1)
    assert told(person) == 1
    assert is_closed(person)


def test_time_does_not_open_it_and_it_is_told_once(few):
    fail_at_length(few, A_FEW)
    wait(few, days=40)
    assert is_closed(few)
    fail(few, 5)
    assert told(few) == 1


def test_a_known_device_is_not_concerned_and_opens_it(few):
    fail_at_length(few, A_FEW)
    few.sign_in()
    assert not is_closed(few)
    fail_at_length(few, A_FEW)
    assert is_closed(few)
    assert told(few) == 2


def test_a_known_devices_own_failures_are_not_of_the_row(few):
    for _ in range(2):
        fail(few, 10, known=True)
        wait(few, hours=25)
    assert not is_closed(few)


def test_a_success_from_an_unknown_device_does_not_end_the_row(few):
    fail_at_length(few, A_FEW - 1)
    few.sign_in(known=False)
    fail(few, 1)
    wait(few, hours=25)
    assert is_closed(Person(few.house, few.clock))


def test_recovery_opens_it(few):
    fail_at_length(few, A_FEW)
    passage = give_message(few, begin_recovery(few, known=False))
    few.passphrase = ANOTHER
    passage.give("new_passphrase", passphrase=ANOTHER)
    assert not is_closed(few)


def test_recovery_opens_all_that_closed(few):
    close_app(few.bind_app())
    passage = give_message(few, begin_recovery(few, known=False)).give("recovery_code", code=few.codes[0])
    few.passphrase = ANOTHER
    passage.give("new_passphrase", passphrase=ANOTHER)
    assert give_app(few, give_message(few, begin_sign_in(few, known=False))).grant["kind"] == "session"


def close_app(person: Person, failures: int = A_FEW) -> None:
    """Somebody has passphrase and mailbox: five a day."""
    for left in range(failures, 0, -5):
        passage = give_message(person, begin_sign_in(person, known=False))
        for _ in range(min(5, left)):
            passage.refuse("totp", output=wrong_output(person))
        wait(person, days=1)


def app_is_closed(person: Person) -> bool:
    passage = give_message(person, begin_sign_in(person, known=False))
    person.clock.advance(timedelta(minutes=1))
    reply = passage.offer("totp", output=output_at(person, timedelta()))
    return bool(reply.status_code == 422)


def test_an_app_closes_too(few):
    close_app(few.bind_app())
    assert told(few) == 1
    assert app_is_closed(few)
    assert give_app(few, begin_sign_in(few)).grant["kind"] == "session", "the device that is known is not concerned"
    assert not app_is_closed(few)


def test_a_recovery_code_opens_the_app(few):
    close_app(few.bind_app())
    assert app_is_closed(few)
    passage = give_message(few, begin_sign_in(few, known=False))
    passage.give("recovery_code", code=few.codes[0])
    assert not app_is_closed(few)


def test_an_app_that_is_closed_is_still_enrolled(few):
    close_app(few.bind_app())
    assert give_message(few, begin_sign_in(few, known=False)).asks == ["totp", "recovery_code"]


def fail_within_a_session(person: Person) -> None:
    """In little more than an hour, so that the session lives on."""
    fail(person, 10)
    for minutes in (30, 31):
        wait(person, minutes=minutes)
        assert is_signed_in(person)
    fail(person, A_FEW - 10)


def sign_others_out(person: Person) -> None:
    """By the app alone, from a device that nobody knows."""
    person.device = ""
    passage = person.begin("confirm", action={"kind": "change", "what": "sign_out_others"})
    assert give_app(person, passage).grant["kind"] == "approval"


def test_a_senior_app_opens_the_passphrase(few):
    fail_within_a_session(few.bind_app())
    wait(few, minutes=59)
    assert is_closed(few)
    sign_others_out(few)
    assert not is_closed(few)


def test_a_junior_app_does_not(few):
    come_back(few, days=4)
    fail_within_a_session(few.bind_app())
    wait(few, minutes=59)
    sign_others_out(few)
    assert is_closed(few)


def test_an_app_does_not_end_its_own_row_from_an_unknown_device(few):
    close_app(few.bind_app(), A_FEW - 1)
    assert give_app(few, give_message(few, begin_sign_in(few, known=False))).grant["kind"] == "session"
    assert told(few) == 0
    close_app(few, 1)
    assert told(few) == 1
