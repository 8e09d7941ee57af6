"""What an account has one of at most: of many who set it at the same moment, one does, and the account stays usable."""

from tests.support.clock import SettableClock
from tests.support.house import Person
from tests.support.parallel import at_once
from watchword.app import House
from watchword.foundation.errors import Conflict
from watchword.foundation.terms import AccountId


def test_opting_for_the_message_code_many_times_at_once(house: House, clock: SettableClock) -> None:
    person = Person(house, clock).sign_up()
    action = {"kind": "change", "what": "message_code", "enabled": True}
    approvals = [person.approve(**action) for _ in range(4)]

    def choose(number: int) -> int:
        headers = {**person.bearer, "Approval": approvals[number]}
        reply = person.http.put("/api/v1/authenticators/message-code", json={"enabled": True}, headers=headers)
        return int(reply.status_code)

    assert set(at_once(len(approvals), choose)) <= {204, 409}
    kinds = [each["kind"] for each in person.http.get("/api/v1/authenticators", headers=person.bearer).json()["items"]]
    assert kinds.count("message_code") == 1
    assert person.sign_in(known=False).session


def test_two_apps_that_are_switched_on_at_once(house: House, clock: SettableClock) -> None:
    person = Person(house, clock).sign_up()
    approvals = [person.approve(kind="change", what="bind_totp") for _ in range(4)]

    def begin(number: int) -> int:
        headers = {**person.bearer, "Approval": approvals[number]}
        return int(person.http.post("/api/v1/authenticators/totp", headers=headers).status_code)

    assert set(at_once(len(approvals), begin)) <= {201, 409}
    assert person.bind_app().sign_in().session


def test_a_removal_begun_many_times_at_once(house: House, clock: SettableClock) -> None:
    person = Person(house, clock).sign_up().bind_app()
    account = AccountId(person.http.get("/api/v1/session", headers=person.bearer).json()["account"])

    def begin(_: int) -> bool:
        try:
            house.core.removal.begin(account)
        except Conflict:
            return False
        return True

    assert at_once(6, begin).count(True) == 1
    assert person.sign_in().session
