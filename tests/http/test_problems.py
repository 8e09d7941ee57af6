"""Every refusal of the API: its status, its stable code, one sentence; nothing of what was sent or of our inside."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import Any

from sqlalchemy import update

from tests.support.acts import ONLY_SQLITE, account_of, begin_sign_in
from tests.support.house import Person
from watchword.app import House
from watchword.foundation.terms import AccountId
from watchword.record.catalogue import EventKind
from watchword.storage.schema import authenticators

pytestmark = ONLY_SQLITE

ALWAYS = {"type", "title", "status", "code"}
BESIDE = {
    "rejected": {"passage", "reason", "hint"},
    "throttled": {"retry_after"},
    "confirmation_required": {"action"},
}


def assert_problem(reply: Any, status: int, code: str) -> dict[str, Any]:
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in reply.headers
    body: dict[str, Any] = reply.json()
    assert (body["status"], body["code"], body["type"]) == (status, code, "about:blank")
    assert ALWAYS <= body.keys() <= ALWAYS | BESIDE.get(code, set())
    assert body["title"].endswith(".")
    for inner in ("Traceback", "watchword", "sqlalchemy", "pydantic", "python", ".py", "SELECT", "site-packages"):
        assert inner not in reply.text
    return body


def test_not_signed_in(person: Person) -> None:
    for method, path in (
        ("GET", "session"),
        ("DELETE", "session"),
        ("GET", "devices"),
        ("POST", "authenticators/totp"),
    ):
        reply = person.http.request(method, f"/api/v1/{path}")
        assert_problem(reply, 401, "unauthenticated")
        assert reply.headers["www-authenticate"] == "Bearer"
    begun = person.http.post("/api/v1/passages", json={"purpose": "confirm", "action": {"kind": "x"}})
    assert_problem(begun, 401, "unauthenticated")


def test_not_confirmed(person: Person) -> None:
    calls = (
        ("POST", "authenticators/totp", None, {"what": "bind_totp"}),
        ("PUT", "authenticators/message-code", {"enabled": True}, {"what": "message_code", "enabled": True}),
        ("PUT", "passphrase", {"passphrase": "short"}, {"what": "passphrase"}),
        ("DELETE", "sessions/others", None, {"what": "sign_out_others"}),
    )
    for method, path, body, action in calls:
        reply = person.http.request(method, f"/api/v1/{path}", json=body, headers=person.bearer)
        assert assert_problem(reply, 403, "confirmation_required")["action"] == {"kind": "change", **action}


def test_read_only(person: Person) -> None:
    """The session of a closed account reads, signs out, and nothing else."""
    close(person.house, account_of(person), person.clock.now)
    person.sign_in()
    assert person.http.get("/api/v1/devices", headers=person.bearer).status_code == 200
    action = {"kind": "change", "what": "bind_totp"}
    for method, path, body in (
        ("POST", "passages", {"purpose": "confirm", "action": action}),
        ("POST", "authenticators/totp", None),
        ("POST", f"authenticators/totp/{'0' * 26}/activate", {"output": "000000"}),
        ("POST", "authenticators/recovery-codes", None),
        ("DELETE", "authenticators/totp", None),
        ("PUT", "authenticators/message-code", {"enabled": True}),
        ("PUT", "passphrase", {"passphrase": "seven wooden owls in a row"}),
        ("DELETE", "sessions/others", None),
    ):
        reply = person.http.request(method, f"/api/v1/{path}", json=body, headers=person.bearer)
        assert_problem(reply, 403, "read_only")
    assert person.http.delete("/api/v1/session", headers=person.bearer).status_code == 204


def close(house: House, account: AccountId, now: Any) -> None:
    with house.database.begin() as tx:
        house.core.accounts.close(tx, account, now)
        house.core.sessions.revoke_all(tx, account, now)
        house.core.journal.record(tx, EventKind.ACCOUNT_CLOSED, at=now, account=account, by="operator")


def test_nothing_there_and_nothing_taken(person: Person) -> None:
    assert_problem(person.http.get("/api/v1/nothing", headers=person.bearer), 404, "not_found")
    assert_problem(person.http.get(f"/api/v1/passages/{'0' * 26}"), 404, "not_found")
    assert_problem(person.http.get("/api/v1//session"), 404, "not_found")
    reply = person.http.get("/api/v1/passages")
    assert_problem(reply, 405, "method_not_allowed")
    assert reply.headers["allow"] == "POST"
    for method in ("TRACE", "OPTIONS", "CONNECT", "BREW"):
        assert_problem(person.http.request(method, "/api/v1/session"), 405, "method_not_allowed")
    removed = person.http.delete("/api/v1/authenticators/totp", headers=person.bearer)
    assert_problem(removed, 404, "not_found")


def test_out_of_turn_and_over(person: Person) -> None:
    passage = begin_sign_in(person, known=False)
    assert_problem(passage.offer("totp", output="000000"), 409, "not_asked")
    person.clock.advance(timedelta(minutes=15))
    assert_problem(passage.offer("message_code", code="000000"), 410, "gone")
    assert_problem(passage.http.get(f"/api/v1/passages/{passage.id}", headers=passage.headers), 410, "gone")


def test_rejected_unreadable_too_large_and_elsewhere(person: Person) -> None:
    passage = begin_sign_in(person, known=False)
    body = assert_problem(passage.offer("message_code", code="x"), 422, "rejected")
    assert body["passage"]["ask"] == [{"proof": "message_code"}]
    assert "token" not in body["passage"]
    assert_problem(passage.offer("message_code", output="000000"), 422, "unreadable")
    assert_problem(passage.offer("message_code", code="0" * 70_000), 413, "too_large")
    cross = person.http.post("/api/v1/passages", json={"purpose": "sign_in"}, headers={"Origin": "https://x.example"})
    assert_problem(cross, 403, "cross_site")
    assert_problem(person.http.get("/api/v1/session", headers={"Host": "x.example"}), 421, "misdirected")
    assert_problem(person.http.get("/api/v1/session", headers={"X-Forwarded-For": "1.2.3.4"}), 400, "bad_request")


def test_too_soon_and_too_often(person: Person) -> None:
    passage = begin_sign_in(person, known=False)
    reply = passage.http.post(f"/api/v1/passages/{passage.id}/messages", headers=passage.headers)
    body = assert_problem(reply, 429, "throttled")
    assert int(reply.headers["retry-after"]) == body["retry_after"] == 60


@contextmanager
def crowded(house: House) -> Iterator[None]:
    """Every place where passphrases are hashed is taken."""
    done, taken = Event(), []

    def hold(*, reserved: bool) -> None:
        house.pool.run(lambda: done.wait(30), reserved=reserved)

    for reserved in [False] * house.pool.open_places + [True] * (house.pool.places - house.pool.open_places):
        taken.append(Thread(target=hold, kwargs={"reserved": reserved}))
        taken[-1].start()
    try:
        while sum(house.pool._taken.values()) < house.pool.places:
            assert not done.wait(0.01)
        yield
    finally:
        done.set()
        for thread in taken:
            thread.join()


def test_busy_and_nothing_counted(person: Person) -> None:
    fields = {"identifier": person.address, "passphrase": "wrong every time, and long"}
    passages = [person.begin("sign_in") for _ in range(12)]
    with crowded(person.house):
        for passage in passages:
            reply = passage.offer("passphrase", **fields)
            assert_problem(reply, 503, "busy")
            assert reply.headers["retry-after"] == "2"
    assert_problem(passages[0].offer("passphrase", **fields), 422, "rejected")


def test_a_failure_of_ours_says_nothing_of_it(person: Person) -> None:
    with person.house.database.begin() as tx:
        edited = update(authenticators).where(authenticators.c.account_id == account_of(person))
        tx.connection.execute(edited.values(verifier="edited-by-somebody"))
    passage = person.begin("sign_in")
    reply = passage.offer("passphrase", identifier=person.address, passphrase=person.passphrase)
    assert_problem(reply, 500, "failed")
    assert "edited" not in reply.text
    page = person.http.get("/sign-in")
    assert page.status_code == 200, "the others are served"


def test_the_document_takes_secrets_and_shows_none(person: Person) -> None:
    """No example, default or constant in it is a secret; what is one is marked as written only."""
    reply = person.http.get("/api/v1/openapi.json")
    document = reply.json()
    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": "/api/v1"}]
    for secret in (person.passphrase, person.session, person.device, person.address, str(person.house.settings.data)):
        assert secret not in reply.text
    for name, shape in document["components"]["schemas"].items():
        if not name.endswith("Proof") and name not in ("FirstOutput", "Passphrase"):
            continue
        for field, described in shape["properties"].items():
            if field in ("passphrase", "code", "output"):
                assert described["writeOnly"] is True, (name, field)
                assert not {"default", "example", "examples", "const"} & described.keys()
    assert "HTTPValidationError" not in json.dumps(document), "nobody is shown what he typed"


def test_nothing_else_describes_the_house(person: Person) -> None:
    for path in (
        "/docs",
        "/redoc",
        "/openapi.json",
        "/api/docs",
        "/api/v1/docs",
        "/api/v1/redoc",
        "/metrics",
        "/readyz",
    ):
        assert person.http.get(path).status_code == 404, path
