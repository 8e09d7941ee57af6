"""mod_auth_openidc in Debian's Apache, in front of an application.

Configured word for word as docs/openid.md has it.
"""

import asyncio
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.openid.documented import block
from tests.openid.homes import open_home, person_at, sent_back
from tests.support.house import Person
from tests.support.openid import Visitor, registration
from tests.support.ports import free_port
from tests.support.proxies import Application, application, program, running
from tests.support.visitor import ServedHouse

MODULES = Path("/usr/lib/apache2/modules")
LOADED = ("mpm_event", "authn_core", "authz_core", "authz_user", "proxy", "proxy_http", "auth_openidc")
FRAME = """\
ServerRoot {directory}
DefaultRuntimeDir {directory}
PidFile {directory}/pid
Mutex pthread
ErrorLog /dev/stderr
Listen 127.0.0.1:{port}
ServerName localhost
User www-data
Group www-data
StartServers 1
ThreadsPerChild 8
ServerLimit 1
MaxRequestWorkers 8
{modules}
OIDCInfoHook access_token id_token refresh_token
Include {documented}
"""
"""Around the documented configuration: where Apache is, and a way for the test to see what it keeps."""


@dataclass(kw_only=True)
class Desk:
    """An application behind Apache."""

    home: ServedHouse
    origin: str
    application: Application

    def deliver(self) -> None:
        """What Apache hears by the back channel."""
        asyncio.run(self.home.house.core.openid.courier.deliver_due())


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, sqlite_template: bytes) -> Iterator[Desk]:
    port = free_port()
    origin = f"http://localhost:{port}"
    directory = tmp_path_factory.mktemp("apache")
    with open_home(tmp_path_factory.mktemp("home"), sqlite_template) as home, application() as behind:
        said = registration(
            name="Apache desk",
            redirect_uris=[f"{origin}/openid"],
            logout_uris=[f"{origin}/bye"],
            backchannel_uri=f"{origin}/openid?logout=backchannel",
        )
        made = home.house.core.openid.clients.add(said)
        assert made.secret is not None
        put_in = {
            "https://login.example.org": home.origin,
            "https://trade.example.org": origin,
            "http://127.0.0.1:9000": f"http://127.0.0.1:{behind.port}",
            "CLIENT_ID": made.id,
            "CLIENT_SECRET": made.secret.reveal(),
            "A_LONG_RANDOM_TEXT": "only-the-test-knows-this-one",
        }
        documented = directory / "documented.conf"
        documented.write_text(block("apache", put_in))
        modules = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in LOADED)
        configuration = directory / "apache2.conf"
        configuration.write_text(FRAME.format(directory=directory, port=port, modules=modules, documented=documented))
        command = [program("apache2"), "-f", configuration, "-DFOREGROUND"]
        with running(command, directory, port, directory):
            yield Desk(home=home, origin=origin, application=behind)


class Surfer(Visitor):
    """At a browser that goes to the application as well as to the door."""

    def __init__(self, desk: Desk, person: Person) -> None:
        super().__init__(person)
        self.desk = desk
        self.apache = httpx.Client(base_url=desk.origin, headers={"Accept": "text/html"}, trust_env=False)

    def look(self, path: str) -> dict[str, str]:
        """What the application is told of who looks, by its headers; signing in on the way where it is asked."""
        reply = self.apache.get(path)
        onward = reply.headers.get("location") or _refreshed(reply.text)
        if onward:
            assert onward.startswith(f"{self.desk.home.origin}/openid/authorize?"), onward
            back = self.apache.get(sent_back(self, onward))
            assert (back.status_code, back.headers["location"]) == (302, f"{self.desk.origin}{path}"), back.text
            reply = self.apache.get(path)
        assert reply.status_code == 200, reply.text
        return {name.lower(): value for name, value in reply.json()["headers"]}

    def is_in(self, path: str = "/page") -> bool:
        return self.apache.get(path).status_code == 200

    def kept(self) -> dict[str, Any]:
        """What Apache keeps of the session."""
        found: dict[str, Any] = self.apache.get("/openid?info=json").json()
        return found


def _refreshed(page: str) -> str | None:
    """Where a page sends the browser by itself: what Apache answers to somebody who is signed in, but not so surely as
    it wants."""
    found = re.search(r'<meta http-equiv="refresh" content="0; url=([^"]+)"', page, re.IGNORECASE)
    return html.unescape(found[1]) if found else None


@pytest.fixture
def surfer(desk: Desk, request: pytest.FixtureRequest) -> Iterator[Surfer]:
    address = f"{request.node.name.replace('_', '-')}@example.org"
    surfer = Surfer(desk, person_at(desk.home, address))
    with surfer.apache:
        yield surfer


def test_it_signs_in_and_tells_the_application_who_came(surfer: Surfer) -> None:
    assert not surfer.is_in()
    told = surfer.look("/page?a=1")
    assert told["oidc_claim_email"] == surfer.person.address
    assert (told["oidc_claim_acr"], told["oidc_claim_aud"]) == ("aal1", surfer.kept()["id_token"]["aud"])
    assert told["oidc_claim_sub"] not in (surfer.person.address, surfer.session()["account"])
    assert surfer.is_in()


def test_it_refreshes(surfer: Surfer, desk: Desk) -> None:
    surfer.look("/page")
    before = surfer.kept()
    back = f"{desk.origin}/page"
    done = surfer.apache.get("/openid", params={"refresh": back, "access_token": before["access_token"]})
    assert (done.status_code, done.headers["location"]) == (302, back)
    after = surfer.kept()
    assert after["access_token"] != before["access_token"]
    assert after["refresh_token"] != before["refresh_token"]
    assert surfer.is_in()


def test_it_steps_up(surfer: Surfer) -> None:
    first = surfer.look("/page")
    surfer.person.bind_app()
    higher = surfer.look("/vault/page")
    assert (first["oidc_claim_acr"], higher["oidc_claim_acr"]) == ("aal1", "aal2")
    assert first["oidc_claim_sub"] == higher["oidc_claim_sub"]
    assert first["oidc_claim_sid"] != higher["oidc_claim_sid"]


def test_who_has_no_second_step_stays_outside(surfer: Surfer, desk: Desk) -> None:
    surfer.look("/page")
    desk.application.seen.clear()
    onward = _refreshed(surfer.apache.get("/vault/page").text)
    assert onward
    back = sent_back(surfer, onward)
    assert "error=unmet_authentication_requirements" in back
    # This version takes ``iss`` beside an error for a sign-in that another site began, and says that it knows no page
    # to go to.
    told = surfer.apache.get(back)
    assert "target_link_uri" in told.text
    assert "location" not in told.headers
    assert desk.application.seen == []


def test_it_signs_out_at_the_door_too(surfer: Surfer, desk: Desk) -> None:
    surfer.look("/page")
    out = surfer.apache.get("/openid", params={"logout": f"{desk.origin}/bye"})
    sent = urlsplit(out.headers["location"])
    assert f"{sent.scheme}://{sent.netloc}{sent.path}" == f"{desk.home.origin}/openid/end-session"
    assert parse_qs(sent.query)["post_logout_redirect_uri"] == [f"{desk.origin}/bye"]
    assert sent_back(surfer, out.headers["location"]) == f"{desk.origin}/bye"
    assert not surfer.is_in()
    assert surfer.http.get("/api/v1/session").status_code == 401


def test_it_hears_by_the_back_channel_that_a_session_ended(surfer: Surfer, desk: Desk) -> None:
    surfer.look("/page")
    assert surfer.is_in()
    surfer.post("/sign-out")
    assert surfer.is_in()  # it has not heard yet
    desk.deliver()
    assert not surfer.is_in()


def test_what_the_client_says_of_who_came_never_arrives(surfer: Surfer, desk: Desk) -> None:
    surfer.look("/page")
    reply = surfer.apache.get("/page", headers={"OIDC_CLAIM_sub": "somebody", "OIDC-CLAIM-email": "root@example.org"})
    assert "somebody" not in json.dumps(reply.json())
    assert "root@example.org" not in json.dumps(reply.json())
