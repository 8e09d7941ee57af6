"""Sign-up (policy §3 and §5): who has the mailbox and a good passphrase has an account; a taken name looks the same."""

import json
import re
from datetime import timedelta

import pytest

from tests.support.acts import ONLY_SQLITE, begin_sign_in, codes_sent, is_signed_in, look, session_of, subjects
from tests.support.clock import SettableClock
from tests.support.house import PASSPHRASE, Passage, Person, deliver
from watchword.app import House


@pytest.fixture
def stranger(house: House, clock: SettableClock) -> Person:
    return Person(house, clock, address="bob@example.org")


def begin(person: Person) -> Passage:
    return person.begin("sign_up").human().give("identifier", identifier=person.address)


def begin_with_code(person: Person) -> Passage:
    passage = begin(person)
    return passage.give("message_code", code=person.mailbox.newest_code(person.address))


def test_the_whole_way(stranger):
    passage = stranger.begin("sign_up")
    assert passage.asks == ["human"]
    assert passage.human().asks == ["identifier"]
    assert passage.give("identifier", identifier=stranger.address).asks == ["message_code"]
    assert passage.give("message_code", code=stranger.mailbox.newest_code(stranger.address)).asks == ["new_passphrase"]
    passage.give("new_passphrase", passphrase=PASSPHRASE)
    assert (passage.state["state"], passage.asks) == ("passed", [])
    assert set(passage.grant) == {"kind", "token", "device_token", "expires_at"}
    stranger.session, stranger.device = passage.grant["token"], passage.grant["device_token"]
    found = session_of(stranger)
    assert (found["aal"], found["amr"]) == (1, ["message", "pwd"])
    assert begin_sign_in(stranger).state["state"] == "passed", "the device is known from now on"


@ONLY_SQLITE
def test_the_passage_is_over_once_it_passed(stranger):
    passage = begin_with_code(stranger).give("new_passphrase", passphrase=PASSPHRASE)
    for proof, fields in (
        ("new_passphrase", {"passphrase": PASSPHRASE}),
        ("identifier", {"identifier": "eve@example.org"}),
        ("message_code", {"code": "000000"}),
    ):
        assert passage.offer(proof, **fields).status_code == 410


@ONLY_SQLITE
def test_out_of_order_nothing_is_taken(stranger):
    passage = stranger.begin("sign_up")
    before = look(passage)
    for proof, fields in (
        ("identifier", {"identifier": stranger.address}),
        ("message_code", {"code": "000000"}),
        ("new_passphrase", {"passphrase": PASSPHRASE}),
        ("passphrase", {"passphrase": PASSPHRASE, "identifier": stranger.address}),
        ("totp", {"output": "000000"}),
        ("recovery_code", {"code": "0000-0000-0000-0000"}),
    ):
        assert passage.offer(proof, **fields).status_code == 409
    assert look(passage) == before
    passage.human()
    assert passage.offer("human", payload="x").status_code == 409, "asked once"
    assert passage.offer("new_passphrase", passphrase=PASSPHRASE).status_code == 409


@ONLY_SQLITE
def test_a_taken_address_looks_the_same_and_its_owner_is_told(person, stranger):
    free, taken = begin(stranger), begin(Person(person.house, person.clock))
    assert free.asks == taken.asks == ["message_code"]
    assert set(free.state) == set(taken.state)
    assert subjects(person)[-1].startswith("You already have an account")
    assert len(codes_sent(person)) == 1, "the one of the person's own sign-up"
    taken.refuse("message_code", code=codes_sent(person)[0])


@ONLY_SQLITE
@pytest.mark.parametrize("spelling", ["ANN@example.org", " ann@EXAMPLE.org ", "Ann@Example.Org"])
def test_one_person_has_one_name_however_it_is_written(person, spelling):
    Person(person.house, person.clock, address="bob@example.org").sign_up()
    person.begin("sign_up").human().give("identifier", identifier=spelling)
    assert subjects(person)[-1].startswith("You already have an account")


def test_of_two_who_sign_up_with_one_address_one_gets_it(stranger):
    """Both have the mailbox. The second one's way ends, once everything is proven, and leads nowhere again."""
    first, second = begin_with_code(stranger), begin(stranger)
    second.give("message_code", code=stranger.mailbox.newest_code(stranger.address))
    first.give("new_passphrase", passphrase=PASSPHRASE)
    refused = second.offer("new_passphrase", passphrase="eleven quiet herons over water")
    assert (refused.status_code, refused.json()["code"]) == (410, "gone")
    assert second.offer("new_passphrase", passphrase="eleven quiet herons over water").status_code == 410
    assert begin_sign_in(stranger, known=False).asks == ["message_code"]
    elsewhere = stranger.begin("sign_in").human()
    elsewhere.refuse("passphrase", identifier=stranger.address, passphrase="eleven quiet herons over water")


@ONLY_SQLITE
@pytest.mark.parametrize(
    ("passphrase", "reason"),
    [
        ("fourteen chars", "too_short"),
        ("x" * 129, "too_long"),
        ("1qaz2wsx3edc4rfv", "common"),
        ("watchword watchword", "brand"),
        ("bob@example.org", "identifier"),
        ("bitcoin ethereum", "coin_names"),
        ("qwertyuiop123456", "guessable"),
        (f"{PASSPHRASE}\x00", "unreadable"),
        ("", "too_short"),
    ],
)
def test_a_passphrase_is_refused_with_its_reason(stranger, passphrase, reason):
    passage = begin_with_code(stranger)
    before = look(passage)
    refused = passage.offer("new_passphrase", passphrase=passphrase)
    assert (refused.status_code, refused.json()["code"]) == (422, "rejected")
    assert refused.json()["reason"] == reason
    assert not passphrase or passphrase not in refused.text, "nothing is echoed"
    assert look(passage) == before
    assert passage.give("new_passphrase", passphrase=PASSPHRASE).state["state"] == "passed"


@ONLY_SQLITE
@pytest.mark.parametrize("text", ["bob", "bob@", "+49", "0151 12345678", "bob@example", "x" * 300])
def test_what_names_nobody_is_rejected_without_a_word(stranger, text):
    passage = stranger.begin("sign_up").human()
    refused = passage.offer("identifier", identifier=text)
    assert (refused.status_code, refused.json()["code"]) == (422, "rejected")
    assert "reason" not in refused.json()
    assert look(passage)["ask"] == ["identifier"]


@ONLY_SQLITE
def test_a_phone_number_is_a_name_like_any_other(stranger):
    stranger.address = "+49 151 12345678"
    passage = begin(stranger)
    deliver(stranger.house)
    (message,) = stranger.house.settings.mailbox.glob("*.sms.json")
    sent = json.loads(message.read_text())
    assert sent["to"] == "+4915112345678"
    code = re.search(r"^(\d{6})$", sent["text"], re.MULTILINE)
    assert code is not None
    passage.give("message_code", code=code[1]).give("new_passphrase", passphrase=PASSPHRASE)
    stranger.device = passage.grant["device_token"]
    assert begin_sign_in(stranger).state["state"] == "passed"


@ONLY_SQLITE
@pytest.mark.parametrize("number", ["+4930123456", "+498001234567", "0151 12345678"])
def test_a_number_that_takes_no_message_is_no_name(stranger, number):
    passage = stranger.begin("sign_up").human()
    assert passage.offer("identifier", identifier=number).status_code == 422
    assert look(passage)["ask"] == ["identifier"]


@ONLY_SQLITE
def test_a_sign_up_lives_a_quarter_of_an_hour(stranger):
    passage = begin_with_code(stranger)
    stranger.clock.advance(timedelta(minutes=14, seconds=59))
    assert look(passage)["ask"] == ["new_passphrase"]
    stranger.clock.advance(timedelta(seconds=1))
    assert passage.offer("new_passphrase", passphrase=PASSPHRASE).status_code == 410
    assert not is_signed_in(stranger)


@ONLY_SQLITE
def test_another_token_opens_no_passage(stranger):
    passage, other = begin(stranger), begin(stranger)
    passage.headers = {**passage.headers, "Passage-Token": other.headers["Passage-Token"]}
    assert passage.offer("message_code", code="000000").status_code == 404
    passage.headers = {}
    assert passage.offer("message_code", code="000000").status_code == 404
