"""Devices and sessions (policy §1, §3, §7): seen, removed, disowned; the very next request of a revoked one fails."""

import pytest

from tests.support.acts import ONLY_SQLITE, account_of, is_signed_in, subjects, wait
from tests.support.exits import later
from tests.support.freezing import another, devices, frozen, kinds, pause, remove_device
from tests.support.house import Person
from watchword.foundation.secret import Secret
from watchword.foundation.terms import DeviceId
from watchword.sessions.sessions import Session


@pytest.fixture
def there(person: Person) -> Person:
    """The same holder on a younger device."""
    return another(person)


def other(person: Person) -> str:
    return str(next(each["id"] for each in devices(person) if not each["this_one"]))


def test_a_list_says_what_each_device_is_and_who_is_signed_in_there(person, there):
    person.sign_in()
    mine, theirs = devices(person)
    assert (mine["this_one"], theirs["this_one"]) == (True, False)
    assert (len(mine["sessions"]), len(theirs["sessions"])) == (2, 1)
    assert (mine["kind"], mine["standing"], theirs["standing"]) == ("app", "senior", "senior")
    assert (mine["needs_confirmation"], theirs["needs_confirmation"]) == (False, False)
    assert devices(there)[1]["needs_confirmation"]


@ONLY_SQLITE
def test_a_device_is_junior_for_a_week(person):
    later(person, days=10)
    another(person)
    assert [each["standing"] for each in devices(person)] == ["senior", "junior"]
    later(person, days=7)
    assert [each["standing"] for each in devices(person)] == ["senior", "senior"]


@ONLY_SQLITE
def test_what_is_new_stands_out_in_a_young_account_too(person, there):
    room = person.house.core.device_room
    assert [each.stands_out for each in room.list(session_on(person))] == [False, True]
    later(person, days=7)
    assert [each.stands_out for each in room.list(session_on(person))] == [False, False]


def test_a_younger_one_is_removed_at_once(person, there):
    pause(person)
    assert is_signed_in(there), "so that it lies in memory"
    assert remove_device(person, other(person)).status_code == 204
    assert not is_signed_in(there)
    assert there.begin("sign_in").asks == ["human", "passkey"], "nor is it known"
    assert subjects(person)[-1] == "A device was removed from your Watchword account"
    assert kinds(person)[0] == "device_removed"
    assert len(devices(person)) == 1


def test_an_older_one_takes_a_confirmation(person, there):
    older = other(there)
    refused = remove_device(there, older)
    assert refused.json()["code"] == "confirmation_required"
    assert refused.json()["action"] == {"kind": "change", "what": "remove_device", "device": older}
    assert is_signed_in(person)
    assert remove_device(there, older, there.approve(**refused.json()["action"])).status_code == 204
    assert not is_signed_in(person)


@ONLY_SQLITE
def test_a_confirmation_is_for_one_device(person, there):
    third = another(person)
    first = devices(person)[0]["id"]
    approval = third.approve(kind="change", what="remove_device", device=first)
    second = devices(there)[0]["id"]
    assert remove_device(third, second, approval).json()["code"] == "confirmation_required"
    assert remove_device(third, first, approval).status_code == 204


@ONLY_SQLITE
def test_ones_own_is_forgotten_at_once(person):
    assert remove_device(person, devices(person)[0]["id"]).status_code == 204
    assert not is_signed_in(person)
    assert person.begin("sign_in").asks == ["human", "passkey"]
    assert "A device was removed" not in " ".join(subjects(person))


@ONLY_SQLITE
def test_nobody_else_s_and_none_twice(person, there):
    eve = Person(person.house, person.clock, address="eve@example.org").sign_up()
    assert remove_device(eve, other(person)).status_code == 404
    theirs = other(person)
    assert remove_device(person, theirs).status_code == 204
    assert remove_device(person, theirs).status_code == 404
    assert remove_device(person, "nothing").status_code == 404
    assert is_signed_in(eve)


@ONLY_SQLITE
def test_what_was_confirmed_there_ends_with_it(person, there):
    there.approve(kind="change", what="passphrase")
    assert remove_device(person, other(person)).status_code == 204
    with person.house.database.read() as tx:
        unspent = person.house.core.approvals.store.list_unspent(tx, account_of(person), person.clock.now)
    assert unspent == []


def session_on(person: Person) -> Session:
    """The live one of that device."""
    core, here = person.house.core, devices(person)[0]["id"]
    with core.ground.database.read() as tx:
        live = core.sessions.list_live(tx, account_of(person), person.clock.now)
    return next(each for each in live if each.device == here)


@ONLY_SQLITE
def test_disowned_the_account_freezes_and_the_younger_device_goes(person, there):
    pause(person)
    person.house.core.device_room.disown(session_on(person), DeviceId(other(person)))
    assert not is_signed_in(person)
    assert not is_signed_in(there)
    assert there.begin("sign_in").asks == ["human", "passkey"]
    person.sign_in()
    assert frozen(person)["frozen"]
    assert set(kinds(person)[:2]) == {"account_frozen", "device_removed"}


@ONLY_SQLITE
def test_disowned_an_older_device_stays_until_it_is_confirmed(person, there):
    person.house.core.device_room.disown(session_on(there), DeviceId(other(there)))
    person.sign_in()
    assert frozen(person)["frozen"]
    assert len(devices(person)) == 2


@ONLY_SQLITE
def test_a_device_that_forgets_itself_is_forgotten_by_every_account(person):
    eve = Person(person.house, person.clock, address="eve@example.org").sign_up()
    token = Secret(person.device)
    assert person.house.core.device_room.forget_token(token) == 1
    assert not is_signed_in(person)
    assert is_signed_in(eve)
    assert person.house.core.device_room.forget_token(token) == 0


@ONLY_SQLITE
def test_all_others_are_signed_out_and_told(person, there):
    pause(person)
    approval = person.approve(kind="change", what="sign_out_others")
    headers = {**person.bearer, "Approval": approval}
    assert person.http.delete("/api/v1/sessions/others", headers=headers).status_code == 204
    assert not is_signed_in(there)
    assert subjects(person)[-1] == "All other devices were signed out of your Watchword account"
    wait(person, minutes=1)
    assert is_signed_in(person)
