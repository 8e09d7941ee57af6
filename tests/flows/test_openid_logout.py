"""Clients hear when a session ends: however it ends, once it is durable, and again until they took it."""

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread

import pytest
from sqlalchemy import select

from tests.support.backend import Backend, listening
from tests.support.clock import SettableClock
from tests.support.house import Person
from tests.support.openid import Party, Visitor, registration
from watchword.app import House
from watchword.crypto.jose import decoded
from watchword.foundation.terms import AccountId, SessionId
from watchword.handover.openid.courier import LogoutCourier
from watchword.record.catalogue import EventKind
from watchword.storage.schema import events


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


@contextmanager
def dripping() -> Iterator[str]:
    """A server that takes a connection and lets its answer drip: the address to be told at."""
    over = Event()

    def drip(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            for _ in range(100):
                if over.wait(0.05):
                    return
                connection.sendall(b"X-More: of it\r\n")

    def take(listener: socket.socket) -> None:
        with suppress(OSError):
            while not over.is_set():
                connection, _ = listener.accept()
                Thread(target=drip, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=take, args=(listener,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/logout"
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def account_of(person: Person) -> str:
    return str(person.http.get("/api/v1/session", headers=person.bearer).json()["account"])


def tell(house: House, party: Party, account: str, times: int = 1) -> None:
    openid = house.core.openid
    with house.core.ground.database.begin() as tx:
        client = openid.clients.find(tx, party.id)
        for n in range(times):
            now = openid.courier.clock()
            openid.grants.logouts.enqueue(tx, client, AccountId(account), SessionId(f"session{n}"), now)


def hurried(house: House, seconds: float) -> LogoutCourier:
    courier = house.core.openid.courier
    return replace(courier, pace=replace(courier.pace, patience=timedelta(seconds=seconds)))


def test_an_answer_that_drips_is_not_waited_for(house: House, person: Person) -> None:
    with dripping() as address:
        party = Party(house, registration(backchannel_uri=address))
        tell(house, party, account_of(person))
        assert asyncio.run(hurried(house, 0.2).deliver_due()) == 1
    with house.core.ground.database.read() as tx:
        (told,) = tx.connection.execute(select(events).where(events.c.kind == str(EventKind.APP_SIGNED_OUT)))
    assert json.loads(told.facts)["outcome"] == "TimeoutError"


def test_one_that_hangs_keeps_no_other_waiting(house: House, person: Person, backend: Backend) -> None:
    with dripping() as address:
        slow = Party(house, registration(name="Slow", backchannel_uri=address))
        quick = Party(house, registration(name="Quick", backchannel_uri=backend.address))
        tell(house, slow, account_of(person), times=40)
        tell(house, quick, account_of(person))

        async def look() -> bool:
            delivering = asyncio.create_task(hurried(house, 4).deliver_due())
            heard = await asyncio.to_thread(backend.heard.wait, 3)
            delivering.cancel()
            await asyncio.wait([delivering])
            return heard

        assert asyncio.run(look())
