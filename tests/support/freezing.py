"""What tests of freezing do: freeze from a session, press the link of a mail, thaw, read alerts."""

import re
from datetime import timedelta
from typing import Any

from starlette.testclient import TestClient

from tests.support.exits import Platform
from tests.support.house import Person, client_of, deliver, solve

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
LINK = re.compile(r"^https?://\S+(/freeze/[A-Za-z0-9_-]{43})$", re.MULTILINE)


def pause(person: Person, **span: float) -> None:
    """The post goes out, then a moment passes: what is told afterwards is newer."""
    deliver(person.house)
    person.clock.advance(timedelta(**(span or {"seconds": 1})))


def freeze(person: Person) -> None:
    pause(person)
    reply = person.http.post("/api/v1/freeze", headers=person.bearer)
    assert reply.status_code == 204, reply.text


def frozen(person: Person) -> dict[str, Any]:
    """How the account stands, in a session."""
    reply = person.http.get("/api/v1/freeze", headers=person.bearer)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


def thaw(person: Person) -> Any:
    """With whatever is asked; the bare reply."""
    pause(person)
    approval = person.approve(kind="change", what="thaw")
    return person.http.post("/api/v1/thaw", headers={**person.bearer, "Approval": approval})


def links(person: Person, address: str | None = None) -> list[str]:
    """The path of each freeze link sent there, oldest first."""
    texts = person.mailbox.texts_to(address or person.address)
    return [found for text in texts for found in LINK.findall(text)]


def press(person: Person, path: str, *, http: TestClient | None = None, **form: str) -> Any:
    """The page is opened without a session, its check solved, its form sent; the bare reply."""
    browser = http or client_of(person.house)
    challenge = browser.get(f"{path}/challenge")
    payload = {"payload": solve(challenge.json())} if challenge.status_code == 200 else {}
    return browser.post(path, data={**payload, **form}, headers=SAME_ORIGIN)


def alerts(person: Person, *, language: str = "en") -> list[dict[str, Any]]:
    """The newest first."""
    reply = person.http.get("/api/v1/alerts", headers={**person.bearer, "Accept-Language": language})
    assert reply.status_code == 200, reply.text
    items: list[dict[str, Any]] = reply.json()["items"]
    return items


def kinds(person: Person) -> list[str]:
    return [alert["kind"] for alert in alerts(person)]


def devices(person: Person) -> list[dict[str, Any]]:
    reply = person.http.get("/api/v1/devices", headers=person.bearer)
    assert reply.status_code == 200, reply.text
    items: list[dict[str, Any]] = reply.json()["items"]
    return items


def remove_device(person: Person, device: str, approval: str | None = None) -> Any:
    headers = person.bearer if approval is None else {**person.bearer, "Approval": approval}
    return person.http.delete(f"/api/v1/devices/{device}", headers=headers)


def another(person: Person) -> Person:
    """The same holder, on another device, a minute later."""
    pause(person, minutes=1)
    there = Person(person.house, person.clock, address=person.address, passphrase=person.passphrase)
    there.totp, there.codes = person.totp, person.codes
    return there.sign_in()


def tour(person: Person) -> None:
    """Every address of freezing, devices and alerts once with what it takes, and refusals; by the person's client."""
    http, platform = person.http, Platform(person.house, "freezer", asks_by=person.http)
    account = http.get("/api/v1/session", headers=person.bearer).json()["account"]
    another(person)
    newest = alerts(person)[0]["id"]
    assert http.post(f"/api/v1/alerts/{newest}/acknowledge", headers=person.bearer).status_code == 204
    assert http.post("/api/v1/alerts/nothing/acknowledge", headers=person.bearer).status_code == 404
    assert http.post("/api/v1/alerts/acknowledge", headers=person.bearer).status_code == 200
    younger = next(each["id"] for each in devices(person) if not each["this_one"])
    assert remove_device(person, younger).status_code == 204
    assert remove_device(person, younger).status_code == 404
    for what in ("freeze", "thaw"):
        assert http.post(f"/api/v1/accounts/{account}/{what}", headers=platform.bearer).status_code == 200
    assert http.post(f"/api/v1/accounts/{account}/thaw", headers=platform.bearer).status_code == 409
    freeze(person.sign_in())
    assert frozen(person.sign_in())["frozen"]
    assert thaw(person).status_code == 204
    assert not frozen(person.sign_in())["frozen"]
