"""Our official channels to anybody: the page, its checker, and the same list signed; nothing of a question is kept."""

import base64
import io
import json
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select
from starlette.testclient import TestClient

from tests.support.acts import ONLY_SQLITE
from tests.support.clock import SettableClock
from tests.support.house import client_of, open_house
from watchword.app import House
from watchword.foundation.errors import Misconfigured
from watchword.storage.schema import metadata
from watchword.web.edge.logs import configure_logging

pytestmark = ONLY_SQLITE

LIST = """
[[channel]]
kind = "domain"
value = "watchword.example"

[[channel]]
kind = "handle"
value = "@WatchwordHelp"
place = "X"
note = "Answers & news"

[[channel]]
kind = "phone"
value = "+493012345678"
"""


@pytest.fixture
def listed(database_url: str, tmp_path: Path, clock: SettableClock) -> Iterator[House]:
    file = tmp_path / "channels.toml"
    file.write_text(LIST)
    with open_house(database_url, tmp_path, clock, channels_file=file) as opened:
        yield opened


@pytest.fixture
def http(listed: House) -> TestClient:
    return client_of(listed)


def ask(http: TestClient, text: str, language: str = "en") -> str:
    reply = http.get("/official", params={"q": text}, headers={"Accept-Language": language})
    assert reply.status_code == 200
    return reply.text


def document(http: TestClient) -> dict[str, Any]:
    reply = http.get("/.well-known/official-channels.json")
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/json"
    found: dict[str, Any] = reply.json()
    return found


def test_the_page_lists_them_all_and_is_found_from_every_page(http: TestClient) -> None:
    page = http.get("/official").text
    for channel in ("http://localhost:8080", "watchword@localhost", "watchword.example", "@WatchwordHelp"):
        assert channel in page
    assert "X · Answers &amp; news" in page
    assert 'class="notice good"' not in page
    for path in ("/sign-in", "/help", "/guide"):
        assert 'href="/official"' in http.get(path).text
    assert "官方渠道" in http.get("/official", headers={"Accept-Language": "zh"}).text


def test_the_checker_answers_in_three_ways(http: TestClient) -> None:
    ours = ask(http, "https://help.watchword.example/reset")
    assert "Yes, this is ours." in ours
    alike = ask(http, "https://w\u0430tchword.example/")
    assert "No. It looks like ours, and is not." in alike
    assert "w<mark>\u0430</mark>tchword.example" in alike
    assert "U+0430 CYRILLIC SMALL LETTER A" in alike
    assert "No, this is not on our list" in ask(http, "somebody.test")
    handle = ask(http, "watchwordhelp")
    assert "There, and only there" in handle
    assert "calling back" in ask(http, "+49 30 12345678")
    assert "不是。它看起来像我们的，但并不是。" in ask(http, "watchw0rd.example", "zh")
    assert 'role="alert"' not in ask(http, "   ")


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", '"><img src=x>', "watchword.example<i>", "a\x00b", "\ud7ff", "tset.live\u202e"],
)
def test_what_is_asked_is_text_and_nothing_else(http: TestClient, text: str) -> None:
    page = ask(http, text)
    assert not re.search(r"<(script>|img|i>)|\u202e|\x00", page)
    assert len(ask(http, text * 500)) < 20_000


def test_nothing_of_a_question_stays(listed: House, http: TestClient) -> None:
    kept, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers, root.level
    configure_logging("debug", readable=False, stream=(stream := io.StringIO()))
    try:
        client_of(listed).get("/official", params={"q": "canary-question.test"})
    finally:
        structlog.configure(**kept)
        root.handlers = handlers
        root.setLevel(level)
    assert '"path": "/official"' in stream.getvalue()
    assert "canary" not in stream.getvalue()
    with listed.database.read() as tx:
        rows = [str(row) for table in metadata.sorted_tables for row in tx.connection.execute(select(table)).all()]
    assert rows
    assert not [row for row in rows if "canary" in row]
    reply = http.get("/official", params={"q": "canary-question.test"})
    assert reply.headers["cache-control"] == "no-store"
    assert "canary" not in str(reply.headers)


def test_a_network_that_asks_without_end_waits(listed: House, http: TestClient, clock: SettableClock) -> None:
    for _ in range(120):
        assert http.get("/official", params={"q": "x.test"}).status_code == 200
    stopped = http.get("/official", params={"q": "x.test"})
    assert stopped.status_code == 429
    assert "Retry-After" in stopped.headers
    assert http.get("/official").status_code == 200  # the list itself is for everybody
    assert client_of(listed, "192.0.2.7").get("/official", params={"q": "x.test"}).status_code == 200
    clock.advance(timedelta(minutes=1))
    assert http.get("/official", params={"q": "x.test"}).status_code == 200


class TestSigned:
    def verified(self, told: dict[str, Any]) -> dict[str, Any]:
        """As docs/operating.md says a program does it."""
        header, payload, signature = told["jws"].split(".")
        head = json.loads(decoded(header))
        assert (head["alg"], head["typ"]) == ("EdDSA", "official-channels+jws")
        (key,) = [each for each in told["keys"] if each["kid"] == head["kid"]]
        public = Ed25519PublicKey.from_public_bytes(decoded(key["x"]))
        public.verify(decoded(signature), f"{header}.{payload}".encode())
        content: dict[str, Any] = json.loads(decoded(payload))
        return content

    def test_the_signature_covers_all_that_the_page_says(self, http: TestClient, clock: SettableClock) -> None:
        told = document(http)
        content = self.verified(told)
        assert content["channels"] == told["channels"]
        assert content["iss"] == told["issuer"] == "http://localhost:8080"
        assert content["iat"] == int(clock().timestamp())
        assert content["exp"] - content["iat"] == 7 * 86_400
        assert {"kind": "handle", "value": "@WatchwordHelp", "place": "X", "note": "Answers & news"} in told["channels"]
        page = http.get("/official").text
        assert told["keys"][-1]["kid"] in page
        assert all(channel["value"] in page for channel in told["channels"])

    def test_a_list_that_was_changed_does_not_verify(self, http: TestClient) -> None:
        told = document(http)
        header, payload, signature = told["jws"].split(".")
        forged = json.loads(decoded(payload))
        forged["channels"].append({"kind": "domain", "value": "evil.test"})
        other = base64.urlsafe_b64encode(json.dumps(forged).encode()).rstrip(b"=").decode()
        with pytest.raises(InvalidSignature):
            self.verified({**told, "jws": f"{header}.{other}.{signature}"})

    def test_no_private_part_is_told(self, http: TestClient) -> None:
        assert all(set(key) == {"kty", "crv", "x", "alg", "use", "kid"} for key in document(http)["keys"])


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_a_list_that_would_mislead_stops_the_start(database_url: str, tmp_path: Path, clock: SettableClock) -> None:
    file = tmp_path / "channels.toml"
    file.write_text('[[channel]]\nkind = "domain"\nvalue = "https://a.example"\n')
    with pytest.raises(Misconfigured, match="domain"), open_house(database_url, tmp_path, clock, channels_file=file):
        pass
