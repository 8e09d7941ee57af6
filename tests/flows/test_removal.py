"""The operator's removal of a second step (policy §9): announced everywhere, seven days, cancelled by who has it."""

from datetime import timedelta

import pytest

from tests.support.acts import (
    ANOTHER,
    ONLY_SQLITE,
    account_of,
    authenticators,
    begin_change,
    begin_recovery,
    begin_sign_in,
    bind_address,
    give_app,
    give_message,
    is_signed_in,
    send_again,
    subjects,
    wait,
)
from tests.support.house import Person
from watchword.foundation.errors import Conflict, NotFound
from watchword.foundation.terms import AccountId


@pytest.fixture
def owner(person: Person) -> Person:
    return person.bind_app()


def begin(owner: Person) -> AccountId:
    account = account_of(owner)
    due_at = owner.house.core.removal.begin(account)
    assert due_at - owner.clock.now == timedelta(days=7)
    return account


def tidy(owner: Person) -> None:
    """What runs every minute."""
    owner.house.housekeeping()


def ends_with(owner: Person, words: str, address: str | None = None) -> int:
    return sum(subject.endswith(words) for subject in subjects(owner, address))


def test_seven_days_after_notices_on_every_address(owner):
    bind_address(owner, "ann@second.example")
    begin(owner)
    for address in (owner.address, "ann@second.example"):
        assert ends_with(owner, "account will be removed", address) == 1
    wait(owner, days=6, hours=23, minutes=59)
    tidy(owner)
    assert begin_sign_in(owner).asks == ["totp", "recovery_code"]
    wait(owner, minutes=1)
    tidy(owner)
    for address in (owner.address, "ann@second.example"):
        assert ends_with(owner, "account was removed", address) == 1
    assert give_message(owner, begin_sign_in(owner, known=False)).grant["kind"] == "session"
    owner.sign_in()
    assert set(authenticators(owner)) == {"passphrase"}


@ONLY_SQLITE
def test_it_ends_every_session_when_it_is_done(person):
    """Of one who signed in with the message in place of a junior app, which cancels nothing."""
    wait(person, days=4)
    begin(person.sign_in().bind_app())
    wait(person, days=6, hours=23, minutes=30)
    passage = begin_sign_in(person)
    assert send_again(passage).status_code == 200
    person.session = give_message(person, passage).grant["token"]
    half_way = begin_sign_in(person)
    wait(person, minutes=30)
    assert is_signed_in(person)
    tidy(person)
    assert not is_signed_in(person)
    assert half_way.offer("totp", output=person.output()).status_code == 410, "a passage as old is over"


def cancelled(owner: Person) -> bool:
    wait(owner, days=8)
    tidy(owner)
    return begin_sign_in(owner).asks == ["totp", "recovery_code"] and ends_with(owner, "account stays") == 1


def test_a_sign_in_with_the_app_cancels_it(owner):
    begin(owner)
    give_app(owner, begin_sign_in(owner))
    assert cancelled(owner)


@ONLY_SQLITE
def test_a_recovery_code_cancels_it(owner):
    begin(owner)
    begin_sign_in(owner).give("recovery_code", code=owner.codes[0])
    assert cancelled(owner)


@ONLY_SQLITE
def test_a_recovery_with_the_app_cancels_it(owner):
    begin(owner)
    passage = give_app(owner, give_message(owner, begin_recovery(owner)))
    owner.passphrase = ANOTHER
    passage.give("new_passphrase", passphrase=ANOTHER)
    assert cancelled(owner)


@ONLY_SQLITE
def test_a_change_confirmed_with_the_app_cancels_it(owner):
    begin(owner)
    give_message(owner, give_app(owner, begin_change(owner, "passphrase")))
    assert cancelled(owner)


@ONLY_SQLITE
def test_a_wrong_code_cancels_nothing(owner):
    begin(owner)
    begin_sign_in(owner).refuse("recovery_code", code="0000-0000-0000-0000")
    wait(owner, days=7)
    tidy(owner)
    assert begin_sign_in(owner).grant["kind"] == "session"


@ONLY_SQLITE
def test_one_at_a_time(owner):
    account = begin(owner)
    with pytest.raises(Conflict):
        owner.house.core.removal.begin(account)
    give_app(owner, begin_sign_in(owner))
    owner.house.core.removal.begin(account)


@ONLY_SQLITE
def test_where_there_is_nothing_to_remove(person):
    with pytest.raises(NotFound):
        person.house.core.removal.begin(account_of(person))


@ONLY_SQLITE
def test_what_the_holder_removed_before_is_gone_already(owner):
    """A removal that was begun for nothing any more ends quietly."""
    begin(owner)
    assert owner.house.core.removal.complete_due() == 0
    wait(owner, days=7)
    assert owner.house.core.removal.complete_due() == 1
    assert owner.house.core.removal.complete_due() == 0
