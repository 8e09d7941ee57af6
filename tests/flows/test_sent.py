""" "Did you send me this?": every message to a holder, in their hands alone, to read again and to look up."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.support.acts import ONLY_SQLITE, begin_recovery, begin_sign_in, come_back, wait
from tests.support.clock import SettableClock
from tests.support.house import Person, client_of, deliver, text_of
from watchword.app import House
from watchword.storage.schema import message_copies

REFERENCE = re.compile(r"^Reference: ([A-Z]{4}-[A-Z]{4})$", re.MULTILINE)


def sent(person: Person, before: str | None = None) -> dict[str, Any]:
    query = {} if before is None else {"before": before}
    reply = person.http.get("/api/v1/messages", params=query, headers=person.bearer)
    assert reply.status_code == 200, reply.text
    page: dict[str, Any] = reply.json()
    return page


def look_up(person: Person, reference: str) -> Any:
    return person.http.post("/api/v1/messages/lookup", json={"reference": reference}, headers=person.bearer)


def references(person: Person) -> list[str]:
    return [found[1] for text in person.mailbox.texts_to(person.address) if (found := REFERENCE.search(text))]


def test_every_message_is_there_from_the_very_first(person: Person, clock: SettableClock) -> None:
    """The code of the sign-up too, which was sent when there was no account yet."""
    come_back(person, known=False, hours=1)
    wait(person, minutes=2)
    begin_recovery(person)
    mails = [mail for mail in person.mailbox.messages() if mail["To"] == person.address]
    items = list(reversed(sent(person)["items"]))
    assert sorted(item["reference"] for item in items) == sorted(references(person))
    assert {item["subject"] for item in items} == {mail["Subject"] for mail in mails}
    assert {item["to"] for item in items} == {"a•••@example.org"}
    assert {item["kind"] for item in items} == {"sign_up_code", "sign_in_code", "new_device", "recovery_code_message"}
    for mail, item in zip(mails, sorted(items, key=lambda it: references(person).index(it["reference"])), strict=True):
        reply = person.http.get(f"/api/v1/messages/{item['id']}", headers=person.bearer)
        assert reply.json()["sent_at"] == item["sent_at"]
        read, written = reply.json()["text"], text_of(mail)
        secret = r"(?m)^(\d{6}|http://\S+)$"
        assert read.splitlines() == re.sub(secret, "••••••", written).splitlines()


def test_a_reference_is_found_however_it_is_read_out(person: Person) -> None:
    (reference,) = references(person)
    bare = reference.replace("-", "")
    for spelled in (reference, reference.lower(), bare, f" {bare[:4]} {bare[4:].lower()} ", f"{bare[:4]}–{bare[4:]}"):
        answer = look_up(person, spelled)
        assert answer.status_code == 200
        assert answer.json()["sent"] is True
        assert answer.json()["message"]["reference"] == reference
        assert set(answer.json()["message"]) == {
            "id", "kind", "channel", "to", "reference", "subject", "sent_at",
        }  # fmt: skip


def test_a_reference_of_somebody_else_was_not_sent_to_you(house: House, clock: SettableClock, person: Person) -> None:
    other = Person(house, clock, address="bob@example.org").sign_up()
    for foreign in (references(other)[0], "KTRM-BXDF"):
        assert look_up(person, foreign).json() == {"sent": False, "message": None}
    theirs = sent(other)["items"][0]["id"]
    for path in (theirs, "nothing", "0" * 26):
        assert person.http.get(f"/api/v1/messages/{path}", headers=person.bearer).status_code == 404
    assert sent(person, before=theirs) == sent(person)  # no page of anybody's begins there


@ONLY_SQLITE
@pytest.mark.parametrize("text", ["", "KTRM", "KTRM-BXDFF", "12345678", "AEIO-UAEI", "ktrm bxd?", "К" * 8])
def test_what_is_no_reference_is_refused_without_being_counted(person: Person, text: str) -> None:
    for _ in range(40):
        assert look_up(person, text).status_code == 422


@ONLY_SQLITE
def test_guessing_ends_and_finding_costs_nothing(person: Person, clock: SettableClock) -> None:
    (reference,) = references(person)
    for _ in range(40):
        assert look_up(person, reference).status_code == 200
    for _ in range(30):
        assert look_up(person, "KTRM-BXDF").json()["sent"] is False
    stopped = look_up(person, reference)
    assert (stopped.status_code, stopped.json()["code"]) == (429, "throttled")
    assert "Retry-After" in stopped.headers
    clock.advance(timedelta(hours=1))
    person.sign_in()
    assert look_up(person, reference).status_code == 200


@ONLY_SQLITE
def test_the_list_is_read_page_by_page(person: Person) -> None:
    for _ in range(9):
        come_back(person, known=False, hours=3)
    first = sent(person)
    assert len(first["items"]) == 19
    assert first["next"] is None
    for _ in range(5):
        come_back(person, known=False, hours=3)
    first = sent(person)
    rest = sent(person, before=first["next"])
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (25, 4, None)
    ids = [item["id"] for item in (*first["items"], *rest["items"])]
    assert len(set(ids)) == 29


def test_nobody_gets_none_and_copies_go_in_time(house: House, clock: SettableClock, person: Person) -> None:
    """For an unknown address the same is done, and only an empty row of nobody stays of it."""
    before = kept(house)
    stranger = Person(house, clock, address="nobody@example.org")
    begin_recovery(stranger)
    wrong = stranger.begin("sign_in").human()
    wrong.refuse("passphrase", identifier=stranger.address, passphrase=stranger.passphrase)
    assert kept(house) == before
    begin_sign_in(person, known=False)
    assert kept(house) == before + 1
    clock.advance(timedelta(days=89))
    house.housekeeping()
    assert kept(house) == before + 1
    clock.advance(timedelta(days=2))
    house.housekeeping()
    assert not {"sign_up_code", "sign_in_code"} & {item["kind"] for item in sent(person.sign_in())["items"][1:]}


def kept(house: House) -> int:
    deliver(house)
    with house.database.read() as tx:
        filled = select(func.count()).where(message_copies.c.copy_sealed.like("v%"))
        return tx.connection.execute(filled).scalar_one()


@ONLY_SQLITE
def test_messages_are_for_those_signed_in(house: House) -> None:
    http = client_of(house)
    for path in ("/api/v1/messages", "/api/v1/messages/x"):
        assert http.get(path).status_code == 401
    assert http.post("/api/v1/messages/lookup", json={"reference": "KTRM-BXDF"}).status_code == 401
