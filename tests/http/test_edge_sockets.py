"""The edge as the network meets it: raw bytes to the real server. What it answers, and what never reaches a handler."""

import asyncio
import json
import socket

import pytest
from prometheus_client import CollectorRegistry

from tests.support.served import Reply, Served, read_all, served, statuses
from watchword.foundation.errors import Misconfigured
from watchword.web.edge.asgi import App
from watchword.web.edge.bodies import LIMIT
from watchword.web.edge.guarded import EdgePlan, guarded
from watchword.web.edge.metrics import RequestMetrics
from watchword.web.edge.operations import Operations
from watchword.web.edge.protocol import HEAD_BYTES
from watchword.web.edge.response_headers import fixed_headers
from watchword.web.edge.server import listen

FIXED = fixed_headers(human="altcha", https=False)
WHOLE = b"GET / HTTP/1.1\r\nHost: HOST\r\n\r\n"


async def always() -> bool:
    return True


class Inner:
    """What the guards protect: notes what reached it and says so."""

    def __init__(self) -> None:
        self.seen: list[dict] = []

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": f"{message['type']}.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        named = {name: scope[name] for name in ("path", "raw_path", "query_string", "method", "state")}
        self.seen.append({**named, "body": body})
        if scope["path"] == "/fails":
            raise RuntimeError("hunter2")
        headers = [(b"content-type", b"text/plain"), (b"cache-control", b"max-age=60"), (b"x-frame-options", b"ALLOW")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if scope["path"] == "/fails/late":
            raise RuntimeError("hunter2")
        await send({"type": "http.response.body", "body": b"inside"})


class Edge:
    """The guarded application under the address its server happens to get."""

    def __init__(self, inner: Inner, registry: CollectorRegistry) -> None:
        self.inner = inner
        self.metrics = RequestMetrics(registry)
        self.app: App | None = None
        self.ids = iter(range(10**6))

    def at(self, port: int) -> None:
        self.app = guarded(
            self.inner,
            EdgePlan(
                public_url=f"http://localhost:{port}",
                refuses_forwarding=True,
                new_request_id=lambda: f"request{next(self.ids)}",
                metrics=self.metrics,
            ),
        )

    async def __call__(self, scope, receive, send) -> None:
        await (self.app or self.inner)(scope, receive, send)


@pytest.fixture(scope="module")
def running():
    inner, registry = Inner(), CollectorRegistry()
    edge = Edge(inner, registry)

    async def ready() -> bool:
        return not any(seen["path"] == "/broken" for seen in inner.seen)

    with served(edge, Operations(ready=ready, registry=registry), connections=40, headers=FIXED) as server:
        edge.at(server.port)
        yield server, inner


@pytest.fixture
def server(running) -> Served:
    return running[0]


@pytest.fixture
def inner(running) -> Inner:
    running[1].seen.clear()
    return running[1]


class TestOrdinary:
    def test_a_plain_request_passes(self, server, inner):
        reply = server.get(b"/sign-in")
        assert (reply.status, reply.body) == (200, b"6\r\ninside\r\n0\r\n\r\n")
        assert [seen["path"] for seen in inner.seen] == ["/sign-in"]
        assert str(inner.seen[0]["state"]["client_address"]) == "127.0.0.1"

    def test_it_does_not_name_its_server_and_names_each_request(self, server):
        reply = server.get()
        assert reply.all("server") == []
        assert reply["request-id"].startswith("request")

    def test_the_security_headers_replace_what_a_handler_set(self, server):
        reply = server.get()
        assert reply["x-frame-options"] == "DENY"
        assert reply["cache-control"] == "no-store"
        assert reply["content-security-policy"].startswith("default-src 'none'; script-src 'self'")

    def test_two_requests_in_one_breath_are_both_answered(self, server, inner):
        one = b"GET /a HTTP/1.1\r\nHost: HOST\r\n\r\n"
        last = b"GET /b HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"
        assert statuses(server.send(one + last)) == [200, 200]
        assert [seen["path"] for seen in inner.seen] == ["/a", "/b"]

    def test_a_body_arrives_whole_plain_or_in_chunks(self, server, inner):
        server.get(b"/a", method=b"POST", body=b"abcdef")
        server.send(
            b"POST /a HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"
        )
        assert [seen["body"] for seen in inner.seen] == [b"abcdef", b"abcdef"]


class TestHost:
    @pytest.mark.parametrize(
        ("lines", "status"),
        [
            ([], 400),
            ([b"Host:"], 400),
            ([b"Host: HOST", b"Host: HOST"], 400),
            ([b"Host: HOST", b"Host: evil.example"], 400),
            ([b"Host: evil.example"], 421),
            ([b"Host: localhost"], 421),
            ([b"Host: localhost:1"], 421),
            ([b"Host: HOST."], 421),
            ([b"Host: HOST/"], 421),
            ([b"Host: HOST@evil.example"], 421),
            ([b"Host: evil.example#HOST"], 421),
            ([b"Host: HOST, evil.example"], 421),
            ([b"Host: http://HOST"], 421),
            ([b"Host: 127.0.0.1"], 421),
            ([b"Host: [::1]"], 421),
            ([b"Host: \xff\xfe"], 421),
        ],
    )
    def test_any_other_host_is_refused_and_not_echoed(self, server, inner, lines, status):
        raw = server.send(b"\r\n".join([b"GET / HTTP/1.1", b"Connection: close", *lines]) + b"\r\n\r\n")
        reply = Reply(raw)
        assert reply.status == status
        assert b"evil" not in raw
        assert not reply.all("location")
        assert reply.all("content-security-policy")
        assert inner.seen == []

    def test_the_case_of_a_host_does_not_matter(self, server):
        reply = Reply(server.send(b"GET / HTTP/1.1\r\nHost: LocalHost:%d\r\nConnection: close\r\n\r\n" % server.port))
        assert reply.status == 200

    def test_an_old_request_without_a_host_is_refused(self, server, inner):
        assert statuses(server.send(b"GET / HTTP/1.0\r\n\r\n")) == [400]
        assert inner.seen == []

    @pytest.mark.parametrize("target", [b"http://evil.example/", b"http://HOST/", b"*", b"evil.example:443", b"//"])
    def test_a_target_that_is_no_path_is_refused(self, server, inner, target):
        raw = server.send(b"GET " + target + b" HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n")
        assert statuses(raw) in ([400], [404])
        assert b"evil" not in raw
        assert inner.seen == []

    @pytest.mark.parametrize("method", [b"CONNECT", b"OPTIONS", b"TRACE", b"PROPFIND", b"MADEUP"])
    def test_methods_we_do_not_speak_are_refused(self, server, inner, method):
        target = b"localhost:1" if method == b"CONNECT" else b"/"
        raw = server.send(method + b" " + target + b" HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n")
        assert statuses(raw) in ([400], [405])
        assert inner.seen == []


class TestPaths:
    @pytest.mark.parametrize(
        "path",
        [
            b"//sign-in",
            b"/sign-in/",
            b"/./sign-in",
            b"/guide/../sign-in",
            b"/..",
            b"/sign-in/.",
            b"/%73ign-in",
            b"/sign-in%2f",
            b"/sign-in%00",
            b"/sign-in%0d%0aX:%20y",
            b"/%2e%2e/sign-in",
            b"/sign-in;x=1",
            b"/sign-in\\",
            b"/sign-in%5c",
            b"/%",
            b"/sign-in:80",
            b"/sign-in,x",
        ],
    )
    def test_no_other_spelling_of_a_path_reaches_a_handler(self, server, inner, path):
        assert server.get(path).status == 404
        assert inner.seen == []

    @pytest.mark.parametrize("path", [b"/sign\xc3\xa9", b"/sign in", b"/a\x00b", b"/a\x7fb"])
    def test_a_target_with_bytes_that_no_target_has_is_refused(self, server, inner, path):
        raw = server.send(b"GET " + path + b" HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n")
        assert statuses(raw) in ([400], [404])
        assert inner.seen == []

    @pytest.mark.parametrize("path", [b"/", b"/.well-known/security.txt", b"/a/b-c_d~e/F1", b"/sign-in?a=//b/../%00"])
    def test_plain_paths_pass(self, server, inner, path):
        assert server.get(path).status == 200


class TestSmuggling:
    """RFC 9112, sections 6.3 and 11.2: no request may be read in two ways."""

    @pytest.mark.parametrize(
        "lines",
        [
            [b"Content-Length: 4", b"Transfer-Encoding: chunked"],
            [b"Transfer-Encoding: chunked", b"Content-Length: 4"],
            [b"Content-Length: 4", b"Content-Length: 5"],
            [b"Content-Length: 4", b"Content-Length: 4"],
            [b"Content-Length: 4, 4"],
            [b"Content-Length: +4"],
            [b"Content-Length: -4"],
            [b"Content-Length: 0x4"],
            [b"Content-Length: 99999999999999999999999"],
            [b"Content-Length : 4"],
            [b"Content-Length\x00: 4"],
            [b"Transfer-Encoding: identity"],
            [b"Transfer-Encoding: gzip, chunked"],
            [b"Transfer-Encoding: chunked, identity"],
            [b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"],
            [b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"],
            [b"Transfer-Encoding: xchunked"],
            [b"Transfer-Encoding : chunked"],
            [b"Transfer-Encoding:\x0bchunked"],
            [b"X: y\r\n Transfer-Encoding: chunked"],
            [b"X: y\nTransfer-Encoding: chunked"],
            [b"X: y\rTransfer-Encoding: chunked"],
        ],
    )
    def test_a_request_with_two_readings_is_refused_and_its_tail_never_read(self, server, inner, lines):
        head = b"\r\n".join([b"POST /first HTTP/1.1", b"Host: HOST", *lines])
        tail = b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"
        raw = server.send(head + b"\r\n\r\n" + tail)
        assert len(statuses(raw)) == 1
        assert statuses(raw)[0] in (400, 413, 501)
        assert inner.seen == []

    def test_chunks_belong_to_http_1_1(self, server, inner):
        raw = server.send(b"POST / HTTP/1.0\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        assert statuses(raw) == [501]
        assert inner.seen == []

    @pytest.mark.parametrize("chunk", [b"zz\r\n", b"-1\r\n", b"5\r\nabc\r\n0\r\n\r\n", b"3\nabc\r\n0\r\n\r\n"])
    def test_a_broken_chunk_never_reaches_a_handler(self, server, inner, chunk):
        raw = server.send(b"POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + b"X" * 40)
        assert statuses(raw) == [400]
        assert inner.seen == []

    @pytest.mark.parametrize("version", [b"HTTP/0.9", b"HTTP/2.0", b"HTTP/1.2", b"HTTP/3.0", b"ICY/1.0"])
    def test_other_versions_are_refused(self, server, inner, version):
        raw = server.send(b"GET / " + version + b"\r\nHost: HOST\r\nConnection: close\r\n\r\n")
        assert statuses(raw)[0] in (400, 505)
        assert inner.seen == []

    def test_an_upgrade_is_not_taken(self, server):
        reply = server.get(b"/", b"Upgrade: websocket", b"Sec-WebSocket-Key: x", b"Sec-WebSocket-Version: 13")
        assert reply.status == 200


class TestSizes:
    def test_a_body_at_the_limit_passes_and_one_over_it_is_refused(self, server, inner):
        assert server.get(b"/a", method=b"POST", body=b"x" * LIMIT).status == 200
        assert len(inner.seen[0]["body"]) == LIMIT
        inner.seen.clear()
        assert server.get(b"/a", method=b"POST", body=b"x" * (LIMIT + 1)).status == 413
        assert inner.seen == []

    def test_an_announced_length_is_refused_before_the_body_comes(self, server, inner):
        raw = server.send(b"POST /a HTTP/1.1\r\nHost: HOST\r\nContent-Length: 999999\r\n\r\n")
        assert statuses(raw) == [413]
        assert inner.seen == []

    def test_a_client_that_asks_first_is_told_without_sending(self, server):
        raw = server.send(b"POST /a HTTP/1.1\r\nHost: HOST\r\nExpect: 100-continue\r\nContent-Length: 999999\r\n\r\n")
        assert statuses(raw) == [413]

    def test_chunks_are_counted(self, server, inner):
        chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
        raw = server.send(b"POST /a HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 40)
        assert statuses(raw) == [413]
        assert inner.seen == []

    @pytest.mark.parametrize(
        ("head", "status"),
        [
            (b"GET /" + b"a" * HEAD_BYTES + b" HTTP/1.1\r\nHost: HOST\r\n\r\n", 414),
            (b"GET / HTTP/1.1\r\nHost: HOST\r\nX: " + b"a" * HEAD_BYTES + b"\r\n\r\n", 431),
            (b"GET / HTTP/1.1\r\nHost: HOST\r\n" + b"X: y\r\n" * 100 + b"\r\n", 431),
            (b"GET / HTTP/1.1\r\nHost: HOST\r\nX: " + b"a" * HEAD_BYTES * 2, 431),
        ],
    )
    def test_a_head_without_end_is_refused(self, server, inner, head, status):
        reply = Reply(server.send(head))
        assert reply.status == status
        assert dict(FIXED).items() <= {name.encode(): value.encode() for name, value in reply.headers}.items()
        assert reply["cache-control"] == "no-store"
        assert inner.seen == []


class TestPeople:
    """A browser that shows what it gets is answered by a page; what the request was is left at the guard."""

    def test_a_path_that_is_not_plain(self, server, inner):
        server.get(b"/a/?next=1", b"Accept: text/html", b"Cookie: session=x")
        (seen,) = inner.seen
        assert (seen["path"], seen["raw_path"], seen["query_string"]) == ("/no-such-page", b"/no-such-page", b"")

    def test_a_form_from_elsewhere(self, server, inner):
        heads = (b"Accept: text/html,*/*;q=0.8", b"Sec-Fetch-Site: cross-site")
        server.get(b"/sign-in?a=1", *heads, method=b"POST", body=b"a=b")
        (seen,) = inner.seen
        assert (seen["path"], seen["method"], seen["query_string"]) == ("/from-elsewhere", "GET", b"")

    @pytest.mark.parametrize(("path", "status"), [(b"/api/v1/a/", 404), (b"/a/", 404), (b"/api/v1/a", 403)])
    def test_anybody_else(self, server, inner, path, status):
        accept = b"Accept: text/html" if path.startswith(b"/api/") else b"Accept: */*"
        method = b"POST" if status == 403 else b"GET"
        assert server.get(path, accept, b"Sec-Fetch-Site: cross-site", method=method).status == status
        assert inner.seen == []


class TestSlowness:
    @pytest.mark.parametrize(
        ("sent", "answered"), [(b"", []), (b"GET / HTTP/1.1\r\nHost: ", []), (WHOLE + b"GET / HT", [200])]
    )
    def test_a_head_that_never_ends_is_dropped(self, sent, answered):
        with served(Inner(), Operations(ready=always, registry=CollectorRegistry()), head_seconds=0.2) as hasty:
            assert statuses(hasty.send(sent)) == answered

    def test_more_connections_than_allowed_are_turned_away(self, server):
        opened = [server.connect() for _ in range(41)]
        try:
            opened[-1].sendall(b"GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % server.host)
            reply = Reply(read_all(opened[-1]))
            assert reply.status == 503
            assert reply["retry-after"] == "2"
            assert dict(FIXED).items() <= {name.encode(): value.encode() for name, value in reply.headers}.items()
        finally:
            for connection in opened:
                connection.close()


class TestFailures:
    def test_a_failure_says_nothing_of_itself(self, server, capsys):
        reply = server.get(b"/fails")
        assert reply.status == 500
        assert b"hunter2" not in reply.body
        assert reply["x-frame-options"] == "DENY"

    def test_a_failure_under_the_api_is_a_problem_document(self, server):
        reply = server.get(b"/api/v1/x", b"X-Forwarded-For: 10.0.0.1")
        assert reply["content-type"] == "application/problem+json"
        assert json.loads(reply.body)["code"] == "bad_request"

    def test_a_late_failure_cuts_the_reply_short(self, server):
        assert b"hunter2" not in server.send(b"GET /fails/late HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n")

    @pytest.mark.parametrize(
        "name", [b"Forwarded", b"X-Forwarded-For", b"X-Forwarded-Host", b"X-Forwarded-Proto", b"X-Real-IP"]
    )
    def test_development_refuses_forwarding_headers(self, server, inner, name):
        assert server.get(b"/", name + b": 10.0.0.1").status == 400
        assert inner.seen == []


class TestOperations:
    def ask(self, server: Served, path: bytes, method: bytes = b"GET") -> Reply:
        request = method + b" " + path + b" HTTP/1.1\r\nHost: anything\r\nConnection: close\r\n\r\n"
        return Reply(server.send(request, port=server.operations_port))

    def test_they_are_on_a_bind_of_their_own(self, server, inner):
        assert self.ask(server, b"/healthz").body == b"alive\n"
        assert server.get(b"/healthz").body == b"6\r\ninside\r\n0\r\n\r\n"

    def test_ready_follows_what_it_stands_on(self, server, inner):
        assert (self.ask(server, b"/readyz").status, self.ask(server, b"/readyz").body) == (200, b"ready\n")
        server.get(b"/broken")
        assert self.ask(server, b"/readyz").status == 503

    def test_metrics_count_requests_without_naming_anybody(self, server):
        server.get(b"/some/path")
        text = self.ask(server, b"/metrics").body.decode()
        assert 'watchword_requests_total{method="GET",status="200"}' in text
        assert "/some/path" not in text

    def test_nothing_else_is_there(self, server):
        assert self.ask(server, b"/").status == 404
        assert self.ask(server, b"/healthz", b"POST").status == 405
        assert self.ask(server, b"/healthz", b"HEAD").body == b""


class TestListening:
    def test_localhost_is_both_addresses_of_this_machine_on_one_port(self):
        sockets = listen("localhost", 0)
        assert len({opened.getsockname()[1] for opened in sockets}) == 1
        assert {opened.getsockname()[0] for opened in sockets} <= {"127.0.0.1", "::1"}
        for opened in sockets:
            opened.close()

    def test_a_taken_port_is_said_in_a_sentence(self, server):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            with pytest.raises(Misconfigured, match="can't listen on port"):
                listen("127.0.0.1", other.getsockname()[1])

    @pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
    def test_a_foreign_address_too(self, host):
        with pytest.raises(Misconfigured, match="not an address of this machine"):
            listen(host, 0)


def test_it_stops_within_two_seconds_even_with_an_answer_under_way():
    begun = asyncio.Event()

    async def hangs(scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            await Inner()(scope, receive, send)
            return
        begun.set()
        await asyncio.Event().wait()

    with served(hangs, Operations(ready=always, registry=CollectorRegistry())) as server:
        connection = server.connect()
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        idle = server.connect()
        server.stop()
        connection.settimeout(2)
        assert statuses(read_all(connection)) in ([], [500])
        connection.close()
        idle.close()
