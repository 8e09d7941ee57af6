"""Recovery (policy §3 and §9): changes the passphrase, ends every session, tells every address, grants nothing else."""

from datetime import timedelta

import pytest

from tests.support.acts import (
    ANOTHER,
    ONLY_SQLITE,
    SHORT,
    authenticators,
    begin_change,
    begin_recovery,
    begin_sign_in,
    bind_address,
    codes_sent,
    come_back,
    give_app,
    give_message,
    is_signed_in,
    look,
    subjects,
    wait,
)
from tests.support.house import Passage, Person


def recover(person: Person, passage: Passage, new: str = ANOTHER) -> Passage:
    passage.give("new_passphrase", passphrase=new)
    person.passphrase = new
    return passage


def test_the_whole_way(person):
    passage = person.begin("recover")
    assert passage.asks == ["human"], "from a known device too"
    passage.human().give("identifier", identifier=person.address)
    assert passage.asks == ["message_code", "recovery_code"]
    assert give_message(person, passage).asks == ["new_passphrase"]
    recover(person, passage)
    assert passage.grant == {"kind": "done"}, "the person signs in next"
    assert begin_sign_in(person).grant["kind"] == "session"


def test_the_old_passphrase_is_gone(person):
    old = person.passphrase
    recover(person, give_message(person, begin_recovery(person)))
    passage = person.begin("sign_in")
    passage.refuse("passphrase", identifier=person.address, passphrase=old)


def test_every_session_ends_at_once(person):
    elsewhere = Person(person.house, person.clock).sign_in()
    assert is_signed_in(person)
    assert is_signed_in(elsewhere)
    recover(person, give_message(person, begin_recovery(person, known=False)))
    assert not is_signed_in(person)
    assert not is_signed_in(elsewhere)


def test_with_an_app_it_is_asked_too(person):
    passage = give_message(person, begin_recovery(person.bind_app()))
    assert passage.asks == ["totp", "recovery_code"]
    assert passage.offer("new_passphrase", passphrase=ANOTHER).status_code == 409
    assert give_app(person, passage).asks == ["new_passphrase"]
    assert recover(person, passage).grant == {"kind": "done"}


@ONLY_SQLITE
def test_with_a_recovery_code_in_the_apps_stead(person):
    passage = give_message(person, begin_recovery(person.bind_app()))
    recover(person, passage.give("recovery_code", code=person.codes[0]))
    assert any(subject.startswith("A recovery code of your") for subject in subjects(person))


@ONLY_SQLITE
def test_with_the_mailbox_lost_a_code_and_the_app_itself(person):
    passage = begin_recovery(person.bind_app()).give("recovery_code", code=person.codes[0])
    assert passage.asks == ["totp"]
    recover(person, give_app(person, passage))


@ONLY_SQLITE
def test_the_app_can_not_be_tried_by_who_knows_a_name(person):
    passage = begin_recovery(person.bind_app())
    assert passage.offer("totp", output=person.output()).status_code == 409


@ONLY_SQLITE
def test_a_passphrase_that_stands_alone_has_fifteen(person):
    passage = give_message(person, begin_recovery(person))
    refused = passage.offer("new_passphrase", passphrase=SHORT)
    assert (refused.status_code, refused.json()["reason"]) == (422, "too_short")
    assert look(passage)["ask"] == ["new_passphrase"]
    recover(person, passage)


@ONLY_SQLITE
def test_beside_an_app_eight_are_enough(person):
    passage = give_app(person, give_message(person, begin_recovery(person.bind_app())))
    recover(person, passage, SHORT)
    assert give_app(person, begin_sign_in(person)).grant["kind"] == "session"


@ONLY_SQLITE
def test_its_own_address_is_no_passphrase(person):
    passage = give_message(person, begin_recovery(person))
    refused = passage.offer("new_passphrase", passphrase=person.address)
    assert refused.json()["reason"] == "identifier"


@ONLY_SQLITE
def test_every_address_is_told(person):
    bind_address(person, "ann@second.example")
    passage = give_message(person, begin_recovery(person))
    wait(person, seconds=1)
    recover(person, passage)
    for address in (person.address, "ann@second.example"):
        assert subjects(person, address)[-1].endswith("account was recovered")


@ONLY_SQLITE
def test_it_can_be_begun_with_any_name_and_the_code_goes_to_the_mailbox(person):
    bind_address(person, "ann@second.example")
    passage = person.begin("recover").human().give("identifier", identifier="ann@second.example")
    assert codes_sent(person, "ann@second.example") == []
    recover(person, give_message(person, passage))


@ONLY_SQLITE
def test_for_an_unknown_name_all_looks_the_same_and_nothing_goes_out(person):
    known, unknown = begin_recovery(person), person.begin("recover").human()
    unknown.give("identifier", identifier="nobody@example.org")
    assert known.asks == unknown.asks
    assert codes_sent(person, "nobody@example.org") == []
    for passage in (known, unknown):
        reply = passage.offer("recovery_code", code="0000-0000-0000-0000")
        assert (reply.status_code, reply.json()["code"]) == (422, "rejected")


@ONLY_SQLITE
def test_nobody_is_signed_in_by_it(person):
    person.http.delete("/api/v1/session", headers=person.bearer)
    recover(person, give_message(person, begin_recovery(person, known=False)))
    assert not is_signed_in(person)
    assert begin_sign_in(person, known=False).asks == ["message_code"], "and no device became known"


@ONLY_SQLITE
def test_it_grants_nothing_but_the_passphrase(person):
    person.bind_app()
    before = authenticators(person)
    recover(person, give_app(person, give_message(person, begin_recovery(person))))
    person.sign_in()
    after = authenticators(person)
    assert {kind: each["id"] for kind, each in before.items() if kind != "passphrase"} == {
        kind: each["id"] for kind, each in after.items() if kind != "passphrase"
    }
    assert before["passphrase"]["id"] != after["passphrase"]["id"]


# -- what ends it, and what it ends


def test_a_sign_in_with_the_app_ends_a_recovery_in_progress(person):
    """Somebody has the mailbox; the owner signs in with the app."""
    passage = give_message(person, begin_recovery(person.bind_app(), known=False))
    give_app(person, begin_sign_in(person))
    assert passage.offer("totp", output=person.output()).status_code == 410


@ONLY_SQLITE
def test_a_recovery_that_is_nearly_done_ends_too(person):
    passage = give_app(person, give_message(person, begin_recovery(person.bind_app(), known=False)))
    begin_sign_in(person).give("recovery_code", code=person.codes[0])
    assert passage.offer("new_passphrase", passphrase=ANOTHER).status_code == 410


@ONLY_SQLITE
def test_a_sign_in_without_one_ends_none(person):
    passage = begin_recovery(person, known=False)
    person.sign_in()
    recover(person, give_message(person, passage))


@ONLY_SQLITE
def test_an_app_bound_after_it_began_ends_none(person):
    """A thief in the account can't keep the owner out with an app of his own."""
    come_back(person, days=4)
    passage = begin_recovery(person, known=False)
    wait(person, minutes=1)
    person.bind_app()
    give_app(person, begin_sign_in(person))
    code = codes_sent(person)[-2]
    passage.give("message_code", code=code)
    recover(person, passage)


@ONLY_SQLITE
def test_one_that_is_done_ends_the_others(person):
    first, second = begin_recovery(person), begin_recovery(person, known=False)
    code = codes_sent(person)[-2]
    recover(person, give_message(person, second))
    assert first.offer("message_code", code=code).status_code == 410


@ONLY_SQLITE
def test_a_sign_in_that_proved_the_old_passphrase_does_not_end_well(person):
    """Somebody with passphrase and mailbox is half-way in while the owner recovers."""
    half_way = begin_sign_in(person, known=False)
    code = codes_sent(person)[-1]
    recover(person, give_message(person, begin_recovery(person)))
    assert half_way.offer("message_code", code=code).status_code == 410
    assert half_way.offer("message_code", code=code).status_code == 410


@ONLY_SQLITE
def test_a_confirmation_that_proved_the_old_passphrase_does_not_either(person):
    half_way = begin_change(person, "passphrase")
    code = codes_sent(person)[-1]
    recover(person, give_message(person, begin_recovery(person)))
    assert half_way.offer("message_code", code=code).status_code == 410


@ONLY_SQLITE
def test_it_lives_a_quarter_of_an_hour(person):
    passage = give_message(person, begin_recovery(person))
    person.clock.advance(timedelta(minutes=15))
    assert passage.offer("new_passphrase", passphrase=ANOTHER).status_code == 410


@ONLY_SQLITE
@pytest.mark.parametrize("proof", ["passphrase", "human", "totp", "new_passphrase"])
def test_out_of_order_nothing_is_taken(person, proof):
    passage = begin_recovery(person.bind_app())
    fields = {
        "passphrase": {"passphrase": person.passphrase, "identifier": person.address},
        "human": {"payload": "solved"},
        "totp": {"output": person.output()},
        "new_passphrase": {"passphrase": ANOTHER},
    }[proof]
    before = look(passage)
    assert passage.offer(proof, **fields).status_code == 409
    assert look(passage) == before
