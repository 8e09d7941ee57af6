"""Who holds a stolen session reads the copies of messages: in none of them is what a confirmation asks for."""

import re

from sqlalchemy import insert, select, update

from tests.flows.test_sent import sent
from tests.flows.test_stamp import FIRST, set_stamp
from tests.support.acts import ONLY_SQLITE, account_of, begin_change, begin_recovery, begin_sign_in, wait
from tests.support.addresses import begin_replacement
from tests.support.clock import SettableClock
from tests.support.house import Person, deliver
from watchword.app import House
from watchword.storage.schema import message_copies, stamps


def everything_read(thief: Person) -> str:
    """All that the session shows of messages: lists, each copy, look-ups, the pages."""
    deliver(thief.house)
    told, before = [], None
    while True:
        page = thief.http.get("/api/v1/messages", params={"before": before} if before else {}, headers=thief.bearer)
        told.append(page.text)
        for item in page.json()["items"]:
            told.append(thief.http.get(f"/api/v1/messages/{item['id']}", headers=thief.bearer).text)
            reference = {"reference": item["reference"]}
            told.append(thief.http.post("/api/v1/messages/lookup", json=reference, headers=thief.bearer).text)
        before = page.json()["next"]
        if before is None:
            return "\n".join(told)


def test_the_copies_read_by_a_stolen_session_during_a_confirmation(person: Person) -> None:
    """The thief has session and passphrase, and begins a confirmation: the code is in the mailbox alone."""
    set_stamp(person).bind_app()
    wait(person, minutes=5)
    begin_sign_in(person, known=False)
    begin_recovery(person, known=False)
    passage = begin_change(person, "anti_phishing_code").give("totp", output=person.output())
    deliver(person.house)
    mails = "\n".join(person.mailbox.texts_to(person.address))
    codes = set(re.findall(r"(?m)^(\d{6})$", mails))
    links = set(re.findall(r"http://\S+/freeze/\S+", mails))
    assert len(codes) >= 5
    assert links
    read = everything_read(person)
    assert read.count("••••••") > len(codes)
    assert not [secret for secret in (*codes, *links, FIRST) if secret in read]
    assert not re.search(r"(?<![\w.:-])\d{6}(?![\w:])", read)
    assert "message_code" in passage.asks
    passage.give("message_code", code=person.mailbox.newest_code(person.address))


@ONLY_SQLITE
def test_copies_tell_nobody_that_an_address_has_an_account(house: House, clock: SettableClock, person: Person) -> None:
    """Who wants somebody else's address for their own account reads nothing of what was sent there."""
    thief = Person(house, clock, address="eve@example.org").sign_up()
    read = []
    for address in (person.address, "nobody@example.org"):
        wait(thief, minutes=2)
        passage = begin_replacement(thief, address)
        passage.give("message_code", code=thief.mailbox.newest_code(thief.address))
        deliver(house)
        read.append([(item["kind"], item["to"]) for item in sent(thief)["items"]])
    assert read[1][:1] == read[0][:1]
    assert read[1][1:] == read[0]
    assert "address_taken" not in str(read)
    assert sent(person)["items"][0]["kind"] == "address_taken"


@ONLY_SQLITE
def test_a_copy_moved_to_another_account_is_not_read(house: House, clock: SettableClock, person: Person) -> None:
    thief = Person(house, clock, address="eve@example.org").sign_up()
    begin_recovery(person, known=False)
    with house.database.begin() as tx:
        theirs = message_copies.c.account_id == account_of(person)
        tx.connection.execute(update(message_copies).where(theirs).values(account_id=account_of(thief)))
    reply = thief.http.get("/api/v1/messages", headers=thief.bearer)
    assert (reply.status_code, reply.json()["code"]) == (500, "failed")


@ONLY_SQLITE
def test_a_stamp_copied_to_another_account_is_refused(house: House, clock: SettableClock, person: Person) -> None:
    """Neither shown in the thief's own mail, nor believed."""
    set_stamp(person)
    thief = Person(house, clock, address="eve@example.org").sign_up()
    with house.database.begin() as tx:
        row = tx.connection.execute(select(stamps)).one()._asdict()
        stolen = {**row, "id": "0" * 26, "account_id": account_of(thief)}
        tx.connection.execute(insert(stamps).values(**stolen))
    reply = thief.http.get("/api/v1/anti-phishing-code", headers=thief.bearer)
    assert (reply.status_code, reply.json()["code"]) == (500, "failed")
    action = {"kind": "change", "what": "anti_phishing_code"}
    begun = thief.http.post("/api/v1/passages", json={"purpose": "confirm", "action": action}, headers=thief.bearer)
    passage = {**thief.bearer, "Passage-Token": begun.json()["token"]}
    proof = {"proof": "passphrase", "passphrase": thief.passphrase}
    given = thief.http.post(f"/api/v1/passages/{begun.json()['id']}/proofs", json=proof, headers=passage)
    assert given.status_code == 500
    assert not [text for text in thief.mailbox.texts_to(thief.address) if FIRST in text]
