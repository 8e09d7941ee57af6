"""The link that freezes, in the wrong hands: scanned, replayed, kept, guessed, pressed from another site."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.support.acts import ANOTHER, ONLY_SQLITE, account_of, begin_sign_in, is_signed_in, subjects
from tests.support.exits import later
from tests.support.freezing import SAME_ORIGIN, another, freeze, frozen, links, pause, press, thaw
from tests.support.house import Person, client_of, solve
from watchword.foundation.terms import Standing
from watchword.record.catalogue import EventKind
from watchword.storage.schema import accounts, events, freeze_links

SCANNERS: tuple[dict[str, str], ...] = (
    {"User-Agent": "SafeLinks/1.0"},
    {"Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch;prerender", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    {"X-Moz": "prefetch", "Accept": "*/*"},
)
FROZEN = "Your Watchword account is frozen"


@pytest.fixture
def link(person: Person) -> str:
    """Of the alert that a sign-in on another device brought."""
    another(person)
    return links(person)[-1]


def standing(person: Person) -> str:
    with person.house.database.read() as tx:
        found = tx.connection.execute(select(accounts.c.standing).where(accounts.c.id != "decoy"))
        return str(found.scalar_one())


def test_a_scanner_that_opens_it_changes_nothing(person, link):
    browser = client_of(person.house)
    for headers in SCANNERS:
        for method in ("GET", "HEAD"):
            reply = browser.request(method, link, headers=headers)
            assert reply.status_code == 200
            assert "set-cookie" not in reply.headers
        assert browser.get(f"{link}/challenge", headers=headers).status_code == 200
    assert is_signed_in(person)
    assert frozen(person) == {"frozen": False}
    assert FROZEN not in subjects(person)


@ONLY_SQLITE
def test_a_scanner_that_sends_the_form_has_not_solved_the_sum(person, link):
    browser = client_of(person.house)
    for form in ({}, {"payload": ""}, {"payload": "A" * 200}, {"payload": "x", "passphrase": person.passphrase}):
        assert browser.post(link, data=form, headers=SAME_ORIGIN).status_code == 422
        assert browser.post(link, data=form).status_code == 422, "nor does a client that is no browser freeze"
    for method in ("PUT", "PATCH", "DELETE"):
        assert browser.request(method, link, headers=SAME_ORIGIN).status_code == 405
    assert frozen(person) == {"frozen": False}


@ONLY_SQLITE
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_another_site_can_not_press_it(person, link, headers):
    """Not even with a sum it solved itself: the form has to come from the page."""
    browser = client_of(person.house)
    payload = solve(browser.get(f"{link}/challenge").json())
    assert browser.post(link, data={"payload": payload}, headers=headers).status_code == 403
    assert frozen(person) == {"frozen": False}


@ONLY_SQLITE
def test_a_sum_solved_for_something_else_does_not_count(person, link):
    browser = client_of(person.house)
    of_sign_in = person.begin("sign_in", known=False).state["ask"][0]["challenge"]
    pause(person)
    other = Person(person.house, person.clock, address="eve@example.org").sign_up()
    another(other)
    of_another = browser.get(f"{links(other)[-1]}/challenge").json()
    for challenge in (of_sign_in, of_another):
        reply = browser.post(link, data={"payload": solve(challenge)}, headers=SAME_ORIGIN)
        assert reply.status_code == 422
    assert frozen(person) == {"frozen": False}


def test_pressed_again_it_does_nothing_more(person, link):
    browser = client_of(person.house)
    form = {"payload": solve(browser.get(f"{link}/challenge").json())}
    for _ in range(3):
        reply = browser.post(link, data=form, headers=SAME_ORIGIN)
        assert (reply.status_code, reply.headers["location"]) == (303, "/frozen")
        assert "session" not in reply.headers.get("set-cookie", ""), "it signs nobody in"
    assert subjects(person).count(FROZEN) == 1
    assert not is_signed_in(person)


def test_it_dies_at_the_thaw(person, link):
    person.bind_app()
    kept = [link, *links(person)]
    press(person, link)
    person.sign_in()
    assert frozen(person)["by"] == "link"
    assert thaw(person).status_code == 204
    person.sign_in()
    for dead in kept:
        assert client_of(person.house).get(dead).status_code == 410
        assert press(person, dead, passphrase=person.passphrase).status_code == 410
    assert frozen(person) == {"frozen": False}


@ONLY_SQLITE
def test_it_lives_for_three_days(person, link):
    person.clock.advance(timedelta(hours=71))
    assert client_of(person.house).get(link).status_code == 200
    person.clock.advance(timedelta(hours=1))
    assert press(person, link).status_code == 410
    assert person.sign_in().http.get("/api/v1/freeze", headers=person.bearer).json() == {"frozen": False}
    person.clock.advance(timedelta(seconds=1))
    person.house.housekeeping()
    with person.house.database.read() as tx:
        assert tx.connection.execute(select(freeze_links.c.id)).first() is None


@ONLY_SQLITE
def test_it_can_not_be_guessed_and_tells_nothing(person, link):
    wrong = ("/freeze/" + "A" * 43, link[:-1] + ("a" if link[-1] != "a" else "b"), link + "x", "/freeze/x")
    replies = [client_of(person.house).get(path) for path in wrong]
    assert {reply.status_code for reply in replies} == {410}
    page = client_of(person.house).get(link).text
    for said in (person.address, account_of(person), "example.org", "Ann"):
        assert said not in page


def test_it_freezes_its_own_account_alone(person, link):
    eve = Person(person.house, person.clock, address="eve@example.org").sign_up()
    press(person, link)
    assert not is_signed_in(person)
    assert is_signed_in(eve)
    assert frozen(eve) == {"frozen": False}


def test_a_row_moved_to_another_account_is_refused(person, link):
    eve = Person(person.house, person.clock, address="eve@example.org").sign_up()
    with person.house.database.begin() as tx:
        tx.connection.execute(update(freeze_links).values(account_id=account_of(eve)))
    assert press(person, link).status_code == 500
    assert is_signed_in(eve)
    assert frozen(eve) == {"frozen": False}


@ONLY_SQLITE
def test_the_token_is_nowhere_but_in_the_mail(person, link, capfd):
    press(person, link)
    token = link.removeprefix("/freeze/")
    with person.house.database.read() as tx:
        rows = [str(row) for table in (events, freeze_links) for row in tx.connection.execute(select(table))]
        kept = tx.connection.exec_driver_sql("SELECT group_concat(copy_sealed) FROM message_copies").scalar_one()
    assert not [row for row in rows if token in row]
    assert token not in kept
    assert token not in "".join(capfd.readouterr())


class TestWhoReadsTheMailAndNoMore:
    """For a week after a thaw by a second step the link takes the passphrase too."""

    @pytest.fixture
    def thawed(self, person: Person) -> Person:
        later(person.bind_app(), hours=2)
        freeze(person)
        person.sign_in()
        assert thaw(person).status_code == 204
        return person.sign_in()

    def test_can_not_freeze_again(self, thawed):
        link = links(thawed)[-1]
        assert 'id="passphrase"' in client_of(thawed.house).get(link).text
        for tried in ("", ANOTHER, "   "):
            assert press(thawed, link, passphrase=tried).status_code == 422
        assert press(thawed, link).status_code == 422
        assert frozen(thawed) == {"frozen": False}
        assert press(thawed, link, passphrase=thawed.passphrase).headers["location"] == "/frozen"

    @ONLY_SQLITE
    def test_has_no_second_place_to_guess_at(self, thawed):
        """Wrong ones count with those at the door; the known device has its own."""
        link = links(thawed)[-1]
        seen = [press(thawed, link, passphrase=ANOTHER).status_code for _ in range(11)]
        assert seen == [422] * 10 + [429]
        assert press(thawed, link, passphrase=thawed.passphrase).status_code == 429
        stranger = thawed.begin("sign_in", known=False).human()
        refused = stranger.offer("passphrase", identifier=thawed.address, passphrase=thawed.passphrase)
        assert refused.status_code == 429
        assert begin_sign_in(thawed).asks[0] == "totp"

    @ONLY_SQLITE
    def test_but_after_a_week_the_link_is_enough(self, thawed):
        later(thawed, days=7)
        another(thawed)
        assert press(thawed, links(thawed)[-1]).headers["location"] == "/frozen"

    @ONLY_SQLITE
    def test_and_a_thaw_by_mail_changes_nothing(self, person):
        freeze(person)
        person.sign_in()
        assert thaw(person).status_code == 204
        assert press(person, links(person)[-1]).headers["location"] == "/frozen"


@ONLY_SQLITE
def test_a_closed_account_has_no_link(person, link):
    account, now = account_of(person), person.clock.now
    core = person.house.core
    with person.house.database.begin() as tx:
        core.accounts.close(tx, account, now)
        core.journal.record(tx, EventKind.ACCOUNT_CLOSED, at=now, account=account, by="operator")
    assert press(person, link).status_code == 410
    assert standing(person) == Standing.CLOSED


@ONLY_SQLITE
def test_trying_it_shows_in_the_activity(person, link):
    client_of(person.house).post(link, data={"payload": "x"}, headers=SAME_ORIGIN)
    reply: Any = person.http.get("/api/v1/activity", headers=person.bearer)
    assert reply.json()["items"][0]["kind"] == "freeze.refused"
