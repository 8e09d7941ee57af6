"""Clients hear when a session ends: however it ends, once it is durable, and again until they took it."""

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from tests.support.backend import Backend, listening
from tests.support.clock import SettableClock
from tests.support.house import Person
from tests.support.openid import Party, Visitor, registration
from watchword.app import House
from watchword.crypto.jose import decoded


@pytest.fixture
def backend() -> Iterator[Backend]:
    with listening() as opened:
        yield opened


@pytest.fixture
def party(house: House, backend: Backend) -> Party:
    return Party(house, registration(backchannel_uri=backend.address))


def deliver(house: House) -> int:
    return asyncio.run(house.core.openid.courier.deliver_due())


def sign_out(visitor: Visitor) -> None:
    visitor.post("/sign-out")


def freeze(visitor: Visitor) -> None:
    person = visitor.person
    assert person.http.post("/api/v1/freeze", headers=person.bearer).status_code in (200, 204)


def disconnect(visitor: Visitor) -> None:
    (connected,) = visitor.person.house.core.openid.consents.list(visitor.session()["account"])
    assert "Disconnect" in visitor.http.get("/account/applications").text
    assert visitor.post(f"/account/applications/{connected.client}/disconnect").status_code == 303
    assert "Disconnect" not in visitor.http.get("/account/applications").text


@pytest.mark.parametrize("end", [sign_out, freeze, disconnect])
def test_the_client_is_told_once(
    house: House, person: Person, party: Party, backend: Backend, end: Callable[[Visitor], None]
) -> None:
    visitor = Visitor(person)
    given = visitor.enter(party)
    assert deliver(house) == 0
    end(visitor)
    assert party.userinfo(given["access_token"]).status_code == 401
    assert deliver(house) == 1
    assert deliver(house) == 0
    (token,) = backend.told
    told, known = party.claims(token), party.claims(given["id_token"])
    assert (told["sub"], told["sid"], told["aud"]) == (known["sub"], known["sid"], party.id)
    assert told["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert "nonce" not in told
    assert json.loads(decoded(token.partition(".")[0]))["typ"] == "logout+jwt"


def test_a_client_that_is_away_is_told_again_under_the_same_name(
    house: House, person: Person, party: Party, backend: Backend, clock: SettableClock
) -> None:
    visitor = Visitor(person)
    visitor.enter(party)
    sign_out(visitor)
    for answer in (500, 302):  # nor is a redirect followed
        backend.answer = answer
        assert deliver(house) == 1
        assert deliver(house) == 0
        clock.advance(timedelta(minutes=20))
    backend.answer = 204
    assert deliver(house) == 1
    assert len({json.loads(decoded(token.split(".")[1]))["jti"] for token in backend.told}) == 1
    assert len(backend.told) == 3
    assert deliver(house) == 0


def test_a_client_that_never_answers_is_given_up_after_a_day(
    house: House, person: Person, clock: SettableClock
) -> None:
    with listening() as gone:
        address = gone.address
    party = Party(house, registration(backchannel_uri=address))
    visitor = Visitor(person)
    visitor.enter(party)
    sign_out(visitor)
    tries = 0
    for _ in range(200):
        tries += deliver(house)
        clock.advance(timedelta(minutes=20))
    assert 20 < tries < 100
    house.housekeeping()


def test_whoever_died_on_the_way_is_overtaken(
    house: House, person: Person, party: Party, backend: Backend, clock: SettableClock
) -> None:
    visitor = Visitor(person)
    visitor.enter(party)
    sign_out(visitor)
    courier = house.core.openid.courier
    claimed = courier._claim()
    assert len(claimed) == 1
    assert deliver(house) == 0
    clock.advance(timedelta(minutes=2))
    assert deliver(house) == 1
    courier._settle(claimed[0], "status_500")  # it comes back from the dead, and is not heard
    clock.advance(timedelta(minutes=20))
    assert deliver(house) == 0


def test_every_client_of_the_session_is_told_and_no_other(house: House, person: Person, backend: Backend) -> None:
    parties = [Party(house, registration(name=f"Desk {n}", backchannel_uri=backend.address)) for n in range(3)]
    visitor = Visitor(person)
    for party in parties[:2]:
        visitor.enter(party)
        visitor.enter(party)
    sign_out(visitor)
    assert deliver(house) == 2
    assert {json.loads(decoded(token.split(".")[1]))["aud"] for token in backend.told} == {p.id for p in parties[:2]}


def test_signing_out_reaches_the_sessions_before_a_step_up(
    house: House, person: Person, party: Party, backend: Backend, clock: SettableClock
) -> None:
    visitor = Visitor(person)
    visitor.enter(party)
    visitor.visit(party, prompt="login")
    sign_out(visitor)
    assert deliver(house) == 2
    assert len({json.loads(decoded(token.split(".")[1]))["sid"] for token in backend.told}) == 2
