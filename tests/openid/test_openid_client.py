"""openid-client 6 for Node, a certified relying party, against the served house: it checks every answer itself."""

import base64
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey

from tests.openid.homes import open_home, person_at, sent_back
from tests.support.openid import CALLBACK, SIGNED_OUT, Visitor, registration
from tests.support.visitor import ServedHouse
from tools.build_assets import node_command

SCRIPT = Path(__file__).parent / "client.mjs"
PATIENCE = 30


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, sqlite_template: bytes) -> Iterator[ServedHouse]:
    with open_home(tmp_path_factory.mktemp("home"), sqlite_template) as opened:
        yield opened


@dataclass
class Node:
    process: subprocess.Popen[str]

    def does(self, name: str, **given: Any) -> dict[str, Any]:
        """What a command gives; also where it fails."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps({"do": name, **given}), file=self.process.stdin, flush=True)
        said = self.process.stdout.readline()
        assert said, "the client has ended"
        result: dict[str, Any] = json.loads(said)
        return result

    def ask(self, name: str, **given: Any) -> dict[str, Any]:
        """What a command gives that has to succeed."""
        result = self.does(name, **given)
        assert "failed" not in result, result
        return result

    def enter(self, visitor: Visitor, checked_age: int | None = None, **asked: str) -> dict[str, Any]:
        """A whole sign-in: the tokens, and the claims as the client checked them."""
        back = sent_back(visitor, self.ask("begin", asked=asked)["url"])
        return self.ask("finish", address=back, **({} if checked_age is None else {"maxAge": checked_age}))


@contextmanager
def running(home: ServedHouse, client: str, secret: str = "") -> Iterator[Node]:
    command = [*node_command("node"), str(SCRIPT), home.origin, client, secret, CALLBACK]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Node(process)
            assert process.stdin is not None
            process.stdin.close()
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()


def test_with_a_key_of_its_own(home: ServedHouse) -> None:
    """``private_key_jwt``, at every endpoint that asks who the client is."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = {**ECKey.import_key(key.public_key()).as_dict(private=False), "kid": "ours"}
    said = registration(name="With a key", auth_method="private_key_jwt", jwks=json.dumps({"keys": [public]}))
    made = home.house.core.openid.clients.add(said)
    pkcs8 = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    visitor = Visitor(person_at(home, "kay@example.org"))
    with running(home, made.id) as node:
        node.ask("discover", key=base64.b64encode(pkcs8).decode())
        entered = node.enter(visitor)["given"]
        newer = node.ask("refresh", token=entered["refresh_token"])["given"]
        assert node.ask("introspect", token=newer["access_token"])["active"] is True
        node.ask("revoke", token=newer["refresh_token"])
        assert node.ask("introspect", token=newer["access_token"]) == {"active": False}


def test_in_and_up_and_out(home: ServedHouse) -> None:
    made = home.house.core.openid.clients.add(registration(name="Node desk"))
    assert made.secret is not None
    person = person_at(home, "ned@example.org")
    visitor = Visitor(person)
    with running(home, made.id, made.secret.reveal()) as node:
        assert node.ask("discover")["issuer"] == home.origin

        first = node.enter(visitor)
        assert (first["claims"]["acr"], first["claims"]["amr"]) == ("aal1", ["pwd"])
        subject, token = first["claims"]["sub"], first["given"]["access_token"]
        assert node.ask("userinfo", token=token, subject=subject)["email"] == person.address
        assert node.ask("introspect", token=token)["sub"] == subject

        newer = node.ask("refresh", token=first["given"]["refresh_token"])
        assert newer["claims"]["auth_time"] == first["claims"]["auth_time"]
        assert newer["given"]["refresh_token"] != first["given"]["refresh_token"]

        person.bind_app()
        higher = node.enter(visitor, acr_values="aal2")
        assert (higher["claims"]["acr"], higher["claims"]["amr"]) == ("aal2", ["pwd", "otp", "mfa"])
        assert higher["claims"]["sid"] != first["claims"]["sid"]
        afresh = node.enter(visitor, checked_age=300, max_age="300", prompt="login")
        assert afresh["claims"]["auth_time"] > higher["claims"]["auth_time"]

        over = node.does("refresh", token=first["given"]["refresh_token"])  # it was used: somebody else may have it
        assert over["error"] == "invalid_grant"
        assert node.does("userinfo", token=newer["given"]["access_token"], subject=subject)["failed"]

        out = node.ask("end", hint=afresh["given"]["id_token"], back=SIGNED_OUT)["url"]
        assert sent_back(visitor, out) == f"{SIGNED_OUT}?state=bye"
        assert node.ask("introspect", token=afresh["given"]["access_token"]) == {"active": False}
        silent = sent_back(visitor, node.ask("begin", asked={"prompt": "none"})["url"])
        assert node.does("finish", address=silent)["error"] == "login_required"
