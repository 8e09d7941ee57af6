"""The OpenID Foundation's plan "Basic OP", its first part: what an answer holds, and what the tokens are good for.

Every request carries a PKCE challenge: ours takes none without (RFC 9700 section 2.1.1), for the suite a setting of
its client.
"""

import hashlib
import re
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jws

from tests.openid.conftest import Caller, HttpsVisitor, new_party
from tests.support.clock import SettableClock
from tests.support.house import Person, client_of
from tests.support.openid import AUTHORIZE, TOKEN, Party, address_of, answer_of
from watchword.app import House
from watchword.crypto.jose import encoded
from watchword.foundation.errors import Unacceptable

ELSEWHERE = {"Origin": "https://suite.example", "Sec-Fetch-Site": "cross-site"}


@pytest.fixture(scope="module")
def browser(ann: Person) -> HttpsVisitor:
    """Signed in, as all tests leave it."""
    browser = HttpsVisitor(ann)
    browser.sign_in()
    return browser


def verified(party: Party, given: dict[str, Any], nonce: str | None = "nonce-of-ours") -> dict[str, Any]:
    """The claims of an ID token, each rule of OpenID Connect Core 3.1.3.7 seen to."""
    claims = party.claims(given["id_token"])
    now = party.house.core.openid.desk.clock().timestamp()
    assert (claims["iss"], claims["aud"], claims.get("nonce")) == (party.issuer, party.id, nonce)
    assert claims["iat"] - 1 <= now < claims["exp"]
    assert claims["auth_time"] <= claims["iat"]
    assert re.fullmatch(r"[\x21-\x7e]{1,255}", claims["sub"])
    assert claims["at_hash"] == encoded(hashlib.sha256(given["access_token"].encode()).digest()[:16])
    return claims


def about(party: Party, given: dict[str, Any]) -> dict[str, Any]:
    reply = party.userinfo(given["access_token"])
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/json")
    told: dict[str, Any] = reply.json()
    assert told["sub"] == party.claims(given["id_token"])["sub"]
    return told


# -- the answer


def test_oidcc_server(browser: HttpsVisitor, party: Party) -> None:
    answer = browser.visit(party)
    assert answer.keys() == {"code", "state", "iss"}
    assert (answer["state"], answer["iss"]) == ("state-of-ours", party.issuer)
    reply = party.redeem(answer["code"])
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/json")
    assert (reply.headers["cache-control"], reply.headers["pragma"]) == ("no-store", "no-cache")
    given = reply.json()
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 300)
    verified(party, given)
    about(party, given)


def test_oidcc_server_client_secret_post(browser: HttpsVisitor, party: Party) -> None:
    form = {
        "grant_type": "authorization_code",
        "code": browser.visit(party)["code"],
        "redirect_uri": party.said.redirect_uris[0],
        "code_verifier": party.verifier,
        "client_id": party.id,
        "client_secret": party.secret,
    }
    reply = party.http.post(TOKEN, data=form)
    assert reply.status_code == 200
    verified(party, reply.json())


def test_oidcc_response_type_missing(browser: HttpsVisitor, party: Party) -> None:
    answer = answer_of(browser.http.get(party.address(response_type=None)))
    assert answer["error"] in ("invalid_request", "unsupported_response_type")
    assert answer["state"] == "state-of-ours"
    assert "code" not in answer


def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(browser: HttpsVisitor, party: Party) -> None:
    verified(party, browser.enter(party, nonce=None), nonce=None)


def test_oidcc_ensure_post_request_succeeds(browser: HttpsVisitor, party: Party) -> None:
    posted = browser.http.post(AUTHORIZE, data=party.asks(), headers=ELSEWHERE)
    answer = browser.agree(browser.http.get(address_of(posted)))
    verified(party, party.tokens(answer["code"]))


def test_oidcc_ensure_request_with_valid_pkce_succeeds(browser: HttpsVisitor, party: Party) -> None:
    code = browser.visit(party)["code"]
    assert party.redeem(code, code_verifier="w" * 64).json()["error"] == "invalid_grant"
    verified(party, browser.enter(party))


# -- ID tokens


def test_oidcc_idtoken_signature(browser: HttpsVisitor, door: House) -> None:
    keys = client_of(door).get("/.well-known/jwks.json").json()["keys"]
    for alg in ("RS256", "ES256"):
        party = new_party(door, id_token_alg=alg)
        header = jws.extract_compact(browser.enter(party)["id_token"].encode()).headers()
        assert header["alg"] == alg
        assert [key["kty"] for key in keys if key["kid"] == header["kid"]] == [{"RS256": "RSA", "ES256": "EC"}[alg]]


def test_oidcc_idtoken_unsigned(door: House) -> None:
    told = client_of(door).get("/.well-known/openid-configuration").json()
    assert "none" not in told["id_token_signing_alg_values_supported"]
    with pytest.raises(Unacceptable):
        new_party(door, id_token_alg="none")


# -- userinfo


def test_oidcc_userinfo_get(browser: HttpsVisitor, party: Party) -> None:
    about(party, browser.enter(party))


def test_oidcc_userinfo_post_header(browser: HttpsVisitor, party: Party) -> None:
    given = browser.enter(party)
    headers = {"Authorization": f"Bearer {given['access_token']}"}
    assert party.http.post("/openid/userinfo", headers=headers).json() == about(party, given)


def test_oidcc_userinfo_post_body(browser: HttpsVisitor, party: Party) -> None:
    given = browser.enter(party)
    posted = party.http.post("/openid/userinfo", data={"access_token": given["access_token"]})
    assert posted.json() == about(party, given)


# -- scopes: those that we don't know are as if they were not there


def test_oidcc_scope_profile(browser: HttpsVisitor, party: Party) -> None:
    given = browser.enter(party, scope="openid profile")
    assert given["scope"] == "openid"
    assert about(party, given).keys() == {"sub"}


def test_oidcc_scope_email(browser: HttpsVisitor, party: Party) -> None:
    told = about(party, browser.enter(party, scope="openid email"))
    assert (told["email"], told["email_verified"]) == ("ann@example.org", True)


def test_oidcc_scope_address(browser: HttpsVisitor, party: Party) -> None:
    given = browser.enter(party, scope="openid address")
    assert given["scope"] == "openid"
    assert about(party, given).keys() == {"sub"}


def test_oidcc_scope_phone(door: House, time: SettableClock, party: Party) -> None:
    caller = HttpsVisitor(Caller(door, time, address="+447400123456").sign_up())
    told = about(party, caller.enter(party, scope="openid phone"))
    assert (told["phone_number"], told["phone_number_verified"]) == ("+447400123456", True)


def test_oidcc_scope_all(browser: HttpsVisitor, party: Party) -> None:
    given = browser.enter(party, scope="openid profile email address phone")
    assert given["scope"] == "openid email phone"
    assert about(party, given).keys() == {"sub", "email", "email_verified"}


def test_oidcc_ensure_other_scope_order_succeeds(browser: HttpsVisitor, party: Party) -> None:
    verified(party, browser.enter(party, scope="email openid"))


def test_oidcc_claims_essential(browser: HttpsVisitor, party: Party) -> None:
    given = browser.enter(party, scope="openid", claims='{"userinfo":{"name":{"essential":true}}}')
    assert about(party, given).keys() == {"sub"}


# -- a code, and a refresh token, in the wrong hands


def test_oidcc_codereuse(browser: HttpsVisitor, party: Party) -> None:
    code = browser.visit(party)["code"]
    party.tokens(code)
    again = party.redeem(code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_oidcc_codereuse_30seconds(browser: HttpsVisitor, party: Party, time: SettableClock) -> None:
    code = browser.visit(party)["code"]
    given = party.tokens(code)
    time.advance(timedelta(seconds=30))
    about(party, given)
    assert party.redeem(code).json()["error"] == "invalid_grant"
    assert party.userinfo(given["access_token"]).status_code == 401
    assert party.refresh(given["refresh_token"]).json()["error"] == "invalid_grant"


def test_oidcc_refresh_token(browser: HttpsVisitor, door: House, party: Party, time: SettableClock) -> None:
    first = browser.enter(party, prompt="consent")
    assert re.fullmatch(r"[\x20-\x7e]+", first["refresh_token"])
    time.advance(timedelta(seconds=2))
    second = party.refresh(first["refresh_token"]).json()
    assert second["access_token"] != first["access_token"]
    old, new = party.claims(first["id_token"]), verified(party, second, nonce=None)
    assert new["iat"] > old["iat"]
    same = ("iss", "sub", "aud", "auth_time", "sid", "acr")
    assert [new[name] for name in same] == [old[name] for name in same]
    about(party, second)

    other = new_party(door)
    theirs = browser.enter(other, prompt="consent")["refresh_token"]
    assert party.refresh(theirs).json()["error"] == "invalid_grant"
    assert other.refresh(theirs).status_code == 200
