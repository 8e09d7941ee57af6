"""A browser led astray: cookies planted in it, forms sent by other sites, fields full of rubbish."""

import re
from collections.abc import Iterator
from html import unescape
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from tests.support.acts import ONLY_SQLITE
from tests.support.clock import SettableClock
from tests.support.house import PASSPHRASE, Mailbox, open_house, solve
from watchword.app import House, web_application
from watchword.serving import edge_plan
from watchword.storage import schema
from watchword.web.edge import guarded
from watchword.web.edge.response_headers import KEPT
from watchword.web.oidc.paths import END_SESSION, FROM_ANY_SITE, NO_COOKIE

pytestmark = ONLY_SQLITE

ORIGIN = "https://door.example"
ADDRESS = "ann@example.org"
OURS = {"Sec-Fetch-Site": "same-origin", "Origin": ORIGIN}
ELSEWHERE: tuple[dict[str, str], ...] = (
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "same-site", "Origin": "https://sub.door.example"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "null"},
    {"Origin": "http://door.example"},
    {"Origin": "https://door.example.evil.example"},
    {"Referer": f"{ORIGIN}/account"},
    {},
)
HOSTS = ("evil.example", "door.example:443", "door.example.", "DOOR.example:80", "door.example@evil.example", "")
AFTERWARDS = (
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "/account/../../evil.example",
    "/account/./x",
    "/account/..",
    "/account/%0d%0aSet-Cookie:a=b",
    "/accountant",
    "javascript:alert(1)",
    "/sign-out",
    "/account/" + "a" * 300,
)
TYPED = ('"><script>alert(1)</script>', "' onfocus='x", "{{7*7}}", "&lt;b&gt;", "%(x)s")
MARK = "zq7echo"


@pytest.fixture
def house(database_url: str, tmp_path: Path, clock: SettableClock) -> Iterator[House]:
    with open_house(database_url, tmp_path, clock, public_url=ORIGIN, trusted_proxies="127.0.0.0/8") as opened:
        yield opened


class Browser:
    """Keeps cookies as a browser does, and sends forms as our pages do."""

    def __init__(self, house: House) -> None:
        self.house = house
        app = guarded(web_application(house), edge_plan(house.settings, CollectorRegistry()))
        self.http = TestClient(
            app, ORIGIN, client=("127.0.0.1", 5), follow_redirects=False, raise_server_exceptions=False
        )
        self.set_cookies: list[str] = []
        self.http.event_hooks["response"].append(lambda it: self.set_cookies.extend(it.headers.get_list("set-cookie")))

    def cookie(self, name: str) -> str:
        return str(self.http.cookies.get(f"__Host-{name}", domain="door.example", default=""))

    def answer(self, path: str, proof: str, **form: str) -> Any:
        self.http.get(path)
        challenge = self.http.get(f"{path}/challenge")
        payload = {"payload": solve(challenge.json())} if challenge.status_code == 200 else {}
        return self.http.post(path, data={"proof": proof, **form, **payload}, headers=OURS)

    def code(self) -> str:
        return Mailbox(self.house).newest_code(ADDRESS)

    def sign_up(self) -> "Browser":
        assert self.answer("/sign-up", "identifier", identifier=ADDRESS).status_code == 303
        assert self.answer("/sign-up", "message_code", code=self.code()).status_code == 303
        assert self.answer("/sign-up", "new_passphrase", new_passphrase=PASSPHRASE).status_code == 303
        return self

    def sign_out(self) -> None:
        assert self.http.post("/sign-out", headers=OURS).status_code == 303
        assert self.cookie("session") == ""

    def sign_in(self) -> Any:
        return self.answer("/sign-in", "passphrase", identifier=ADDRESS, passphrase=PASSPHRASE)


@pytest.fixture
def browser(house: House) -> Browser:
    return Browser(house).sign_up()


class TestCookies:
    def test_each_is_of_this_host_alone_and_out_of_reach_of_scripts(self, browser: Browser) -> None:
        browser.http.post("/language", data={"language": "zh-Hans", "next": "/help"}, headers=OURS)
        browser.http.post("/account/app", headers=OURS)
        browser.answer("/confirm", "passphrase", passphrase=PASSPHRASE)
        browser.sign_out()
        browser.http.get("/account/activity")
        browser.sign_in()
        names = {each.partition("=")[0] for each in browser.set_cookies}
        assert {f"__Host-{name}" for name in ("session", "device", "language", "passage-confirm", "after")} <= names
        for each in browser.set_cookies:
            parts = {part.strip().lower() for part in each.split(";")}
            assert each.startswith("__Host-")
            assert {"httponly", "secure", "path=/", "samesite=lax"} <= parts, each
            assert not any(part.startswith("domain") for part in parts)

    def test_a_planted_session_is_not_taken_over(self, house: House) -> None:
        planted = "A" * 43
        browser = Browser(house)
        browser.http.cookies.set("__Host-session", planted, domain="door.example", path="/")
        browser.sign_up()
        assert browser.cookie("session") not in ("", planted)
        thief = Browser(house)
        thief.http.cookies.set("__Host-session", planted, domain="door.example", path="/")
        assert thief.http.get("/account").status_code == 303

    def test_a_new_session_at_every_sign_in(self, browser: Browser) -> None:
        first = browser.cookie("session")
        browser.sign_out()
        assert browser.cookie("session") == ""
        assert browser.sign_in().status_code == 303
        assert browser.cookie("session") not in ("", first)
        thief = Browser(browser.house)
        thief.http.cookies.set("__Host-session", first, domain="door.example", path="/")
        assert thief.http.get("/account").status_code == 303

    def test_names_that_another_host_may_set_count_for_nothing(self, browser: Browser) -> None:
        """A subdomain, or the same host over http, can plant a cookie of any name but one with the prefix."""
        thief = Browser(browser.house)
        for name in ("session", "device", "language", "after"):
            planted = browser.cookie(name) or "zh-Hans"
            for spelled in (name, f"__host-{name}", f"__HOST-{name}", f"__Secure-{name}", f" __Host-{name}x"):
                thief.http.headers["Cookie"] = f"{spelled}={planted}"
                assert thief.http.get("/account").status_code == 303, spelled
                page = thief.http.get("/sign-in").text
                assert 'lang="en"' in page
                assert "/sign-in/challenge" in page, "nobody is known"

    def test_a_passage_of_another_is_worth_nothing_without_its_token(self, browser: Browser) -> None:
        thief, victim = Browser(browser.house), Browser(browser.house)
        assert victim.answer("/recover", "identifier", identifier=ADDRESS).status_code == 303
        passage, _, token = victim.cookie("passage-recover").partition(".")
        for planted in (passage, f"{passage}.", f"{passage}.{token[:-1]}", f"{passage}.{'A' * 43}", f".{token}", "."):
            thief.http.cookies.set("__Host-passage-recover", planted, domain="door.example", path="/")
            page = thief.http.get("/recover")
            assert 'name="identifier"' in page.text
            assert thief.cookie("passage-recover") != victim.cookie("passage-recover")
        thief.http.cookies.set("__Host-passage-sign-in", f"{passage}.{token}", domain="door.example", path="/")
        reply = thief.http.post("/sign-in", data={"proof": "passphrase", "passphrase": PASSPHRASE}, headers=OURS)
        assert reply.status_code in (303, 409, 410, 422)
        assert thief.cookie("session") == ""

    def test_a_passage_is_over_for_everybody_once_it_passed(self, browser: Browser) -> None:
        browser.sign_out()
        browser.http.get("/sign-in")
        kept = browser.cookie("passage-sign-in")
        assert browser.sign_in().status_code == 303
        thief = Browser(browser.house)
        thief.http.cookies.set("__Host-passage-sign-in", kept, domain="door.example", path="/")
        reply = thief.http.post("/sign-in", data={"proof": "passphrase", "passphrase": PASSPHRASE}, headers=OURS)
        assert reply.status_code == 410
        assert thief.cookie("session") == ""


def served_routes(house: House) -> Iterator[tuple[str, str]]:
    """Every method and path that is served, with something in place of each parameter."""
    inner: Any = web_application(house)
    while not isinstance(inner, Starlette):
        inner = inner.app
    for route in inner.routes:
        if isinstance(route, Route):
            yield from ((method, _filled(route.path)) for method in route.methods or ())
        elif isinstance(route, Mount) and route.path == "/api/v1":
            document = TestClient(route.app, ORIGIN).get("/openapi.json").json()
            for path, methods in document["paths"].items():
                yield from ((method.upper(), _filled(f"/api/v1{path}")) for method in methods)


def _filled(path: str) -> str:
    return re.sub(r"{[^}]*}", "0" * 26, path)


def everything_trusted(house: House) -> dict[str, list[Any]]:
    """Rows that protect an account."""
    tables = (schema.accounts, schema.identifiers, schema.authenticators, schema.recovery_codes, schema.approvals)
    with house.database.read() as tx:
        return {table.name: list(tx.connection.execute(select(table).order_by(table.c.id))) for table in tables}


class TestOtherSites:
    def test_no_route_takes_a_change_from_elsewhere(self, browser: Browser) -> None:
        before, session = everything_trusted(browser.house), browser.cookie("session")
        served = [each for each in served_routes(browser.house) if each[0] not in ("GET", "HEAD")]
        assert len(served) > 20
        for method, path in served:
            sent_on = (204, 303, 400, 401)  # there no authority is borrowed: no cookie is looked at
            for headers in ELSEWHERE:
                reply = browser.http.request(method, path, headers=headers, data={"enabled": "yes"})
                assert reply.status_code in (sent_on if path in NO_COOKIE else (403,)), (method, path, headers)
                assert reply.headers.get_list("set-cookie") == []
        assert everything_trusted(browser.house) == before
        assert browser.cookie("session") == session
        assert browser.http.get("/account").status_code == 200

    def test_looking_changes_nothing(self, browser: Browser) -> None:
        before, session = everything_trusted(browser.house), browser.cookie("session")
        routes = [path for method, path in served_routes(browser.house) if method == "GET"]
        assert len(routes) > 30
        for path in routes:
            for query in ("", "?do=start_over&enabled=yes&proof=passphrase&_method=DELETE"):
                for headers in ({}, {"X-HTTP-Method-Override": "DELETE", "X-Method-Override": "POST"}):
                    assert browser.http.get(path + query, headers=headers).status_code < 500, path
        assert everything_trusted(browser.house) == before
        assert browser.cookie("session") == session
        assert browser.http.get("/api/v1/session").status_code == 200

    def test_nothing_personal_is_kept_and_nothing_is_framed(self, browser: Browser) -> None:
        for method, path in served_routes(browser.house):
            reply = browser.http.request(method, path, headers=OURS)
            kept = path in KEPT and reply.status_code == 200  # what is public there is for programs to keep
            assert kept or reply.headers["cache-control"] == "no-store", (method, path)
            assert reply.headers["x-frame-options"] == "DENY"
            assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]
            assert reply.headers["referrer-policy"] == "no-referrer"
            assert path in KEPT | FROM_ANY_SITE or "access-control-allow-origin" not in reply.headers
            if path in ("/sign-out", f"{END_SESSION}/confirm"):
                browser.sign_in()

    def test_another_name_is_not_answered_with_anything_of_ours(self, browser: Browser) -> None:
        paths = ("/sign-in", "/account", "/api/v1/session", "/.well-known/security.txt", "/assets/x")
        for host, path in product(HOSTS, paths):
            reply = browser.http.get(path, headers={"Host": host})
            assert reply.status_code in (400, 421), (host, path)
            assert "location" not in reply.headers
            assert "set-cookie" not in reply.headers
            assert "evil" not in reply.text

    def test_signing_in_leads_into_the_account_only(self, browser: Browser) -> None:
        device = f"__Host-device={browser.cookie('device')}"
        form = {"proof": "passphrase", "identifier": ADDRESS, "passphrase": PASSPHRASE}
        for wanted in AFTERWARDS:
            browser.http.cookies.clear()
            browser.http.get("/sign-in", headers={"Cookie": device})
            passage = f"__Host-passage-sign-in={browser.cookie('passage-sign-in')}"
            browser.http.cookies.clear()
            sent = {**OURS, "Cookie": f"{device}; {passage}; __Host-after={wanted}"}
            reply = browser.http.post("/sign-in", data=form, headers=sent)
            assert reply.status_code == 303
            assert reply.headers["location"] == "/account", wanted


_IDENTIFIER = re.compile(r'<input[^>]* name="identifier"[^>]* value="([^"<>]*)"')
RUBBISH: tuple[bytes, ...] = (
    b"",
    b"&&&===",
    b"proof=passphrase",
    b"proof=" + MARK.encode(),
    b"proof=passphrase&identifier=&passphrase=",
    b"proof=passphrase&identifier=%00&passphrase=%00",
    b"proof=passphrase&identifier=%ff%fe&passphrase=%ff%fe",
    b"proof=passphrase&identifier=%ED%A0%80@x.org&passphrase=%ED%A0%80",
    b"proof=identifier&identifier=" + b"a" * 60_000,
    b"proof=passphrase&passphrase=" + b"a" * 60_000,
    b"proof[]=passphrase&proof[a]=b",
    b"&".join(b"f%d=1" % number for number in range(500)),
    b"do=send_again",
    b"do=start_over",
    b"do=" + MARK.encode(),
    b"proof=human&payload=" + b"e30" * 3000,
    b"proof=passkey&credential={}",
    b'{"proof":"passphrase"}',
    b"%",
    b"a=%zz&%=1",
)
KINDS = (
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "multipart/form-data; boundary=" + "b" * 300,
    "application/json",
    "text/plain",
    "",
)


class TestRubbish:
    def test_in_a_form_is_answered_with_a_page(self, browser: Browser) -> None:
        stranger = Browser(browser.house)
        paths = ("/sign-in", "/sign-up", "/recover", "/language")
        inside = ("/confirm", "/account/passphrase", "/account/message-code", "/account/check/totp", "/account/check/x")
        before = everything_trusted(browser.house)
        for visitor, path in [*((stranger, path) for path in paths), *((browser, path) for path in inside)]:
            visitor.http.get(path)
            for kind, body in [*((KINDS[0], body) for body in RUBBISH), *product(KINDS[1:], RUBBISH[::5])]:
                reply = visitor.http.post(path, content=body, headers={**OURS, "Content-Type": kind})
                assert reply.status_code in (200, 303, 400, 404, 405, 409, 410, 413, 422, 429), (path, kind, body[:40])
                assert MARK not in reply.text
        assert everything_trusted(browser.house) == before

    def test_in_a_multipart_form_with_files(self, browser: Browser) -> None:
        stranger = Browser(browser.house)
        stranger.http.get("/sign-in")
        files = {"passphrase": ("x.txt", b"a" * 30_000), "identifier": ("y", b"b")}
        reply = stranger.http.post("/sign-in", files=files, data={"proof": "passphrase"}, headers=OURS)
        assert reply.status_code in (303, 400, 422)

    def test_what_was_typed_is_shown_again_as_text(self, house: House) -> None:
        browser = Browser(house)
        for typed in TYPED:
            reply = browser.answer("/sign-up", "identifier", identifier=typed)
            assert reply.status_code == 422
            assert "<script>alert" not in reply.text
            assert unescape(found[1] if (found := _IDENTIFIER.search(reply.text)) else "") == typed

    def test_in_an_address_is_not_echoed(self, browser: Browser) -> None:
        for path in (
            f"/{MARK}",
            f"/account/{MARK}",
            f"/account/app/{MARK}",
            f"/account/app/{MARK}/sheet",
            f"/account/check/{MARK}",
            f"/assets/{MARK}.js",
            f"/api/v1/{MARK}",
            f"/api/v1/passages/{MARK}",
            f"/sign-in?use={MARK}",
            f"/account/activity?before={MARK}",
            f"/help?{MARK}",
            f"/sign-up?next=https://{MARK}.example",
            f"/account?<script>{MARK}</script>",
            f"/api/v1/activity?before={MARK}",
            f"/.well-known/{MARK}",
        ):
            reply = browser.http.get(path)
            assert reply.status_code < 500, path
            shown = re.sub(r'name="next" value="/[^"]*"', "", reply.text)  # where the switch of language leads back
            assert MARK not in shown, path
            assert MARK not in str(reply.headers.get("location", "")), path

    def test_in_a_cookie_or_header_is_not_echoed(self, browser: Browser) -> None:
        stranger = Browser(browser.house)
        rubbish = f'{MARK}"; <b>{MARK}'
        for name in ("session", "device", "language", "after", "notice", "approval", "passage-sign-in"):
            for path in ("/sign-in", "/account", "/help", "/api/v1/session"):
                reply = stranger.http.get(path, headers={"Cookie": f"__Host-{name}={rubbish}"})
                assert reply.status_code in (200, 303, 401), (name, path)
                assert MARK not in reply.text + str(reply.headers)
        for name in ("User-Agent", "Accept-Language", "Referer", "Accept", "X-Requested-With", "Passage-Token"):
            reply = stranger.http.get("/sign-in", headers={name: rubbish})
            assert reply.status_code == 200
            assert MARK not in reply.text + str(reply.headers)
