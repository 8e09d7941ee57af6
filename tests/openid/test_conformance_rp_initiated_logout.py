"""The OpenID Foundation's plan "RP-Initiated OP": what the end of a session does, and what it must not do."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.openid.conftest import HttpsVisitor
from tests.support.house import client_of
from tests.support.openid import SIGNED_OUT, Party, address_of
from watchword.app import House
from watchword.crypto.jose import PrivateKey, decoded, encoded
from watchword.crypto.tokens import Randomness

STATE = "s" * 128
"""As long as the suite's own."""


@pytest.fixture
def id_token(fresh: HttpsVisitor, party: Party) -> str:
    """Of the session that the browser is in."""
    return str(fresh.enter(party)["id_token"])


def asks(**parameters: str) -> str:
    return urlencode(parameters)


def end_session(browser: HttpsVisitor, query: str) -> Any:
    return browser.http.get("/openid/end-session" + (f"?{query}" if query else ""))


def confirm(browser: HttpsVisitor, query: str) -> Any:
    return browser.post("/openid/end-session/confirm", asked=query)


def is_out(browser: HttpsVisitor, party: Party) -> bool:
    answer = browser.visit(party, prompt="none")
    return answer.get("error") == "login_required"


def is_refused(reply: Any, browser: HttpsVisitor, party: Party) -> bool:
    """A page that says so, no way back, and still signed in."""
    page = reply.status_code == 400 and "text/html" in reply.headers["content-type"]
    return page and SIGNED_OUT not in reply.text and "code" in browser.visit(party, prompt="none")


def test_oidcc_rp_initiated_logout_discovery_endpoint_verification(door: House) -> None:
    told = client_of(door).get("/.well-known/openid-configuration").json()
    assert told["end_session_endpoint"] == f"{door.settings.public_url}/openid/end-session"
    assert door.settings.public_url.startswith("https://")


def test_oidcc_rp_initiated_logout(fresh: HttpsVisitor, party: Party, id_token: str) -> None:
    out = end_session(fresh, asks(id_token_hint=id_token, post_logout_redirect_uri=SIGNED_OUT, state=STATE))
    assert address_of(out) == f"{SIGNED_OUT}?state={STATE}"
    assert is_out(fresh, party)


def test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(
    fresh: HttpsVisitor, party: Party, id_token: str
) -> None:
    bad = asks(id_token_hint=id_token, post_logout_redirect_uri=f"{SIGNED_OUT}/other", state=STATE)
    assert is_refused(end_session(fresh, bad), fresh, party)


def test_oidcc_rp_initiated_logout_modified_id_token_hint(fresh: HttpsVisitor, party: Party, id_token: str) -> None:
    header, claims, _ = id_token.split(".")
    unsigned = {**json.loads(decoded(header)), "alg": "none"}
    changed = f"{encoded(json.dumps(unsigned).encode())}.{claims}."
    query = asks(id_token_hint=changed, post_logout_redirect_uri=SIGNED_OUT, state=STATE)
    assert is_refused(end_session(fresh, query), fresh, party)


def test_oidcc_rp_initiated_logout_no_id_token_hint(fresh: HttpsVisitor, party: Party, id_token: str) -> None:
    query = asks(post_logout_redirect_uri=SIGNED_OUT, state=STATE)
    assert is_refused(end_session(fresh, query), fresh, party)


def test_oidcc_rp_initiated_logout_no_params(fresh: HttpsVisitor, party: Party, id_token: str) -> None:
    asked = end_session(fresh, "")
    assert (asked.status_code, SIGNED_OUT in asked.text) == (200, False)
    assert address_of(confirm(fresh, "")) == "/signed-out"
    assert is_out(fresh, party)


def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(
    fresh: HttpsVisitor, party: Party, id_token: str
) -> None:
    out = end_session(fresh, asks(id_token_hint=id_token, state=STATE))
    assert address_of(out) == "/signed-out"
    assert fresh.http.get("/signed-out").status_code == 200
    assert is_out(fresh, party)


def test_oidcc_rp_initiated_logout_no_state(fresh: HttpsVisitor, party: Party, id_token: str) -> None:
    out = end_session(fresh, asks(id_token_hint=id_token, post_logout_redirect_uri=SIGNED_OUT))
    assert address_of(out) == SIGNED_OUT
    assert is_out(fresh, party)


def test_oidcc_rp_initiated_logout_only_state(fresh: HttpsVisitor, party: Party, id_token: str) -> None:
    query = asks(state=STATE)
    asked = end_session(fresh, query)
    assert (asked.status_code, SIGNED_OUT in asked.text) == (200, False)
    assert address_of(confirm(fresh, query)) == "/signed-out"
    assert is_out(fresh, party)


def test_oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(
    fresh: HttpsVisitor, party: Party, id_token: str
) -> None:
    query = asks(id_token_hint=id_token, post_logout_redirect_uri=f"{SIGNED_OUT}?foo=bar", state=STATE)
    assert is_refused(end_session(fresh, query), fresh, party)


def test_oidcc_rp_initiated_logout_bad_id_token_hint(fresh: HttpsVisitor, party: Party, id_token: str) -> None:
    other = PrivateKey.draw("ES256", Randomness())
    forged = other.sign(json.loads(decoded(id_token.split(".")[1])), typ="JWT")
    query = asks(id_token_hint=forged, post_logout_redirect_uri=SIGNED_OUT, state=STATE)
    assert is_refused(end_session(fresh, query), fresh, party)
