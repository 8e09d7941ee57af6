"""Sessions checked in a platform's own process, against a running door."""

import asyncio
from contextlib import suppress
from threading import Thread
from time import monotonic
from typing import Any

import httpx
import pytest

from tests.relying.conftest import AUDIENCE, Platform, TwoClocks
from tests.support.acts import ONLY_SQLITE
from tests.support.house import Person
from watchword.app import start
from watchword.foundation.terms import AccountId, SessionId
from watchword.relying import (
    CallRefused,
    Events,
    Identity,
    ReadOnly,
    SessionEnded,
    SessionVerifier,
    StepUpNeeded,
    TokenRefused,
    Unavailable,
)


def until(verifier: SessionVerifier, token: str, wanted: type[Exception], *, within: float = 8) -> float:
    """How many seconds it takes until the token is refused so."""
    began = monotonic()
    while monotonic() - began < within:
        try:
            verifier.verify(token)
        except wanted:
            return monotonic() - began
        except Unavailable:
            continue
    raise AssertionError("the session was believed all the while")


def end(platform: Platform, person: Person) -> None:
    assert person.http.delete("/api/v1/session", headers=person.bearer).status_code == 204


def test_a_token_of_a_session_says_whose_it_is(platform: Platform, verifier: SessionVerifier):
    ann = platform.person()
    token, session = platform.token(ann), platform.session(ann)
    found = verifier.verify(token)
    assert (found.account, found.session, found.aal) == (session["account"], session["session"], session["aal"])
    assert found.authenticated_at.isoformat()[:19] == session["authenticated_at"][:19]
    assert list(found.amr) == session["amr"]
    assert not found.read_only
    assert verifier.verify(token) is found
    for shown in (repr(verifier), repr(found), repr(vars(verifier))):
        assert token not in shown
        assert platform.credential not in shown


def test_a_session_that_ends_is_refused_within_a_second(platform: Platform, verifier: SessionVerifier):
    ann = platform.person()
    token = platform.token(ann)
    another = platform.token(ann)
    assert verifier.verify(token).account
    end(platform, ann)
    took = until(verifier, token, SessionEnded)
    print(f"refused after {took * 1000:.0f} ms")
    assert took < 1
    with pytest.raises(SessionEnded):
        verifier.verify(another)  # one that was never shown here before


def test_what_ends_on_another_node_is_refused_within_a_second(
    platform: Platform, verifier: SessionVerifier, clock: Any
):
    ann = platform.person()
    token, session = platform.token(ann), platform.session(ann)
    assert verifier.verify(token).account
    other = start(platform.house.settings, clock=platform.clock)
    try:
        with other.database.begin() as tx:
            ended = other.core.sessions.revoke(
                tx, AccountId(session["account"]), SessionId(session["session"]), platform.clock()
            )
        assert ended
        took = until(verifier, token, SessionEnded)
    finally:
        other.close()
    print(f"refused after {took * 1000:.0f} ms")
    assert took < 1


def test_when_the_door_is_not_heard_for_two_seconds_nothing_is_believed(platform: Platform, times: TwoClocks):
    ann = platform.person()
    token = platform.token(ann)
    with platform.connection() as connection:
        verifier = SessionVerifier(connection, audience=AUDIENCE, clock=times.clock)
        with verifier:
            found = verifier.verify(token)
            assert verifier.hears()
            platform.stop()
            times.advance(1.9)
            assert verifier.verify(token) == found
            times.advance(1)  # an answer that was under way told of half a second more
            assert not verifier.hears()
            with pytest.raises(Unavailable):
                verifier.verify(token)
            end(platform, ann)  # nobody can tell us

            with platform.served_again():
                took = until(verifier, token, SessionEnded)
        print(f"heard again after {took * 1000:.0f} ms")
        with pytest.raises(Unavailable):
            verifier.verify(token)


@ONLY_SQLITE
def test_before_the_door_was_heard_nothing_is_believed(platform: Platform):
    token = platform.token(platform.person())
    with platform.connection() as connection:
        verifier = SessionVerifier(connection, audience=AUDIENCE)
        with pytest.raises(Unavailable):
            verifier.verify(token)
        platform.stop()
        with pytest.raises(Unavailable):
            verifier.start(within=0.1)
        verifier.stop()


@ONLY_SQLITE
def test_who_starts_later_knows_what_ended_before(platform: Platform):
    ann = platform.person()
    token = platform.token(ann)
    end(platform, ann)
    connection = platform.connection()
    with connection, platform.verifier(connection) as verifier, pytest.raises(SessionEnded):
        verifier.verify(token)


@ONLY_SQLITE
def test_a_service_that_was_revoked_hears_nothing_more(platform: Platform):
    platform.house.core.services.revoke("desk")
    with platform.connection() as connection:
        verifier = SessionVerifier(connection, audience=AUDIENCE)
        with pytest.raises(Unavailable):
            verifier.start(within=0.5)
        assert not verifier.hears()
        verifier.stop()
    with platform.connection() as connection, pytest.raises(CallRefused) as refused:
        Events(connection).newest()
    assert refused.value.status == 401


@ONLY_SQLITE
def test_a_service_that_is_revoked_while_it_waits_is_told_nothing(platform: Platform):
    answers: list[object] = []
    with platform.connection() as connection:
        after = Events(connection).newest()

        def wait() -> None:
            try:
                answers.append(Events(connection).read(after, wait=20))
            except CallRefused as refused:
                answers.append(refused.status)

        waiting = Thread(target=wait, daemon=True)
        waiting.start()
        platform.house.core.services.revoke("desk")
        platform.person()  # something to tell
        waiting.join(20)
    assert answers == [401]


@ONLY_SQLITE
def test_what_needs_more_asks_for_it(platform: Platform, verifier: SessionVerifier):
    ann = platform.person()
    token = platform.token(ann)
    for _ in range(2):  # checked, then found in memory
        with pytest.raises(StepUpNeeded) as needed:
            verifier.verify(token, aal=2)
        assert (needed.value.acr_values, needed.value.max_age) == ("aal2", None)
        assert verifier.verify(token, max_age=3600).aal == 1
        with pytest.raises(StepUpNeeded) as late:
            verifier.verify(token, max_age=-1)
        assert late.value.acr_values is None
    ann.bind_app().sign_in()
    assert verifier.verify(platform.token(ann), aal=2).aal == 2


@ONLY_SQLITE
def test_what_every_request_needs_is_needed_at_each_of_them(platform: Platform):
    token = platform.token(platform.person())
    connection = platform.connection()
    with connection, platform.verifier(connection, aal=2) as strict:
        for _ in range(3):  # what was refused once is not found in memory as good
            with pytest.raises(StepUpNeeded):
                strict.verify(token)


@ONLY_SQLITE
def test_a_compromised_key_signs_nothing_more(platform: Platform, verifier: SessionVerifier):
    ann = platform.person()
    token = platform.token(ann)
    assert verifier.verify(token).account
    keys = platform.house.core.signing_keys
    keys.rotate(at_once=True, compromised=True)
    assert verifier.verify(platform.token(ann)).account, "the next one was known before it signed"
    keys.rotate(at_once=True)  # to one that nobody has heard of
    began = monotonic()
    while monotonic() - began < 10:
        with suppress(TokenRefused):
            verifier.verify(platform.token(ann))
            break
    with pytest.raises(TokenRefused) as refused:
        verifier.verify(token)
    assert refused.value.reason == "unknown_key"


@ONLY_SQLITE
def test_a_door_that_is_waited_for_ends_all_the_same(platform: Platform):
    with platform.connection(timeout=30) as connection:
        after = Events(connection).newest()

        def wait() -> None:
            with suppress(Unavailable):
                Events(connection).read(after, wait=20)

        waiting = Thread(target=wait, daemon=True)
        waiting.start()
        verifier = platform.verifier(connection).start()
        began = monotonic()
        platform.stop()
        took = monotonic() - began
        verifier.stop()
    print(f"ended after {took * 1000:.0f} ms")
    assert took < 4


@ONLY_SQLITE
def test_a_frozen_account_can_only_read(platform: Platform, verifier: SessionVerifier):
    ann = platform.person()
    assert ann.http.post("/api/v1/freeze", headers=ann.bearer).status_code == 204
    token = platform.token(ann.sign_in())
    for _ in range(2):  # nothing of it is remembered as good
        with pytest.raises(ReadOnly):
            verifier.verify(token)
    with platform.connection() as connection, platform.verifier(connection, read_only=True) as taking:
        found: Identity = taking.verify(token)
        assert found.read_only


@ONLY_SQLITE
def test_those_who_wait_hold_no_thread(platform: Platform):
    """More of them than there are threads; a request that needs one is answered all the while."""
    ann = platform.person()

    async def crowd() -> tuple[float, list[httpx.Response]]:
        service = {"Authorization": f"Bearer {platform.credential}"}
        async with httpx.AsyncClient(base_url=platform.url, timeout=20, limits=httpx.Limits()) as http:
            first = (await http.get("/api/v1/revocations", headers=service)).json()
            asked = {"after": first["next"], "wait": 15}
            waiting = [
                asyncio.create_task(http.get("/api/v1/revocations", params=asked, headers=service)) for _ in range(100)
            ]
            began = monotonic()
            assert (await http.get("/api/v1/devices", headers=ann.bearer)).status_code == 200
            took = monotonic() - began
            assert not any(each.done() for each in waiting)
            assert (await http.delete("/api/v1/session", headers=ann.bearer)).status_code == 204
            return took, list(await asyncio.gather(*waiting))

    took, replies = asyncio.run(crowd())
    print(f"answered in {took * 1000:.0f} ms beside a hundred that wait")
    assert took < 2
    session = {each["session"] for reply in replies for each in reply.json()["items"]}
    assert len(session) == 1
    assert all(reply.status_code == 200 and reply.json()["items"] for reply in replies)
