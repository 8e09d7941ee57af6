"""The journey of a newcomer over the JSON API: sign up, set up an app, sign out, sign in, forget, recover."""

from tests.support.clock import SettableClock
from tests.support.house import Person
from watchword.app import House


def test_the_whole_journey(house: House, clock: SettableClock) -> None:
    person = Person(house, clock).sign_up().bind_app()
    assert len(person.codes) == 10
    assert person.http.delete("/api/v1/session", headers=person.bearer).status_code == 204
    assert person.http.get("/api/v1/session", headers=person.bearer).status_code == 401

    person.sign_in()
    assert person.http.get("/api/v1/session", headers=person.bearer).json()["aal"] == 2

    passage = person.begin("recover").human().give("identifier", identifier=person.address)
    passage.give("message_code", code=person.mailbox.newest_code(person.address))
    passage.give("recovery_code", code=person.codes[0])
    person.passphrase = "eleven quiet herons over water"
    passage.give("new_passphrase", passphrase=person.passphrase)
    assert passage.grant == {"kind": "done"}
    assert person.http.get("/api/v1/session", headers=person.bearer).status_code == 401

    person.sign_in(known=False)
    assert person.http.get("/api/v1/session", headers=person.bearer).json()["aal"] == 2
