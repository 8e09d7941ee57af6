"""openid-client 6 for Node, a certified relying party, against the served house: it checks every answer itself.

Configured word for word as docs/openid.md has it.
"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from tests.openid.documented import block
from tests.openid.homes import open_home, person_at, sent_back
from tests.support.openid import SIGNED_OUT, Visitor, registration
from tests.support.visitor import ServedHouse
from tools.build_assets import node_command

SCRIPT = Path(__file__).parent / "client.mjs"
MODULES = Path(__file__).parents[2] / "node_modules"
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
def running(home: ServedHouse, directory: Path, put_in: dict[str, str]) -> Iterator[Node]:
    """The documented relying party."""
    texts = {"https://login.example.org": home.origin, "https://trade.example.org": "https://trade.example", **put_in}
    party = directory / "party.mjs"
    party.write_text(block("js", texts))
    (directory / "node_modules").symlink_to(MODULES)
    command = [*node_command("node"), str(SCRIPT), str(party)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Node(process)
            assert process.stdin is not None
            process.stdin.close()
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()


END = "  id_token_signed_response_alg: 'ES256',\n})"
PLAIN = "{ execute: [openid.allowInsecureRequests] }"
"""The house of the tests speaks plain http."""


def test_with_a_key_of_its_own(home: ServedHouse, tmp_path: Path) -> None:
    """``private_key_jwt``, at every endpoint that asks who the client is."""
    key = ECKey.generate_key("P-256", parameters={"kid": "ours"}, private=True)
    said = registration(
        name="With a key", auth_method="private_key_jwt", jwks=json.dumps({"keys": [key.as_dict(private=False)]})
    )
    made = home.house.core.openid.clients.add(said)
    own = json.dumps(key.as_dict(private=True))
    drawn = f"await crypto.subtle.importKey('jwk', {own}, {{ name: 'ECDSA', namedCurve: 'P-256' }}, false, ['sign'])"
    shown = f"openid.PrivateKeyJwt({{ key: {drawn}, kid: 'ours' }})"
    put_in = {"CLIENT_ID": made.id, "  client_secret: 'CLIENT_SECRET',\n": "", END: f"{END[:-1]}, {shown}, {PLAIN})"}
    visitor = Visitor(person_at(home, "kay@example.org"))
    with running(home, tmp_path, put_in) as node:
        entered = node.enter(visitor)["given"]
        newer = node.ask("refresh")["given"]
        assert newer["refresh_token"] != entered["refresh_token"]
        assert node.ask("introspect", token=newer["access_token"])["active"] is True
        node.ask("revoke", token=newer["refresh_token"])
        assert node.ask("introspect", token=newer["access_token"]) == {"active": False}


def test_in_and_up_and_out(home: ServedHouse, tmp_path: Path) -> None:
    made = home.house.core.openid.clients.add(registration(name="Node desk"))
    assert made.secret is not None
    put_in = {"CLIENT_ID": made.id, "CLIENT_SECRET": made.secret.reveal(), END: f"{END[:-1]}, undefined, {PLAIN})"}
    person = person_at(home, "ned@example.org")
    visitor = Visitor(person)
    with running(home, tmp_path, put_in) as node:
        assert node.ask("discover")["issuer"] == home.origin

        first = node.enter(visitor)
        assert (first["claims"]["acr"], first["claims"]["amr"]) == ("aal1", ["pwd"])
        subject, token = first["claims"]["sub"], first["given"]["access_token"]
        assert node.ask("userinfo", token=token, subject=subject)["email"] == person.address
        assert node.ask("introspect", token=token)["sub"] == subject

        newer = node.ask("refresh")
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

        out = node.ask("leave")["url"]
        assert sent_back(visitor, out) == SIGNED_OUT
        assert node.ask("introspect", token=afresh["given"]["access_token"]) == {"active": False}
        silent = sent_back(visitor, node.ask("begin", asked={"prompt": "none"})["url"])
        assert node.does("finish", address=silent)["error"] == "login_required"
