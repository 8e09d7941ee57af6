"""Frozen holders behind a proxy: let in, and marked, where it asks for readers, and by nothing that a client sends."""

from collections.abc import Iterator
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.support.clock import SettableClock
from tests.support.forwarding import (
    APPLICATION,
    DOOR,
    NAVIGATION,
    PATH,
    SAME_ORIGIN,
    Surfer,
    ask,
    asked_by_caddy,
    asked_by_nginx,
    behind_a_proxy,
    open_forward_house,
)
from tests.support.house import Place
from watchword.accounts.freezes.freezes import ThawedBy
from watchword.foundation.clock import system_clock
from watchword.foundation.terms import AccountId
from watchword.record.catalogue import EventKind

READERS = f"{PATH}/read-only"
MARK = "watchword-read-only"


@pytest.fixture(scope="module")
def known(place: Place) -> Iterator[Surfer]:
    with open_forward_house(*place, SettableClock(system_clock())) as house:
        yield Surfer(house, behind_a_proxy(house), address="known@example.org")


@pytest.fixture
def surfer(known: Surfer, request: pytest.FixtureRequest) -> Surfer:
    address = f"{request.node.name.partition('[')[0][-40:].strip('_')}@example.org"
    return Surfer(known.house, known.app, address=address).sign_up()


@pytest.fixture
def frozen(surfer: Surfer) -> Surfer:
    """Signed in to an account that they froze."""
    assert surfer.http.post("/account/freeze", headers=SAME_ORIGIN).status_code == 303
    surfer.sign_in()
    return surfer


@pytest.fixture(scope="module")
def reader(known: Surfer) -> Surfer:
    """Frozen, and in the application. None of these tests ends that."""
    surfer = known.sign_up()
    assert surfer.http.post("/account/freeze", headers=SAME_ORIGIN).status_code == 303
    surfer.sign_in()
    assert enter_as_reader(surfer).headers["location"] == f"{APPLICATION}/page"
    return surfer


def ours(surfer: Surfer) -> str:
    return f"__Host-session={surfer.cookie('session')}"


def theirs(surfer: Surfer) -> str:
    return f"__Host-watchword={surfer.cookie('watchword', APPLICATION)}"


def enter_as_reader(surfer: Surfer) -> Any:
    """From a page of the application; the reply of its callback."""
    nobody = ask(surfer.app, "", {**NAVIGATION, **asked_by_nginx()}, path=READERS)
    begun = surfer.http.get(nobody.headers["location"])
    at_door = surfer.http.get(begun.headers["location"])
    if at_door.headers["location"] == "/sign-in":
        surfer.sign_in()
        surfer.http.get("/forward/continue")
        at_door = surfer.http.get(begun.headers["location"])
    return surfer.http.get(at_door.headers["location"])


def thaw(surfer: Surfer) -> None:
    """By the operator's hand, in place of the holder's: what follows is the same."""
    core, account = surfer.house.core, AccountId(surfer.session["account"])
    with surfer.house.database.begin() as tx:
        live = core.freezing.freezes.live(tx, account)
        core.freezing._end(tx, account, live, ThawedBy.OPERATOR, core.ground.clock())


def claims(surfer: Surfer, reply: Any) -> dict[str, Any]:
    keys = KeySet.import_key_set(surfer.http.get("/.well-known/jwks.json").json())
    return dict(jwt.decode(reply.headers["watchword-assertion"], keys, algorithms=["ES256"]).claims)


@pytest.mark.parametrize("way", [asked_by_nginx, asked_by_caddy])
def test_where_the_proxy_asks_for_readers_they_are_let_in_and_marked(reader: Surfer, way: Any) -> None:
    for cookies, url in ((ours(reader), f"{DOOR}/trade/"), (theirs(reader), f"{APPLICATION}/orders/")):
        reply = ask(reader.app, cookies, way(url), path=READERS)
        assert reply.status_code == 204, reply.headers
        assert reply.headers[MARK] == "1"
        assert reply.headers["watchword-account"] == reader.session["account"]
        assert claims(reader, reply)["read_only"] is True


def test_anywhere_else_they_are_refused(reader: Surfer) -> None:
    for cookies, url in ((ours(reader), f"{DOOR}/trade/"), (theirs(reader), f"{APPLICATION}/orders/")):
        reply = ask(reader.app, cookies, asked_by_nginx(url))
        assert (reply.status_code, reply.headers["watchword-reason"]) == (403, "read_only")
        assert "watchword-account" not in reply.headers


@pytest.mark.parametrize(
    "sent",
    [
        {"Watchword-Read-Only": "allow"},
        {"Watchword-Read-Only": "1"},
        {"X-Watchword-Read-Only": "allow"},
        {"read_only": "allow"},
        {"X-Original-URI": "/forward-auth/read-only"},
        {"X-Rewrite-URL": READERS},
        {"X-HTTP-Path-Override": READERS},
        {"Cookie": "read_only=allow"},
    ],
    ids=str,
)
def test_no_header_of_a_client_asks_for_readers(reader: Surfer, sent: dict[str, str]) -> None:
    """As a proxy passes it on that was configured before there were readers."""
    cookies = "; ".join([theirs(reader), *([sent["Cookie"]] if "Cookie" in sent else [])])
    more = {name: value for name, value in sent.items() if name != "Cookie"}
    reply = ask(reader.app, cookies, {**asked_by_nginx(), **more})
    assert reply.status_code == 403


@pytest.mark.parametrize("query", ["?read_only=allow", "?readers=1", "?/read-only", "?path=/forward-auth/read-only"])
def test_no_query_of_a_client_asks_for_readers(reader: Surfer, query: str) -> None:
    """Caddy appends the client's query to the address of its question."""
    assert ask(reader.app, theirs(reader), asked_by_caddy(), path=f"{PATH}{query}").status_code == 403
    marked = ask(reader.app, theirs(reader), asked_by_caddy(), path=f"{READERS}?readers=0&read_only=0")
    assert marked.headers[MARK] == "1"


@pytest.mark.parametrize("path", ["/", "-only", "/read-only/", "/Read-Only", "/read_only", "/read%2donly"])
def test_the_question_for_readers_has_one_address(reader: Surfer, path: str) -> None:
    reply = ask(reader.app, ours(reader), asked_by_nginx(f"{DOOR}/trade/"), path=f"{PATH}{path}")
    assert reply.status_code == 404


def test_who_may_do_all_is_not_marked(surfer: Surfer) -> None:
    surfer.enter()
    reply = ask(surfer.app, theirs(surfer), asked_by_nginx(), path=READERS)
    assert reply.status_code == 204
    assert reply.headers[MARK] == ""
    assert "read_only" not in claims(surfer, reply)


def test_what_was_let_in_before_the_freeze_is_not_let_in_as_a_reader(surfer: Surfer) -> None:
    surfer.enter()
    before = theirs(surfer)
    assert surfer.http.post("/account/freeze", headers=SAME_ORIGIN).status_code == 303
    assert ask(surfer.app, before, asked_by_nginx(), path=READERS).status_code == 401


def test_after_the_thaw_a_reader_is_nobody_and_signs_in_anew(frozen: Surfer) -> None:
    """Else whoever came in as a reader would stay one for a day, or be taken for somebody who may do all."""
    enter_as_reader(frozen)
    assert ask(frozen.app, theirs(frozen), asked_by_nginx(), path=READERS).headers[MARK] == "1"
    thaw(frozen)
    for path in (PATH, READERS):
        assert ask(frozen.app, theirs(frozen), asked_by_nginx(), path=path).status_code == 401
        assert ask(frozen.app, ours(frozen), asked_by_nginx(f"{DOOR}/trade/"), path=path).status_code == 401
    assert enter_as_reader(frozen).headers["location"] == f"{APPLICATION}/page"
    reply = ask(frozen.app, theirs(frozen), asked_by_nginx(), path=READERS)
    assert (reply.status_code, reply.headers[MARK]) == (204, "")


def test_a_closed_account_reads_at_the_door_alone(surfer: Surfer) -> None:
    core, now = surfer.house.core, surfer.house.core.ground.clock()
    account = AccountId(surfer.session["account"])
    with surfer.house.database.begin() as tx:
        core.accounts.close(tx, account, now)
        core.sessions.revoke_all(tx, account, now)
        core.journal.record(tx, EventKind.ACCOUNT_CLOSED, at=now, account=account, by="operator")
    surfer.sign_in()
    for path in (PATH, READERS):
        assert ask(surfer.app, ours(surfer), asked_by_nginx(f"{DOOR}/trade/"), path=path).status_code == 403
    sent = surfer.http.get(f"/forward/begin?return={APPLICATION}/&browser={'b' * 64}&readers=1")
    assert sent.headers["location"] == "/account"


def test_the_way_in_for_readers_opens_no_other_place(frozen: Surfer) -> None:
    """A client who writes it into the address of the way in gets a cookie that only the question for readers takes."""
    sent = frozen.http.get(f"/forward/begin?return={APPLICATION}/page&browser={'b' * 64}")
    assert sent.headers["location"] == "/account"
    begun = frozen.http.get(f"{APPLICATION}/.watchword/begin?return={APPLICATION}/page&readers=1")
    frozen.http.get(frozen.http.get(begun.headers["location"]).headers["location"])
    assert ask(frozen.app, theirs(frozen), asked_by_nginx()).status_code == 403
    for readers in ("0", "2", "true", "1&readers=1"):
        at = f"/forward/begin?return={APPLICATION}/page&browser={'b' * 64}&readers={readers}"
        assert frozen.http.get(at).status_code == 404 or "callback" not in frozen.http.get(at).headers["location"]
