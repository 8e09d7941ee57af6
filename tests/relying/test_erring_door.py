"""Answers that are not as described say neither yes nor no: whatever a door, or something in between, makes up."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from tests.support.exits import withdrawal
from watchword.relying import (
    Approvals,
    CallRefused,
    Connection,
    Events,
    Exit,
    RelyingError,
    SessionVerifier,
    Unavailable,
)
from watchword.relying.keys import KeySet

LEAVING = Exit(approval="token-of-it", account="a", session="s", action=withdrawal(), idempotency_key="k")


class Erring(BaseHTTPRequestHandler):
    status = 200
    content = b"{}"
    seen: ClassVar[list[tuple[str, str | None]]] = []

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers["Authorization"]))
        self.send_response(self.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def erring() -> Iterator[tuple[Connection, type[Erring]]]:
    class Fresh(Erring):
        seen: ClassVar[list[tuple[str, str | None]]] = []

    server = ThreadingHTTPServer(("127.0.0.1", 0), Fresh)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with Connection(url=f"http://127.0.0.1:{server.server_port}", credential="credential", timeout=5) as opened:
            yield opened, Fresh
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


YES: dict[str, Any] = {
    "allowed": True,
    "approval": "id",
    "spent_at": "2047-03-01T12:00:00Z",
    "works_from": "2047-03-01T12:00:00Z",
}


def test_a_yes_as_described_is_one(erring: tuple[Connection, type[Erring]]):
    connection, door = erring
    door.content = json.dumps(YES).encode()
    assert Approvals(connection).consume(LEAVING).approval == "id"


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (200, b""),
        (200, b"yes"),
        (200, b"true"),
        (200, b"[]"),
        (200, b"{}"),
        (200, json.dumps({**YES, "allowed": False}).encode()),
        (200, json.dumps({**YES, "allowed": 1}).encode()),
        (200, json.dumps({**YES, "allowed": "true"}).encode()),
        (200, json.dumps({"allowed": True}).encode()),
        (200, json.dumps({**YES, "spent_at": None}).encode()),
        (200, json.dumps({**YES, "works_from": "soon"}).encode()),
        (200, b"\xff\xfe"),
        (200, b"[" * 100_000),
        (200, b'"' + b"x" * (4 * 1024 * 1024) + b'"'),
        (201, json.dumps(YES).encode()),
        (202, json.dumps(YES).encode()),
        (204, b""),
        (302, json.dumps(YES).encode()),
        (401, json.dumps(YES).encode()),
        (403, json.dumps({"code": "held", "holds": "none"}).encode()),
        (403, json.dumps({"code": "held", "opens_at": 5}).encode()),
        (429, json.dumps(YES).encode()),
        (500, json.dumps(YES).encode()),
        (502, b"<html>"),
    ],
)
def test_nothing_else_lets_anything_out(erring: tuple[Connection, type[Erring]], status: int, content: bytes):
    connection, door = erring
    door.status, door.content = status, content
    with pytest.raises((Unavailable, CallRefused)) as refused:
        Approvals(connection).consume(LEAVING)
    assert "token-of-it" not in str(refused.value)
    assert len(door.seen) == 1, "and no redirect is followed with what is secret"


@pytest.mark.parametrize(
    "content", [b"{}", b'{"items": [{}], "next": "1"}', b'{"items": 5, "next": "1"}', b'{"items": []}']
)
def test_events_that_are_none_are_not_made_up(erring: tuple[Connection, type[Erring]], content: bytes):
    connection, door = erring
    door.content = content
    with pytest.raises(RelyingError):
        Events(connection).read()


def test_without_keys_and_endings_a_verifier_does_not_start(erring: tuple[Connection, type[Erring]]):
    connection, door = erring
    door.content = b'{"keys": [], "items": [], "next": "0"}'
    verifier = SessionVerifier(connection, audience="desk")
    with pytest.raises(Unavailable):
        verifier.start(within=0.3)
    assert not verifier.hears()
    verifier.stop()
    asked = {path.partition("?")[0]: credential for path, credential in door.seen}
    assert asked["/.well-known/jwks.json"] is None, "who asks for public keys need not say who they are"
    assert asked["/api/v1/revocations"] == "Bearer credential"


GOOD = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "one"}


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [{**GOOD, "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}],
        [GOOD, GOOD],
        [{**GOOD, "x": "AA"}],
        [{**GOOD, "use": "enc"}],
        [{**GOOD, "alg": "ES256"}],
        [{"kty": "oct", "k": "c2VjcmV0", "kid": "one"}],
        [{"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "one"}],
        [{name: value for name, value in GOOD.items() if name != "kid"}],
        None,
    ],
)
def test_a_key_set_without_a_key_for_us_is_none(keys: Any):
    with pytest.raises(ValueError):
        KeySet.of({"keys": keys})


def test_keys_of_other_kinds_are_left_out():
    others = [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "two"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "three"},
        7,
    ]
    assert set(KeySet.of({"keys": [GOOD, *others]}).keys) == {"one"}
