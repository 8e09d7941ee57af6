"""What holds behind every proxy, asked of the real one with the documented configuration."""

import json
import re
from typing import Any
from urllib.parse import quote

import pytest

from tests.proxies.conftest import Behind
from tests.support.forwarding import APPLICATION, DOOR, NAVIGATION, Surfer
from tests.support.proxies import Proxy

PAGE = f"{APPLICATION}/page?a=1&b=%C3%A9;c=d"
IDENTITY = ("watchword-account", "watchword-session", "watchword-aal", "watchword-assertion")
READ_ONLY = "watchword-read-only"
ORDERS = f"{APPLICATION}/orders/open"
"""For readers, by the documented configuration."""
SPELLINGS = (
    "Watchword-{}",
    "watchword-{}",
    "WATCHWORD-{}",
    "Watchword_{}",
    "watchword_{}",
    "WATCHWORD_{}",
    "Watchword.{}",
    "watchword~{}",
)
STRANGE = (
    "//page",
    "/..;/page",
    "/.watchword/../page",
    "/.watchword/%2e%2e/page",
    "/.watchword//..//page",
    "/.watchword/..%2fpage",
    "/.watchword%2fcallback",
    "/%2ewatchword/../page",
    "/.watchword/begin/../../page",
    "/page%00",
    "/page?return=https://elsewhere.example/",
    "/.watchword/ask",
    "/.watchword/anything",
    "/forward-auth",
)


class ProxyRules:
    """A module with a class of this kind has fixtures ``proxy`` and ``deaf``."""

    passes_web_sockets = True

    @pytest.fixture(autouse=True)
    def fresh(self, behind: Behind) -> None:
        behind.application.seen.clear()

    def test_it_lets_in_and_says_who_came(self, proxy: Proxy, behind: Behind, surfer: Surfer, token: str) -> None:
        reply = proxy.get(PAGE, cookies=ours(token))
        assert reply.status == 200, reply.raw
        seen = arrived(behind)
        assert seen["target"] == "/page?a=1&b=%C3%A9;c=d"
        assert named(seen, "watchword-account") == [surfer.session["account"]]
        assert named(seen, "watchword-session") == [surfer.session["session"]]
        assert named(seen, "watchword-aal") == ["1"]
        assert not [name for name, _ in reply.headers if name.startswith("watchword")]

    def test_our_cookie_stays_outside_and_the_applications_own_go_in(
        self, proxy: Proxy, behind: Behind, token: str
    ) -> None:
        cookies = f"a=1; {ours(token)}; __Host-watchword-state={'s' * 43}; theme=dark; __Host-session=its-own"
        assert proxy.get(PAGE, cookies=cookies).status == 200
        assert named(arrived(behind), "cookie") == ["a=1; theme=dark; __Host-session=its-own"]
        assert token not in behind.application.wire
        assert "s" * 43 not in behind.application.wire

    def test_without_a_cookie_left_none_goes_in(self, proxy: Proxy, behind: Behind, token: str) -> None:
        assert proxy.get(PAGE, cookies=ours(token)).status == 200
        assert "".join(named(arrived(behind), "cookie")) == ""

    def test_who_looks_at_a_page_is_sent_to_sign_in_and_back(self, proxy: Proxy, behind: Behind) -> None:
        surfer = behind.surfer("coming@example.org")
        sent = proxy.get(PAGE, NAVIGATION)
        assert sent.status == 302, sent.raw
        assert sent["location"] == f"{APPLICATION}/.watchword/begin?return={quote(PAGE, safe='')}"
        begun = proxy.get(sent["location"], NAVIGATION)
        assert begun.status == 303, begun.raw
        state = cookie_of(begun, "__Host-watchword-state")
        door = proxy.get(begun["location"], NAVIGATION, cookies=f"__Host-session={surfer.cookie('session')}")
        assert door.status == 303, door.raw
        entered = proxy.get(door["location"], NAVIGATION, cookies=f"__Host-watchword-state={state}")
        assert entered.status == 303, entered.raw
        assert entered["location"] == PAGE
        assert not behind.application.seen
        cookie = cookie_of(entered, "__Host-watchword")
        assert proxy.get(entered["location"], NAVIGATION, cookies=ours(cookie)).status == 200

    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
    def test_a_script_or_a_form_without_a_session_gets_the_bare_refusal(
        self, proxy: Proxy, behind: Behind, method: str
    ) -> None:
        reply = proxy.get(PAGE, {"Sec-Fetch-Mode": "cors", "Accept": "*/*"}, method=method)
        assert reply.status == 401
        assert not reply.all("location")
        assert not behind.application.seen

    def test_what_a_client_says_of_itself_never_arrives(
        self, proxy: Proxy, behind: Behind, surfer: Surfer, token: str
    ) -> None:
        words = ("Account", "Session", "AAL", "Assertion", "Reason", "Cookie", "Read-Only", "Read_Only")
        claims = [(spelling.format(word), "forged") for spelling in SPELLINGS for word in words]
        for some in (claims[:24], claims[24:]):  # no more headers than any of them takes
            behind.application.seen.clear()
            reply = proxy.get(PAGE, some, cookies=ours(token))
            assert reply.status == 200, reply.raw
            seen = arrived(behind)
            assert "forged" not in behind.application.wire
            assert {name for name in spelt(seen) if name.startswith("watchword")} <= {*IDENTITY, READ_ONLY}
            assert not "".join(named(seen, READ_ONLY)), named(seen, READ_ONLY)
            assert named(seen, "watchword-account") == [surfer.session["account"]]
        assert proxy.get(PAGE, claims[:7]).status == 401

    @pytest.mark.parametrize("named_there", [*IDENTITY, "cookie"])
    def test_a_client_takes_away_nothing_of_what_we_say(
        self, proxy: Proxy, behind: Behind, token: str, named_there: str
    ) -> None:
        """Whatever ``Connection`` names goes no further than one hop (RFC 9110, section 7.6.1): so a client could
        make a proxy, or one behind it, drop our word on who comes and how well they are known."""
        reply = proxy.get(PAGE, [("Connection", named_there)], cookies=f"a=1; {ours(token)}")
        if 200 <= reply.status < 300:
            seen = arrived(behind)
            assert set(IDENTITY) <= {name.lower() for name, _ in seen["headers"]}
            assert named(seen, "cookie") == ["a=1"]
            assert named_there not in "".join(named(seen, "connection")).lower()
        else:
            assert not behind.application.seen

    @pytest.mark.parametrize("protocols", [["h2c"], ["H2C"], ["websocket, h2c"], ["h2c", "websocket"], ["TLS/1.0"]])
    def test_nobody_tunnels_past_the_question(
        self, proxy: Proxy, behind: Behind, token: str, protocols: list[str]
    ) -> None:
        """An application that takes HTTP/2 in the clear would answer 101, and all that follows in that connection
        would reach it unasked, under whatever name the client writes."""
        lines = ["GET /page HTTP/1.1", "Host: app.example.com", f"Cookie: {ours(token)}"]
        lines += [
            "Connection: Upgrade, HTTP2-Settings",
            "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
            "Connection: close",
        ]
        lines += [f"Upgrade: {protocol}" for protocol in protocols]
        proxy.send("\r\n".join([*lines, "", ""]).encode(), "app.example.com")
        for seen in behind.application.seen:
            assert set(named(seen, "upgrade")) <= {"websocket"}

    def test_a_web_socket_is_asked_about_like_anything_else(self, proxy: Proxy, behind: Behind, token: str) -> None:
        lines = ["GET /page HTTP/1.1", "Host: app.example.com", "Connection: Upgrade, close", "Upgrade: websocket"]
        lines += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
        nobody = proxy.send("\r\n".join([*lines, "", ""]).encode(), "app.example.com")
        assert re.match(rb"HTTP/1.1 401", nobody), nobody
        assert not behind.application.seen
        proxy.send("\r\n".join([*lines, f"Cookie: {ours(token)}", "", ""]).encode(), "app.example.com")
        seen = arrived(behind)
        assert named(seen, "upgrade") == (["websocket"] if self.passes_web_sockets else [])
        assert set(IDENTITY) <= {name.lower() for name, _ in seen["headers"]}

    def test_what_a_client_says_of_the_request_changes_nothing(self, proxy: Proxy, behind: Behind, token: str) -> None:
        claims = {
            "X-Original-URL": f"{DOOR}/trade/",
            "X-Original-URI": "/trade/",
            "X-Original-Method": "GET",
            "X-Forwarded-Uri": "/other",
            "X-Forwarded-Method": "GET",
            "X-Forwarded-Host": "elsewhere.example",
            "X-Forwarded-For": "198.51.100.7",
            "X-Forwarded-Proto": "http",
        }
        reply = proxy.get(PAGE, claims, cookies=ours(token))
        assert reply.status == 200, reply.raw
        sent = proxy.get(PAGE, {**NAVIGATION, **claims})
        assert sent["location"] == f"{APPLICATION}/.watchword/begin?return={quote(PAGE, safe='')}"
        assert proxy.get(PAGE, {**claims, "X-Original-Method": "POST"}).status == 401

    def test_a_body_goes_through_whole(self, proxy: Proxy, behind: Behind, token: str) -> None:
        body = b"amount=1&to=ann"
        reply = proxy.get(PAGE, method="POST", cookies=ours(token), body=body)
        assert reply.status == 200, reply.raw
        assert arrived(behind)["body"] == body.decode()
        assert arrived(behind)["method"] == "POST"

    @pytest.mark.parametrize("path", STRANGE)
    def test_no_spelling_of_an_address_is_let_in_unasked(self, proxy: Proxy, behind: Behind, path: str) -> None:
        for origin in (APPLICATION, f"{DOOR}/trade"):
            reply = proxy.get(f"{origin}{path}", {"Accept": "*/*"})
            assert not 200 <= reply.status < 300, reply.raw
            assert not behind.application.seen

    def test_the_question_is_the_proxys_alone(self, proxy: Proxy, surfer: Surfer) -> None:
        cookies = f"__Host-session={surfer.cookie('session')}"
        asking = ("/forward-auth/read-only", "/.watchword/ask-for-readers")
        for path in (
            "/forward-auth",
            "/forward-auth/",
            "/forward-auth?",
            "/.watchword/ask",
            "/%66orward-auth",
            *asking,
        ):
            reply = proxy.get(f"{DOOR}{path}", cookies=cookies)
            assert reply.status in (400, 404), path
            assert not [name for name, _ in reply.headers if name.startswith("watchword")]

    def test_an_application_on_our_own_host_uses_our_cookie_and_never_gets_it(
        self, proxy: Proxy, behind: Behind, surfer: Surfer
    ) -> None:
        session, device = surfer.cookie("session"), surfer.cookie("device")
        cookies = f"a=1; __Host-session={session}; __Host-device={device}; __Host-passage-confirm=x.y"
        assert proxy.get(f"{DOOR}/trade/desk", cookies=cookies).status == 200
        assert named(arrived(behind), "cookie") == ["a=1"]
        assert session not in behind.application.wire
        assert device not in behind.application.wire
        sent = proxy.get(f"{DOOR}/trade/desk", NAVIGATION)
        assert sent["location"] == f"{DOOR}/forward/begin?return={quote(f'{DOOR}/trade/desk', safe='')}"

    def test_the_cookie_of_one_host_opens_nothing_at_another(
        self, proxy: Proxy, behind: Behind, surfer: Surfer, token: str
    ) -> None:
        session = surfer.cookie("session")
        for url, cookies in (
            (PAGE, f"__Host-session={session}"),
            (PAGE, f"__Host-watchword={session}"),
            (f"{DOOR}/trade/", f"__Host-watchword={token}"),
            (f"{DOOR}/trade/", f"__Host-session={token}"),
        ):
            assert proxy.get(url, cookies=cookies).status == 401
        assert not behind.application.seen

    def test_another_name_leads_nowhere(self, proxy: Proxy, behind: Behind, token: str) -> None:
        for name in ("elsewhere.example", "app.example.com.", "app.example.com:444", "127.0.0.1"):
            request = f"GET /page HTTP/1.1\r\nHost: {name}\r\nCookie: {ours(token)}\r\nConnection: close\r\n\r\n"
            raw = proxy.send(request.encode(), "app.example.com")
            assert not re.match(rb"HTTP/1.1 2", raw), name
        assert not behind.application.seen

    def test_a_session_that_ended_is_refused_at_the_very_next_request(self, proxy: Proxy, behind: Behind) -> None:
        leaving = behind.surfer("leaving@example.org")
        token, session = leaving.enter(), leaving.cookie("session")
        assert proxy.get(PAGE, cookies=ours(token)).status == 200
        assert proxy.get(f"{DOOR}/trade/", cookies=f"__Host-session={session}").status == 200
        leaving.sign_out()
        assert proxy.get(PAGE, cookies=ours(token)).status == 401
        assert proxy.get(f"{DOOR}/trade/", cookies=f"__Host-session={session}").status == 401

    def test_a_frozen_holder_enters_where_readers_may_and_is_marked(self, proxy: Proxy, behind: Behind) -> None:
        holder = behind.surfer("frozen@example.org")
        assert holder.http.post("/account/freeze", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303
        holder.sign_in()
        session = f"__Host-session={holder.cookie('session')}"
        begun = proxy.get(proxy.get(ORDERS, NAVIGATION)["location"], NAVIGATION)
        state = cookie_of(begun, "__Host-watchword-state")
        door = proxy.get(begun["location"], NAVIGATION, cookies=session)
        entered = proxy.get(door["location"], NAVIGATION, cookies=f"__Host-watchword-state={state}")
        assert entered["location"] == ORDERS, entered.raw
        reader = ours(cookie_of(entered, "__Host-watchword"))

        forged = {"Watchword-Read-Only": "0", "Connection": READ_ONLY}
        for headers in ({}, {"Watchword-Read-Only": "0"}, forged):
            behind.application.seen.clear()
            reply = proxy.get(ORDERS, headers, cookies=reader)
            assert reply.status == 200 or not behind.application.seen, reply.raw
            if reply.status == 200:
                assert named(arrived(behind), READ_ONLY) == ["1"]
        behind.application.seen.clear()
        asking = {"Watchword-Read-Only": "allow", "X-Original-URL": ORDERS, "X-Forwarded-Uri": "/orders/open"}
        climbing = ("/orders/../page", "/orders/%2e%2e/page", "/orders/..%2fpage", "/orders", "/ORDERS/", "//page")
        for path in ("/page", "/page?read_only=allow&readers=1", *climbing):
            reply = proxy.get(f"{APPLICATION}{path}", asking, cookies=reader)
            assert reply.status >= 300, (path, reply.raw)
        assert proxy.get(f"{DOOR}/trade/", asking, cookies=session).status == 403
        assert not behind.application.seen

    def test_who_may_do_all_is_let_in_there_unmarked(
        self, proxy: Proxy, behind: Behind, surfer: Surfer, token: str
    ) -> None:
        assert proxy.get(ORDERS, {"Watchword-Read-Only": "1"}, cookies=ours(token)).status == 200
        assert not "".join(named(arrived(behind), READ_ONLY)), named(arrived(behind), READ_ONLY)
        assert named(arrived(behind), "watchword-account") == [surfer.session["account"]]

    def test_where_the_door_does_not_answer_nobody_is_let_in(self, deaf: Proxy, behind: Behind, token: str) -> None:
        for url in (PAGE, f"{DOOR}/trade/"):
            reply = deaf.get(url, cookies=ours(token))
            assert reply.status >= 500, reply.raw
        assert not behind.application.seen


def ours(token: str) -> str:
    return f"__Host-watchword={token}"


def arrived(behind: Behind) -> dict[str, Any]:
    """The one request that reached the application."""
    (seen,) = behind.application.seen
    return dict(json.loads(json.dumps(seen)))


def named(seen: dict[str, Any], name: str) -> list[str]:
    return [value for key, value in seen["headers"] if key.lower() == name]


def spelt(seen: dict[str, Any]) -> list[str]:
    """Names as a gateway interface makes variables of them: all that is no letter or digit looks the same."""
    return [re.sub(r"[^a-z0-9]", "-", name.lower()) for name, _ in seen["headers"]]


def cookie_of(reply: Any, name: str) -> str:
    (found,) = [value for value in reply.all("set-cookie") if value.startswith(f"{name}=")]
    parts = {part.strip().lower() for part in found.split(";")}
    assert {"httponly", "secure", "path=/", "samesite=lax"} <= parts
    assert not [part for part in parts if part.startswith("domain")]
    return str(found.partition("=")[2].partition(";")[0])
