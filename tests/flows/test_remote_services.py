"""Services an operator may ask: Turnstile, hCaptcha, a range mirror of breached passphrases. Real HTTP on loopback."""

import hashlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs

import pytest

from watchword.authenticators.breached import BreachedRange
from watchword.authenticators.human import HumanVerdict, RemoteCheck
from watchword.crypto.keyring import Keyring
from watchword.foundation.proof import Rejection
from watchword.foundation.secret import Secret
from watchword.foundation.terms import PassageId

NOW = datetime(2027, 3, 1, tzinfo=UTC)
STOLEN = "a passphrase that was stolen"


class Service(BaseHTTPRequestHandler):
    """Answers like the services do; what it was sent is kept."""

    reply = b"{}"
    status = 200
    seen: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.seen.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self._answer()

    def do_GET(self) -> None:
        self.seen.append(self.path)
        self._answer()

    def _answer(self) -> None:
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(self.reply)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def service() -> Iterator[tuple[str, type[Service]]]:
    class Fresh(Service):
        seen: ClassVar[list[str]] = []

    server = ThreadingHTTPServer(("127.0.0.1", 0), Fresh)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", Fresh
    server.shutdown()
    thread.join()
    server.server_close()


def check(address: str, keyring: Keyring, *, names_passage: bool = True) -> RemoteCheck:
    return RemoteCheck(
        keyring=keyring,
        verify_url=address,
        site_key="site",
        secret=Secret("operator's secret"),
        hostname="door.example",
        names_passage=names_passage,
    )


def verify(remote: RemoteCheck) -> HumanVerdict | Rejection:
    return remote.verify("token", passage=PassageId("p1"), hardness=0, address="192.0.2.1", now=NOW)


def test_a_solved_check_of_this_passage_is_taken(service: tuple[str, type[Service]], keyring: Keyring) -> None:
    address, handler = service
    handler.reply = b'{"success": true, "hostname": "door.example", "cdata": "p1"}'
    assert isinstance(verify(check(address, keyring)), HumanVerdict)
    sent = parse_qs(handler.seen[0])
    assert (sent["response"], sent["secret"]) == (["token"], ["operator's secret"])


@pytest.mark.parametrize(
    "reply",
    [
        b'{"success": false}',
        b'{"success": "true", "hostname": "door.example", "cdata": "p1"}',
        b'{"success": true, "hostname": "elsewhere.example", "cdata": "p1"}',
        b'{"success": true, "hostname": "door.example", "cdata": "p2"}',
        b'{"success": true, "hostname": "door.example"}',
        b"[]",
        b"not json",
    ],
)
def test_anything_else_is_no_proof(service: tuple[str, type[Service]], keyring: Keyring, reply: bytes) -> None:
    address, handler = service
    handler.reply = reply
    assert isinstance(verify(check(address, keyring)), Rejection)


def test_a_service_that_fails_is_no_proof(service: tuple[str, type[Service]], keyring: Keyring) -> None:
    address, handler = service
    handler.status, handler.reply = 500, b'{"success": true, "hostname": "door.example", "cdata": "p1"}'
    assert isinstance(verify(check(address, keyring)), Rejection)
    assert isinstance(verify(check("http://127.0.0.1:1", keyring)), Rejection)


def test_hcaptcha_has_no_passage_to_name(service: tuple[str, type[Service]], keyring: Keyring) -> None:
    address, handler = service
    handler.reply = b'{"success": true, "hostname": "door.example"}'
    remote = check(address, keyring, names_passage=False)
    assert isinstance(verify(remote), HumanVerdict)
    assert remote.challenge(passage=PassageId("p1"), hardness=0, now=NOW) == {"site_key": "site"}


def test_a_breached_passphrase_is_found_by_five_digits_alone(service: tuple[str, type[Service]]) -> None:
    address, handler = service
    digest = hashlib.sha1(STOLEN.encode()).hexdigest().upper()
    handler.reply = f"{'0' * 35}:7\r\n{digest[5:]}:12\r\n".encode()
    assert STOLEN in BreachedRange(address=address)
    assert handler.seen == [f"/{digest[:5]}"]


def test_padding_and_other_passphrases_are_not(service: tuple[str, type[Service]]) -> None:
    address, handler = service
    digest = hashlib.sha1(STOLEN.encode()).hexdigest().upper()
    handler.reply = f"{digest[5:]}:0\r\n".encode()
    assert STOLEN not in BreachedRange(address=address)
    assert "another passphrase altogether" not in BreachedRange(address=address)


def test_a_mirror_in_trouble_blocks_nobody(service: tuple[str, type[Service]]) -> None:
    address, handler = service
    handler.status = 503
    assert STOLEN not in BreachedRange(address=address)
    assert STOLEN not in BreachedRange(address="http://127.0.0.1:1", within=timedelta(seconds=1))
