"""The plan "Basic OP", its second part: what a client may ask, and how little some of it changes."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.openid.conftest import HttpsVisitor
from tests.support.clock import SettableClock
from tests.support.house import Person, client_of
from tests.support.openid import Party, address_of, answer_of
from watchword.app import House
from watchword.crypto.jose import encoded


@pytest.fixture(scope="module")
def browser(ann: Person) -> HttpsVisitor:
    """Signed in."""
    browser = HttpsVisitor(ann)
    browser.sign_in()
    return browser


def signed_in_at(party: Party, given: dict[str, Any]) -> int:
    return int(party.claims(given["id_token"])["auth_time"])


# -- display


def test_oidcc_display_page(fresh: HttpsVisitor, party: Party) -> None:
    assert "id_token" in fresh.enter(party, display="page")


def test_oidcc_display_popup(fresh: HttpsVisitor, party: Party) -> None:
    assert "id_token" in fresh.enter(party, display="popup")


# -- prompt and age


def test_oidcc_prompt_login(fresh: HttpsVisitor, party: Party) -> None:
    first = fresh.enter(party)
    assert fresh.http.get(party.address(prompt="login")).headers["location"] == "/sign-in"
    second = fresh.enter(party, prompt="login")
    assert signed_in_at(party, second) > signed_in_at(party, first)
    assert party.claims(second["id_token"])["sub"] == party.claims(first["id_token"])["sub"]


def test_oidcc_prompt_none_not_logged_in(fresh: HttpsVisitor, party: Party) -> None:
    answer = answer_of(fresh.http.get(party.address(prompt="none")))
    assert (answer["error"], answer["state"]) == ("login_required", "state-of-ours")


def test_oidcc_prompt_none_logged_in(browser: HttpsVisitor, party: Party) -> None:
    first = browser.enter(party)
    answer = answer_of(browser.http.get(party.address(prompt="none")))
    second = party.tokens(answer["code"])
    old, new = party.claims(first["id_token"]), party.claims(second["id_token"])
    same = ("sub", "auth_time", "sid")
    assert [new[name] for name in same] == [old[name] for name in same]


def test_oidcc_max_age_1(fresh: HttpsVisitor, party: Party, time: SettableClock) -> None:
    first = fresh.enter(party)
    time.advance(timedelta(seconds=2))
    assert fresh.http.get(party.address(max_age=1)).headers["location"] == "/sign-in"
    second = fresh.enter(party, max_age=1)
    claims = party.claims(second["id_token"])
    assert claims["iat"] - claims["auth_time"] <= 1
    assert claims["auth_time"] > signed_in_at(party, first)


def test_oidcc_max_age_10000(browser: HttpsVisitor, party: Party, time: SettableClock) -> None:
    first = browser.enter(party)
    time.advance(timedelta(seconds=2))
    answer = answer_of(browser.http.get(party.address(max_age=10000)))
    assert signed_in_at(party, party.tokens(answer["code"])) == signed_in_at(party, first)


def test_oidcc_ensure_request_with_acr_values_succeeds(browser: HttpsVisitor, party: Party) -> None:
    claims = party.claims(browser.enter(party, acr_values="1 2")["id_token"])
    assert claims["acr"] == "aal1"


# -- hints


def test_oidcc_id_token_hint(browser: HttpsVisitor, party: Party) -> None:
    first = browser.enter(party)
    answer = answer_of(browser.http.get(party.address(prompt="none", id_token_hint=first["id_token"])))
    second = party.tokens(answer["code"])
    assert party.claims(second["id_token"])["sub"] == party.claims(first["id_token"])["sub"]


def test_oidcc_login_hint(ann: Person, fresh: HttpsVisitor, party: Party) -> None:
    other = HttpsVisitor(ann)
    other.http.get(party.address(login_hint="buffy@localhost"))
    assert 'value="buffy@localhost"' in other.http.get("/sign-in").text
    assert "id_token" in fresh.enter(party, login_hint="buffy@localhost")


def test_oidcc_ui_locales(fresh: HttpsVisitor, party: Party) -> None:
    fresh.http.get(party.address(ui_locales="se"))
    assert 'lang="en"' in fresh.http.get("/sign-in").text
    assert "id_token" in fresh.enter(party, ui_locales="se")


def test_oidcc_claims_locales(browser: HttpsVisitor, party: Party) -> None:
    assert "id_token" in browser.enter(party, claims_locales="se")


def test_oidcc_ensure_request_with_unknown_parameter_succeeds(browser: HttpsVisitor, party: Party) -> None:
    assert "id_token" in browser.enter(party, extra="foobar")


# -- where the answer goes, and requests by other ways


def test_oidcc_ensure_registered_redirect_uri(browser: HttpsVisitor, party: Party) -> None:
    reply = browser.http.get(party.address(redirect_uri=f"{party.said.redirect_uris[0]}/unregistered"))
    assert reply.status_code == 400
    assert "location" not in reply.headers
    assert "http-equiv" not in reply.text


def unsigned(party: Party, **other: Any) -> str:
    header, claims = {"alg": "none"}, {**party.asks(**other), "iss": party.id, "aud": party.issuer}
    return f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(claims).encode())}."


def test_oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(
    browser: HttpsVisitor, party: Party, door: House
) -> None:
    told = client_of(door).get("/.well-known/openid-configuration").json()
    assert told["request_uri_parameter_supported"] is False
    elsewhere = "https://suite.example/requests/1.jwt"
    answer = answer_of(browser.http.get(party.address(request_uri=elsewhere)))
    assert (answer["error"], answer["state"]) == ("request_uri_not_supported", "state-of-ours")
    # Beside it stands no address that we know: nobody is answered there.
    reply = browser.http.get(party.address(request_uri=elsewhere, redirect_uri="https://evil.example/"))
    assert (reply.status_code, "location" in reply.headers) == (400, False)


def test_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(
    browser: HttpsVisitor, party: Party, door: House
) -> None:
    told = client_of(door).get("/.well-known/openid-configuration").json()
    assert told["request_parameter_supported"] is False
    answer = answer_of(browser.http.get(party.address(request=unsigned(party))))
    assert (answer["error"], answer["state"]) == ("request_not_supported", "state-of-ours")


def test_oidcc_ensure_request_object_with_redirect_uri(browser: HttpsVisitor, party: Party) -> None:
    reply = browser.http.get(party.address(request=unsigned(party), redirect_uri="https://suite.example/other"))
    assert reply.status_code == 400
    assert "location" not in reply.headers
    right = browser.http.get(party.address(request=unsigned(party, redirect_uri="https://suite.example/other")))
    assert address_of(right).startswith(f"{party.said.redirect_uris[0]}?error=request_not_supported")
