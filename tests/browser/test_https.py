"""The door over TLS, as in production: the same way in, and cookies that no other name or plain page can set."""

from collections.abc import Iterator

import pytest

from tests.http.test_edge_guards import certificate
from tests.support.house import Place
from tests.support.visitor import ServedHouse, open_served_house


@pytest.fixture(scope="module")
def door(place: Place) -> Iterator[ServedHouse]:
    with open_served_house(*place, tls=certificate(place[1])) as opened:
        yield opened


def test_the_way_in_over_tls(visitor, door: ServedHouse):
    assert door.origin.startswith("https://")
    newcomer = visitor(ignore_https_errors=True).sign_up()
    cookies = {cookie["name"]: cookie for cookie in newcomer.page.context.cookies()}
    assert set(cookies) == {"__Host-session", "__Host-device"}
    for cookie in cookies.values():
        assert cookie["secure"]
        assert cookie["httpOnly"]
        assert cookie["path"] == "/"
    with newcomer.page.expect_response("**/account") as answered:
        newcomer.go("/account")
    assert answered.value.all_headers()["strict-transport-security"] == "max-age=63072000; includeSubDomains"
    newcomer.sign_out()
    newcomer.go("/sign-in")
    newcomer.give_passphrase()
    newcomer.is_at("/account")
