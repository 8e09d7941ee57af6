"""The middleware: who sent a request comes from a signed token and from nothing else."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.relying.conftest import AUDIENCE, Platform
from tests.support.acts import ONLY_SQLITE
from tests.support.house import Person
from watchword.foundation.terms import AccountId, SessionId
from watchword.handover.forwarding.addresses import Application
from watchword.relying import Connection, SessionVerifier, TokenKind, WatchwordSession, require

pytestmark = ONLY_SQLITE
ASSERTION = "Watchword-Assertion"


async def who(request: Request) -> Response:
    """What the application sees."""
    identity = request.scope["watchword"]
    return JSONResponse(
        {
            "account": None if identity is None else identity.account,
            "headers": [name for name in request.headers if "watchword" in name.lower()],
        }
    )


async def withdraw(request: Request) -> Response:
    identity = require(request.scope, aal=2, max_age=300)
    return JSONResponse({"account": identity.account})


async def move(request: Request) -> Response:
    return JSONResponse({"account": require(request.scope).account})


async def look(request: Request) -> Response:
    identity = require(request.scope, to_act=False)
    return JSONResponse({"account": identity.account, "read_only": identity.read_only})


def desk(verifier: SessionVerifier) -> TestClient:
    app = Starlette(
        routes=[
            *(Route(path, who) for path in ("/", "/balance")),
            *(Route(f"/{view.__name__}", view) for view in (withdraw, move, look)),
        ]
    )
    app.add_middleware(WatchwordSession, verifier=verifier, open_to=["/"])
    return TestClient(app, base_url="https://desk.example")


@pytest.fixture
def connection(platform: Platform) -> Iterator[Connection]:
    with platform.connection() as opened:
        yield opened


@pytest.fixture
def readers(platform: Platform, connection: Connection) -> Iterator[SessionVerifier]:
    """As ``everything``, and it takes who may only read."""
    with platform.verifier(connection, kinds=list(TokenKind), read_only=True) as opened:
        yield opened


@pytest.fixture
def everything(platform: Platform, connection: Connection) -> Iterator[SessionVerifier]:
    with platform.verifier(connection, kinds=list(TokenKind)) as opened:
        yield opened


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def assertion(platform: Platform, person: Person) -> str:
    """As the door makes one for the proxy."""
    named, core = platform.session(person), platform.house.core
    with platform.house.database.read() as tx:
        session = core.sessions.find_live(
            tx, AccountId(named["account"]), SessionId(named["session"]), platform.clock()
        )
    assert session is not None
    return core.forwarding.assertions.make(session, Application(origin=AUDIENCE, shares_host=False))


def test_with_a_token_the_application_knows_who_it_is(platform: Platform, verifier: SessionVerifier):
    ann, app = platform.person(), desk(verifier)
    token = platform.token(ann)
    reply = app.get("/balance", headers=bearer(token))
    assert reply.json()["account"] == platform.session(ann)["account"]
    assert app.get("/", headers=bearer(token)).json()["account"] == reply.json()["account"]


def test_without_one_it_goes_no_further(verifier: SessionVerifier):
    app = desk(verifier)
    assert app.get("/").json() == {"account": None, "headers": []}
    for path in ("/balance", "/balance/", "/%2e%2e/", "/withdraw", "/nothing"):
        refused = app.get(path)
        assert refused.status_code == 401, path
        assert refused.headers["www-authenticate"] == "Bearer"
        assert refused.headers["cache-control"] == "no-store"
    for credential in ("Basic YTpi", "Bearer", "Bearer ", "bearer x.y.z", "é"):
        refused = app.get("/balance", headers=[(b"authorization", credential.encode())])
        assert refused.status_code == 401, credential
        assert refused.json()["code"] == "unauthenticated"


def test_what_a_client_says_of_itself_never_arrives(platform: Platform, verifier: SessionVerifier):
    ann, app = platform.person(), desk(verifier)
    said = {
        "Watchword-Account": "somebody",
        "watchword_account": "somebody",
        "WATCHWORD_Session": "theirs",
        "Watchword-AAL": "2",
        "Watchword_Aal": "2",
        ASSERTION: assertion(platform, ann),
        "Watchword_Assertion": assertion(platform, ann),
        "Watchword-": "x",
    }
    reply = app.get("/balance", headers={**bearer(platform.token(ann)), **said})
    assert reply.json() == {"account": platform.session(ann)["account"], "headers": []}
    assert app.get("/", headers=said).json() == {"account": None, "headers": []}
    assert app.get("/balance", headers=said).status_code == 401


def test_an_assertion_counts_only_from_its_header_and_a_token_only_from_its_own(
    platform: Platform, everything: SessionVerifier
):
    ann, app = platform.person(), desk(everything)
    token, asserted = platform.token(ann), assertion(platform, ann)
    account = platform.session(ann)["account"]
    assert app.get("/balance", headers={ASSERTION: asserted}).json()["account"] == account
    assert app.get("/balance", headers=bearer(token)).json()["account"] == account
    assert app.get("/balance", headers=bearer(asserted)).status_code == 401
    assert app.get("/balance", headers={ASSERTION: token}).status_code == 401


def test_of_two_tokens_none_is_believed(platform: Platform, everything: SessionVerifier):
    ann, app = platform.person(), desk(everything)
    bob = platform.person("bob@example.org")
    token, other, asserted = platform.token(ann), platform.token(bob), assertion(platform, bob)
    for pair in (
        [("authorization", f"Bearer {token}"), ("authorization", f"Bearer {other}")],
        [("authorization", f"Bearer {token}"), (ASSERTION, asserted)],
        [(ASSERTION, asserted), ("watchword_assertion", asserted)],
    ):
        refused = app.get("/balance", headers=pair)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == 'Bearer error="invalid_token"'


def test_what_needs_more_is_challenged_as_rfc_9470_says(platform: Platform, verifier: SessionVerifier):
    ann, app = platform.person(), desk(verifier)
    refused = app.get("/withdraw", headers=bearer(platform.token(ann)))
    assert refused.status_code == 401
    assert refused.json()["code"] == "step_up_needed"
    challenge = refused.headers["www-authenticate"]
    assert challenge.startswith('Bearer error="insufficient_user_authentication", ')
    assert 'acr_values="aal2"' in challenge
    assert 'max_age="300"' in challenge
    ann.bind_app().sign_in()
    assert app.get("/withdraw", headers=bearer(platform.token(ann))).status_code == 200


def frozen(platform: Platform) -> Person:
    ann = platform.person()
    assert ann.http.post("/api/v1/freeze", headers=ann.bearer).status_code == 204
    return ann.sign_in()


def test_a_frozen_account_is_let_in_nowhere_unless_somebody_said_so(platform: Platform, everything: SessionVerifier):
    ann, app = frozen(platform), desk(everything)
    for sent in (bearer(platform.token(ann)), {ASSERTION: assertion(platform, ann)}):
        for path in ("/balance", "/look", "/move", "/nothing"):
            refused = app.get(path, headers=sent)
            assert (refused.status_code, refused.json()["code"]) == (403, "read_only"), path
        assert app.get("/", headers=sent).json()["account"] is None


def test_then_a_view_that_knows_of_readers_has_it_and_no_other(platform: Platform, readers: SessionVerifier):
    """One that was written before, or forgets, must not act for it."""
    ann, app = frozen(platform), desk(readers)
    account = platform.session(ann)["account"]
    for sent in (bearer(platform.token(ann)), {ASSERTION: assertion(platform, ann)}):
        assert app.get("/look", headers=sent).json() == {"account": account, "read_only": True}
        for path in ("/move", "/withdraw"):
            refused = app.get(path, headers=sent)
            assert (refused.status_code, refused.json()["code"]) == (403, "read_only"), path
        assert app.get("/balance", headers=sent).json()["account"] is None


def test_who_may_act_is_known_to_both(platform: Platform, readers: SessionVerifier):
    ann, app = platform.person(), desk(readers)
    account = platform.session(ann)["account"]
    assert app.get("/look", headers=bearer(platform.token(ann))).json() == {"account": account, "read_only": False}
    assert app.get("/move", headers=bearer(platform.token(ann))).json() == {"account": account}


def test_when_the_door_is_not_heard_nobody_is_let_in(platform: Platform, verifier: SessionVerifier):
    token, app = platform.token(platform.person()), desk(verifier)
    assert app.get("/balance", headers=bearer(token)).status_code == 200
    verifier.stop()
    refused = app.get("/balance", headers=bearer(token))
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert app.get("/", headers=bearer(token)).json()["account"] is None
    assert "token" not in json.dumps(refused.json())


def test_a_view_without_the_middleware_knows_nobody(verifier: SessionVerifier):
    app = TestClient(Starlette(routes=[Route("/move", move)]), raise_server_exceptions=False)
    assert app.get("/move").status_code == 500


async def test_a_websocket_is_closed_before_it_opens_and_lifespan_passes(verifier: SessionVerifier):
    sent: list[Any] = []
    seen: list[str] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    app = WatchwordSession(inner, verifier)
    await app({"type": "websocket", "path": "/", "headers": []}, receive, send)
    await app({"type": "lifespan"}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]
    assert seen == ["lifespan"]
