"""``GET /forward-auth``: what a proxy is answered, and where people are sent."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.clock import SettableClock
from tests.support.forwarding import (
    APPLICATION,
    DOOR,
    NAVIGATION,
    OTHER,
    PATH,
    SAME_ORIGIN,
    Surfer,
    ask,
    asked_by_caddy,
    asked_by_nginx,
    behind_a_proxy,
    open_forward_house,
)
from tests.support.house import Place, client_of
from tests.support.statements import count_statements
from watchword.app import House
from watchword.crypto.jose import verify
from watchword.web.cookies import CookieNames

WAYS = [asked_by_nginx, asked_by_caddy]


@pytest.fixture(scope="module")
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture(scope="module")
def house(place: Place, clock: SettableClock) -> Iterator[House]:
    with open_forward_house(*place, clock) as opened:
        yield opened


@pytest.fixture(scope="module")
def known(house: House) -> Surfer:
    """Somebody who stays signed in."""
    return Surfer(house, behind_a_proxy(house), address="known@example.org").sign_up()


@pytest.fixture
def surfer(known: Surfer) -> Surfer:
    """The same one, back at their browser."""
    if known.http.get("/api/v1/session").status_code != 200:
        known.sign_in()
    return known


@pytest.fixture
def leaving(house: House, known: Surfer, clock: SettableClock, request: pytest.FixtureRequest) -> Surfer:
    """Somebody of one test's own, who may sign out or be frozen."""
    clock.advance(timedelta(minutes=2))
    address = f"{request.node.name.partition('[')[0][-40:].strip('_')}@example.org"
    return Surfer(house, known.app, address=address).sign_up()


@pytest.fixture
def ours(surfer: Surfer) -> str:
    """The Cookie header that a browser sends to our own host."""
    return f"__Host-session={surfer.cookie('session')}"


@pytest.fixture
def theirs(surfer: Surfer) -> str:
    """The Cookie header that it sends to the application's host."""
    return f"__Host-watchword={surfer.enter()}"


@pytest.mark.parametrize("way", WAYS)
def test_it_says_whose_a_request_is(surfer: Surfer, ours: str, theirs: str, way: Any) -> None:
    session = surfer.session
    for cookies, url in (
        (ours, f"{DOOR}/trade/?x=1"),
        (theirs, f"{APPLICATION}/"),
        (theirs, f"{APPLICATION}/a?b=c#"[:-1]),
    ):
        reply = ask(surfer.app, cookies, way(url))
        assert reply.status_code == 204, reply.headers
        assert reply.content == b""
        assert reply.headers["watchword-account"] == session["account"]
        assert reply.headers["watchword-session"] == session["session"]
        assert reply.headers["watchword-aal"] == str(session["aal"])
        assert reply.headers["cache-control"] == "no-store"
        assert "set-cookie" not in reply.headers
        assert reply.headers["watchword-cookie"] == ""


def test_a_bare_question_is_about_our_own_host(surfer: Surfer, ours: str, theirs: str) -> None:
    assert ask(surfer.app, ours).status_code == 204
    assert ask(surfer.app, theirs).status_code == 401
    nobody = ask(surfer.app, headers=NAVIGATION)
    assert nobody.status_code == 401
    assert "location" not in nobody.headers


def test_in_development_it_takes_the_plain_cookie(tmp_path: Path, sqlite_template: bytes) -> None:
    """As `make run` serves it, with no application listed, and forwarding headers refused everywhere else."""
    path = tmp_path / "watchword.db"
    path.write_bytes(sqlite_template)
    with open_forward_house(
        f"sqlite:///{path}",
        tmp_path,
        SettableClock(),
        public_url="http://localhost:8080",
        trusted_proxies="",
        applications="",
    ) as house:
        surfer = Surfer(house, behind_a_proxy(house))
        surfer.http = client_of(house)
        surfer.answer("/sign-up", "identifier", identifier=surfer.address)
        surfer.answer("/sign-up", "message_code", code=surfer._code())
        surfer.answer("/sign-up", "new_passphrase", new_passphrase="seven purple lanterns drift slowly")
        assert surfer.http.get(PATH).status_code == 204
        assert surfer.http.get(PATH, headers=asked_by_caddy("http://localhost:8080/x")).status_code == 204
        assert surfer.http.get(PATH, headers={"X-Original-URI": "/x"}).status_code == 204
        assert surfer.http.get(PATH, headers=asked_by_caddy(f"{APPLICATION}/x")).status_code == 403
        assert surfer.http.get("/account", headers=asked_by_caddy("http://localhost:8080/x")).status_code == 400
        surfer.http.cookies.clear()
        assert surfer.http.get(PATH).status_code == 401


def test_from_memory_it_needs_no_database(surfer: Surfer, house: House, ours: str, theirs: str) -> None:
    questions = ((ours, f"{DOOR}/"), (theirs, f"{APPLICATION}/"))
    for cookies, url in questions:
        assert ask(surfer.app, cookies, asked_by_nginx(url)).status_code == 204
    with count_statements(house.database) as statements:
        for cookies, url in questions:
            assert ask(surfer.app, cookies, asked_by_nginx(url)).status_code == 204
    assert statements.count == 0


class TestAssertions:
    def test_it_says_the_same_signed_for_this_application_and_half_a_minute(
        self, surfer: Surfer, theirs: str, clock: SettableClock
    ) -> None:
        token = ask(surfer.app, theirs, asked_by_nginx()).headers["watchword-assertion"]
        read = verify(token, surfer.http.get("/.well-known/jwks.json").json()["keys"])
        assert read is not None
        assert read.header["typ"] == "watchword-assertion+jwt"
        assert read.header["alg"] == "ES256"
        session, now = surfer.session, int(clock.now.timestamp())
        claims = dict(read.claims)
        assert now - 3600 < claims.pop("auth_time") <= now
        assert claims == {
            "iss": DOOR,
            "aud": APPLICATION,
            "sub": session["account"],
            "sid": session["session"],
            "aal": session["aal"],
            "amr": session["amr"],
            "iat": now,
            "exp": now + 30,
        }

    def test_one_is_given_again_for_some_seconds_and_never_for_another(
        self, surfer: Surfer, house: House, ours: str, theirs: str, clock: SettableClock
    ) -> None:
        def given(cookies: str, url: str) -> str:
            return str(ask(surfer.app, cookies, asked_by_nginx(url)).headers["watchword-assertion"])

        first = given(theirs, f"{APPLICATION}/a")
        assert given(theirs, f"{APPLICATION}/b") == first
        assert given(ours, f"{DOOR}/a") != first
        clock.advance(timedelta(seconds=10))
        assert given(theirs, f"{APPLICATION}/a") != first

    def test_one_is_no_other_token_of_ours(self, surfer: Surfer, house: House, theirs: str) -> None:
        token = ask(surfer.app, theirs, asked_by_nginx()).headers["watchword-assertion"]
        for kind in ("at+jwt", "JWT", "logout+jwt", ""):
            assert house.core.signing_keys.verify(kind, token) is None
        assert house.core.signing_keys.verify("watchword-assertion+jwt", token) is not None


class TestNobody:
    def test_nginx_is_told_where_to_send_a_person(self, surfer: Surfer) -> None:
        url = f"{APPLICATION}/page?a=1&b=%C3%A9;c"
        reply = ask(surfer.app, headers={**NAVIGATION, **asked_by_nginx(url)})
        assert reply.status_code == 401
        assert reply.headers["location"] == f"{APPLICATION}/.watchword/begin?return={quote(url, safe='')}"

    def test_caddy_is_given_the_redirect_itself(self, surfer: Surfer) -> None:
        url = f"{DOOR}/trade?a=1"
        reply = ask(surfer.app, headers={**NAVIGATION, **asked_by_caddy(url)})
        assert reply.status_code == 302
        assert reply.headers["location"] == f"{DOOR}/forward/begin?return={quote(url, safe='')}"

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    def test_what_is_no_look_at_a_page_is_refused_bare(self, surfer: Surfer, way: Any, method: str) -> None:
        reply = ask(surfer.app, headers={**NAVIGATION, **way(method=method)})
        assert reply.status_code == 401
        assert "location" not in reply.headers

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("sent", [{"Sec-Fetch-Mode": "cors", "Accept": "text/html"}, {"Accept": "*/*"}])
    def test_a_script_is_refused_bare(self, surfer: Surfer, way: Any, sent: dict[str, str]) -> None:
        reply = ask(surfer.app, headers={**sent, **way()})
        assert reply.status_code == 401
        assert "location" not in reply.headers

    @pytest.mark.parametrize("target", [f"/{'a' * 3000}", "/a\\b", "/a<b", "/.watchword/callback?code=x", '/"'])
    def test_an_address_we_send_nobody_to_leads_to_the_front(self, surfer: Surfer, target: str) -> None:
        reply = ask(surfer.app, headers={**NAVIGATION, **asked_by_nginx(f"{APPLICATION}{target}")})
        assert reply.headers["location"].endswith(quote(f"{APPLICATION}/", safe=""))


class TestCookies:
    def test_ours_are_taken_out_and_all_others_are_left(self, surfer: Surfer, ours: str) -> None:
        names = CookieNames(https=True)
        mine = "; ".join(f"{name}=x" for name in sorted(names.all) if name != names.session)
        reply = ask(
            surfer.app, f"a=1; {ours}; {mine}; b=x=y; __Host-sessions=z; empty=; lone", asked_by_nginx(f"{DOOR}/")
        )
        assert reply.headers["watchword-cookie"] == "a=1; b=x=y; __Host-sessions=z; empty=; lone"

    def test_those_of_our_own_host_are_all_known(self, surfer: Surfer) -> None:
        known = CookieNames(https=True).all
        named = {"session", "device", "language", "approval", "notice", "after", "asked", "forward"}
        assert {f"__Host-{name}" for name in named} <= known
        assert {f"__Host-passage-{name}" for name in ("sign-in", "sign-up", "recover", "confirm")} <= known

    def test_at_an_applications_host_only_its_own_are_ours(self, surfer: Surfer, theirs: str) -> None:
        reply = ask(surfer.app, f"{theirs}; __Host-session=its-own; __Host-watchword-state=s", asked_by_nginx())
        assert reply.status_code == 204
        assert reply.headers["watchword-cookie"] == "__Host-session=its-own"

    def test_several_lines_are_one(self, surfer: Surfer, theirs: str) -> None:
        lines = [("Cookie", "a=1"), ("Cookie", theirs), ("Cookie", "b=2"), *asked_by_nginx().items()]
        reply = surfer.http.get(PATH, headers=lines)
        assert reply.headers["watchword-cookie"] == "a=1; b=2"


def test_a_bearer_is_no_cookie(surfer: Surfer, clock: SettableClock) -> None:
    """An app's token would go on to the application behind: it opens nothing here."""
    bearer = {"Authorization": f"Bearer {surfer.cookie('session')}"}
    assert ask(surfer.app, headers={**bearer, **asked_by_nginx(f"{DOOR}/")}).status_code == 401


def test_the_session_of_a_frozen_account_reads_here_and_uses_no_application(leaving: Surfer) -> None:
    theirs = f"__Host-watchword={leaving.enter()}"
    assert leaving.http.post("/account/freeze", headers=SAME_ORIGIN).status_code == 303
    assert ask(leaving.app, theirs, asked_by_nginx()).status_code == 401
    leaving.sign_in()
    reply = ask(leaving.app, f"__Host-session={leaving.cookie('session')}", asked_by_nginx(f"{DOOR}/"))
    assert reply.status_code == 403
    assert reply.headers["watchword-reason"] == "read_only"
    assert "watchword-account" not in reply.headers
    sent = leaving.http.get(f"/forward/begin?return={APPLICATION}/&browser={'b' * 64}")
    assert sent.headers["location"] == "/account"


def test_only_the_steps_of_an_application_are_taken_under_its_name(surfer: Surfer) -> None:
    for path in ("/", "/sign-in", "/account", PATH, "/api/v1/session", "/.watchword", "/.well-known/security.txt"):
        assert surfer.http.get(f"{APPLICATION}{path}").status_code == 421, path
    for path in (
        "/.watchword/",
        "/.watchword/x",
        "/%2ewatchword/begin",
        "/.watchword/%2e%2e",
        "/.watchword/begin/",
        "/.watchword/callback/x",
    ):
        assert surfer.http.get(f"{APPLICATION}{path}", headers=NAVIGATION).status_code == 421, path
    for path in ("/.watchword/begin", "/.watchword/callback"):
        assert surfer.http.get(f"{DOOR}{path}").status_code == 404
        assert surfer.http.get(f"https://elsewhere.example{path}").status_code == 421
        for method in ("POST", "HEAD", "PUT", "OPTIONS"):
            assert surfer.http.request(method, f"{APPLICATION}{path}", headers=NAVIGATION).status_code == 421


class TestTheWayIn:
    def test_somebody_who_is_not_signed_in_signs_in_on_the_way(self, leaving: Surfer) -> None:
        leaving.sign_out()
        begun = leaving.http.get(f"{APPLICATION}/.watchword/begin?return={APPLICATION}/page")
        assert leaving.http.get(begun.headers["location"]).headers["location"] == "/sign-in"
        done = leaving.sign_in()
        assert done.headers["location"] == "/forward/continue"
        page = leaving.http.get("/forward/continue")
        assert page.status_code == 200
        assert "app.example.com" in page.text
        assert leaving.cookie("forward") == ""
        onward = begun.headers["location"].removeprefix(DOOR)
        assert f'content="0; url={onward.replace("&", "&amp;")}"' in page.text
        arrived = leaving.http.get(leaving.http.get(onward).headers["location"])
        assert arrived.headers["location"] == f"{APPLICATION}/page"
        assert leaving.cookie("watchword", APPLICATION)

    def test_an_application_on_our_host_needs_no_code(self, surfer: Surfer) -> None:
        sent = surfer.http.get(f"/forward/begin?return={quote(f'{DOOR}/trade?x=1', safe='')}")
        assert sent.headers["location"] == f"{DOOR}/trade?x=1"

    def test_two_tabs_that_begin_at_once_both_arrive(self, surfer: Surfer) -> None:
        first, second = surfer.begin(f"{APPLICATION}/one"), surfer.begin(f"{APPLICATION}/two")
        for address, page in ((second, "/two"), (first, "/one")):
            assert surfer.http.get(address).headers["location"] == f"{APPLICATION}{page}"

    def test_what_goes_wrong_is_told_at_the_door_and_goes_no_further(self, leaving: Surfer) -> None:
        address = leaving.begin()
        leaving.http.cookies.clear()
        stopped = leaving.http.get(address)
        assert stopped.headers["location"] == f"{DOOR}/forward/stopped?at={quote(APPLICATION, safe='')}"
        assert "set-cookie" not in stopped.headers
        page = leaving.http.get(stopped.headers["location"])
        assert page.status_code == 200
        assert f'href="{APPLICATION}/"' in page.text

    def test_the_door_says_so_of_listed_applications_alone(self, surfer: Surfer) -> None:
        for at in ("https://elsewhere.example", f"{APPLICATION}/", "javascript:alert(1)", ""):
            assert surfer.http.get("/forward/stopped", params={"at": at}).status_code == 404

    def test_the_cookie_lives_as_long_as_the_session(self, leaving: Surfer, clock: SettableClock) -> None:
        clock.advance(timedelta(minutes=10))
        address = leaving.begin()
        (cookie,) = leaving.http.get(address).headers.get_list("set-cookie")
        assert f"Max-Age={24 * 3600 - 600}" in cookie
        assert {"httponly", "secure", "path=/", "samesite=lax"} <= {part.strip().lower() for part in cookie.split(";")}


def test_an_applications_person_is_not_anothers(house: House, surfer: Surfer, theirs: str) -> None:
    bob = Surfer(house, surfer.app, address="bob@example.org").sign_up()
    token = bob.enter(f"{OTHER}/page")
    reply = ask(bob.app, f"__Host-watchword={token}", asked_by_nginx(f"{OTHER}/page"))
    assert reply.headers["watchword-account"] == bob.session["account"] != surfer.session["account"]
