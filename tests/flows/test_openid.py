"""Signing in to a client: from its request to tokens, and what becomes of them."""

from datetime import timedelta

import pytest

from tests.support.clock import SettableClock
from tests.support.house import Person
from tests.support.openid import (
    AUTHORIZE,
    CALLBACK,
    CONTINUE,
    Party,
    Visitor,
    address_of,
    answer_of,
    registration,
    request_of,
)
from watchword.app import House
from watchword.record.verify import VerifyRecord


@pytest.fixture
def party(house: House) -> Party:
    return Party(house)


def test_a_code_for_tokens_that_say_what_is_true(house: House, person: Person, party: Party) -> None:
    visitor = Visitor(person)
    first = visitor.http.get(party.address())
    assert (first.status_code, first.headers["location"]) == (303, "/sign-in")
    back = visitor.sign_in().headers["location"]
    assert back.startswith(f"{CONTINUE}?request=")
    consent = visitor.http.get(back)
    assert consent.status_code == 200
    assert "Trading desk" in consent.text
    assert "trade.example" in consent.text
    answer = visitor.agree(consent)
    assert answer.keys() == {"code", "state", "iss"}
    assert (answer["state"], answer["iss"]) == ("state-of-ours", house.settings.public_url)

    reply = party.redeem(answer["code"])
    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "no-store"
    given = reply.json()
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 300)
    session = visitor.session()
    told = party.claims(given["id_token"])
    assert told["iss"] == house.settings.public_url
    assert (told["aud"], told["nonce"]) == (party.id, "nonce-of-ours")
    assert (told["acr"], told["amr"]) == ("aal1", ["pwd"])
    assert session["account"] not in str(told)
    assert session["session"] not in str(told)
    access = party.claims(given["access_token"])
    assert (access["aud"], access["client_id"], access["sub"]) == (party.id, party.id, told["sub"])
    about = party.userinfo(given["access_token"])
    assert about.json() == {"sub": told["sub"], "email": person.address, "email_verified": True}
    assert VerifyRecord(database=house.database, keyring=house.keyring, path=house.settings.anchor_file)().ok


def test_who_is_signed_in_and_agreed_is_asked_nothing(person: Person, party: Party) -> None:
    visitor = Visitor(person)
    visitor.visit(party)
    again = visitor.http.get(party.address())
    assert again.status_code == 303
    assert again.headers["location"].startswith(f"{CALLBACK}?code=")
    assert "code" in answer_of(visitor.http.get(party.address(prompt="none")))


def test_saying_no_is_told_to_the_client(person: Person, party: Party) -> None:
    visitor = Visitor(person)
    visitor.sign_in()
    page = visitor.http.get(party.address())
    said = visitor.post(CONTINUE, request=request_of(page.text), do="decline")
    assert answer_of(said)["error"] == "access_denied"
    assert visitor.post(CONTINUE, request=request_of(page.text), do="agree").status_code == 400


def test_silence_is_kept(person: Person, party: Party) -> None:
    visitor = Visitor(person)
    assert answer_of(visitor.http.get(party.address(prompt="none")))["error"] == "login_required"
    visitor.sign_in()
    assert answer_of(visitor.http.get(party.address(prompt="none")))["error"] == "consent_required"


def test_a_refresh_token_is_followed_by_the_next(person: Person, party: Party, clock: SettableClock) -> None:
    given = Visitor(person).enter(party)
    clock.advance(timedelta(minutes=50))
    following = party.refresh(given["refresh_token"]).json()
    assert following["refresh_token"] != given["refresh_token"]
    before, after = party.claims(given["id_token"]), party.claims(following["id_token"])
    assert {name: before[name] for name in ("sub", "sid", "auth_time", "acr")} == {
        name: after[name] for name in ("sub", "sid", "auth_time", "acr")
    }
    assert "nonce" not in after
    clock.advance(timedelta(minutes=50))  # a refresh counts as being there
    assert party.refresh(following["refresh_token"]).status_code == 200


def test_a_pushed_request_serves_once(person: Person, party: Party) -> None:
    pushed = party.call("/openid/par", **party.asks())
    assert pushed.status_code == 201
    address = f"{AUTHORIZE}?client_id={party.id}&request_uri={pushed.json()['request_uri']}"
    visitor = Visitor(person)
    visitor.http.get(address)
    assert "code" in visitor.agree(visitor.http.get(visitor.sign_in().headers["location"]))
    assert visitor.http.get(address).status_code == 400


def test_a_sign_in_afresh(person: Person, party: Party, clock: SettableClock) -> None:
    visitor = Visitor(person)
    first = party.claims(visitor.enter(party)["id_token"])
    clock.advance(timedelta(minutes=10))
    assert visitor.http.get(party.address(prompt="login")).headers["location"] == "/sign-in"
    second = party.claims(party.tokens(visitor.visit(party, prompt="login")["code"])["id_token"])
    assert second["auth_time"] > first["auth_time"]
    assert second["sid"] != first["sid"]
    assert "code" in visitor.visit(party, max_age=300)
    clock.advance(timedelta(minutes=6))
    assert answer_of(visitor.http.get(party.address(max_age=300, prompt="none")))["error"] == "login_required"


def test_step_up(person: Person, party: Party, clock: SettableClock) -> None:
    visitor = Visitor(person)
    visitor.visit(party)
    unmet = visitor.visit(party, acr_values="aal2")
    assert unmet["error"] == "unmet_authentication_requirements"
    person.bind_app()
    higher = party.claims(party.tokens(visitor.visit(party, acr_values="aal2")["code"])["id_token"])
    assert (higher["acr"], higher["amr"]) == ("aal2", ["pwd", "otp", "mfa"])


def test_the_operators_own_client_asks_nobody(house: House, person: Person) -> None:
    own = Party(house, registration(name="Own desk", first_party=True, scopes=["openid", "account"], audience="desk"))
    visitor = Visitor(person)
    visitor.http.get(own.address())
    page = visitor.http.get(visitor.sign_in().headers["location"])
    assert page.status_code == 200  # a page in between: a redirect after a form may not leave us
    assert address_of(page).startswith(f"{CALLBACK}?code=")
    access = own.claims(own.tokens(answer_of(page)["code"])["access_token"])
    assert access["account"] == visitor.session()["account"]
    assert access["aud"] == "desk"


def test_signing_out_ends_all_at_once(person: Person, party: Party) -> None:
    visitor = Visitor(person)
    given = visitor.enter(party)
    assert party.introspect(given["access_token"])["active"] is True
    assert party.introspect(given["refresh_token"])["active"] is True
    visitor.post("/sign-out")
    assert party.refresh(given["refresh_token"]).json()["error"] == "invalid_grant"
    assert party.introspect(given["access_token"]) == {"active": False}
    assert party.introspect(given["refresh_token"]) == {"active": False}
    assert party.userinfo(given["access_token"]).status_code == 401


def test_who_signs_in_over_somebody_ends_their_session(
    house: House, person: Person, party: Party, clock: SettableClock
) -> None:
    first = Visitor(person)
    hers = first.enter(party)
    ben = Person(house, clock, address="ben@example.org").sign_up()
    assert first.http.get(party.address(prompt="select_account")).headers["location"] == "/sign-in"
    first.person = ben
    theirs = party.claims(party.tokens(first.visit(party, prompt="select_account")["code"])["id_token"])
    assert theirs["sub"] != party.claims(hers["id_token"])["sub"]
    assert party.introspect(hers["access_token"]) == {"active": False}
    assert house.core.openid.consents.list(first.session()["account"])
