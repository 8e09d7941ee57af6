"""A signed request asked about before the guards is answered as the guards would have let it be, to the byte."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from tests.support.acts import ONLY_SQLITE
from tests.support.api_keys import BALANCE, ORDER, ORDERS, Bot, Gateway, make_key
from tests.support.house import Person
from tests.support.served import read_all, statuses
from tests.support.ways import Ways, requests_counted, ways
from watchword.app import web_application
from watchword.serving import edge_plan
from watchword.web.edge import guarded

pytestmark = ONLY_SQLITE

PATH = b"/api/v1/api-requests/verify"
END = b"GET /assets/none HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"
HOST, SERVICE, KIND = b"Host: HOST", b"Authorization: Bearer SERVICE", b"Content-Type: application/json"
PROXIED = {
    "public_url": "https://door.example",
    "proxies": (ip_network("127.0.0.0/8"),),
    "refuses_forwarding": False,
}
PLANS = pytest.mark.parametrize("plan", [{}, PROXIED], ids=["in development", "behind a proxy"])
HTTPS = b"X-Forwarded-Proto: https"


@dataclass
class Asking:
    bot: Bot
    gateway: Gateway

    def known(self) -> None:
        """So that key and service lie in memory, where time does not pass."""
        assert self.gateway.code(self.bot.sign("GET", BALANCE)) == "ok"

    def signed(self, method: str = "GET", target: str = BALANCE, body: bytes = b"", **more: Any) -> bytes:
        return json.dumps({**self.bot.sign(method, target, body), **more}).encode()

    def request(
        self, *lines: bytes, body: bytes | None = None, method: bytes = b"POST", path: bytes = PATH, length: str = "{}"
    ) -> bytes:
        body = self.signed() if body is None else body
        own = () if length == "" else (f"Content-Length: {length.format(len(body))}".encode(),)
        whole = b"\r\n".join((method + b" " + path + b" HTTP/1.1", *lines, *own, b"", body))
        return whole.replace(b"SERVICE", self.gateway.token.encode())

    def usual(self, *lines: bytes, **other: Any) -> bytes:
        return self.request(HOST, SERVICE, KIND, *lines, **other)


@pytest.fixture
def asking(fortified: Person) -> Asking:
    found = Asking(bot=make_key(fortified), gateway=Gateway(fortified.house))
    found.known()
    return found


def odd(asking: Asking, plan: dict[str, Any]) -> Sequence[bytes]:
    """As a proxy of ours passes them on, where there is one."""
    return [each if plan else each.replace(HTTPS + b"\r\n", b"") for each in _odd(asking)]


def _odd(asking: Asking) -> Sequence[bytes]:
    usual, body = asking.usual, asking.signed()
    return (
        usual(),
        usual(HTTPS),
        *(usual(HTTPS, body=each) for each in bodies(asking)),
        asking.request(HOST, SERVICE, HTTPS),
        asking.request(HOST, KIND, HTTPS),
        asking.request(HOST, SERVICE, SERVICE, HTTPS),
        asking.request(HOST, b"Authorization: bEaReR  SERVICE ", HTTPS),
        asking.request(HOST, b"Authorization: Bearer SERVICEx", HTTPS),
        asking.request(HOST, b"Authorization: Basic SERVICE", HTTPS),
        asking.request(HOST, b"Authorization: Bearer SERVICE\xff", HTTPS),
        asking.request(HOST, b"Cookie: session=SERVICE", HTTPS),
        asking.request(SERVICE, HTTPS),
        usual(HOST, HTTPS),
        asking.request(b"Host: elsewhere", SERVICE, HTTPS),
        usual(b"Cookie: a=b", HTTPS),
        usual(b"Origin: https://elsewhere.example", HTTPS),
        usual(b"Origin: https://door.example", HTTPS),
        usual(b"Sec-Fetch-Site: cross-site", HTTPS),
        usual(b"Sec-Fetch-Site: same-origin", HTTPS),
        usual(b"X-Forwarded-For: 203.0.113.9", HTTPS),
        usual(b"X-Forwarded-For: nobody", HTTPS),
        usual(b"X-Forwarded-Proto: http"),
        usual(b"Forwarded: for=203.0.113.9", HTTPS),
        usual(b"Connection: close", HTTPS),
        usual(b"Expect: 100-continue", HTTPS),
        usual(b"Content-Type: text/plain", b"Accept: text/html", HTTPS),
        usual(b"Content-Encoding: gzip", HTTPS),
        usual(HTTPS, path=PATH + b"?"),
        usual(HTTPS, path=PATH + b"?a=b"),
        usual(HTTPS, path=PATH + b"/"),
        usual(HTTPS, path=PATH + b"#a"),
        usual(HTTPS, path=b"/api/v1/api-requests/%76erify"),
        usual(HTTPS, path=b"http://HOST" + PATH),
        *(usual(HTTPS, method=method) for method in (b"GET", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE")),
        usual(HTTPS, length="000{}"),
        usual(HTTPS, length="0000000{}"),
        usual(HTTPS, length="+{}"),
        usual(HTTPS, length="{0}, {0}"),
        usual(b"Content-Length: 5", HTTPS),
        usual(HTTPS, length="99999"),
        usual(HTTPS, length=""),
        usual(b"Transfer-Encoding: chunked", HTTPS),
        usual(b"Transfer-Encoding: chunked", HTTPS, length="", body=b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)),
        usual(
            b"Transfer-Encoding: chunked", HTTPS, length="", body=b"%x\r\n%b\r\n0\r\na: b\r\n\r\n" % (len(body), body)
        ),
        usual(HTTPS) * 3,
        usual(HTTPS) + b"\r\n" + usual(HTTPS),
        usual(HTTPS) + b"rubbish\r\n\r\n",
        usual(HTTPS) + asking.request(HOST, HTTPS) + usual(HTTPS),
        b"GET /api/v1/devices HTTP/1.1\r\nHost: HOST\r\n\r\n" + usual(HTTPS) * 2,
    )


def bodies(asking: Asking) -> Sequence[bytes]:
    signed, bot = asking.signed, asking.bot
    asked = bot.sign("GET", BALANCE)
    whole = json.dumps(asked).encode()
    headers = asked["headers"]
    other = {**headers, "API-SIGN": "A" * 43 + "="}
    return (
        signed(),
        signed("HEAD"),
        signed("GET", "/w?chain=BEP20%28BSC%29"),
        signed(permission="read"),
        signed(permission="withdraw"),
        signed(permission="everything"),
        signed(permission=None),
        signed(client_address="2001:db8::1"),
        signed(client_address="nowhere"),
        signed(headers=list(headers.items())),
        signed(headers={name.lower(): [value] for name, value in headers.items()}),
        signed(headers={name: [value, value] for name, value in headers.items()}),
        signed(headers={**headers, "api-key": headers["API-KEY"]}),
        signed(headers={**headers, "API-KEY-VERSION": "1"}),
        signed(headers={**headers, "API-PASSPHRASE": "wrong"}),
        signed(headers={**headers, "API-KEY": "wwk_nobody"}),
        signed(headers={}),
        signed(headers=other),
        signed("POST", ORDERS, ORDER, headers=other),
        signed("GET", BALANCE, b"{}"),
        signed(body_base64="!"),
        signed(body_base64=None),
        signed(more=1),
        signed(method="get"),
        json.dumps(asked, indent=2).encode(),
        whole[:-1] + b',"method":"GET"}',
        whole.decode().encode("utf-16"),
        b"\xef\xbb\xbf" + whole,
        b" " + whole,
        whole + b" ",
        whole + b" " * 65_536,
        whole[:-1],
        whole[:-1] + b',"permission":NaN}',
        b"[" * 9000,
        b"{}",
        b"null",
        b"\xff",
        b"",
        json.dumps(bot.off_by(-6000).sign("GET", BALANCE)).encode(),
        json.dumps(bot.off_by(2000).sign("GET", BALANCE)).encode(),
    )


@PLANS
def test_odd_requests_are_answered_the_same_either_way(asking: Asking, plan: dict[str, Any]) -> None:
    with ways(asking.bot.person, **plan) as found:
        seen = {status for each in odd(asking, plan) for status in statuses(found.ask(each + END))}
        assert {200, 400, 401, 403, 404, 405, 413, 421, 422} <= seen
        counted = [requests_counted(registry) for registry in found.registries]
        assert counted[0] == counted[1] == counted[2]


_LINES = st.sampled_from(
    [
        HOST,
        SERVICE,
        KIND,
        b"Cookie: a=b",
        b"Origin: null",
        b"Sec-Fetch-Site: same-origin",
        b"Content-Length: 2",
        b"Connection: close",
        b"X-Forwarded-For: 203.0.113.9",
        HTTPS,
        b"Transfer-Encoding: chunked",
        b"Accept: text/html",
    ]
)


@PLANS
def test_whatever_is_sent_is_answered_the_same_either_way(asking: Asking, plan: dict[str, Any]) -> None:
    requests = st.builds(
        lambda first, lines, body, method: asking.request(*first, *lines, body=body, method=method),
        st.sampled_from([(HOST, SERVICE, HTTPS), (HOST, SERVICE), (HOST,), ()]),
        st.lists(_LINES, max_size=3),
        st.one_of(st.just(asking.signed()), st.sampled_from(bodies(asking)), st.binary(max_size=40)),
        st.sampled_from([b"POST", b"POST", b"POST", b"GET", b"PUT"]),
    )
    with ways(asking.bot.person, **plan) as found:

        @settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(sent=requests)
        def the_same(sent: bytes) -> None:
            found.ask(sent + END)

        the_same()


def test_a_body_that_comes_later_is_waited_for(asking: Asking) -> None:
    with ways(asking.bot.person) as found:
        first, rest = asking.usual(b"Connection: close")[:-40], asking.usual(b"Connection: close")[-40:]
        ordinary = b"GET /api/v1/session HTTP/1.1\r\nHost: HOST\r\nAuthorization: Bearer TOKEN\r\n\r\n"
        assert _in_two(found, ordinary + first, rest).count(b"HTTP/1.1 200 OK\r\n") == 2


def _in_two(found: Ways, first: bytes, rest: bytes) -> bytes:
    """The rest is sent once what came with the first part is answered."""
    with found.short.connect() as connection:
        connection.sendall(first.replace(b"HOST", found.host).replace(b"TOKEN", found.token))
        answered = connection.recv(65_536)
        connection.sendall(rest)
        return answered + read_all(connection)


def test_an_ordinary_request_is_answered_at_once(asking: Asking) -> None:
    """One that reads, by a key and a service in memory; nothing else."""
    house = asking.bot.person.house
    app = guarded(web_application(house), edge_plan(house.settings, CollectorRegistry()))
    assert app.posted_at_once is not None
    assert app.posted == {PATH}
    answer = app.posted_at_once(scope(asking), asking.signed())
    assert answer is not None
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["key"] == asking.bot.id
    assert re.search(rb"\r\ncache-control: no-store\r\n", answer)
    for body in (asking.signed("POST", ORDERS, ORDER), asking.signed(permission="trade")[:-2], b""):
        assert app.posted_at_once(scope(asking), body) is None
    for name in (b"cookie", b"origin", b"sec-fetch-site", b"transfer-encoding", b"host", b"authorization"):
        headers = [*scope(asking)["headers"], (name, b"x")]
        assert app.posted_at_once({**scope(asking), "headers": headers}, asking.signed()) is None


def test_a_revoked_service_and_a_deleted_key_are_refused_at_once(asking: Asking) -> None:
    house = asking.bot.person.house
    app = guarded(web_application(house), edge_plan(house.settings, CollectorRegistry()))
    assert app.posted_at_once is not None
    assert app.posted_at_once(scope(asking), asking.signed()) is not None
    assert asking.bot.ask("DELETE").status_code == 204
    assert app.posted_at_once(scope(asking), asking.signed()) is None
    asking.gateway.code(asking.bot.sign("GET", BALANCE))
    assert app.posted_at_once(scope(asking), asking.signed()) is None
    house.core.services.revoke(asking.gateway.name)
    assert house.core.services.find_cached(asking.gateway.token) is None


def scope(asking: Asking) -> dict[str, Any]:
    house = asking.bot.person.house
    return {
        "type": "http",
        "method": "POST",
        "path": PATH.decode(),
        "raw_path": PATH,
        "scheme": "http",
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 80),
        "headers": [
            (b"host", house.settings.public_url.partition("://")[2].encode()),
            (b"authorization", b"Bearer " + asking.gateway.token.encode()),
        ],
    }
