"""A relying party, and somebody at a browser who signs in to it: over the served application, guards included."""

import hashlib
import html
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet
from starlette.testclient import TestClient

from tests.support.asked import SAME_ORIGIN
from tests.support.house import Person, client_of, solve
from watchword.app import House
from watchword.crypto.jose import encoded
from watchword.crypto.tokens import Randomness
from watchword.handover.openid.clients import ClientId, Registration

CALLBACK = "https://trade.example/callback"
SIGNED_OUT = "https://trade.example/bye"
AUTHORIZE, CONTINUE, TOKEN = "/openid/authorize", "/openid/continue", "/openid/token"


def registration(**other: Any) -> Registration:
    said: dict[str, Any] = {
        "name": "Trading desk",
        "redirect_uris": [CALLBACK],
        "logout_uris": [SIGNED_OUT],
        "scopes": ["openid", "email", "offline_access"],
    }
    return Registration(**{**said, **other})


@dataclass
class Party:
    """An application that signs people in here."""

    house: House
    said: Registration = field(default_factory=registration)
    http: TestClient = field(init=False)

    def __post_init__(self) -> None:
        self.http = client_of(self.house)
        made = self.house.core.openid.clients.add(self.said)
        self.id: ClientId = made.id
        self.secret = "" if made.secret is None else made.secret.reveal()
        self.verifier = "v" * 43 + Randomness().id()

    @property
    def issuer(self) -> str:
        return self.house.settings.public_url

    @property
    def credentials(self) -> tuple[str, str] | None:
        return (self.id, self.secret) if self.secret else None

    def asks(self, **other: Any) -> dict[str, str]:
        """The parameters of an authorization request; None leaves one out."""
        usual = {
            "client_id": self.id,
            "redirect_uri": self.said.redirect_uris[0],
            "response_type": "code",
            "scope": " ".join(self.said.scopes),
            "state": "state-of-ours",
            "nonce": "nonce-of-ours",
            "code_challenge": challenge(self.verifier),
            "code_challenge_method": "S256",
        }
        return {name: str(value) for name, value in {**usual, **other}.items() if value is not None}

    def address(self, **other: Any) -> str:
        return f"{AUTHORIZE}?{urlencode(self.asks(**other))}"

    def call(self, path: str, **form: str) -> Any:
        """As the client itself."""
        if self.credentials is None:
            return self.http.post(path, data={"client_id": self.id, **form})
        return self.http.post(path, data=form, auth=self.credentials)

    def redeem(self, code: str, **other: str) -> Any:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.said.redirect_uris[0],
            "code_verifier": self.verifier,
        }
        return self.call(TOKEN, **{**form, **other})

    def refresh(self, token: str, **other: str) -> Any:
        return self.call(TOKEN, grant_type="refresh_token", refresh_token=token, **other)

    def tokens(self, code: str) -> dict[str, Any]:
        reply = self.redeem(code)
        assert reply.status_code == 200, reply.text
        found: dict[str, Any] = reply.json()
        return found

    def claims(self, token: str) -> dict[str, Any]:
        """Checked with the published keys, by another's hand."""
        keys = KeySet.import_key_set(self.http.get("/.well-known/jwks.json").json())
        return dict(jwt.decode(token, keys, algorithms=["ES256"]).claims)

    def userinfo(self, token: str) -> Any:
        return self.http.get("/openid/userinfo", headers={"Authorization": f"Bearer {token}"})

    def introspect(self, token: str) -> dict[str, Any]:
        reply = self.call("/openid/introspect", token=token)
        assert reply.status_code == 200, reply.text
        found: dict[str, Any] = reply.json()
        return found


@dataclass
class Visitor:
    """Somebody at a browser, from the device they signed up on."""

    person: Person
    known: bool = True

    def __post_init__(self) -> None:
        self.http = client_of(self.person.house)
        if self.known:
            self.http.cookies.set("device", self.person.device)

    def post(self, path: str, **form: str) -> Any:
        return self.http.post(path, data=form, headers=SAME_ORIGIN)

    def give(self, proof: str, **form: str) -> Any:
        """An answer on the sign-in page."""
        assert self.http.get("/sign-in").status_code == 200
        found = self.http.get("/sign-in/challenge")
        payload = {"payload": solve(found.json())} if found.status_code == 200 else {}
        return self.post("/sign-in", proof=proof, **form, **payload)

    def sign_in(self) -> Any:
        """With whatever is asked; the reply to the last answer. Time passes, as it does."""
        self.person.clock.advance(timedelta(seconds=1))
        known = {"identifier": self.person.address, "passphrase": self.person.passphrase}
        reply = self.give("passphrase", **known)
        if reply.status_code == 409:  # the device is known, but not to this account: a check for a human after all
            reply = self.give("passphrase", **known)
        for _ in range(3):
            if reply.headers.get("location") != "/sign-in":
                break
            page = self.http.get("/sign-in").text
            if 'id="output"' in page:
                reply = self.give("totp", output=self.person.output())
            else:
                reply = self.give("message_code", code=self.person.mailbox.newest_code(self.person.address))
        assert reply.status_code == 303, reply.text
        return reply

    def session(self) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get("/api/v1/session").json()
        return found

    def visit(self, party: Party, **other: Any) -> dict[str, str]:
        """All the way to the client; what it is answered."""
        return answer_of(self.follow(party.address(**other)))

    def follow(self, path: str) -> Any:
        """From where a client sends them, signing in and agreeing where it is asked; the reply that leads back."""
        reply = self.http.get(path)
        if reply.headers.get("location") == "/sign-in":
            reply = self.http.get(self.sign_in().headers["location"])
        return self._agreed(reply)

    def agree(self, reply: Any) -> dict[str, str]:
        """On the consent page, if that is what it is."""
        return answer_of(self._agreed(reply))

    def _agreed(self, reply: Any) -> Any:
        if "do" in reply.text and 'name="request"' in reply.text:
            return self.post(CONTINUE, request=request_of(reply.text), do="agree")
        return reply

    def enter(self, party: Party, **other: Any) -> dict[str, Any]:
        """The tokens that the client gets."""
        answer = self.visit(party, **other)
        assert "code" in answer, answer
        return party.tokens(answer["code"])


def challenge(verifier: str) -> str:
    return encoded(hashlib.sha256(verifier.encode()).digest())


def request_of(page: str) -> str:
    found = re.search(r'name="request" value="([^"]+)"', page)
    assert found is not None, page
    return found[1]


def address_of(reply: Any) -> str:
    """Where the browser is sent: by a redirect, or by the page in between."""
    if reply.status_code == 303:
        return str(reply.headers["location"])
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', reply.text)
    assert found is not None, (reply.status_code, reply.text)
    return html.unescape(found[1])


def answer_of(reply: Any) -> dict[str, str]:
    """The parameters that the client is answered with."""
    address = address_of(reply)
    assert address.startswith("http"), address
    found = dict(parse_qsl(urlsplit(address).query))
    assert all(len(values) == 1 for values in parse_qs(urlsplit(address).query).values())
    return found
