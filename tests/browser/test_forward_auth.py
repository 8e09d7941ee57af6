"""An application on a host of its own, behind nginx as documented: into it by way of the door, and out of it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from prometheus_client import CollectorRegistry

from tests.support.browser import PATIENCE, PROXY_PORT, THEMES, axe_problems, in_theme, too_wide
from tests.support.clock import SettableClock
from tests.support.forwarding import APPLICATION, DOOR, behind_a_proxy, open_forward_house
from tests.support.ports import free_port
from tests.support.proxies import Application, application, nginx
from tests.support.served import served
from tests.support.visitor import ServedHouse, Visitor, without_worker
from watchword.foundation.clock import system_clock
from watchword.serving import operations_of

DESK = f"{APPLICATION}/desk?pair=a%2Fb&x=1"


@pytest.fixture(scope="module")
def desk() -> Iterator[Application]:
    """The application: it shows what it was sent."""
    with application() as behind:
        yield behind


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, sqlite_template: bytes, desk: Application) -> Iterator[ServedHouse]:
    directory, clock, own = tmp_path_factory.mktemp("house"), SettableClock(system_clock()), free_port()
    path = directory / "watchword.db"
    path.write_bytes(sqlite_template)
    with open_forward_house(f"sqlite:///{path}", directory, clock, forward_auth_port=own) as house:
        app = without_worker(behind_a_proxy(house))
        with served(app, operations_of(house, CollectorRegistry()), asked_port=own) as server:
            ports = {"port": PROXY_PORT, "door": server.port, "question": own, "upstream": desk.port}
            with nginx(tmp_path_factory.mktemp("nginx"), **ports):
                yield ServedHouse(house=house, clock=clock, origin=DOOR, server=server)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(ignore_https_errors=True, reduced_motion="reduce", locale="en-GB")
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def cookies(page: Page, origin: str) -> dict[str, str]:
    return {str(cookie["name"]): str(cookie["value"]) for cookie in page.context.cookies(origin)}


def test_into_the_application_by_way_of_the_door_and_out_again(
    page: Page, door: ServedHouse, desk: Application
) -> None:
    newcomer = Visitor(page=page, door=door).sign_up()
    newcomer.sign_out()

    page.goto(DESK)
    newcomer.is_at("/sign-in")
    newcomer.give_passphrase()
    expect(page).to_have_url(DESK)
    expect(page.locator("body")).to_contain_text("Watchword-Account")

    session = cookies(page, DOOR)["__Host-session"]
    child = cookies(page, APPLICATION)
    assert set(child) == {"__Host-watchword", "__Host-watchword-state"}
    assert session not in desk.wire
    assert not [value for value in child.values() if value in desk.wire]

    page.goto(f"{APPLICATION}/other")
    expect(page).to_have_url(f"{APPLICATION}/other")
    newcomer.go("/account")
    newcomer.sign_out()
    page.goto(DESK)
    newcomer.is_at("/sign-in")


def test_who_is_signed_in_already_only_passes_by(page: Page, door: ServedHouse) -> None:
    Visitor(page=page, door=door, address="bea@example.org").sign_up()
    page.goto(DESK)
    expect(page).to_have_url(DESK)


def test_a_way_that_broke_off_is_told_at_the_door(page: Page, door: ServedHouse) -> None:
    Visitor(page=page, door=door, address="cyd@example.org").sign_up()
    page.goto(f"{APPLICATION}/.watchword/callback?code={'A' * 43}")
    expect(page.locator("h1")).to_have_text("You are not there yet")
    for theme in THEMES:
        in_theme(page, theme)
        assert not axe_problems(page)
    assert not too_wide(page, 320)
    page.locator("main a.button").click()
    expect(page).to_have_url(f"{APPLICATION}/")


def test_the_page_that_goes_on_can_be_read_where_it_does_not(page: Page, door: ServedHouse) -> None:
    """Somebody whose browser refreshes nothing by itself finds a way on."""
    Visitor(page=page, door=door, address="dan@example.org").sign_up()
    page.route("**/forward/begin*", lambda route: route.fulfill(status=204))
    wish = f"{'b' * 64}.aHR0cHM6Ly9hcHAuZXhhbXBsZS5jb20vZGVzaw"
    page.context.add_cookies([{"name": "__Host-forward", "value": wish, "url": DOOR, "secure": True}])
    page.goto(f"{DOOR}/forward/continue")
    expect(page.locator("h1")).to_have_text("You are signed in")
    expect(page.locator("main")).to_contain_text("app.example.com")
    onward = f"/forward/begin?return=https%3A%2F%2Fapp.example.com%2Fdesk&browser={'b' * 64}"
    expect(page.locator("main a.button")).to_have_attribute("href", onward)
    for theme in THEMES:
        in_theme(page, theme)
        assert not axe_problems(page)
    assert not too_wide(page, 320)
