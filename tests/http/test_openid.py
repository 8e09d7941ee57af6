"""The OpenID provider over HTTP: metadata, other sites' pages, the form of refusals, what a client shows of itself."""

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from authlib.integrations.httpx_client import OAuth2Client

from tests.support.clock import SettableClock
from tests.support.house import Person, Place, client_of, open_house
from tests.support.openid import (
    AUTHORIZE,
    CALLBACK,
    SIGNED_OUT,
    TOKEN,
    Party,
    Visitor,
    address_of,
    answer_of,
    registration,
    request_of,
)
from watchword.app import House
from watchword.crypto.jose import PrivateKey
from watchword.crypto.tokens import Randomness

_names = count()
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ELSEWHERE = {"Origin": "https://spa.example", "Sec-Fetch-Site": "cross-site"}


@pytest.fixture(scope="module")
def time() -> SettableClock:
    return SettableClock()


@pytest.fixture(scope="module")
def door(place: Place, time: SettableClock) -> Iterator[House]:
    apps = {
        "apple_apps": ("ABCDE12345.example.trade",),
        "android_apps": (f"example.trade:{':'.join(['AB'] * 32)}",),
        "openid_rs256": True,
    }
    url, directory = place
    with open_house(url, directory, time, **apps) as opened:
        yield opened


@pytest.fixture(scope="module")
def ann(door: House, time: SettableClock) -> Person:
    return Person(door, time).sign_up()


@pytest.fixture
def visitor(ann: Person) -> Visitor:
    visitor = Visitor(ann)
    visitor.sign_in()
    return visitor


@pytest.fixture
def party(door: House) -> Party:
    return new_party(door)


def new_party(house: House, **said: Any) -> Party:
    return Party(house, registration(name=f"Desk {next(_names)}", **said))


def test_metadata_names_what_there_is(door: House) -> None:
    http, issuer = client_of(door), door.settings.public_url
    found = http.get("/.well-known/openid-configuration", headers=ELSEWHERE)
    assert found.headers["access-control-allow-origin"] == "*"
    assert found.headers["cache-control"] == "public, max-age=900"
    told = found.json()
    assert told == http.get("/.well-known/oauth-authorization-server").json()
    assert told["issuer"] == issuer
    assert told["response_types_supported"] == ["code"]
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["subject_types_supported"] == ["pairwise"]
    assert told["id_token_signing_alg_values_supported"] == ["ES256", "EdDSA", "RS256"]
    assert told["authorization_response_iss_parameter_supported"] is True
    for name, address in told.items():
        if name.endswith("_endpoint") or name == "jwks_uri":
            path = address.removeprefix(issuer)
            assert http.get(path).status_code != 404, name


def test_apps_that_may_claim_addresses(door: House) -> None:
    http = client_of(door)
    apple = http.get("/.well-known/apple-app-site-association")
    assert apple.headers["content-type"] == "application/json"
    assert apple.json()["applinks"]["details"][0]["appIDs"] == ["ABCDE12345.example.trade"]
    (statement,) = http.get("/.well-known/assetlinks.json").json()
    assert statement["target"]["package_name"] == "example.trade"


def test_pages_of_other_sites_may_call_what_an_app_without_server_needs(visitor: Visitor, door: House) -> None:
    app = new_party(door, sort="native", auth_method="none", redirect_uris=["https://spa.example/back"])
    code = visitor.visit(app)["code"]
    for path in (TOKEN, "/openid/userinfo", "/openid/revoke"):
        asked = app.http.options(path, headers={**ELSEWHERE, "Access-Control-Request-Method": "POST"})
        assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, "*")
        assert "access-control-allow-credentials" not in asked.headers
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": app.verifier, "client_id": app.id}
    given = app.http.post(TOKEN, data={**form, "redirect_uri": "https://spa.example/back"}, headers=ELSEWHERE)
    assert given.status_code == 200
    headers = {**ELSEWHERE, "Authorization": f"Bearer {given.json()['access_token']}"}
    assert app.http.get("/openid/userinfo", headers=headers).headers["access-control-allow-origin"] == "*"
    for path in ("/openid/introspect", "/openid/par", "/api/v1/session", "/sign-in"):
        assert app.http.options(path, headers=ELSEWHERE).status_code == 405


def test_another_site_may_post_the_request_itself(ann: Person, party: Party) -> None:
    http = client_of(ann.house)
    reply = http.post(AUTHORIZE, data=party.asks(), headers=ELSEWHERE)
    assert reply.status_code == 303
    assert "set-cookie" not in reply.headers
    assert dict(parse_qsl(urlsplit(reply.headers["location"]).query)) == party.asks()
    assert http.get(reply.headers["location"]).headers["location"] == "/sign-in"


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": "email"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "sometimes"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"id_token_hint": "e30.e30.e30"}, "invalid_request"),
        ({"state": "s" * 1025}, "invalid_request"),
        ({"nonce": "n" * 513}, "invalid_request"),
    ],
)
def test_a_faulty_request_is_told_to_the_client(
    visitor: Visitor, party: Party, asked: dict[str, Any], error: str
) -> None:
    answer = answer_of(visitor.http.get(party.address(**asked)))
    assert answer["error"] == error
    if "state" not in asked:
        assert answer["state"] == "state-of-ours"


@pytest.mark.parametrize("path", [TOKEN, "/openid/par", "/openid/introspect", "/openid/revoke"])
def test_refusals_are_those_of_oauth(party: Party, path: str) -> None:
    nobody = party.http.post(path, data={"token": "x", "grant_type": "refresh_token", "refresh_token": "x"})
    assert (nobody.status_code, nobody.json()["error"]) == (401, "invalid_client")
    assert nobody.headers["content-type"] == "application/json"
    tried = party.http.post(path, data={"token": "x"}, auth=("nobody", "x"))
    assert tried.headers["www-authenticate"].startswith("Basic ")
    for bad in (
        {"content": b"{}", "headers": {"Content-Type": "application/json"}},
        {"content": b"a=%ff", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        {"data": {"token": "x"}, "headers": {"Authorization": "Basic !!"}},
        {"data": {"token": "x"}, "headers": {"Authorization": "Negotiate abc"}},
    ):
        reply = party.http.post(path, **bad)
        assert (reply.status_code, reply.json()["error"]) == (400, "invalid_request"), bad
    assert party.http.get(path).status_code == 405


def test_the_token_endpoint_says_what_is_missing(party: Party) -> None:
    for form, error in (
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "guess"}, "invalid_grant"),
    ):
        assert party.call(TOKEN, **form).json()["error"] == error
    doubled = party.http.post(TOKEN, content=b"grant_type=a&grant_type=b", auth=(party.id, party.secret))
    assert doubled.json()["error"] == "invalid_request"


def test_userinfo_challenges(visitor: Visitor, party: Party) -> None:
    given = visitor.enter(party)
    bare = party.http.get("/openid/userinfo")
    assert (bare.status_code, bare.headers["www-authenticate"]) == (401, "Bearer")
    posted = party.http.post("/openid/userinfo", data={"access_token": given["access_token"]})
    assert posted.json()["sub"]
    both = party.http.post(
        "/openid/userinfo",
        data={"access_token": given["access_token"]},
        headers={"Authorization": f"Bearer {given['access_token']}"},
    )
    assert both.status_code == 400
    wrong = party.userinfo("x.y.z")
    assert 'error="invalid_token"' in wrong.headers["www-authenticate"]


def test_a_service_of_the_platform_may_introspect(visitor: Visitor, party: Party, door: House) -> None:
    given = visitor.enter(party)
    credential = door.core.services.add(f"wallet-{next(_names)}").reveal()
    headers = {"Authorization": f"Bearer {credential}"}
    told = party.http.post("/openid/introspect", data={"token": given["access_token"]}, headers=headers).json()
    assert told["active"] is True
    assert told["client_id"] == party.id
    assert told["sid"] == visitor.session()["session"]


def test_revoking_one_token_ends_them_all(visitor: Visitor, party: Party) -> None:
    for kind in ("access_token", "refresh_token"):
        given = visitor.enter(party)
        assert party.call("/openid/revoke", token=given[kind], token_type_hint=kind).status_code == 200
        assert party.refresh(given["refresh_token"]).json()["error"] == "invalid_grant"
        assert party.userinfo(given["access_token"]).status_code == 401
    assert party.call("/openid/revoke", token="unknown").status_code == 200


# -- private_key_jwt


def assertion(key: PrivateKey, party: Party, time: SettableClock, **claims: Any) -> dict[str, str]:
    now = int(time().timestamp())
    usual = {
        "iss": party.id,
        "sub": party.id,
        "aud": party.issuer,
        "iat": now,
        "exp": now + 60,
        "jti": Randomness().id(),
    }
    typ = claims.pop("typ", "JWT")
    signed = key.sign({name: value for name, value in {**usual, **claims}.items() if value is not None}, typ=typ)
    return {"client_assertion_type": ASSERTION, "client_assertion": signed}


def test_a_client_with_a_key_of_its_own(visitor: Visitor, door: House, time: SettableClock) -> None:
    key = PrivateKey.draw("ES256", Randomness())
    jwks = json.dumps({"keys": [dict(key.public)]})
    party = new_party(door, auth_method="private_key_jwt", jwks=jwks)
    code = visitor.visit(party)["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": party.verifier}
    shown = assertion(key, party, time)
    assert party.http.post(TOKEN, data={**form, **shown}).status_code == 200
    again = party.http.post(TOKEN, data={**form, **shown})
    assert again.json()["error"] == "invalid_client"  # an assertion serves once
    other = PrivateKey.draw("ES256", Randomness())
    bad: list[dict[str, Any]] = [
        {"aud": "https://elsewhere.example"},
        {"aud": [party.issuer, "https://elsewhere.example"]},
        {"aud": None},
        {"iss": "somebody"},
        {"sub": "somebody"},
        {"exp": None},
        {"exp": int(time().timestamp())},
        {"exp": int(time().timestamp()) + 7200},
        {"iat": int(time().timestamp()) + 600},
        {"nbf": int(time().timestamp()) + 600},
        {"jti": None},
        {"typ": "at+jwt"},
    ]
    for claims in bad:
        reply = party.http.post(TOKEN, data={**form, **assertion(key, party, time, **claims)})
        assert (reply.status_code, reply.json()["error"]) == (401, "invalid_client"), claims
    reply = party.http.post(TOKEN, data={**form, **assertion(other, party, time)})
    assert reply.json()["error"] == "invalid_client"
    untyped = {"client_assertion": assertion(key, party, time)["client_assertion"]}
    assert party.http.post(TOKEN, data={**form, **untyped}).json()["error"] == "invalid_request"
    pushed = party.http.post("/openid/par", data={**party.asks(), **assertion(key, party, time)})
    assert pushed.status_code == 201


@pytest.mark.parametrize("alg", ["EdDSA", "RS256"])
def test_other_algorithms_of_id_tokens(visitor: Visitor, door: House, alg: Any) -> None:
    from joserfc import jws, jwt
    from joserfc.jwk import KeySet

    party = new_party(door, id_token_alg=alg)
    given = visitor.enter(party)
    keys = KeySet.import_key_set(party.http.get("/.well-known/jwks.json").json())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jws.JWSRegistry.algorithms[alg], "security_warning", None, raising=False)
        token = jwt.decode(given["id_token"], keys, algorithms=[alg])
    assert (token.header["alg"], token.claims["aud"]) == (alg, party.id)


# -- signing out


def test_a_client_signs_its_user_out(visitor: Visitor, party: Party) -> None:
    given = visitor.enter(party)
    query = urlencode({"id_token_hint": given["id_token"], "post_logout_redirect_uri": SIGNED_OUT, "state": "bye"})
    out = visitor.http.get(f"/openid/end-session?{query}")
    assert (out.status_code, out.headers["location"]) == (303, f"{SIGNED_OUT}?state=bye")
    assert visitor.http.get("/api/v1/session").status_code == 401
    assert party.refresh(given["refresh_token"]).json()["error"] == "invalid_grant"


def test_without_a_hint_the_person_is_asked(visitor: Visitor, party: Party) -> None:
    query = urlencode({"client_id": party.id, "post_logout_redirect_uri": SIGNED_OUT})
    page = visitor.http.get(f"/openid/end-session?{query}")
    assert party.said.name in page.text
    out = visitor.post("/openid/end-session/confirm", asked=query)
    assert address_of(out) == SIGNED_OUT
    assert visitor.http.get("/api/v1/session").status_code == 401
    bare = visitor.http.get(f"/openid/end-session?{query}")  # nobody is signed in: nothing to ask
    assert (bare.status_code, bare.headers["location"]) == (303, SIGNED_OUT)


# -- what a client says of its user


def test_hints_for_the_sign_in_page(ann: Person, party: Party) -> None:
    http = client_of(ann.house)
    http.get(party.address(login_hint="ann@example.org", ui_locales="zh-Hans en"))
    page = http.get("/sign-in").text
    assert 'value="ann@example.org"' in page
    assert 'lang="zh-Hans"' in page


def test_somebody_else_than_the_client_means(ann: Person, party: Party, door: House, time: SettableClock) -> None:
    mine = Visitor(ann)
    hint = mine.enter(party)["id_token"]
    assert "code" in answer_of(mine.http.get(party.address(id_token_hint=hint, prompt="none")))
    ben = Visitor(Person(door, time, address="ben@example.org").sign_up())
    ben.sign_in()
    assert answer_of(ben.http.get(party.address(id_token_hint=hint, prompt="none")))["error"] == "login_required"
    assert ben.http.get(party.address(id_token_hint=hint)).headers["location"] == "/sign-in"


def test_many_requests_of_one_network_wait_at_most(door: House, party: Party, time: SettableClock) -> None:
    http = client_of(door, "198.51.100.7")
    statuses = {http.get(party.address()).status_code for _ in range(601)}
    assert statuses == {303, 429}
    time.advance(timedelta(hours=1))
    assert http.get(party.address()).status_code == 303


# -- a client by another hand


def test_authlib_signs_in_refreshes_and_revokes(visitor: Visitor, party: Party) -> None:
    told = party.http.get("/.well-known/openid-configuration").json()
    with OAuth2Client(
        party.id,
        party.secret,
        scope="openid email offline_access",
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
        transport=party.http._transport,
    ) as authlib:
        address, state = authlib.create_authorization_url(
            told["authorization_endpoint"], code_verifier=party.verifier, nonce="nonce-of-ours"
        )
        reply = visitor.http.get(address.removeprefix(party.issuer))
        if reply.status_code == 200:
            reply = visitor.post("/openid/continue", request=request_of(reply.text), do="agree")
        back = address_of(reply)
        token = authlib.fetch_token(
            told["token_endpoint"], authorization_response=back, state=state, code_verifier=party.verifier
        )
        assert party.claims(token["id_token"])["nonce"] == "nonce-of-ours"
        assert authlib.get(told["userinfo_endpoint"]).json()["email"] == "ann@example.org"
        newer = authlib.refresh_token(told["token_endpoint"])
        assert newer["refresh_token"] != token["refresh_token"]
        seen = authlib.introspect_token(told["introspection_endpoint"], token=newer["access_token"])
        assert seen.json()["active"] is True
        authlib.revoke_token(told["revocation_endpoint"], token=newer["refresh_token"])
        assert party.introspect(newer["access_token"]) == {"active": False}
