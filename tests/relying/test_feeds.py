"""What services keep up with: nothing is left out, whoever writes at once and whoever was down meanwhile."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.relying.conftest import Platform
from tests.support.acts import ONLY_SQLITE, begin_recovery, change_passphrase, give_message, session_of
from tests.support.clock import SettableClock
from tests.support.exits import Platform as Service
from tests.support.freezing import another, devices, freeze, remove_device
from tests.support.house import Person
from tests.support.parallel import at_once
from watchword.app import House
from watchword.foundation.errors import Gone, Unacceptable
from watchword.foundation.terms import AccountId, SessionId
from watchword.handover.cursors import BEGINNING
from watchword.handover.ended_sessions import COVERS
from watchword.handover.events import PLATFORM
from watchword.record.catalogue import CATALOGUE, EventKind
from watchword.relying import CursorLost, Events

WRITERS, EACH = 8, 25


def note(house: House, name: str, kind: EventKind = EventKind.RECOVERY_BEGUN) -> None:
    """An event, and one that no platform hears of, in a transaction of their own."""
    with house.database.begin() as tx:
        house.core.journal.record(tx, EventKind.LIMIT_REACHED, at=house.core.ground.clock())
        house.core.journal.record(
            tx, kind, at=house.core.ground.clock(), account=AccountId(name), session=SessionId(name)
        )


def heard(house: House, after: str | None = None) -> list[str]:
    """Of whom, from there to the end."""
    names: list[str] = []
    while True:
        page = house.core.platform_events.read(after, 7)
        names += [str(each.account) for each in page.items if each.kind is EventKind.RECOVERY_BEGUN]
        if str(page.next) == after:
            return names
        after = str(page.next)


def test_nothing_is_lost_or_doubled_or_moved_while_many_write_at_once(house: House):
    """Whoever numbers events before they are committed shows 6 before 5, and who has passed 6 never sees 5."""
    everyone = {f"{writer}-{number}" for writer in range(WRITERS) for number in range(EACH)}
    seen: list[str] = []
    ended: list[str] = []

    def listen() -> None:
        events, sessions = None, None
        while len(seen) < len(everyone) or len(ended) < len(everyone):
            page = house.core.platform_events.read(events, 5)
            seen.extend(str(each.account) for each in page.items if each.kind is EventKind.RECOVERY_BEGUN)
            events = str(page.next)
            gone = house.core.ended_sessions.read(sessions, 5)
            ended.extend(each.session for each in gone.items)
            sessions = str(gone.next)

    def write(writer: int) -> None:
        for number in range(EACH):
            note(house, f"{writer}-{number}")
            note(house, f"{writer}-{number}", EventKind.SESSION_ENDED)

    listener = Thread(target=listen, daemon=True)
    listener.start()
    at_once(WRITERS, write)
    listener.join(60)
    assert not listener.is_alive()
    for found in (seen, ended):
        assert len(found) == len(everyone)
        assert set(found) == everyone
        for writer in range(WRITERS):
            of_one = [int(name.partition("-")[2]) for name in found if name.startswith(f"{writer}-")]
            assert of_one == sorted(of_one)
    assert heard(house) == seen


def test_every_event_is_a_place_to_go_on_from(house: House):
    for number in range(5):
        note(house, f"a{number}")
    page = house.core.platform_events.read(None, 100)
    places = [str(each.cursor) for each in page.items if each.kind is EventKind.RECOVERY_BEGUN]
    assert [heard(house, place) for place in places] == [[f"a{n}" for n in range(k + 1, 5)] for k in range(5)]
    assert page.next == house.core.platform_events.newest()
    assert house.core.platform_events.read(str(page.next), 100).items == []


@pytest.mark.parametrize("cursor", ["", "x", "-1", "01.0123456789ab", "1", "1.0123456789AB", "1.0123456789abc", "٣.0"])
@ONLY_SQLITE
def test_what_is_no_cursor_is_refused(house: House, cursor: str):
    for feed in (house.core.platform_events.read, house.core.ended_sessions.read):
        with pytest.raises(Unacceptable):
            feed(cursor, 10)


@ONLY_SQLITE
def test_a_record_put_back_to_an_older_copy_is_noticed(house: House, database_url: str, tmp_path: Path):
    path = Path(database_url.removeprefix("sqlite:///"))
    note(house, "before")
    house.database.engine.dispose()
    older = {each: each.read_bytes() for each in path.parent.glob(f"{path.name}*")}
    note(house, "lost")
    events, sessions = str(house.core.platform_events.newest()), str(house.core.ended_sessions.read(None).next)
    house.database.close()
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()
    for each, content in older.items():
        each.write_bytes(content)
    with pytest.raises(Gone):
        house.core.platform_events.read(events, 10)
    note(house, "after")  # so that there is an event of that number again
    note(house, "after")
    with pytest.raises(Gone):
        house.core.platform_events.read(events, 10)
    assert house.core.ended_sessions.read(sessions).reset


def test_a_cursor_that_stands_too_far_back_begins_with_what_still_counts(house: House, clock: SettableClock):
    feed = house.core.ended_sessions
    old = str(feed.read(None).next)
    clock.advance(COVERS / 2)
    note(house, "one", EventKind.SESSION_ENDED)
    assert not feed.read(old).reset
    clock.advance(COVERS / 2 + timedelta(seconds=1))
    note(house, "two", EventKind.SESSION_ENDED)
    assert not feed.read(old).reset, "nothing that it has not seen is too old"
    clock.advance(COVERS / 2)
    late = feed.read(old)
    assert late.reset
    assert [each.session for each in late.items] == ["two"]
    assert not feed.read(str(late.next)).reset
    clock.advance(timedelta(days=1))
    assert not feed.read(str(late.next)).reset, "nothing ended since"
    assert feed.read(None).items == []


@ONLY_SQLITE
def test_pages_of_endings_say_that_there_are_more(house: House):
    for number in range(5):
        note(house, f"s{number}", EventKind.SESSION_ENDED)
    first = house.core.ended_sessions.read(None, 3)
    second = house.core.ended_sessions.read(str(first.next), 3)
    assert (first.more, second.more) == (True, False)
    assert [each.session for each in (*first.items, *second.items)] == [f"s{n}" for n in range(5)]


def _signs_out(person: Person) -> Person:
    assert person.http.delete("/api/v1/session", headers=person.bearer).status_code == 204
    return person


def _freezes(person: Person) -> Person:
    freeze(person)
    return person


def _is_frozen(person: Person) -> Person:
    platform, account = Service(person.house, "freezer"), session_of(person)["account"]
    reply = person.http.post(f"/api/v1/accounts/{account}/freeze", headers=platform.bearer)
    assert reply.status_code == 200
    return person


def _recovers(person: Person) -> Person:
    give_message(person, begin_recovery(person)).give("new_passphrase", passphrase="eleven quiet herons over water")
    return person


def _closes(person: Person) -> Person:
    headers = {**person.bearer, "Approval": person.approve(kind="change", what="close_account")}
    assert person.http.delete("/api/v1/account", headers=headers).status_code == 204
    return person


def _loses_a_device(person: Person) -> Person:
    there = another(person)
    younger = next(each["id"] for each in devices(person) if not each["this_one"])
    lost = session_of(there)["session"]
    assert remove_device(person, younger).status_code == 204
    there.session = lost
    return there


def _changes_the_passphrase(person: Person) -> Person:
    there = another(person)
    lost = session_of(there)["session"]
    assert change_passphrase(person, "eleven quiet herons over water").status_code == 204
    there.session = lost
    return there


def _signs_others_out(person: Person) -> Person:
    there = another(person)
    lost = session_of(there)["session"]
    headers = {**person.bearer, "Approval": person.approve(kind="change", what="sign_out_others")}
    assert person.http.delete("/api/v1/sessions/others", headers=headers).is_success
    there.session = lost
    return there


ENDS: list[Callable[[Person], Person]] = [_signs_out, _freezes, _is_frozen, _recovers, _closes]
OF_ANOTHER: list[Callable[[Person], Person]] = [_loses_a_device, _changes_the_passphrase, _signs_others_out]


@pytest.mark.parametrize("act", ENDS)
@ONLY_SQLITE
def test_whatever_ends_a_session_is_told(person: Person, house: House, act: Callable[[Person], Person]):
    before, session = house.core.ended_sessions.read(None).next, session_of(person)["session"]
    act(person)
    assert session in [each.session for each in house.core.ended_sessions.read(str(before)).items]


@pytest.mark.parametrize("act", OF_ANOTHER)
@ONLY_SQLITE
def test_whatever_ends_another_session_is_told(person: Person, house: House, act: Callable[[Person], Person]):
    before, session = house.core.ended_sessions.read(None).next, session_of(person)["session"]
    there = act(person)
    found = [each.session for each in house.core.ended_sessions.read(str(before)).items]
    assert there.session in found
    assert session not in found


def test_a_session_whose_end_came_to_nothing_is_not_told(house: House, person: Person):
    session, now = session_of(person), house.core.ground.clock()

    def revoke() -> None:
        with house.database.begin() as tx:
            house.core.sessions.revoke(tx, AccountId(session["account"]), SessionId(session["session"]), now)
            raise RuntimeError("rolled back")

    with pytest.raises(RuntimeError, match="rolled back"):
        revoke()
    assert house.core.ended_sessions.read(None).items == []


def test_only_facts_of_the_catalogue_and_no_one_s_address():
    for kind, facts in PLATFORM.items():
        assert set(facts) <= CATALOGUE[kind].facts
        assert not {"country", "network", "device", "client", "identifier", "destination", "new_place"} & set(facts)


@ONLY_SQLITE
def test_a_platform_hears_what_concerns_it_and_names_nobody(platform: Platform):
    ann = platform.person().bind_app()
    _closes(another(ann))
    account = platform.house.core.platform_events.read(None, 1000).items[0].account
    with platform.connection() as connection:
        events = Events(connection)
        page = events.read(limit=1000)
        told = [each.kind for each in page.items]
        for kind in ("account.created", "signed_in", "authenticator.bound", "session.ended", "account.closed"):
            assert kind in told
        assert {each.account for each in page.items} == {account}
        everything = json.dumps([str(each) for each in page.items])
        for personal in ("ann@", "127.0.0", "country", "device", "network"):
            assert personal not in everything
        assert events.newest() == page.next
        with pytest.raises(CursorLost):
            events.read("7.0123456789ab")


def test_who_was_down_goes_on_where_it_was_and_who_waits_is_told_at_once(platform: Platform):
    platform.person()
    with platform.connection() as connection:
        following = Events(connection).follow(limit=2, wait=10)
        first = next(following)
        assert first.kind == "account.created"
    platform.stop()
    platform.person("bob@example.org")
    with platform.served_again(), platform.connection() as connection:
        told: list[Any] = []

        def listen() -> None:
            for event in Events(connection).follow(first.cursor, wait=10):
                told.append(event)
                if event.kind == "account.frozen":
                    return

        listener = Thread(target=listen, daemon=True)
        listener.start()
        freeze(platform.person("cyd@example.org"))
        listener.join(20)
        assert not listener.is_alive()
    created = [each.account for each in told if each.kind == "account.created"]
    assert len(created) == 2
    assert first.account not in created
    assert told[-1].account == created[-1]


def test_the_beginning_is_a_cursor_too():
    assert str(BEGINNING) == "0"
