"""Sessions of applications on other hosts: made by a code, children of a session at the door, ended with it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.support.clock import SettableClock
from tests.support.forwarding import (
    APPLICATION,
    OTHER,
    Surfer,
    ask,
    asked_by_nginx,
    behind_a_proxy,
    open_forward_house,
)
from tests.support.house import PASSPHRASE, Person
from tests.support.parallel import at_once
from watchword.app import House
from watchword.foundation.secret import Secret
from watchword.foundation.terms import ClientKind, SessionId
from watchword.handover.forwarding.addresses import Application
from watchword.handover.forwarding.children import CODE_LIVES, Redeemed
from watchword.record.catalogue import EventKind
from watchword.record.verify import verify_record
from watchword.sessions.sessions import Session
from watchword.storage.schema import child_sessions, events

BROWSER = "b" * 64


@pytest.fixture
def house(database_url: str, tmp_path: Path, clock: SettableClock) -> Iterator[House]:
    with open_forward_house(database_url, tmp_path, clock) as opened:
        yield opened


@pytest.fixture
def surfer(house: House) -> Surfer:
    return Surfer(house, behind_a_proxy(house)).sign_up()


def look(surfer: Surfer, token: str, url: str = f"{APPLICATION}/page") -> int:
    """The status that a proxy is given for a browser with that token."""
    return int(ask(surfer.app, f"__Host-watchword={token}", asked_by_nginx(url)).status_code)


def parent_of(surfer: Surfer) -> Session:
    found = surfer.house.core.sessions.find_cached(surfer.cookie("session"), ClientKind.BROWSER)
    if found is None:
        assert surfer.session["session"]
        return parent_of(surfer)
    return found


def application(surfer: Surfer, origin: str = APPLICATION) -> Application:
    found = surfer.house.core.forwarding.applications.find(origin)
    assert found is not None
    return found


def code_for(surfer: Surfer, origin: str = APPLICATION, browser: str = BROWSER) -> Secret:
    goes_to = surfer.house.core.forwarding.applications.read_return(f"{origin}/page")
    assert goes_to is not None
    return surfer.house.core.children.begin(parent_of(surfer), goes_to, browser)


def redeem(surfer: Surfer, code: Secret, origin: str = APPLICATION, browser: str = BROWSER) -> Redeemed | None:
    return surfer.house.core.children.redeem(code, application(surfer, origin), browser)


def told(house: House, kind: EventKind) -> list[str]:
    with house.database.read() as tx:
        return [row.facts for row in tx.connection.execute(select(events).where(events.c.kind == str(kind)))]


def test_one_is_made_by_a_code_and_names_its_parent(surfer: Surfer) -> None:
    token = surfer.enter()
    reply = ask(surfer.app, f"__Host-watchword={token}", asked_by_nginx())
    assert reply.status_code == 204
    assert reply.headers["watchword-session"] == surfer.session["session"]
    assert reply.headers["watchword-account"] == surfer.session["account"]
    assert reply.headers["watchword-aal"] == "1"
    assert token != surfer.cookie("session")
    assert look(surfer, token, f"{OTHER}/page") == 401
    (opened,) = told(surfer.house, EventKind.CHILD_SESSION_OPENED)
    assert token not in opened
    assert APPLICATION in opened


def sign_out(surfer: Surfer) -> None:
    surfer.sign_out()


def end_all(surfer: Surfer) -> None:
    house, session = surfer.house, surfer.session
    with house.database.begin() as tx:
        house.core.sessions.revoke_all(tx, session["account"], house.core.ground.clock())
        house.core.journal.record(tx, EventKind.SESSION_REVOKED, at=house.core.ground.clock(), reason="test", count=1)


def freeze(surfer: Surfer) -> None:
    assert surfer.http.post("/account/freeze", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303


def be_idle(surfer: Surfer) -> None:
    surfer.house.core.ground.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]


@pytest.mark.parametrize("end", [sign_out, end_all, freeze, be_idle])
def test_it_ends_with_its_parent_at_the_very_next_look(surfer: Surfer, end: Callable[[Surfer], None]) -> None:
    token = surfer.enter()
    assert look(surfer, token) == 204
    end(surfer)
    assert look(surfer, token) == 401


def test_it_keeps_its_parent_from_being_idle_and_not_from_its_end(surfer: Surfer, clock: SettableClock) -> None:
    token = surfer.enter()
    for _ in range(24 * 60 // 50):
        clock.advance(timedelta(minutes=50))
        assert look(surfer, token) == 204
    assert surfer.http.get("/api/v1/session").status_code == 200
    clock.advance(timedelta(minutes=50))
    assert look(surfer, token) == 401
    assert surfer.http.get("/api/v1/session").status_code == 401


def test_a_code_serves_once_and_its_second_coming_ends_what_it_made(surfer: Surfer) -> None:
    code = code_for(surfer)
    made = redeem(surfer, code)
    assert made is not None
    assert made.address == f"{APPLICATION}/page"
    assert look(surfer, made.token.reveal()) == 204
    assert redeem(surfer, code) is None
    assert look(surfer, made.token.reveal()) == 401
    assert redeem(surfer, code) is None
    (ended,) = told(surfer.house, EventKind.CHILD_SESSION_ENDED)
    assert "replayed" in ended


@pytest.mark.parametrize(
    "wrong", [{"browser": "c" * 64}, {"origin": OTHER}, {"browser": ""}, {"browser": "é"}], ids=["b", "o", "none", "é"]
)
def test_a_code_that_comes_wrongly_serves_no_more(surfer: Surfer, wrong: dict[str, Any]) -> None:
    code = code_for(surfer)
    assert redeem(surfer, code, **wrong) is None
    assert redeem(surfer, code) is None
    assert not told(surfer.house, EventKind.CHILD_SESSION_OPENED)


def test_a_code_lives_for_a_minute(surfer: Surfer, clock: SettableClock) -> None:
    in_time, late = code_for(surfer), code_for(surfer)
    clock.advance(CODE_LIVES - timedelta(seconds=1))
    assert redeem(surfer, in_time) is not None
    clock.advance(timedelta(seconds=1))
    assert redeem(surfer, late) is None


def test_a_code_of_a_session_that_ended_makes_nothing(surfer: Surfer) -> None:
    code = code_for(surfer)
    surfer.sign_out()
    assert redeem(surfer, code) is None


def test_of_many_who_come_with_one_code_one_is_let_in_at_most(surfer: Surfer) -> None:
    code = code_for(surfer)
    made = [found for found in at_once(6, lambda _: redeem(surfer, code)) if found is not None]
    assert len(made) == 1
    assert look(surfer, made[0].token.reveal()) == 401  # the others came with a code that was used


def test_a_redeeming_and_an_end_at_once_leave_nothing_that_lives(surfer: Surfer) -> None:
    code = code_for(surfer)
    made = at_once(2, lambda number: redeem(surfer, code) if number else sign_out(surfer))[1]
    assert made is None or look(surfer, made.token.reveal()) == 401


def test_a_new_one_takes_the_place_of_the_earlier_one_at_that_application(surfer: Surfer) -> None:
    first, other = surfer.enter(), surfer.enter(f"{OTHER}/page")
    assert (look(surfer, first), look(surfer, other, f"{OTHER}/page")) == (204, 204)
    second = surfer.enter()
    assert (look(surfer, first), look(surfer, second)) == (401, 204)
    assert look(surfer, other, f"{OTHER}/page") == 204


def test_what_another_process_ended_is_believed_for_a_second_at_most(surfer: Surfer, clock: SettableClock) -> None:
    token, core = surfer.enter(), surfer.house.core
    assert look(surfer, token) == 204
    kept = core.children.cache._by_digest.copy()
    sign_out(surfer)
    core.children.cache._by_digest.update(kept)
    assert look(surfer, token) == 204
    clock.advance(timedelta(seconds=1))
    assert look(surfer, token) == 401


def test_what_was_read_before_an_end_is_not_remembered_after_it(surfer: Surfer, clock: SettableClock) -> None:
    token, cache = surfer.enter(), surfer.house.core.children.cache
    assert look(surfer, token) == 204
    epoch, (digest, (parent, _)) = cache.epoch, next(iter(cache._by_digest.items()))
    sign_out(surfer)
    cache.put(digest, parent, clock(), epoch)
    assert look(surfer, token) == 401


def test_no_digest_and_no_address_lies_in_the_clear(surfer: Surfer) -> None:
    code = code_for(surfer)
    token = surfer.enter(f"{APPLICATION}/a-place-nobody-else-knows")
    with surfer.house.database.read() as tx:
        rows = repr(tx.connection.execute(select(child_sessions)).all())
    for secret in (code.reveal(), token, "a-place-nobody-else-knows", f"{APPLICATION}/page"):
        assert secret not in rows


def test_codes_that_nobody_redeemed_are_forgotten_and_the_record_verifies(surfer: Surfer, clock: SettableClock) -> None:
    token = surfer.enter()
    code_for(surfer)
    assert count(surfer.house) == 2
    clock.advance(timedelta(days=1, minutes=2))
    surfer.house.housekeeping()
    assert count(surfer.house) == 1
    assert look(surfer, token) == 401
    with surfer.house.database.read() as tx:
        assert verify_record(tx, surfer.house.keyring, None).ok


def test_a_child_that_is_taken_away_or_put_back_behind_our_back_shows(surfer: Surfer) -> None:
    surfer.enter()
    with surfer.house.database.begin() as tx:
        tx.connection.execute(child_sessions.delete())
    with surfer.house.database.read() as tx:
        assert not verify_record(tx, surfer.house.keyring, None).ok


def test_a_row_that_was_changed_is_refused(surfer: Surfer, house: House, clock: SettableClock) -> None:
    """A child that is hung on another account's session opens nothing."""
    token = surfer.enter()
    bob = Surfer(house, surfer.app, address="bob@example.org").sign_up()
    changed = {"account_id": bob.session["account"], "session_id": bob.session["session"]}
    with house.database.begin() as tx:
        tx.connection.execute(child_sessions.update().values(**changed))
    clock.advance(timedelta(seconds=2))
    reply = ask(surfer.app, f"__Host-watchword={token}", asked_by_nginx())
    assert reply.status_code == 500
    assert "watchword-account" not in reply.headers


def test_an_apps_session_has_no_children(surfer: Surfer, house: House, clock: SettableClock) -> None:
    """Its token is no cookie, neither at the door nor at an application."""
    clock.advance(timedelta(minutes=2))
    person = Person(house, clock, address="carl@example.org", passphrase=PASSPHRASE)
    person.http = surfer.http.__class__(surfer.app, "https://accounts.example.com", follow_redirects=False)
    person.sign_up()
    for name in ("session", "watchword"):
        for url in (f"{APPLICATION}/page", "https://accounts.example.com/trade"):
            cookie = f"__Host-{name}={person.session}"
            assert ask(surfer.app, cookie, asked_by_nginx(url)).status_code == 401


def count(house: House) -> int:
    with house.database.read() as tx:
        return int(tx.connection.execute(select(func.count()).select_from(child_sessions)).scalar_one())


def test_a_session_of_another_account_ends_no_child(surfer: Surfer, house: House, clock: SettableClock) -> None:
    token = surfer.enter()
    bob = Surfer(house, surfer.app, address="bob@example.org").sign_up()
    mine = SessionId(surfer.session["session"])
    with house.database.begin() as tx:
        house.core.children.ended(tx, bob.session["account"], mine, clock())
    assert look(surfer, token) == 204
