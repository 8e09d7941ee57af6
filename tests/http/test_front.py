"""What is answered before the guards is what the guards would have let through, and the answer is the same to the byte.

The same bytes go to two servers of one house: one that answers at once where it may, and one that knows only the long
way. A third answers before the guards too, but as an application, as where the server asks nobody at once.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_network

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from tests.support.acts import ONLY_SQLITE, session_of
from tests.support.house import Person
from tests.support.served import statuses
from tests.support.ways import requests_counted, ways
from watchword.app import web_application
from watchword.serving import edge_plan
from watchword.web.edge import guarded
from watchword.web.edge.front import WithQuick
from watchword.web.edge.guarded import Guarded

pytestmark = ONLY_SQLITE

PATH = b"/api/v1/session"
END = b"GET /assets/none HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"
Line = bytes


def request(*lines: Line, method: bytes = b"GET", path: bytes = PATH, version: bytes = b"1.1") -> bytes:
    body = b"".join(b"x" * int(line[15:]) for line in lines if re.fullmatch(rb"Content-Length: \d", line))
    return b"\r\n".join((method + b" " + path + b" HTTP/" + version, *lines, b"", body))


HOST, BEARER, COOKIE = b"Host: HOST", b"Authorization: Bearer TOKEN", b"Cookie: session=TOKEN"
ODD: Sequence[bytes] = (
    request(HOST, BEARER),
    request(HOST, b"AUTHORIZATION:   bEaReR TOKEN  "),
    request(HOST, b"Authorization: Bearer  TOKEN\t"),
    request(HOST, BEARER, BEARER),
    request(HOST, BEARER, COOKIE),
    request(HOST, COOKIE),
    request(HOST, b"Cookie: a=b; session=TOKEN; session=TOKEN"),
    request(HOST, b"Authorization: Bearer TOKEN\xc3\xa9"),
    request(HOST, b"Authorization: Bearer \xff"),
    request(HOST, b"Authorization: Bearer"),
    request(HOST),
    request(BEARER),
    request(HOST, HOST, BEARER),
    request(b"Host: HOSTx", BEARER),
    request(b"Host: LOCALHOST:8080", BEARER),
    request(b"Host: ", BEARER),
    request(HOST, BEARER, path=PATH + b"?"),
    request(HOST, BEARER, path=PATH + b"?a=b&a=%00"),
    request(HOST, BEARER, path=PATH + b"#x"),
    request(HOST, BEARER, path=PATH + b"/"),
    request(HOST, BEARER, path=b"/" + PATH),
    request(HOST, BEARER, path=b"/api/v1/%73ession"),
    request(HOST, BEARER, path=b"/api/v1/./session"),
    request(HOST, BEARER, path=b"/api/v1/Session"),
    request(HOST, BEARER, path=b"http://HOST" + PATH),
    request(HOST, BEARER, path=b"*"),
    *(request(HOST, BEARER, method=method) for method in (b"HEAD", b"POST", b"PATCH", b"OPTIONS", b"TRACE", b"PUT")),
    request(HOST, BEARER, version=b"1.0"),
    request(HOST, BEARER, version=b"2.0"),
    request(HOST, BEARER, b"Connection: close"),
    request(HOST, BEARER, b"Connection: keep-alive", version=b"1.0"),
    request(HOST, BEARER, b"Connection: upgrade, close", b"Upgrade: websocket"),
    request(HOST, BEARER, b"Connection: upgrade, close", b"Upgrade: h2c"),
    request(HOST, BEARER, b"Expect: 100-continue"),
    request(HOST, BEARER, b"Content-Length: 0"),
    request(HOST, BEARER, b"Content-Length: 3"),
    request(HOST, BEARER, b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
    request(HOST, BEARER, b"Transfer-Encoding: gzip"),
    request(HOST, BEARER, b"Content-Length: 0", b"Transfer-Encoding: chunked"),
    request(HOST, BEARER, b"X-Forwarded-For: 203.0.113.9"),
    request(HOST, BEARER, b"X-Forwarded-For: 203.0.113.9, 127.0.0.1", b"X-Forwarded-Proto: https"),
    request(HOST, BEARER, b"X-Forwarded-For: nobody", b"X-Forwarded-Proto: https"),
    request(HOST, BEARER, b"X-Forwarded-Proto: https", b"X-Forwarded-Proto: http"),
    request(HOST, BEARER, b"X-Forwarded-Proto:  HTTPS "),
    request(HOST, BEARER, b"Forwarded: for=203.0.113.9"),
    request(HOST, BEARER, b"Sec-Fetch-Site: cross-site", b"Origin: https://elsewhere.example"),
    request(HOST, BEARER, b"Accept: text/html", b"If-None-Match: *", b"Range: bytes=0-1"),
    request(HOST, BEARER, b"A: " + b"x" * 20_000),
    request(HOST, BEARER, *(b"A%d: b" % number for number in range(70))),
    request(HOST, BEARER, b"Bad Header: x"),
    request(HOST, BEARER) * 3,
    request(HOST, BEARER) + request(HOST, path=b"/api/v1/devices") + request(HOST, BEARER),
    request(HOST, path=b"/api/v1/devices") + request(HOST, BEARER) * 2,
)
PROXIED = {
    "public_url": "https://door.example",
    "proxies": (ip_network("127.0.0.0/8"),),
    "refuses_forwarding": False,
}
PLANS = pytest.mark.parametrize("plan", [{}, PROXIED], ids=["in development", "behind a proxy"])


@PLANS
def test_odd_requests_are_answered_the_same_either_way(person: Person, plan: dict[str, object]) -> None:
    with ways(person, **plan) as found:
        seen = {status for odd in ODD for status in statuses(found.ask(odd + END))}
        assert {200, 400, 401, 404, 405, 421, 431} <= seen
        counted = [requests_counted(registry) for registry in found.registries]
        assert counted[0] == counted[1] == counted[2]


_LINES = st.sampled_from(
    [
        HOST,
        BEARER,
        COOKIE,
        b"Host: other",
        b"Authorization: Basic x",
        b"Cookie: session=x; a=b",
        b"Accept: text/html",
        b"Connection: close",
        b"Content-Length: 0",
        b"Content-Length: 2",
        b"X-Forwarded-For: 203.0.113.9",
        b"X-Forwarded-Proto: https",
        b"X-Forwarded-Proto: http",
        b"X-Real-IP: 203.0.113.9",
        b"Origin: null",
        b"Device-Token: TOKEN",
    ]
)
_REQUESTS = st.builds(
    lambda first, lines, method, path: request(*first, *lines, method=method, path=path),
    st.sampled_from([(HOST, BEARER), (HOST, COOKIE), (HOST,), ()]),
    st.lists(_LINES, max_size=3),
    st.sampled_from([b"GET", b"GET", b"GET", b"HEAD", b"POST", b"get"]),
    st.sampled_from([PATH, PATH, PATH + b"?x=1", PATH + b"/", b"/api//v1/session", b"/api/v1/session%20"]),
)


@PLANS
def test_whatever_is_sent_is_answered_the_same_either_way(person: Person, plan: dict[str, object]) -> None:
    with ways(person, **plan) as found:

        @settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(sent=_REQUESTS)
        def the_same(sent: bytes) -> None:
            found.ask(sent + END)

        the_same()


def test_an_ordinary_request_is_answered_at_once(person: Person) -> None:
    with ways(person) as found:
        assert statuses(found.ask(request(HOST, BEARER, b"Connection: close"))) == [200]
    app = guarded(web_application(person.house), edge_plan(person.house.settings, CollectorRegistry()))
    scope = asked(person)
    assert app.at_once is not None
    answer = app.at_once(scope)
    assert answer is not None
    assert answer.endswith(b'Z"}')
    assert app.at_once({**scope, "headers": scope["headers"][:1]}) is None


def test_where_only_proxies_ask_nothing_is_answered(person: Person) -> None:
    session_of(person)
    inner: WithQuick = replace(web_application(person.house), apart=80)
    app: Guarded = guarded(inner, edge_plan(person.house.settings, CollectorRegistry()))
    assert app.at_once is not None
    assert app.at_once(asked(person)) is None
    assert app.at_once({**asked(person), "server": ("127.0.0.1", 81)}) is not None


def asked(person: Person) -> dict:
    return {
        "type": "http",
        "method": "GET",
        "path": PATH.decode(),
        "raw_path": PATH,
        "scheme": "http",
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 80),
        "headers": [
            (b"host", person.house.settings.public_url.partition("://")[2].encode()),
            (b"authorization", b"Bearer " + person.session.encode()),
        ],
    }
