"""People who come with a phone number: codes by SMS, and the same rules."""

import json
import re

import pytest

from tests.support.clock import SettableClock
from tests.support.house import PASSPHRASE, Person, deliver
from watchword.app import House

NUMBER = "+351 912 345 678"
AS_KEPT = "+351912345678"


def sms_texts(house: House) -> list[str]:
    deliver(house)
    files = sorted(house.settings.mailbox.glob("*.sms.json"))
    messages = [json.loads(file.read_text("utf-8")) for file in files]
    assert all(message["to"] == AS_KEPT for message in messages)
    return [message["text"] for message in messages]


def newest_code(house: House) -> str:
    found = re.findall(r"^(\d{6})$", "\n".join(sms_texts(house)), re.MULTILINE)
    assert found
    return str(found[-1])


def test_sign_up_and_in_by_phone(house: House, clock: SettableClock) -> None:
    person = Person(house, clock, address=NUMBER)
    passage = person.begin("sign_up").human().give("identifier", identifier=NUMBER)
    passage.give("message_code", code=newest_code(house)).give("new_passphrase", passphrase=PASSPHRASE)
    assert passage.grant["kind"] == "session"

    again = person.begin("sign_in", known=False).human()
    again.give("passphrase", identifier=AS_KEPT, passphrase=PASSPHRASE)
    assert "message_code" in again.asks
    again.give("message_code", code=newest_code(house))
    assert again.grant["kind"] == "session"


def test_the_passphrase_is_not_the_number(house: House, clock: SettableClock) -> None:
    passage = Person(house, clock).begin("sign_up").human().give("identifier", identifier=NUMBER)
    passage.give("message_code", code=newest_code(house))
    reply = passage.offer("new_passphrase", passphrase="+351912345678 ok")
    assert (reply.status_code, reply.json()["reason"]) == (422, "identifier")


@pytest.mark.parametrize("typed", ["+351 808 200 000", "912345678", "+1 900 555 0100", "+883 510 001 234 567"])
def test_numbers_that_cost_or_name_nobody_are_not_taken(house: House, clock: SettableClock, typed: str) -> None:
    passage = Person(house, clock).begin("sign_up").human()
    passage.refuse("identifier", identifier=typed)
    assert passage.asks == ["identifier"]
