"""Attacks on signing in to a client: codes, redirects, refresh tokens, tokens of another kind, requests of others."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any
from urllib.parse import quote

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey

from tests.support.clock import SettableClock
from tests.support.house import Person, Place, client_of, open_house
from tests.support.openid import (
    AUTHORIZE,
    CALLBACK,
    CONTINUE,
    SIGNED_OUT,
    TOKEN,
    Party,
    Visitor,
    answer_of,
    registration,
    request_of,
)
from tests.support.parallel import at_once
from watchword.app import House
from watchword.crypto.jose import PrivateKey, decoded, encoded
from watchword.crypto.tokens import Randomness
from watchword.foundation.client import Client as Caller
from watchword.foundation.client import read_address
from watchword.foundation.terms import ClientKind
from watchword.handover.openid.claims import ACCESS_TOKEN, ID_TOKEN, LOGOUT_TOKEN
from watchword.handover.openid.client_auth import ASSERTION_TYPE

_names = count()


@pytest.fixture(scope="module")
def time() -> SettableClock:
    return SettableClock()


@pytest.fixture(scope="module")
def door(place: Place, time: SettableClock) -> Iterator[House]:
    """One house for all tests here that need no database of their own."""
    with open_house(*place, time) as opened:
        yield opened


@pytest.fixture(scope="module")
def ann(door: House, time: SettableClock) -> Person:
    return Person(door, time).sign_up()


@pytest.fixture
def visitor(ann: Person) -> Visitor:
    return signed_in(ann)


def signed_in(person: Person) -> Visitor:
    visitor = Visitor(person)
    visitor.sign_in()
    return visitor


@pytest.fixture
def party(door: House) -> Party:
    return new_party(door)


def new_party(house: House, **said: Any) -> Party:
    return Party(house, registration(name=f"Desk {next(_names)}", **said))


# -- codes


def test_a_code_replayed_ends_what_it_gave(visitor: Visitor, party: Party) -> None:
    code = visitor.visit(party)["code"]
    given = party.tokens(code)
    assert party.userinfo(given["access_token"]).status_code == 200
    replayed = party.redeem(code)
    assert (replayed.status_code, replayed.json()["error"]) == (400, "invalid_grant")
    assert party.userinfo(given["access_token"]).status_code == 401
    assert party.refresh(given["refresh_token"]).json()["error"] == "invalid_grant"
    assert f"A token of {party.said.name} was used twice" in visitor.http.get("/account/activity").text


def test_a_code_serves_a_minute(visitor: Visitor, party: Party, time: SettableClock) -> None:
    code = visitor.visit(party)["code"]
    time.advance(timedelta(seconds=60))
    assert party.redeem(code).json()["error"] == "invalid_grant"


def test_a_code_of_another_client_is_nothing(visitor: Visitor, party: Party, door: House) -> None:
    other = new_party(door)
    other.verifier = party.verifier
    code = visitor.visit(party)["code"]
    assert other.redeem(code).json()["error"] == "invalid_grant"
    assert party.redeem(code).status_code == 200


def test_a_code_of_another_address_is_nothing(visitor: Visitor, door: House) -> None:
    second = "https://trade.example/second"
    party = new_party(door, redirect_uris=[CALLBACK, second])
    code = visitor.visit(party)["code"]
    assert party.redeem(code, redirect_uri=second).json()["error"] == "invalid_grant"
    assert party.redeem(code, redirect_uri="").json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "asked",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge": "short"},
        {"code_challenge": "*" * 43},
    ],
)
def test_pkce_is_not_negotiable(visitor: Visitor, party: Party, asked: dict[str, Any]) -> None:
    assert answer_of(visitor.http.get(party.address(**asked)))["error"] == "invalid_request"
    assert party.call("/openid/par", **party.asks(**asked)).json()["error"] == "invalid_request"


@pytest.mark.parametrize("verifier", ["", "w" * 43, "v" * 42, "v" * 129])
def test_a_code_needs_its_verifier(visitor: Visitor, party: Party, verifier: str) -> None:
    code = visitor.visit(party)["code"]
    assert party.redeem(code, code_verifier=verifier).json()["error"] in ("invalid_grant", "invalid_request")


# -- redirects

VARIANTS = [
    "https://trade.example/callback/",
    "https://trade.example/callback?x=1",
    "https://trade.example/callback#x",
    "https://trade.example/Callback",
    "https://TRADE.example/callback",
    "https://trade.example:443/callback",
    "http://trade.example/callback",
    "https://trade.example/callback/../evil",
    "https://trade.example/callback%2f..",
    "https://trade.example.evil.example/callback",
    "https://evil.example/trade.example/callback",
    "https://trade.example@evil.example/callback",
    "https://evil.example\\@trade.example/callback",
    "//trade.example/callback",
    "javascript:alert(1)//trade.example/callback",
    " https://trade.example/callback",
    "https://trade.example/callback\r\nSet-Cookie: a=b",
    "",
]


@pytest.mark.parametrize("variant", VARIANTS)
def test_no_answer_goes_where_nobody_registered(visitor: Visitor, party: Party, variant: str) -> None:
    for changes in ({}, {"prompt": "none"}, {"response_type": "nonsense"}):
        reply = visitor.http.get(party.address(redirect_uri=variant, **changes))
        assert reply.status_code == 400
        assert "location" not in reply.headers
        assert "refresh" not in reply.text
    assert party.call("/openid/par", **party.asks(redirect_uri=variant)).status_code == 400


def test_a_doubled_address_or_client_is_answered_nowhere(visitor: Visitor, party: Party) -> None:
    for extra in (f"redirect_uri={quote('https://evil.example/')}", f"client_id={party.id}"):
        assert visitor.http.get(f"{party.address()}&{extra}").status_code == 400
        assert visitor.http.get(f"{AUTHORIZE}?{extra}&{party.address().partition('?')[2]}").status_code == 400


def test_a_native_app_has_any_port_of_loopback_and_nothing_else(ann: Person, door: House) -> None:
    app = new_party(door, sort="native", auth_method="none", redirect_uris=["http://127.0.0.1/back"])
    visitor = signed_in(ann)
    for good in ("http://127.0.0.1/back", "http://127.0.0.1:51004/back"):
        assert visitor.http.get(app.address(redirect_uri=good)).status_code == 200
    bad = ("http://127.0.0.1:51004/other", "http://127.0.0.2/back", "http://localhost:51004/back")
    for uri in (*bad, "https://127.0.0.1/back", "http://127.0.0.1:51004@evil.example/back", "http://[::1]/back"):
        assert visitor.http.get(app.address(redirect_uri=uri)).status_code == 400, uri


def test_an_answer_to_loopback_is_never_given_unseen(ann: Person, door: House) -> None:
    """Another program of the device could listen there (RFC 8252 section 8.6)."""
    app = new_party(door, sort="native", auth_method="none", redirect_uris=["http://127.0.0.1/back"], first_party=True)
    visitor = signed_in(ann)
    visitor.visit(app)
    assert visitor.http.get(app.address()).status_code == 200
    assert answer_of(visitor.http.get(app.address(prompt="none")))["error"] == "consent_required"


# -- requests


def test_a_request_begun_elsewhere_is_nothing_here(ann: Person, party: Party) -> None:
    """Fixation: somebody begins, and has another person finish it."""
    attacker = client_of(ann.house)
    begun = attacker.get(party.address())
    assert begun.headers["location"] == "/sign-in"
    continued = attacker.cookies["after"].strip('"')
    victim = signed_in(ann)
    assert victim.http.get(continued).status_code == 400
    victim.http.cookies.set("openid", "made-up-by-somebody")
    assert victim.http.get(continued).status_code == 400
    named = continued.partition("request=")[2]
    for do in ("agree", "decline"):
        assert victim.post(CONTINUE, request=named, do=do).status_code == 400


def test_a_pushed_request_is_bound_to_its_client_and_one_browser(ann: Person, party: Party, door: House) -> None:
    other = new_party(door)
    uri = party.call("/openid/par", **party.asks()).json()["request_uri"]
    first, second = signed_in(ann), signed_in(ann)
    assert first.http.get(f"{AUTHORIZE}?client_id={other.id}&request_uri={uri}").status_code == 400
    assert first.http.get(f"{AUTHORIZE}?client_id={party.id}&request_uri={uri}").status_code == 200
    assert second.http.get(f"{AUTHORIZE}?client_id={party.id}&request_uri={uri}").status_code == 400
    for foreign in (
        "https://evil.example/request.jwt",
        "urn:ietf:params:oauth:request_uri:guess",
        "file:///etc/passwd",
    ):
        assert second.http.get(f"{AUTHORIZE}?client_id={party.id}&request_uri={foreign}").status_code == 400


def test_a_pushed_request_is_not_changed_on_the_way(visitor: Visitor, party: Party) -> None:
    uri = party.call("/openid/par", **party.asks(scope="openid")).json()["request_uri"]
    changed = party.asks(scope="openid email offline_access", state="other", redirect_uri="https://evil.example/")
    query = "&".join(f"{name}={quote(value)}" for name, value in {**changed, "request_uri": uri}.items())
    answer = visitor.agree(visitor.http.get(f"{AUTHORIZE}?{query}"))
    assert answer["state"] == "state-of-ours"
    assert party.tokens(answer["code"])["scope"] == "openid"


def test_requests_are_not_piled_up_in_the_name_of_an_app_that_proves_nothing(
    ann: Person, door: House, time: SettableClock
) -> None:
    """Anybody may push for a client whose name alone is asked, and each push is a row: a network has a bound."""
    app = new_party(door, sort="native", auth_method="none")
    now, caller, core = time(), "203.0.113.9", door.core.openid.authorization
    mallory = Caller(kind=ClientKind.APP, address=read_address(caller), agent="", language="en")
    with door.core.ground.database.begin() as tx:
        for _ in range(599):
            core.counters.spend(tx, core.limits.openid_requests(mallory, None), now)
    theirs = client_of(door, caller)
    pushed = [theirs.post("/openid/par", data=app.asks()) for _ in range(3)]
    assert [reply.status_code for reply in pushed] == [201, 429, 429]
    assert int(pushed[-1].headers["retry-after"]) > 0
    assert app.call("/openid/par", **app.asks()).status_code == 201
    time.advance(timedelta(hours=2))
    assert theirs.post("/openid/par", data=app.asks()).status_code == 201


@pytest.mark.parametrize("dest", ["image", "iframe", "script", "empty"])
def test_a_page_that_asks_out_of_sight_leaves_nothing_waiting(ann: Person, party: Party, dest: str) -> None:
    """Some hundreds of images would spend what a whole network has for signing in to clients."""
    visitor = Visitor(ann)
    for asked in ({}, {"prompt": "login"}, {"acr_values": "aal2"}):
        reply = visitor.http.get(party.address(**asked), headers={"Sec-Fetch-Dest": dest})
        assert answer_of(reply)["error"] == "login_required"
        assert "set-cookie" not in reply.headers
    visitor.sign_in()
    for asked, error in (({}, "consent_required"), ({"prompt": "login"}, "login_required")):
        reply = visitor.http.get(party.address(**asked), headers={"Sec-Fetch-Dest": dest})
        assert answer_of(reply)["error"] == error
    looked = visitor.http.get(party.address(), headers={"Sec-Fetch-Dest": "document"})
    assert looked.status_code == 200


def test_what_the_operator_took_back_is_given_no_more(visitor: Visitor, door: House) -> None:
    """A scope, or an address that fell into other hands: also for what was granted, asked or pushed before."""
    moved = "https://new.trade.example/callback"
    party = new_party(door, redirect_uris=[CALLBACK, moved])
    given = visitor.enter(party)
    assert "email" in party.userinfo(given["access_token"]).json()
    uri = party.call("/openid/par", **party.asks()).json()["request_uri"]
    waiting = visitor.http.get(party.address(prompt="consent"))
    still = visitor.http.get(party.address(prompt="consent", redirect_uri=moved))
    narrower = replace(party.said, redirect_uris=[moved], scopes=["openid", "offline_access"])
    door.core.openid.clients.change(party.id, narrower)

    assert "email" not in party.userinfo(given["access_token"]).json()
    assert "email" not in party.introspect(given["access_token"])["scope"]
    assert party.refresh(given["refresh_token"]).json()["scope"] == "openid offline_access"
    assert visitor.http.get(f"{AUTHORIZE}?client_id={party.id}&request_uri={uri}").status_code == 400
    assert visitor.post(CONTINUE, request=request_of(waiting.text), do="agree").status_code == 400
    code = visitor.agree(still)["code"]
    assert party.redeem(code, redirect_uri=moved).json()["scope"] == "openid offline_access"


@pytest.mark.parametrize("part", ["header", "claims"])
def test_a_token_nested_without_end_is_refused_like_any_other(party: Party, part: str) -> None:
    deep = '{"alg":' + "[" * 5000
    header = deep if part == "header" else json.dumps({"alg": "ES256"})
    token = f"{encoded(header.encode())}.{encoded(deep.encode())}.{encoded(b'x' * 64)}"
    assert party.userinfo(token).status_code == 401
    assert party.introspect(token) == {"active": False}
    form = {"client_assertion": token, "client_assertion_type": ASSERTION_TYPE, "grant_type": "refresh_token"}
    assert party.http.post(TOKEN, data=form).json()["error"] == "invalid_client"


def test_consent_is_not_framed_nor_given_from_elsewhere(visitor: Visitor, party: Party) -> None:
    page = visitor.http.get(party.address())
    assert page.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    form = {"request": request_of(page.text), "do": "agree"}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "none"}):
        assert visitor.http.post(CONTINUE, data=form, headers=headers).status_code == 403
    assert answer_of(visitor.http.get(party.address(prompt="none")))["error"] == "consent_required"


def test_every_answer_says_whose_it_is(visitor: Visitor, party: Party, door: House) -> None:
    """Mix-up (RFC 9207): also refusals."""
    for asked in ({}, {"prompt": "none"}, {"response_type": "token"}, {"scope": "profile"}):
        reply = visitor.http.get(party.address(**asked))
        answer = visitor.agree(reply)
        assert answer["iss"] == door.settings.public_url


def test_a_frozen_account_gets_no_code(house: House, person: Person) -> None:
    party = new_party(house)
    visitor = signed_in(person)
    given = visitor.enter(party)
    assert person.http.post("/api/v1/freeze", headers=person.bearer).status_code in (200, 204)
    assert party.userinfo(given["access_token"]).status_code == 401
    assert party.refresh(given["refresh_token"]).status_code == 400
    again = signed_in(person)
    page = again.http.get(party.address())
    assert page.status_code == 403
    assert "code=" not in page.text
    assert "access_denied" in page.text
    assert "code" not in answer_of(again.http.get(party.address(prompt="none")))


# -- tokens of another kind


def asks_session(party: Party, token: str) -> bool:
    return (
        client_of(party.house).get("/api/v1/session", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    )


def wears_cookie(party: Party, token: str) -> bool:
    http = client_of(party.house)
    http.cookies.set("session", token)
    return http.get("/api/v1/session").status_code == 200


def is_service(party: Party, token: str) -> bool:
    body = {"account": "nobody", "action": {"kind": "card", "amount": "1", "asset": "EUR"}}
    headers = {"Authorization": f"Bearer {token}"}
    return client_of(party.house).post("/api/v1/exits/decide", json=body, headers=headers).status_code != 401


def is_hint(party: Party, token: str) -> bool:
    return party.http.get(f"/openid/end-session?id_token_hint={quote(token)}").status_code == 303


def is_pushed(party: Party, token: str) -> bool:
    uri = token if token.startswith("urn:") else f"urn:ietf:params:oauth:request_uri:{token}"
    found = client_of(party.house).get(f"{AUTHORIZE}?client_id={party.id}&request_uri={quote(uri)}")
    return found.status_code == 303


def is_secret(party: Party, token: str) -> bool:
    form = {"grant_type": "refresh_token", "refresh_token": "none"}
    reply = client_of(party.house).post(TOKEN, data=form, auth=(party.id, token))
    return reply.json()["error"] != "invalid_client"


def is_assertion(party: Party, token: str) -> bool:
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    form = {"grant_type": "refresh_token", "refresh_token": "none", "client_assertion": token}
    reply = client_of(party.house).post(TOKEN, data={**form, "client_assertion_type": kind})
    return reply.json()["error"] != "invalid_client"


CONSUMERS: dict[str, Callable[[Party, str], bool]] = {
    "userinfo": lambda party, token: party.userinfo(token).status_code == 200,
    "introspection": lambda party, token: bool(party.introspect(token)["active"]),
    "refresh": lambda party, token: bool(party.refresh(token).status_code == 200),
    "redeem": lambda party, token: bool(party.redeem(token).status_code == 200),
    "bearer": asks_session,
    "cookie": wears_cookie,
    "service": is_service,
    "hint": is_hint,
    "pushed": is_pushed,
    "secret": is_secret,
    "assertion": is_assertion,
}
OPENS = {
    "access token": {"userinfo", "introspection"},
    "refresh token": {"introspection", "refresh"},
    "code": {"redeem"},
    "id token": {"hint"},
    "session token": {"bearer"},
    "browser session": {"cookie"},
    "device token": set[str](),
    "approval": set[str](),
    "service credential": {"service"},
    "pushed request": {"pushed"},
    "client secret": {"secret"},
    "logout token": set[str](),
}


def test_two_clients_find_nothing_in_their_tokens_to_compare(visitor: Visitor, door: House) -> None:
    """But for the times, which many share, and what was shown."""
    one, two, own = new_party(door), new_party(door), new_party(door, scopes=["openid", "account"])
    told: list[list[dict[str, Any]]] = []
    hint = ""
    for party in (one, two, own):
        given = visitor.enter(party)
        tokens = [party.claims(given[kind]) for kind in ("id_token", "access_token")]
        told.append([*tokens, party.introspect(given["access_token"])])
        hint = given["id_token"]
    alike = {"iss", "acr", "amr", "auth_time", "iat", "exp", "nonce", "scope", "active", "token_type"}
    for first, second in zip(told[0], told[1], strict=True):
        assert not {name for name in first if first[name] == second.get(name)} - alike
    assert len({claims["sid"] for claims in told[0]}) == 1
    session = visitor.session()
    assert {(claims["account"], claims["sid"]) for claims in told[2]} == {(session["account"], session["session"])}
    out = visitor.http.get(f"/openid/end-session?id_token_hint={hint}")
    assert out.headers["location"] == "/signed-out"


def test_a_token_of_one_kind_opens_nothing_of_another(house: House, person: Person) -> None:
    party, visitor = new_party(house), signed_in(person)
    given = visitor.enter(party)
    keys, ends_at = house.core.signing_keys, int((house.core.ground.clock() + timedelta(minutes=1)).timestamp())
    logout = {"iss": keys.issuer, "aud": party.id, "sub": "x", "exp": ends_at, "jti": "x", "sid": "x", "events": {}}
    tokens = {
        "access token": given["access_token"],
        "id token": given["id_token"],
        "session token": person.session,
        "browser session": visitor.http.cookies["session"],
        "device token": person.device,
        "approval": person.approve(kind="change", what="anti_phishing_code"),
        "service credential": house.core.services.add("wallet").reveal(),
        "pushed request": party.call("/openid/par", **party.asks()).json()["request_uri"],
        "client secret": party.secret,
        "logout token": keys.sign(LOGOUT_TOKEN, logout),
        "code": visitor.visit(party)["code"],
        "refresh token": given["refresh_token"],
    }
    for kind, token in tokens.items():
        # what spends the token comes last
        opened = {name for name, opens in CONSUMERS.items() if opens(party, token)}
        assert opened == OPENS[kind], kind


# -- signatures


def test_no_algorithm_but_the_keys_own(visitor: Visitor, party: Party, door: House) -> None:
    given = visitor.enter(party)
    head, body, signature = given["access_token"].split(".")
    header = json.loads(decoded(head))
    public = next(k for k in door.core.signing_keys.jwks()["keys"] if k["kid"] == header["kid"])

    def forged(**changes: Any) -> str:
        named = {name: value for name, value in {**header, **changes}.items() if value is not None}
        return encoded(json.dumps(named).encode())

    by_public = jws.serialize_compact(
        {**header, "alg": "HS256"},
        decoded(body),
        OctKey.import_key(json.dumps(public)),
        registry=jws.JWSRegistry(algorithms=["HS256"]),
    )
    own = PrivateKey.draw("ES256", Randomness())
    by_own = own.sign(json.loads(decoded(body)), typ=ACCESS_TOKEN)
    with_own_key = jws.serialize_compact(
        {**header, "jwk": dict(own.public)},
        decoded(body),
        ECKey.import_key(json.loads(own.dump())),
        registry=jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False),
    )
    tried = [
        f"{forged(alg='none')}.{body}.",
        f"{forged(alg='none')}.{body}.{signature}",
        f"{forged(alg='HS256')}.{body}.{signature}",
        f"{forged(alg='EdDSA')}.{body}.{signature}",
        f"{forged(kid='../../../dev/null')}.{body}.{signature}",
        f"{forged(kid=None)}.{body}.{signature}",
        f"{forged(typ=ID_TOKEN)}.{body}.{signature}",
        f"{forged(crit=['exp'])}.{body}.{signature}",
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}..{signature}",
        by_public,
        by_own,
        with_own_key,
    ]
    assert party.userinfo(given["access_token"]).status_code == 200
    for token in tried:
        assert party.userinfo(token).status_code == 401, token[:60]
        assert party.introspect(token) == {"active": False}


# -- refresh tokens


def test_a_refresh_token_used_twice_ends_the_family(visitor: Visitor, party: Party) -> None:
    given = visitor.enter(party)
    following = party.refresh(given["refresh_token"]).json()
    assert party.refresh(given["refresh_token"]).json()["error"] == "invalid_grant"
    assert party.refresh(following["refresh_token"]).json()["error"] == "invalid_grant"
    assert party.userinfo(following["access_token"]).status_code == 401


def test_of_many_who_refresh_at_once_one_wins_and_the_family_ends(house: House, person: Person) -> None:
    party = new_party(house)
    given = signed_in(person).enter(party)
    replies = at_once(6, lambda _: party.refresh(given["refresh_token"]))
    won = [reply.json() for reply in replies if reply.status_code == 200]
    assert len(won) == 1
    assert party.refresh(won[0]["refresh_token"]).status_code == 400


def test_of_many_who_redeem_at_once_one_wins(house: House, person: Person) -> None:
    party = new_party(house)
    code = signed_in(person).visit(party)["code"]
    replies = at_once(6, lambda _: party.redeem(code))
    assert sorted(reply.status_code for reply in replies) == [200, 400, 400, 400, 400, 400]


def test_a_refresh_token_of_another_client_is_nothing_and_stays_good(
    visitor: Visitor, party: Party, door: House
) -> None:
    given = visitor.enter(party)
    thief = new_party(door)
    assert thief.refresh(given["refresh_token"]).json()["error"] == "invalid_grant"
    assert thief.introspect(given["refresh_token"]) == {"active": False}
    assert thief.introspect(given["access_token"]) == {"active": False}
    assert thief.call("/openid/revoke", token=given["refresh_token"]).status_code == 200
    assert party.refresh(given["refresh_token"]).status_code == 200


def test_more_is_not_got_by_refreshing(visitor: Visitor, party: Party) -> None:
    given = visitor.enter(party, scope="openid offline_access")
    assert party.refresh(given["refresh_token"], scope="openid email").json()["error"] == "invalid_scope"
    assert party.refresh(given["refresh_token"], scope="openid").json()["scope"] == "openid"


# -- clients


def test_a_client_is_known_by_its_own_way_alone(visitor: Visitor, party: Party, door: House) -> None:
    app = new_party(door, sort="native", auth_method="none", redirect_uris=["https://trade.example/app"])
    body = {"grant_type": "refresh_token", "refresh_token": "none"}
    http = client_of(door)
    tried: list[dict[str, Any]] = [
        {"data": {**body, "client_id": party.id}},
        {"data": {**body, "client_id": party.id, "client_secret": "wrong"}},
        {"data": {**body, "client_id": "nobody", "client_secret": party.secret}},
        {"data": {**body, "client_id": app.id, "client_secret": party.secret}},
        {"data": body, "auth": (party.id, "wrong")},
        {"data": {**body, "client_id": app.id}, "auth": (party.id, party.secret)},
        {"data": body},
    ]
    for request in tried:
        reply = http.post(TOKEN, **request)
        assert (reply.status_code, reply.json()["error"]) == (401, "invalid_client"), request
    doubled = http.post(
        TOKEN, data={**body, "client_id": party.id, "client_secret": party.secret}, auth=(party.id, "x")
    )
    assert doubled.json()["error"] == "invalid_request"


# -- signing out


def test_no_link_signs_anybody_out(visitor: Visitor, party: Party, ann: Person) -> None:
    other = signed_in(ann).enter(party)  # of another session of the same person
    for query in ("", f"client_id={party.id}", f"id_token_hint={other['id_token']}"):
        assert visitor.http.get(f"/openid/end-session?{query}").status_code == 200
        assert visitor.session().get("session")
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        confirmed = visitor.http.post("/openid/end-session/confirm", data={"asked": ""}, headers=headers)
        assert confirmed.status_code == 403
        posted = visitor.http.post("/openid/end-session", data={"client_id": party.id}, headers=headers)
        assert posted.status_code == 303
    assert visitor.session().get("session")


def test_signing_out_leads_nowhere_unregistered(visitor: Visitor, party: Party) -> None:
    for address in ("https://evil.example/", SIGNED_OUT + "/", f"{SIGNED_OUT}?x", "javascript:alert(1)"):
        query = f"client_id={party.id}&post_logout_redirect_uri={quote(address)}"
        assert visitor.http.get(f"/openid/end-session?{query}").status_code == 400
    bare = visitor.http.get(f"/openid/end-session?post_logout_redirect_uri={quote(SIGNED_OUT)}")
    assert bare.status_code == 400
    assert visitor.session().get("session")
