"""Authlib, in an application on Starlette, configured word for word as docs/openid.md has it."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc.jwk import ECKey
from starlette.requests import Request

from tests.openid.documented import block
from tests.openid.homes import open_home, person_at, sent_back
from tests.support.openid import CALLBACK, SIGNED_OUT, Visitor, registration
from tests.support.visitor import ServedHouse
from watchword.crypto.tokens import Randomness


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, sqlite_template: bytes) -> Iterator[ServedHouse]:
    with open_home(tmp_path_factory.mktemp("home"), sqlite_template) as opened:
        yield opened


class Application:
    """The documented one, and the session of one browser at it."""

    def __init__(self, home: ServedHouse) -> None:
        made = home.house.core.openid.clients.add(registration(name=f"Authlib {Randomness().id()}"))
        assert made.secret is not None
        put_in = {
            "https://login.example.org": home.origin,
            "https://trade.example.org": "https://trade.example",
            "CLIENT_ID": made.id,
            "CLIENT_SECRET": made.secret.reveal(),
        }
        self.names: dict[str, Any] = {}
        exec(compile(block("python", put_in), "docs/openid.md", "exec"), self.names)
        self.session: dict[str, Any] = {}

    def ask(self, page: str, query: str = "") -> Any:
        scope = {
            "type": "http",
            "method": "GET",
            "path": f"/{page}",
            "query_string": query.encode(),
            "headers": [],
            "session": self.session,
        }
        return asyncio.run(self.names[page](Request(scope)))

    def enter(self, visitor: Visitor, page: str = "enter") -> dict[str, Any]:
        """The claims of the ID token, as Authlib checked them."""
        back = sent_back(visitor, self.ask(page).headers["location"])
        assert back.startswith(f"{CALLBACK}?")
        claims: dict[str, Any] = json.loads(self.ask("callback", urlsplit(back).query).body)
        return claims

    @property
    def token(self) -> dict[str, Any]:
        found: dict[str, Any] = self.names["tokens"][self.session["sid"]]
        return found


def test_in_and_up_and_out(home: ServedHouse) -> None:
    person = person_at(home, "amy@example.org")
    visitor, application = Visitor(person), Application(home)
    first = application.enter(visitor)
    assert (first["acr"], first["amr"], first["iss"]) == ("aal1", ["pwd"], home.origin)
    assert json.loads(application.ask("who").body)["email"] == person.address

    before = dict(application.token)
    application.token["expires_at"] = 1  # so that Authlib thinks the access token is over
    assert json.loads(application.ask("who").body)["sub"] == first["sub"]
    assert application.token["access_token"] != before["access_token"]
    assert application.token["refresh_token"] != before["refresh_token"]

    person.bind_app()
    higher = application.enter(visitor, "enter_surely")
    assert (higher["acr"], higher["sub"]) == ("aal2", first["sub"])
    assert higher["sid"] != first["sid"]

    out = application.ask("leave").headers["location"]
    assert sent_back(visitor, out).startswith(f"{SIGNED_OUT}?state=")
    assert visitor.http.get("/api/v1/session").status_code == 401
    application.names["tokens"]["over"] = before
    application.session["sid"] = "over"
    assert application.ask("who").status_code == 401


def test_with_a_key_of_its_own(home: ServedHouse) -> None:
    """With what Authlib makes of it by itself: an assertion that holds for an hour."""
    key = ECKey.generate_key("P-256", parameters={"kid": "ours"}, private=True)
    said = registration(
        name="Authlib's own key", auth_method="private_key_jwt", jwks=json.dumps({"keys": [key.as_dict(private=False)]})
    )
    made = home.house.core.openid.clients.add(said)
    token_endpoint = f"{home.origin}/openid/token"
    client = OAuth2Client(
        made.id,
        key,
        token_endpoint_auth_method="private_key_jwt",
        revocation_endpoint_auth_method="private_key_jwt",
        scope="openid offline_access",
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
    )
    client.register_client_auth_method(PrivateKeyJWT(token_endpoint, alg="ES256"))
    verifier = "v" * 64
    with client:
        address, state = client.create_authorization_url(f"{home.origin}/openid/authorize", code_verifier=verifier)
        back = sent_back(Visitor(person_at(home, "kim@example.org")), address)
        client.fetch_token(token_endpoint, authorization_response=back, state=state, code_verifier=verifier)
        newer = client.refresh_token(token_endpoint)
        told = client.introspect_token(f"{home.origin}/openid/introspect", token=newer["access_token"])
        assert told.json()["active"] is True
        client.revoke_token(f"{home.origin}/openid/revoke", token=newer["refresh_token"])
        told = client.introspect_token(f"{home.origin}/openid/introspect", token=newer["access_token"])
        assert told.json() == {"active": False}
