"""Each guard by itself: whose address counts, whose requests are ours, what every reply carries, what a log may say."""

import io
import ipaddress
import json
import logging
import ssl
from datetime import timedelta
from typing import Any

import pytest
import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from prometheus_client import CollectorRegistry

from tests.support.served import served, statuses
from watchword.foundation.clock import system_clock
from watchword.foundation.errors import Misconfigured
from watchword.foundation.secret import Secret
from watchword.web.edge import EdgePlan, guarded
from watchword.web.edge.addresses import NOWHERE, client_address, read_hop
from watchword.web.edge.bodies import BodyLimit
from watchword.web.edge.logs import configure_logging
from watchword.web.edge.metrics import RequestMetrics
from watchword.web.edge.operations import Operations
from watchword.web.edge.requests import shown_path
from watchword.web.edge.response_headers import content_policy

ORIGIN = "https://door.example"
PROXIES = [ipaddress.ip_network("10.0.0.0/24"), ipaddress.ip_network("2001:db8:1::/48")]


class Caller:
    """Calls an ASGI application once and keeps what came of it."""

    def __init__(self, **plan) -> None:
        self.reached: list[dict] = []
        self.replies: list[dict] = []
        self.answered: list[tuple[bytes, bytes]] = []
        metrics = RequestMetrics(CollectorRegistry())
        whole: dict[str, Any] = {
            "public_url": ORIGIN,
            "proxies": PROXIES,
            "new_request_id": lambda: "r",
            "metrics": metrics,
        } | plan
        self.app = guarded(self.inner, EdgePlan(**whole))

    async def inner(self, scope, receive, send) -> None:
        self.reached.append({"type": scope["type"], "scheme": scope.get("scheme"), **scope.get("state", {})})
        await send({"type": "http.response.start", "status": 200, "headers": self.answered})
        await send({"type": "http.response.body", "body": b""})

    async def __call__(
        self, *headers: str, method="GET", path="/", peer="10.0.0.1", scheme="http", host="door.example"
    ):
        lines = [f"host: {host}", *headers]
        pairs = [(n.lower().encode(), v.strip().encode()) for n, _, v in (line.partition(":") for line in lines)]
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": pairs,
            "scheme": scheme,
            "client": (peer, 4711) if peer else None,
        }
        self.replies.clear()
        self.reached.clear()

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            self.replies.append(message)

        await self.app(scope, receive, send)
        return self.replies[0]["status"]

    @property
    def headers(self) -> dict[str, str]:
        named = [(name.decode(), value.decode()) for name, value in self.replies[0]["headers"]]
        assert len(named) == len(dict(named))
        return dict(named)


class TestClientAddress:
    @pytest.mark.parametrize(
        ("peer", "hops", "client"),
        [
            ("198.51.100.7", [], "198.51.100.7"),
            ("198.51.100.7", ["203.0.113.9"], "198.51.100.7"),
            ("10.0.0.1", [], "10.0.0.1"),
            ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", ["1.1.1.1", "203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", ["203.0.113.9", "10.0.0.2"], "203.0.113.9"),
            ("10.0.0.1", ["1.1.1.1", "203.0.113.9", "10.0.0.2", "10.0.0.3"], "203.0.113.9"),
            ("10.0.0.1", ["10.0.0.9", "10.0.0.2"], "10.0.0.9"),
            ("10.0.0.1", ["garbage", "203.0.113.9"], "203.0.113.9"),
            ("::ffff:10.0.0.1", ["::ffff:203.0.113.9"], "203.0.113.9"),
            ("2001:db8:1::1", ["2001:db8:9::1"], "2001:db8:9::1"),
            ("10.0.1.1", ["203.0.113.9"], "10.0.1.1"),
        ],
    )
    def test_the_right_most_hop_that_is_not_ours(self, peer, hops, client):
        from watchword.foundation.client import read_address

        assert str(client_address(read_address(peer), hops, PROXIES)) == client

    @pytest.mark.parametrize(
        ("text", "read"),
        [
            (" 203.0.113.9 ", "203.0.113.9"),
            ("203.0.113.9:4711", "203.0.113.9"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[::ffff:203.0.113.9]:1", "203.0.113.9"),
        ],
    )
    def test_addresses_as_proxies_write_them(self, text, read):
        assert str(read_hop(text)) == read

    @pytest.mark.parametrize("text", ["", "unknown", "1.2.3", "1.2.3.4:x", "[::1", "[::1]x", "1.2.3.4:1:2", "a,b"])
    def test_anything_else_is_no_address(self, text):
        with pytest.raises(ValueError):
            read_hop(text)

    async def test_handlers_see_the_client_and_https(self):
        caller = Caller()
        assert await caller("x-forwarded-for: 6.6.6.6", "x-forwarded-for: 203.0.113.9, 10.0.0.7") == 200
        assert str(caller.reached[0]["client_address"]) == "203.0.113.9"
        assert caller.reached[0]["scheme"] == "https"

    async def test_a_stranger_who_names_another_address_is_himself(self):
        caller = Caller()
        assert await caller("x-forwarded-for: 203.0.113.9", peer="198.51.100.7", scheme="https") == 200
        assert str(caller.reached[0]["client_address"]) == "198.51.100.7"

    async def test_a_hop_of_ours_that_sends_nonsense_is_refused(self):
        caller = Caller()
        assert await caller("x-forwarded-for: 203.0.113.9, nonsense") == 400
        assert caller.reached == []

    async def test_a_peer_without_an_address_is_nobody(self):
        caller = Caller(proxies=[])
        assert await caller(peer=None, scheme="https") == 200
        assert caller.reached[0]["client_address"] == NOWHERE
        assert await caller(peer="unix", scheme="https") == 200
        assert caller.reached[0]["client_address"] == NOWHERE


class TestHttpsOnly:
    async def test_plain_http_is_refused_and_not_redirected(self):
        caller = Caller()
        assert await caller(peer="198.51.100.7") == 403
        assert "location" not in caller.headers
        assert caller.reached == []

    async def test_a_stranger_can_not_claim_to_be_encrypted(self):
        caller = Caller()
        assert await caller("x-forwarded-proto: https", peer="198.51.100.7") == 403

    @pytest.mark.parametrize(
        ("said", "status"), [(["https"], 200), (["HTTPS"], 200), ([], 200), (["http"], 403), (["https", "http"], 403)]
    )
    async def test_our_proxy_answers_for_its_side_unless_it_took_http(self, said, status):
        caller = Caller()
        assert await caller(*(f"x-forwarded-proto: {value}" for value in said)) == status

    async def test_in_development_http_will_do(self):
        caller = Caller(public_url="http://door.example", proxies=[])
        assert await caller(peer="127.0.0.1") == 200
        assert "strict-transport-security" not in caller.headers


class TestSameOrigin:
    @pytest.mark.parametrize(
        "headers",
        [
            [],
            ["authorization: Bearer x"],
            ["cookie: a=b", "sec-fetch-site: same-origin"],
            ["cookie: a=b", "sec-fetch-site: same-origin", "origin: null"],
            ["cookie: a=b", "sec-fetch-site: same-origin", f"origin: {ORIGIN}"],
            ["cookie: a=b", f"origin: {ORIGIN}"],
            [f"origin: {ORIGIN}"],
        ],
    )
    async def test_our_own_pages_and_apps_pass(self, headers):
        caller = Caller()
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert await caller(*headers, method=method) == 200

    @pytest.mark.parametrize(
        "headers",
        [
            ["cookie: a=b"],
            ["cookie: a=b", "sec-fetch-site: cross-site"],
            ["cookie: a=b", "sec-fetch-site: same-site"],
            ["cookie: a=b", "sec-fetch-site: none"],
            ["cookie: a=b", "sec-fetch-site: SAME-ORIGIN, cross-site"],
            ["cookie: a=b", "sec-fetch-site: same-origin", "sec-fetch-site: cross-site"],
            ["cookie: a=b", "sec-fetch-site: same-origin", "origin: https://evil.example"],
            ["cookie: a=b", "origin: null"],
            ["cookie: a=b", "origin: http://door.example"],
            ["cookie: a=b", "origin: https://door.example.evil.example"],
            ["cookie: a=b", "origin: https://door.example:8443"],
            ["cookie: a=b", f"origin: {ORIGIN}", f"origin: {ORIGIN}"],
            ["cookie: a=b", f"referer: {ORIGIN}/"],
            ["sec-fetch-site: cross-site"],
            ["origin: https://evil.example"],
        ],
    )
    async def test_whatever_another_site_sends_is_refused(self, headers):
        caller = Caller()
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert await caller(*headers, method=method) == 403
            assert caller.reached == []
        assert await caller(*headers, method="GET") == 200

    async def test_a_method_in_a_header_is_not_a_method(self):
        caller = Caller()
        assert await caller("cookie: a=b", "x-http-method-override: POST") == 200


class TestReplyHeaders:
    async def test_all_of_them(self):
        caller = Caller()
        await caller()
        assert caller.headers == {
            "request-id": "r",
            "cache-control": "no-store",
            "content-security-policy": (
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
                "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
                "frame-ancestors 'none'; upgrade-insecure-requests"
            ),
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "no-referrer",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "origin-agent-cluster": "?1",
            "permissions-policy": caller.headers["permissions-policy"],
            "strict-transport-security": "max-age=63072000; includeSubDomains",
        }
        assert "camera=()" in caller.headers["permissions-policy"]

    @pytest.mark.parametrize(
        ("human", "host"), [("turnstile", "challenges.cloudflare.com"), ("hcaptcha", "hcaptcha.com")]
    )
    def test_the_policy_widens_only_for_a_provider_that_is_set(self, human, host):
        assert "http" not in content_policy(human="altcha", https=True).replace("-https", "")
        wide = content_policy(human=human, https=True)
        assert f"script-src 'self' https://{host}" in wide
        assert f"frame-src https://{host}" in wide
        assert "unsafe" not in wide
        assert "default-src 'none'" in wide

    async def test_only_assets_may_be_kept_and_only_those_that_are_there(self):
        caller = Caller()
        caller.answered = [(b"Cache-Control", b"public, max-age=31536000, immutable"), (b"x-frame-options", b"ALLOW")]
        await caller(path="/assets/main-1.js")
        assert caller.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        await caller(path="/sign-in")
        assert caller.headers["cache-control"] == "no-store"
        assert "Cache-Control" not in caller.headers
        await caller(path="/assets/../x")
        assert caller.headers["cache-control"] == "no-store"

    async def test_a_websocket_is_closed(self):
        caller = Caller()
        sent = []

        async def send(message):
            sent.append(message)

        await caller.app({"type": "websocket", "path": "/", "headers": []}, None, send)  # type: ignore[arg-type]
        assert sent == [{"type": "websocket.close", "code": 1008}]


class TestBodies:
    async def call(self, messages, *, seconds=0.05, limit=10):
        """What came of a body that arrives so; None among the messages stands for waiting without end."""
        import asyncio

        received, replies = [], []

        async def inner(scope, receive, send):
            received.append(await receive())
            received.append(await receive())

        async def receive():
            message = messages.pop(0)
            if message is None:
                await asyncio.Event().wait()
            return message

        async def send(message):
            replies.append(message)

        scope = {"type": "http", "path": "/", "headers": [(b"transfer-encoding", b"chunked")]}
        await BodyLimit(app=inner, limit=limit, seconds=seconds)(scope, receive, send)
        return received, replies

    async def test_a_body_comes_in_one_piece_and_then_the_end(self):
        piece = {"type": "http.request", "body": b"ab", "more_body": True}
        last = {"type": "http.request", "body": b"c"}
        gone = {"type": "http.disconnect"}
        received, _ = await self.call([piece, last, gone])
        assert received == [{"type": "http.request", "body": b"abc", "more_body": False}, gone]

    async def test_a_body_that_trickles_is_given_up(self):
        piece = {"type": "http.request", "body": b"ab", "more_body": True}
        received, replies = await self.call([piece, None])
        assert received == []
        assert replies[0]["status"] == 408
        assert (b"connection", b"close") in replies[0]["headers"]

    async def test_a_client_that_left_gets_no_reply(self):
        assert await self.call([{"type": "http.disconnect"}]) == ([], [])


class TestLogs:
    @pytest.fixture
    def log(self):
        stream = io.StringIO()
        kept, root = structlog.get_config(), logging.getLogger()
        handlers, level = root.handlers, root.level
        configure_logging("info", readable=False, stream=stream)
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
        structlog.configure(**kept)
        root.handlers, root.level = handlers, level

    def test_what_is_secret_or_personal_is_masked(self, log):
        structlog.get_logger().info(
            "tried",
            account="a1",
            attempts=2,
            passphrase="hunter2",
            session_token="hunter2",
            client_address="203.0.113.9",
            other=Secret("hunter2"),
            things=[1, Secret("hunter2")],
            unknown=object(),
        )
        (line,) = log()
        assert line.pop("timestamp").endswith("Z")
        assert line == {
            "event": "tried",
            "level": "info",
            "account": "a1",
            "attempts": 2,
            "passphrase": "…",
            "session_token": "…",
            "client_address": "…",
            "other": "…",
            "things": [1, "…"],
            "unknown": "object",
        }

    def test_an_exception_shows_its_kind_and_place_never_its_words(self, log):
        try:
            try:
                raise ValueError("hunter2")
            except ValueError as inner:
                raise RuntimeError("hunter2") from inner
        except RuntimeError as failure:
            structlog.get_logger().error("failed", exc_info=failure)
            logging.getLogger("somebody.else").exception("it broke")
        ours, theirs = log()
        for line in (ours, theirs):
            assert line["kinds"] == ["RuntimeError", "ValueError"]
            assert "test_an_exception_shows" in line["frames"][0]
        assert "hunter2" not in json.dumps([ours, theirs])

    def test_chatter_of_other_libraries_is_left_out(self, log):
        logging.getLogger("somebody.else").info("chatter")
        structlog.get_logger().debug("chatter")
        assert log() == []

    @pytest.mark.parametrize(
        ("path", "status", "shown"),
        [
            ("/sign-in", 200, "/sign-in"),
            ("/api/v1/passages/" + "a" * 26 + "/proofs", 200, "/api/v1/passages/…/proofs"),
            ("/freeze/" + "a" * 43, 200, "/freeze/…"),
            ("/name@door.example", 404, "…"),
        ],
    )
    def test_paths_keep_neither_ids_nor_tokens(self, path, status, shown):
        assert shown_path(path, status) == shown

    async def test_a_request_is_one_line_without_query_or_address(self, log):
        caller = Caller(quiet=frozenset({"/quiet"}))
        await caller("x-forwarded-for: 203.0.113.9", path="/sign-in")
        await caller(path="/quiet")
        (line,) = log()
        assert {name: line[name] for name in ("event", "request", "method", "path", "status")} == {
            "event": "request",
            "request": "r",
            "method": "GET",
            "path": "/sign-in",
            "status": 200,
        }
        assert "203.0.113.9" not in json.dumps(line)


def certificate(directory):
    """A certificate for localhost, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    begin = system_clock()
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin - timedelta(hours=1))
        .not_valid_after(begin + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert, secret = directory / "cert.pem", directory / "key.pem"
    cert.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert, secret


async def hello(scope, receive, send) -> None:
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["scheme"].encode()})


async def always() -> bool:
    return True


class TestTls:
    def test_https_is_served_directly_with_today_s_versions_only(self, tmp_path):
        cert, key = certificate(tmp_path)
        context = ssl.create_default_context(cafile=cert)
        operations = Operations(ready=always, registry=CollectorRegistry())
        with served(hello, operations, context=context, tls_cert=cert, tls_key=key) as server:
            assert server.get().body.endswith(b"https\r\n0\r\n\r\n")
            with server.connect() as connection:
                assert isinstance(connection, ssl.SSLSocket)
                assert connection.version() == "TLSv1.3"
            weak = ssl.create_default_context(cafile=cert)
            weak.maximum_version = ssl.TLSVersion.TLSv1_2
            weak.set_ciphers("AES128-SHA:AES256-GCM-SHA384:@SECLEVEL=0")
            server.context = weak
            with pytest.raises(ssl.SSLError):
                server.connect()
            server.context = None
            assert statuses(server.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")) == []

    def test_a_key_of_another_certificate_stops_the_start(self, tmp_path):
        cert, _ = certificate(tmp_path)
        (tmp_path / "other").mkdir()
        _, key = certificate(tmp_path / "other")
        operations = Operations(ready=always, registry=CollectorRegistry())
        with (
            pytest.raises(Misconfigured, match="do not belong together"),
            served(hello, operations, tls_cert=cert, tls_key=key),
        ):
            pass
