"""Against the question of a proxy and the way into an application: what is sent may be anything, and opens nothing.

Whatever a client writes into address, method, cookies or headers, no answer is ever 2xx without the one live session of
that very browser; with it, none is 2xx where the question is not plainly put.
"""

import re
import string
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.support.clock import SettableClock
from tests.support.forwarding import (
    APPLICATION,
    DOOR,
    NAVIGATION,
    OTHER,
    PATH,
    Surfer,
    asked_by_caddy,
    asked_by_nginx,
    behind_a_proxy,
    open_forward_house,
)
from tests.support.house import Place
from watchword.foundation.clock import system_clock
from watchword.handover.forwarding.addresses import Applications
from watchword.storage.schema import child_sessions

WAYS = [asked_by_nginx, asked_by_caddy]
Line = tuple[bytes, bytes]
FEW = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None)


@pytest.fixture(scope="module")
def surfer(place: Place) -> Iterator[Surfer]:
    """Somebody signed in at the door and in the application. None of these tests ends their session."""
    with open_forward_house(*place, SettableClock(system_clock())) as house:
        yield Surfer(house, behind_a_proxy(house)).sign_up()


@pytest.fixture(scope="module")
def theirs(surfer: Surfer) -> bytes:
    """The good Cookie header at the application's host."""
    return f"__Host-watchword={surfer.enter()}".encode()


@pytest.fixture(scope="module")
def proxy(surfer: Surfer) -> TestClient:
    """Without a memory for cookies."""
    return TestClient(surfer.app, DOOR, client=("127.0.0.1", 5), follow_redirects=False)


def lines(described: dict[str, str]) -> list[Line]:
    return [(name.encode(), value.encode("latin-1")) for name, value in described.items()]


def ask(proxy: TestClient, *sent: Line, method: str = "GET", path: str = PATH) -> Any:
    reply = proxy.request(method, path, headers=list(sent))
    if not 200 <= reply.status_code < 300:
        assert not [name for name in reply.headers if name.startswith("watchword-") and name != "watchword-reason"]
    return reply


octets = st.binary(max_size=60).map(lambda some: re.sub(rb"[\r\n\0]", b"", some))
words = st.text(string.printable.strip(), max_size=40).map(str.encode)
pieces = st.lists(
    st.sampled_from(
        b"https:// http:// app.example.com accounts.example.com @ :443 : / // \\ . .. %2f %00 # ? evil.example \t "
        b"APP.example.com [::1] \xc3\xa9 , ;".split(b" ")
    ),
    max_size=8,
).map(b"".join)
anything = octets | words | pieces
NAMES = (
    b"x-original-url",
    b"x-original-uri",
    b"x-original-method",
    b"x-forwarded-method",
    b"x-forwarded-proto",
    b"x-forwarded-host",
    b"x-forwarded-uri",
    b"watchword-account",
    b"watchword_account",
    b"cookie",
    b"accept",
    b"sec-fetch-mode",
    b"authorization",
    b"x-http-method-override",
)


@FEW
@given(sent=st.lists(st.tuples(st.sampled_from(NAMES), anything), max_size=8), way=st.sampled_from([None, *WAYS]))
def test_without_a_session_no_headers_open_anything(proxy: TestClient, sent: list[Line], way: Any) -> None:
    described = [] if way is None else lines(way())
    assert ask(proxy, *described, *sent).status_code in (302, 400, 401, 403)


@FEW
@given(
    cookies=st.lists(st.tuples(st.sampled_from(["", "__Host-watchword", "__Host-session", "a"]), anything), max_size=6)
)
def test_no_cookies_but_the_right_one_open_anything(proxy: TestClient, cookies: list[tuple[str, bytes]]) -> None:
    header = b"; ".join(name.encode() + b"=" + value for name, value in cookies)
    for way in WAYS:
        assert ask(proxy, (b"cookie", header), *lines(way())).status_code in (400, 401, 403)


@FEW
@given(at=st.integers(0, 60), put=st.sampled_from([b"", b"A", b"=", b"\x80", b"\t", b'"', b";", b",", b"%41", b" "]))
def test_a_token_with_anything_changed_opens_nothing(proxy: TestClient, theirs: bytes, at: int, put: bytes) -> None:
    name, _, value = theirs.partition(b"=")
    at = min(at, len(value) - 1)
    changed = value[:at] + put + value[at + 1 :]
    if changed != value:
        assert ask(proxy, (b"cookie", name + b"=" + changed), *lines(asked_by_nginx())).status_code in (401, 403)


@FEW
@given(address=anything, method=st.sampled_from([b"GET", b"POST"]))
@example(address=f"{DOOR}@evil.example/".encode(), method=b"GET")
@example(address=f"{APPLICATION}.evil.example/".encode(), method=b"GET")
@example(address=f"{APPLICATION}:444/".encode(), method=b"GET")
@example(address=f"{APPLICATION}#/".encode(), method=b"GET")
@example(address=APPLICATION.encode(), method=b"GET")
@example(address=f"{APPLICATION}/ ".encode(), method=b"GET")
@example(address=f"{APPLICATION}\\@evil.example/".encode(), method=b"GET")
@example(address=f"{OTHER}/".encode(), method=b"GET")
def test_with_a_session_only_a_plain_address_of_its_own_application_is_let_in(
    proxy: TestClient, theirs: bytes, address: bytes, method: bytes
) -> None:
    sent = [(b"cookie", theirs), (b"x-original-url", address), (b"x-original-method", method)]
    reply = ask(proxy, *sent)
    plain = re.fullmatch(rb"https://app\.example\.com/[!-~]*", address) and b"#" not in address
    assert (reply.status_code == 204) == bool(plain), reply.headers


@FEW
@given(host=anything, proto=st.sampled_from([b"https", b"http", b"HTTPS", b"wss", b"", b"https,https"]), uri=anything)
@example(host=b"app.example.com", proto=b"http", uri=b"/")
@example(host=b"app.example.com", proto=b"https", uri=b"page")
@example(host=b"app.example.com/x", proto=b"https", uri=b"/")
@example(host=b"app.example.com, app.example.com", proto=b"https", uri=b"/")
def test_nor_is_any_other_host_scheme_or_target(
    proxy: TestClient, theirs: bytes, host: bytes, proto: bytes, uri: bytes
) -> None:
    described = [(b"x-forwarded-host", host), (b"x-forwarded-proto", proto), (b"x-forwarded-uri", uri)]
    reply = ask(proxy, (b"cookie", theirs), *described, (b"x-forwarded-method", b"GET"))
    good = (host, proto) == (b"app.example.com", b"https") and re.fullmatch(rb"/[!-~]*", uri) and b"#" not in uri
    assert (reply.status_code == 204) == bool(good), reply.headers


@pytest.mark.parametrize(
    "method", [b"get", b"TRACE", b"CONNECT", b"PROPFIND", b"GET ", b"GET,POST", b"", b"G\xc3\x89T", b"X" * 9000]
)
def test_an_odd_method_is_refused(proxy: TestClient, theirs: bytes, method: bytes) -> None:
    for name, way in ((b"x-original-method", asked_by_nginx), (b"x-forwarded-method", asked_by_caddy)):
        described = [line for line in lines(way()) if line[0].lower() != name]
        assert ask(proxy, (b"cookie", theirs), *described, (name, method)).status_code in (400, 403, 431)


@pytest.mark.parametrize("way", WAYS)
def test_a_description_that_lacks_a_part_or_has_one_twice_is_refused(
    proxy: TestClient, theirs: bytes, way: Any
) -> None:
    described = lines(way())
    assert ask(proxy, (b"cookie", theirs), *described).status_code == 204
    for line in described:
        assert ask(proxy, (b"cookie", theirs), *described, line).status_code == 403
        rest = [other for other in described if other is not line]
        may_lack = line[0] == b"X-Original-Method"  # then nobody is sent anywhere
        assert ask(proxy, (b"cookie", theirs), *rest).status_code == (204 if may_lack else 403), line


def test_two_ways_at_once_are_none(proxy: TestClient, theirs: bytes) -> None:
    both = [*lines(asked_by_nginx()), *lines(asked_by_caddy())]
    assert ask(proxy, (b"cookie", theirs), *both).status_code == 403


def test_two_cookies_of_the_session_are_none(proxy: TestClient, theirs: bytes) -> None:
    """Somebody who can set a cookie beside ours chooses between them for nobody."""
    described = lines(asked_by_nginx())
    for cookies in (theirs + b"; " + theirs, b"__Host-watchword=x; " + theirs, theirs + b";__Host-watchword="):
        assert ask(proxy, (b"cookie", cookies), *described).status_code == 403
    assert ask(proxy, (b"cookie", theirs), (b"cookie", theirs), *described).status_code == 403
    for cookies in (theirs + b"; x=\xc3\xa9", theirs + b"; x=\x01", theirs + b"; x=" + b"y" * 13_000):
        assert ask(proxy, (b"cookie", cookies), *described).status_code == 403


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_the_question_itself_is_a_get(proxy: TestClient, theirs: bytes, method: str) -> None:
    reply = ask(proxy, (b"cookie", theirs), *lines(asked_by_nginx()), method=method)
    assert reply.status_code in (403, 405)


@pytest.mark.parametrize("path", ["/forward-auth/", "/Forward-Auth", "/forward-auth%2f", "/forward-auth%20"])
def test_and_has_one_address(surfer: Surfer, proxy: TestClient, path: str) -> None:
    cookie = f"__Host-session={surfer.cookie('session')}".encode()
    assert ask(proxy, (b"cookie", cookie), path=path).status_code == 404


def test_plain_http_is_not_answered(proxy: TestClient, surfer: Surfer) -> None:
    cookie = f"__Host-session={surfer.cookie('session')}".encode()
    stranger = TestClient(surfer.app, DOOR.replace("https", "http"), client=("198.51.100.9", 5))
    reply = stranger.get(PATH, headers=[(b"host", b"accounts.example.com"), (b"cookie", cookie)])
    assert reply.status_code == 403
    assert "watchword-account" not in reply.headers


class TestWhereTo:
    """No open redirect: every address that is ever named lies in an application of the list."""

    @FEW
    @given(address=anything.map(lambda some: some.decode("latin-1")) | st.text(max_size=50))
    @example(address=f"{APPLICATION}@evil.example/")
    @example(address=f"{APPLICATION}.evil.example/")
    @example(address=f"{APPLICATION}\\.evil.example/")
    @example(address="//evil.example/")
    @example(address="/\\evil.example")
    @example(address="javascript:alert(1)//https://app.example.com/")
    @example(address=f"{APPLICATION}/\r\nSet-Cookie: a=b")
    @example(address=f"{APPLICATION}/.watchword/callback?code=stolen")
    @example(address=f"{APPLICATION}/%2e%2e")
    def test_an_address_is_read_exactly_or_not_at_all(self, address: str) -> None:
        found = Applications(official=DOOR, listed=(APPLICATION,)).read_return(address)
        if found is not None:
            parts = urlsplit(found.address)
            assert f"{parts.scheme}://{parts.netloc}" in (DOOR, APPLICATION)
            assert found.address.isascii()
            assert found.address.isprintable()
            assert " " not in found.address
            assert not parts.path.startswith("/.watchword/")

    @pytest.mark.parametrize(
        "to",
        ["https://evil.example/", "//evil.example", "/page", "javascript:alert(1)", f"{APPLICATION}.evil.example/", ""],
    )
    def test_no_step_leads_elsewhere(self, surfer: Surfer, to: str) -> None:
        begun = surfer.http.get(f"{APPLICATION}/.watchword/begin", params={"return": to})
        assert begun.headers["location"] == f"{DOOR}/forward/stopped?at={quote(APPLICATION, safe='')}"
        assert "set-cookie" not in begun.headers
        assert surfer.http.get("/forward/begin", params={"return": to, "browser": "b" * 64}).status_code == 404
        twice = f"return={quote(APPLICATION, safe='')}/&return={quote(to, safe='')}&browser={'b' * 64}"
        assert surfer.http.get(f"/forward/begin?{twice}").status_code == 404
        assert surfer.http.get("/forward/stopped", params={"at": to}).status_code == 404

    def test_one_application_begins_nothing_for_another(self, surfer: Surfer) -> None:
        begun = surfer.http.get(f"{APPLICATION}/.watchword/begin", params={"return": f"{OTHER}/page"})
        assert "/forward/stopped?" in begun.headers["location"]

    def test_what_lies_in_the_browser_is_checked_anew(self, surfer: Surfer) -> None:
        """Somebody who can write our cookie gains no way elsewhere."""
        for value in (
            "bbbb",
            f"{'b' * 64}.aHR0cHM6Ly9ldmlsLmV4YW1wbGUv",
            "..",
            f"{'b' * 64}.é".encode("latin-1").hex(),
        ):
            reply = surfer.http.get("/forward/continue", headers={"Cookie": f"__Host-forward={value}"})
            assert reply.headers["location"] == "/account"


class TestTheCode:
    def test_of_another_persons_browser_signs_nobody_in(self, surfer: Surfer) -> None:
        """Login CSRF: an attacker's own code, brought to somebody else's browser, which began nothing or something."""
        victim = Surfer(surfer.house, surfer.app, address="victim@example.org")
        for began in (False, True):
            if began:
                victim.http.get(f"{APPLICATION}/.watchword/begin?return={APPLICATION}/")
            stopped = victim.http.get(surfer.begin())
            assert "/forward/stopped?" in stopped.headers["location"]
            assert victim.cookie("watchword", APPLICATION) == ""

    def test_for_a_browser_of_the_attackers_is_never_made_out_of_sight(self, surfer: Surfer) -> None:
        """A link with the attacker's digest makes a code in the victim's browser: it stays there and serves nowhere."""
        attacker = Surfer(surfer.house, surfer.app, address="mallory@example.org")
        begun = attacker.http.get(f"{APPLICATION}/.watchword/begin?return={APPLICATION}/")
        sent_on = surfer.http.get(begun.headers["location"])
        refused = surfer.http.get(sent_on.headers["location"])
        assert "/forward/stopped?" in refused.headers["location"]
        again = attacker.http.get(sent_on.headers["location"])
        assert "/forward/stopped?" in again.headers["location"]

    def test_brought_by_a_browser_that_began_nothing_serves_no_more(self, surfer: Surfer) -> None:
        """As in the victim's browser after such a link, where the code lies in the history."""
        attacker = Surfer(surfer.house, surfer.app, address="mallory@example.org")
        begun = attacker.http.get(f"{APPLICATION}/.watchword/begin?return={APPLICATION}/")
        code = surfer.http.get(begun.headers["location"]).headers["location"]
        bystander = Surfer(surfer.house, surfer.app, address="bystander@example.org")
        assert "/forward/stopped?" in bystander.http.get(code).headers["location"]
        assert "/forward/stopped?" in attacker.http.get(code).headers["location"]

    def test_at_another_application_opens_nothing(self, surfer: Surfer) -> None:
        moved = surfer.begin().replace(APPLICATION, OTHER)
        kept = surfer.cookie("watchword-state", APPLICATION)
        reply = surfer.http.get(moved, headers={"Cookie": f"__Host-watchword-state={kept}"})
        assert "/forward/stopped?" in reply.headers["location"]
        assert "set-cookie" not in reply.headers

    def test_a_planted_cookie_is_not_taken_over(self, surfer: Surfer) -> None:
        """Fixation: the token is drawn when the code is redeemed, whatever the browser had before."""
        planted = "A" * 43
        address = surfer.begin()
        kept = surfer.cookie("watchword-state", APPLICATION)
        headers = {"Cookie": f"__Host-watchword-state={kept}; __Host-watchword={planted}"}
        assert surfer.http.get(address, headers=headers).headers["location"].startswith(APPLICATION)
        assert surfer.cookie("watchword", APPLICATION) != planted

    def test_in_a_row_that_was_changed_opens_nothing(self, surfer: Surfer) -> None:
        """Who writes to the database binds a code to no other browser."""
        address, waiting = surfer.begin(), child_sessions.c.redeemed_at.is_(None)
        with surfer.house.database.begin() as tx:
            tx.connection.execute(child_sessions.update().where(waiting).values(browser_digest="b" * 64))
        reply = surfer.http.get(address)
        assert "/forward/stopped?" in reply.headers["location"]
        assert "set-cookie" not in reply.headers
        with surfer.house.database.begin() as tx:
            tx.connection.execute(child_sessions.delete().where(waiting))

    @FEW
    @given(code=anything, state=anything)
    def test_no_other_opens_anything(self, surfer: Surfer, code: bytes, state: bytes) -> None:
        alone = TestClient(surfer.app, APPLICATION, client=("127.0.0.1", 5), follow_redirects=False)
        cookie = (b"cookie", b"__Host-watchword-state=" + state)
        for sent in ([cookie], [(b"cookie", b"__Host-watchword-state=" + b"A" * 43)]):
            reply = alone.get(f"/.watchword/callback?code={quote(code)}", headers=sent)
            assert reply.headers["location"].startswith(f"{DOOR}/forward/stopped?")
            assert "set-cookie" not in reply.headers


def test_nothing_that_opens_something_is_logged_or_told_elsewhere(surfer: Surfer) -> None:
    """No page, no redirect and no refusal sends a referrer, is kept, or is framed."""
    address = surfer.begin()
    for reply in (surfer.http.get(address), surfer.http.get(f"{APPLICATION}/.watchword/callback")):
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert reply.headers["cache-control"] == "no-store"
        assert reply.headers["x-frame-options"] == "DENY"


def test_a_person_is_sent_to_sign_in_and_a_script_is_not(proxy: TestClient) -> None:
    sent = ask(proxy, *lines({**NAVIGATION, **asked_by_caddy(f"{APPLICATION}/a?b=https://evil.example/")}))
    assert sent.headers["location"].startswith(
        f"{APPLICATION}/.watchword/begin?return=https%3A%2F%2Fapp.example.com%2F"
    )
