"""A phone number beside an e-mail address, and the other way round: what joins replaces nothing."""

import json
import re

from tests.support.acts import is_signed_in, subjects, wait
from tests.support.addresses import addresses, begin_replacement, causes, put_address
from tests.support.clock import SettableClock
from tests.support.house import PASSPHRASE, Passage, Person, deliver
from watchword.app import House

NUMBER, ANOTHER_NUMBER = "+351912345678", "+351912345679"
MAIL = "ann@example.org"


def texts_to(house: House, number: str) -> list[str]:
    deliver(house)
    sent = [json.loads(file.read_text("utf-8")) for file in sorted(house.settings.mailbox.glob("*.sms.json"))]
    return [each["text"] for each in sent if each["to"] == number]


def sms_code(house: House, number: str) -> str:
    return str(re.findall(r"^(\d{6})$", "\n".join(texts_to(house, number)), re.MULTILINE)[-1])


def give_sms(person: Person, passage: Passage, number: str) -> Passage:
    return passage.give("message_code", code=sms_code(person.house, number))


def add_phone(person: Person, number: str = NUMBER) -> None:
    passage = begin_replacement(person, number, "phone")
    passage.give("message_code", code=person.mailbox.newest_code(person.address))
    give_sms(person, passage, number)
    assert put_address(person, passage.grant["token"], number, "phone").status_code == 204
    deliver(person.house)


def by_phone(house: House, clock: SettableClock) -> Person:
    person = Person(house, clock, address=NUMBER)
    passage = give_sms(person, person.begin("sign_up").human().give("identifier", identifier=NUMBER), NUMBER)
    return person._enter(passage.give("new_passphrase", passphrase=PASSPHRASE))


def test_a_phone_joins_with_nothing_held_and_nobody_signed_out(
    person: Person, house: House, clock: SettableClock
) -> None:
    other = Person(house, clock)
    other.device = person.device
    other.sign_in()
    add_phone(person)
    assert addresses(person) == {MAIL: None, NUMBER: None}
    assert is_signed_in(other)
    assert causes(person) == {}
    assert subjects(person)[-1] == "An address was added to your Watchword account"
    assert "an address was added" in texts_to(house, NUMBER)[-1]
    wait(person, minutes=1)
    person.sign_in(known=False)  # the code goes to the mailbox as before
    assert "new sign-in" in texts_to(house, NUMBER)[-1]


def test_a_phone_is_replaced_by_a_code_to_the_old_phone(person: Person, house: House) -> None:
    add_phone(person)
    wait(person, minutes=1)
    passage = begin_replacement(person, ANOTHER_NUMBER, "phone")
    passage.refuse("message_code", code=person.mailbox.newest_code(MAIL))
    give_sms(person, give_sms(person, passage, NUMBER), ANOTHER_NUMBER)
    assert put_address(person, passage.grant["token"], ANOTHER_NUMBER, "phone").status_code == 204
    assert set(addresses(person)) == {MAIL, NUMBER, ANOTHER_NUMBER}
    assert set(causes(person)) == {"address_replaced"}
    assert "your phone number was changed" in texts_to(house, NUMBER)[-1]


def test_an_added_mailbox_takes_no_codes_from_a_senior_phone(house: House, clock: SettableClock) -> None:
    """Who read one SMS must not have all codes from then on: nothing was replaced that could undo it."""
    person = by_phone(house, clock)
    wait(person, days=10)
    give_sms(person, begin(person), NUMBER)
    passage = give_sms(person, begin_replacement(person, MAIL), NUMBER)
    passage.give("message_code", code=person.mailbox.newest_code(MAIL))
    assert put_address(person, passage.grant["token"], MAIL).status_code == 204
    wait(person, days=6)
    give_sms(person, begin(person), NUMBER)
    replacing = give_sms(person, begin_replacement(person, "other@example.org"), NUMBER)
    assert replacing.asks == ["message_code"]
    wait(person, days=2)
    begin(person).give("message_code", code=person.mailbox.newest_code(MAIL))


def test_in_the_first_days_a_mailbox_takes_over_at_once(house: House, clock: SettableClock) -> None:
    person = by_phone(house, clock)
    passage = give_sms(person, begin_replacement(person, MAIL), NUMBER)
    passage.give("message_code", code=person.mailbox.newest_code(MAIL))
    assert put_address(person, passage.grant["token"], MAIL).status_code == 204
    wait(person, minutes=1)
    begin(person).give("message_code", code=person.mailbox.newest_code(MAIL))


def test_a_frozen_account_is_taken_back_and_stays_frozen(person: Person) -> None:
    passage = begin_replacement(person).give("message_code", code=person.mailbox.newest_code(MAIL))
    deliver(person.house)
    passage.give("message_code", code=person.mailbox.newest_code("new@example.org"))
    assert put_address(person, passage.grant["token"]).status_code == 204
    assert person.http.post("/api/v1/freeze", headers=person.bearer).status_code == 204
    wait(person, minutes=1)
    undoing = person.begin("recover", known=False).human().give("identifier", identifier=MAIL)
    undoing.give("message_code", code=person.mailbox.newest_code(MAIL))
    undoing.give("new_passphrase", passphrase="eleven quiet herons over water")
    person.passphrase = "eleven quiet herons over water"
    wait(person, minutes=1)
    person.sign_in(known=False)
    assert addresses(person) == {MAIL: None}
    assert person.http.get("/api/v1/freeze", headers=person.bearer).json()["frozen"] is True


def begin(person: Person) -> Passage:
    """A sign-in on another device, with the passphrase given; the session it opens is the person's."""
    passage = person.begin("sign_in", known=False).human()
    passage.give("passphrase", identifier=person.address, passphrase=person.passphrase).human()
    deliver(person.house)
    give = passage.give

    def entering(proof: str, **fields: str) -> Passage:
        done = give(proof, **fields)
        person.session = done.grant["token"]
        return done

    passage.give = entering  # type: ignore[method-assign]
    return passage
