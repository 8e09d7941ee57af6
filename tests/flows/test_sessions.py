"""Sessions (policy §7): idle an hour, a day in all, a new one each time, and none of one kind as the other."""

import pytest

from tests.support.acts import ONLY_SQLITE, begin_sign_in, codes_sent, give_app, is_signed_in, session_of, wait
from tests.support.house import Person, deliver
from watchword.foundation.client import Client, read_address
from watchword.foundation.secret import Secret
from watchword.foundation.terms import ClientKind, Purpose
from watchword.gate.answers import PassphraseAnswer
from watchword.gate.grants import SessionGrant
from watchword.gate.view import Accepted


def opened_in_a_browser(person: Person) -> str:
    """The session token of a sign-in in a browser on the person's device."""
    gate = person.house.core.gate
    client = Client(
        kind=ClientKind.BROWSER,
        address=read_address("127.0.0.1"),
        agent="",
        language="en",
        device_token=Secret(person.device),
    )
    begun = gate.begin(Purpose.SIGN_IN, client)
    answer = PassphraseAnswer(identifier=person.address, passphrase=Secret(person.passphrase))
    outcome = gate.answer(begun.view.id, begun.token, answer, client)
    assert isinstance(outcome, Accepted)
    assert isinstance(outcome.grant, SessionGrant)
    return outcome.grant.token.reveal()


def status(person: Person, headers: dict[str, str]) -> int:
    person.http.cookies.clear()
    return person.http.get("/api/v1/session", headers=headers).status_code


@pytest.mark.parametrize(("minutes", "live"), [(59, True), (60, False)])
@ONLY_SQLITE
def test_idle_for_an_hour(person, minutes, live):
    wait(person, minutes=minutes)
    assert is_signed_in(person) == live


def test_each_request_keeps_it(person):
    for _ in range(3):
        wait(person, minutes=50)
        assert is_signed_in(person)


def test_a_day_in_all(person):
    expires = session_of(person)["expires_at"]
    for _ in range(28):
        wait(person, minutes=50)
        assert is_signed_in(person)
    wait(person, minutes=39)
    assert session_of(person)["expires_at"] == expires
    wait(person, minutes=1)
    assert not is_signed_in(person)


@ONLY_SQLITE
def test_a_new_one_at_every_sign_in(person):
    first = (person.session, session_of(person)["session"])
    person.sign_in()
    assert person.session != first[0]
    assert session_of(person)["session"] != first[1]


def test_signing_out_ends_it_at_once(person):
    elsewhere = Person(person.house, person.clock).sign_in()
    assert is_signed_in(person), "so that it lies in memory"
    gone = person.http.delete("/api/v1/session", headers=person.bearer)
    assert (gone.status_code, gone.headers["Clear-Site-Data"]) == (204, '"cache"')
    assert not is_signed_in(person)
    assert person.http.delete("/api/v1/session", headers=person.bearer).status_code == 401
    assert is_signed_in(elsewhere)


@ONLY_SQLITE
@pytest.mark.parametrize("path", ["session", "devices", "activity", "authenticators"])
def test_without_a_session_nothing_is_read(person, path):
    for headers in ({}, {"Authorization": "Bearer"}, {"Authorization": "Bearer x"}, {"Authorization": "Basic YTpi"}):
        reply = person.http.get(f"/api/v1/{path}", headers=headers)
        assert (reply.status_code, reply.json()["code"]) == (401, "unauthenticated")
        assert reply.headers["WWW-Authenticate"] == "Bearer"


def test_one_of_a_browser_is_no_bearer_token(person):
    """Whoever reads a cookie from a browser's disk does not get far with it."""
    token = opened_in_a_browser(person)
    assert status(person, {"Authorization": f"Bearer {token}"}) == 401
    assert status(person, {"Cookie": f"session={token}"}) == 200
    assert status(person, {"Authorization": f"Bearer {token}"}) == 401, "not from memory either"


@ONLY_SQLITE
def test_one_of_an_app_is_no_cookie(person):
    assert status(person, {"Cookie": f"session={person.session}"}) == 401
    assert status(person, person.bearer) == 200
    assert status(person, {"Cookie": f"session={person.session}"}) == 401, "not from memory either"


@ONLY_SQLITE
def test_with_a_bearer_token_the_cookie_does_not_count(person):
    token = opened_in_a_browser(person)
    assert status(person, {"Authorization": "Bearer x", "Cookie": f"session={token}"}) == 401


@ONLY_SQLITE
def test_others_are_signed_out_by_the_passphrase_where_no_app_is(person):
    elsewhere = Person(person.house, person.clock).sign_in()
    passage = person.begin("confirm", action={"kind": "change", "what": "sign_out_others"})
    assert passage.asks == ["passphrase"]
    sent = len(codes_sent(person))
    passage.give("passphrase", passphrase=person.passphrase)
    headers = {**person.bearer, "Approval": passage.grant["token"]}
    assert person.http.delete("/api/v1/sessions/others", headers=headers).status_code == 204
    assert len(codes_sent(person)) == sent
    assert is_signed_in(person)
    assert not is_signed_in(elsewhere)


@ONLY_SQLITE
def test_others_are_signed_out_by_the_app(person):
    elsewhere = Person(person.house, person.clock).sign_in()
    passage = person.bind_app().begin("confirm", action={"kind": "change", "what": "sign_out_others"})
    assert passage.asks == ["totp", "recovery_code"]
    headers = {**person.bearer, "Approval": give_app(person, passage).grant["token"]}
    assert person.http.delete("/api/v1/sessions/others", headers=headers).status_code == 204
    assert not is_signed_in(elsewhere)


@ONLY_SQLITE
def test_by_a_junior_app_or_the_message_in_its_place(person):
    deliver(person.house)
    wait(person, days=4)
    person.sign_in().bind_app()
    passage = person.begin("confirm", action={"kind": "change", "what": "sign_out_others"})
    assert passage.asks == ["totp", "message_code", "recovery_code"]
    assert give_app(person, passage).grant["kind"] == "approval"


@ONLY_SQLITE
def test_assurance_is_honest(person):
    person.bind_app()
    for steps, aal, amr in (
        (lambda: give_app(person, begin_sign_in(person)), 2, ["pwd", "otp", "mfa"]),
        (
            lambda: begin_sign_in(person).give("recovery_code", code=person.codes[0]),
            2,
            ["pwd", "recovery_code", "mfa"],
        ),
    ):
        person.session = steps().grant["token"]
        found = session_of(person)
        assert (found["aal"], found["amr"]) == (aal, amr)


def test_one_that_was_just_used_is_not_idle_a_moment_later(person):
    wait(person, minutes=59, seconds=59.5)
    assert is_signed_in(person)
    wait(person, seconds=0.6)
    assert is_signed_in(person)
