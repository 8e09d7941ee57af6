"""``GET /session`` answers from memory: the same answer as the long way, and no longer than the session lives."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.support.acts import ONLY_SQLITE, account_of, session_of
from tests.support.house import Person
from tests.support.statements import count_statements
from watchword.foundation.terms import SessionId
from watchword.record.catalogue import EventKind

pytestmark = ONLY_SQLITE

PATH = "/api/v1/session"
_REVOKED = EventKind.SESSION_REVOKED
Headers = list[tuple[str, str]]


@pytest.fixture
def warm(person: Person) -> Person:
    """Somebody whose session lies in memory."""
    session_of(person)
    return person


def ask(person: Person, headers: Headers, method: str = "GET", path: str = PATH) -> Any:
    """Both ways: from memory, and with the memory emptied."""
    hot = person.http.request(method, path, headers=headers)
    cache = person.house.core.sessions.cache
    cache._by_digest.clear()
    cold = person.http.request(method, path, headers=headers)
    assert hot.status_code == cold.status_code, headers
    assert hot.content == cold.content
    return cold


def test_a_session_in_memory_needs_no_database(warm: Person) -> None:
    with count_statements(warm.house.database) as statements:
        assert warm.http.get(PATH, headers=warm.bearer).status_code == 200
    assert statements.count == 0


def test_it_says_the_same_as_the_long_way(warm: Person) -> None:
    reply = ask(warm, [*warm.bearer.items()])
    assert reply.json()["amr"] == ["message", "pwd"]
    names = {"cache-control", "content-security-policy", "x-content-type-options", "request-id", "content-length"}
    hot = warm.http.get(PATH, headers=warm.bearer)
    assert names <= set(hot.headers)
    assert hot.headers["cache-control"] == "no-store"
    assert hot.headers["content-type"] == reply.headers["content-type"]


def credentials(token: str) -> Iterator[tuple[Headers, int]]:
    yield [("Authorization", f"Bearer {token}")], 200
    yield [("authorization", f"bearer {token}")], 200
    yield [("Authorization", f"BEARER  {token} ")], 200
    yield [("Authorization", f"Bearer {token}"), ("Cookie", "session=x")], 200
    yield [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")], 401
    yield [("Authorization", f"Bearer {token}, Bearer x")], 401
    yield [("Authorization", f"Bearer{token}")], 401
    yield [("Authorization", f"Bearer\t{token}")], 401
    yield [("Authorization", f"Basic {token}")], 401
    yield [("Authorization", token)], 401
    yield [("Authorization", f"Bearer {token.swapcase()}")], 401
    yield [("Authorization", f"Bearer {token[:-1]}")], 401
    yield [("Authorization", f"Bearer {token}A")], 401
    yield [("Authorization", "Bearer ")], 401
    yield [("Authorization", "")], 401
    yield [("Authorization", "Bearer é")], 401
    yield [("Cookie", f"session={token}")], 401
    yield [("Cookie", f"session={token}"), ("Authorization", "Bearer x")], 401
    yield [("Device-Token", token)], 401
    yield [("Approval", token)], 401
    yield [], 401


def test_it_takes_the_same_credentials_as_the_long_way(warm: Person) -> None:
    for headers, status in credentials(warm.session):
        encoded = [(name, value.encode("latin-1")) for name, value in headers]
        assert ask(warm, encoded).status_code == status, headers  # type: ignore[arg-type]
        session_of(warm)


def test_a_token_of_anything_else_is_none(warm: Person) -> None:
    passage = warm.begin("sign_in")
    approval = warm.approve(kind="change", what="bind_totp")
    for token in (warm.device, passage.headers["Passage-Token"], approval, passage.id, session_of(warm)["session"]):
        assert ask(warm, [("Authorization", f"Bearer {token}")]).status_code == 401


def test_other_methods_and_spellings_do_not_take_the_short_way(warm: Person) -> None:
    for method in ("POST", "PUT", "PATCH", "HEAD"):
        assert ask(warm, [*warm.bearer.items()], method).status_code == 405
    for path in (f"{PATH}/", "/api/v1/Session", "/API/v1/session", "/session"):
        assert ask(warm, [*warm.bearer.items()], path=path).status_code == 404
    assert ask(warm, [*warm.bearer.items()], path=f"{PATH}?x=1").status_code == 200
    warm.http.headers["Host"] = "elsewhere.example"
    assert ask(warm, [*warm.bearer.items()]).status_code == 421


def sign_out(person: Person) -> None:
    assert person.http.delete(PATH, headers=person.bearer).status_code == 204


def close(person: Person) -> None:
    account = account_of(person)
    with person.house.database.begin() as tx:
        person.house.core.sessions.revoke_all(tx, account, person.clock())
        person.house.core.journal.record(tx, _REVOKED, at=person.clock(), account=account, reason="closed", count=1)


def recover(person: Person) -> None:
    passage = person.begin("recover").human().give("identifier", identifier=person.address)
    passage.give("message_code", code=person.mailbox.newest_code(person.address))
    passage.give("new_passphrase", passphrase="eleven quiet herons over water")


def be_idle(person: Person) -> None:
    person.clock.advance(timedelta(hours=1))


@pytest.mark.parametrize("end", [sign_out, close, recover, be_idle])
def test_the_very_next_request_after_the_end_is_refused(warm: Person, end: Callable[[Person], None]) -> None:
    end(warm)
    assert warm.http.get(PATH, headers=warm.bearer).status_code == 401


def test_what_another_process_ended_is_believed_for_a_second_at_most(warm: Person) -> None:
    found = session_of(warm)
    sessions = warm.house.core.sessions
    with warm.house.database.begin() as tx:
        row = sessions.store.find_by_id(tx, account_of(warm), SessionId(found["session"]))
        assert row is not None
        sessions.store.revoke(tx, row, warm.clock())
        warm.house.core.journal.record(tx, _REVOKED, at=warm.clock(), account=account_of(warm), reason="test", count=1)
    assert warm.http.get(PATH, headers=warm.bearer).status_code == 200
    warm.clock.advance(timedelta(seconds=1))
    assert warm.http.get(PATH, headers=warm.bearer).status_code == 401


def test_what_was_read_before_an_end_is_not_remembered_after_it(warm: Person) -> None:
    """A look-up that began before a sign-out and ends after it puts nothing back into the memory."""
    cache = warm.house.core.sessions.cache
    epoch, found = cache.epoch, next(iter(cache._by_digest.items()))
    sign_out(warm)
    cache.put(found[0], found[1][0], warm.clock(), epoch)
    assert warm.http.get(PATH, headers=warm.bearer).status_code == 401
