"""The anti-phishing code through an account's life: confirmed, told with the old one, in mail and nowhere else."""

import json
from typing import Any

import pytest

from tests.support.acts import ONLY_SQLITE, account_of, begin_recovery, come_back, wait
from tests.support.addresses import NEW, approve_replacement, put_address
from tests.support.clock import SettableClock
from tests.support.house import Person, client_of, deliver
from watchword.accounts.stamps.stamps import Stamps
from watchword.accounts.stamps.store import StampStore
from watchword.accounts.store import AccountStore
from watchword.app import House
from watchword.authenticators.store import AuthenticatorStore
from watchword.crypto.tokens import Randomness
from watchword.exits.store import DestinationStore
from watchword.foundation.terms import AccountId
from watchword.handover.api_keys.store import ApiKeyStore
from watchword.record.journal import Journal
from watchword.record.store import RecordStore
from watchword.safeguards.resealing import Resealing
from watchword.storage.schema import stamps

FIRST, SECOND = "lake tiger", "три совы"
NONE_SET = "Your anti-phishing code: none is set"


def put(person: Person, code: str | None, approval: str | None = None) -> Any:
    approval = approval or person.approve(kind="change", what="anti_phishing_code")
    headers = {**person.bearer, "Approval": approval}
    return person.http.put("/api/v1/anti-phishing-code", json={"code": code}, headers=headers)


def set_stamp(person: Person, code: str = FIRST) -> Person:
    assert put(person, code).status_code == 204
    deliver(person.house)
    return person


def heads(person: Person) -> list[str]:
    """The box of each mail, oldest first; empty where there is none."""
    deliver(person.house)
    texts = person.mailbox.texts_to(person.address)
    return [text.splitlines()[1] if text.startswith("=====") else "" for text in texts]


def since(person: Person) -> Any:
    reply = person.http.get("/api/v1/anti-phishing-code", headers=person.bearer)
    assert reply.status_code == 200
    assert set(reply.json()) == {"set_at"}
    return reply.json()["set_at"]


def test_a_change_needs_a_confirmation_of_its_own(person: Person) -> None:
    for action, body in (("PUT", {"code": FIRST}), ("PUT", {"code": None}), ("DELETE", None)):
        reply = person.http.request(action, "/api/v1/anti-phishing-code", json=body, headers=person.bearer)
        assert (reply.status_code, reply.json()["code"]) == (403, "confirmation_required")
        assert reply.json()["action"] == {"kind": "change", "what": "anti_phishing_code"}
    other = person.approve(kind="change", what="bind_totp")
    assert put(person, FIRST, other).status_code == 403
    assert since(person) is None


def test_stands_in_every_mail_from_the_next_on_and_a_change_is_told_with_the_old_one(person: Person) -> None:
    assert heads(person) == [""]  # sign-up's code: nobody had confirmed the address yet
    set_stamp(person)
    assert heads(person)[1:] == [NONE_SET, NONE_SET]  # the code to confirm, and what tells of it
    set_stamp(person, SECOND)
    old = f"Your anti-phishing code: {FIRST}"
    assert heads(person)[3:] == [old, old]
    set_stamp(person, "third and last")
    new = f"Your anti-phishing code: {SECOND}"
    assert heads(person)[5:] == [new, new]
    told = person.mailbox.texts_to(person.address)
    assert not [text for text in told if "third and last" in text]


def test_removing_it_is_told_with_the_old_one_too(person: Person) -> None:
    set_stamp(person)
    assert put(person, None).status_code == 204
    deliver(person.house)
    assert since(person) is None
    assert heads(person)[-1] == f"Your anti-phishing code: {FIRST}"
    assert "Your anti-phishing code was removed" in person.mailbox.texts_to(person.address)[-1]
    approval = person.approve(kind="change", what="anti_phishing_code")
    headers = {**person.bearer, "Approval": approval}
    count = len(heads(person))
    assert person.http.delete("/api/v1/anti-phishing-code", headers=headers).status_code == 204
    assert len(heads(person)) == count  # there was none any more: nothing to tell


@ONLY_SQLITE
def test_a_refused_one_says_why_and_the_approval_still_serves(person: Person) -> None:
    approval = person.approve(kind="change", what="anti_phishing_code")
    for code, reason in (
        ("lake 1234", "stamp_digits"),
        ("ann@example.org", "stamp_link"),
        ("ann example", "stamp_identifier"),
        ("watchword", "stamp_brand"),
        ("x", "stamp_length"),
    ):
        reply = put(person, code, approval)
        assert (reply.status_code, reply.json()["code"], reply.json()["reason"]) == (422, "rejected", reason)
        assert code not in reply.text


@ONLY_SQLITE
def test_an_approval_serves_once(person: Person) -> None:
    approval = person.approve(kind="change", what="anti_phishing_code")
    assert put(person, FIRST, approval).status_code == 204
    assert put(person, SECOND, approval).status_code == 403


@ONLY_SQLITE
def test_a_message_to_a_stranger_never_carries_it(house: House, clock: SettableClock, person: Person) -> None:
    """An address that somebody merely typed gets no box; the holder's own does, also in the notice of a second
    sign-up and in a recovery that nobody signed in began."""
    set_stamp(person)
    stranger = Person(house, clock, address="bob@example.org")
    stranger.begin("sign_up").human().give("identifier", identifier=stranger.address)
    assert heads(stranger) == [""]
    again = Person(house, clock, address=person.address)
    again.begin("sign_up", known=False).human().give("identifier", identifier=person.address)
    assert "You already have an account" in person.mailbox.texts_to(person.address)[-1]
    begin_recovery(person, known=False)
    assert heads(person)[-2:] == [f"Your anti-phishing code: {FIRST}"] * 2


@ONLY_SQLITE
def test_a_replaced_address_reads_the_one_it_knew_and_none_that_came_after(person: Person) -> None:
    """It may have been replaced because somebody else reads it."""
    set_stamp(person)
    wait(person, minutes=5)
    approval = approve_replacement(person)
    assert put_address(person, approval).status_code == 204
    deliver(person.house)
    knew = f"Your anti-phishing code: {FIRST}"
    assert heads(person)[-1] == knew
    new = Person(person.house, person.clock, address=NEW)
    assert heads(new) == ["", knew]  # the code went to an address that was nobody's yet
    old, person.address = person.address, NEW
    wait(person, minutes=5)
    set_stamp(person, SECOND)
    assert heads(new)[-1] == knew
    person.begin("confirm", action={"kind": "change", "what": "bind_totp"}).give(
        "passphrase", passphrase=person.passphrase
    )
    assert heads(new)[-1] == f"Your anti-phishing code: {SECOND}"
    put(person, "third of them")
    person.address = old
    assert heads(person)[-1] == ""
    assert not [text for text in person.mailbox.texts_to(old) if SECOND in text]


@ONLY_SQLITE
def test_is_never_in_an_sms(house: House, clock: SettableClock) -> None:
    number = "+351912345678"
    person = Person(house, clock, address=number)
    passage = person.begin("sign_up").human().give("identifier", identifier=number)
    deliver(house)
    passage.give("message_code", code=sms(house)[-1].splitlines()[-1])
    person._enter(passage.give("new_passphrase", passphrase=person.passphrase))
    confirm = person.begin("confirm", action={"kind": "change", "what": "anti_phishing_code"})
    confirm.give("passphrase", passphrase=person.passphrase)
    deliver(house)
    confirm.give("message_code", code=sms(house)[-1].splitlines()[-1])
    assert put(person, FIRST, confirm.grant["token"]).status_code == 204
    wait(person, minutes=20)
    begin_recovery(person, known=False)
    assert len(sms(house)) == 4
    assert not [text for text in sms(house) if FIRST in text]


def sms(house: House) -> list[str]:
    deliver(house)
    files = sorted(house.settings.mailbox.glob("*.sms.json"))
    return [json.loads(file.read_text())["text"] for file in files]


def test_the_holder_reads_since_when_and_what_happened(person: Person, clock: SettableClock) -> None:
    set_stamp(person)
    assert since(person).startswith(clock().isoformat()[:19])
    come_back(person, hours=2)
    set_stamp(person, SECOND)
    assert put(person, None).status_code == 204
    entries = person.http.get("/api/v1/activity", headers=person.bearer).json()["items"]
    assert [entry["facts"] for entry in reversed(entries) if entry["kind"] == "stamp.set"] == [
        {"replaces": False, "removed": False},
        {"replaces": True, "removed": False},
        {"replaces": True, "removed": True},
    ]


def test_is_sealed_to_its_account_and_row(house: House, clock: SettableClock, person: Person) -> None:
    set_stamp(person)
    other = set_stamp(Person(house, clock, address="bob@example.org").sign_up(), SECOND)
    with house.database.read() as tx:
        for each, code in ((person, FIRST), (other, SECOND)):
            found = house.core.stamps.find(tx, AccountId(account_of(each)))
            assert found is not None
            assert found.text.reveal() == code
            assert code not in repr(found)
        rows = [row._asdict() for row in tx.connection.execute(stamps.select()).all()]
    assert not [row for row in rows if FIRST in str(row) or SECOND in str(row)]


def test_a_new_root_seals_it_again(house: House, person: Person) -> None:
    set_stamp(person)
    rotated = house.keyring.rotated(Randomness())
    store, account = StampStore(rotated), AccountId(account_of(person))
    resealing = Resealing(
        database=house.database,
        accounts=AccountStore(rotated),
        authenticators=AuthenticatorStore(rotated),
        destinations=DestinationStore(rotated),
        stamps=store,
        api_keys=ApiKeyStore(rotated),
        keyring=rotated,
        journal=Journal(store=RecordStore(), keyring=rotated),
        clock=person.clock,
    )
    assert resealing() == 3  # the decoy's address, the holder's, the stamp
    assert resealing() == 0
    with house.database.read() as tx:
        row = store.find(tx, account)
        found = Stamps(store=store, keyring=rotated, randomness=Randomness()).find(tx, account)
    assert row is not None
    assert row["stamp_sealed"].startswith("v2.")
    assert found is not None
    assert found.text.reveal() == FIRST


@ONLY_SQLITE
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_is_for_those_signed_in(house: House, method: str) -> None:
    body = {"code": FIRST} if method == "PUT" else None
    assert client_of(house).request(method, "/api/v1/anti-phishing-code", json=body).status_code == 401
