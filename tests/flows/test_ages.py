"""Junior and senior (policy §1): what was bound lately signs in and confirms, and outranks nothing."""

import pytest

from tests.support.acts import (
    ONLY_SQLITE,
    authenticators,
    begin_change,
    begin_recovery,
    begin_sign_in,
    come_back,
    give_app,
    give_message,
    look,
    replace_app,
    send_again,
    session_of,
    subjects,
    wait,
)
from tests.support.house import Person

pytestmark = ONLY_SQLITE


@pytest.fixture
def older(person: Person) -> Person:
    """Somebody whose account is past its first days."""
    return come_back(person, days=4)


def test_what_a_new_holder_binds_is_senior_at_once(person):
    person.bind_app()
    found = authenticators(person)
    assert {kind: each["standing"] for kind, each in found.items()} == {
        "passphrase": "senior",
        "totp": "senior",
        "recovery_codes": "senior",
    }
    assert begin_sign_in(person).asks == ["totp", "recovery_code"]
    assert begin_sign_in(person, known=False).asks == ["message_code", "recovery_code"]


def test_the_first_days_end_after_three(person):
    come_back(person, days=2, hours=23).bind_app()
    assert authenticators(person)["totp"]["standing"] == "senior"


def test_what_is_bound_later_is_junior_and_so_are_its_codes(older):
    older.bind_app()
    assert len(older.codes) == 10
    found = authenticators(older)
    assert found["totp"]["standing"] == found["recovery_codes"]["standing"] == "junior"


def test_a_junior_app_signs_in_and_the_message_may_stand_in_its_place(older):
    older.bind_app()
    passage = begin_sign_in(older)
    assert passage.asks == ["totp", "message_code", "recovery_code"]
    before = len(subjects(older))
    assert give_app(older, passage).state["state"] == "passed"
    assert len(subjects(older)) == before, "the message is sent only to who wishes for it"

    passage = begin_sign_in(older)
    assert send_again(passage).status_code == 200
    assert give_message(older, passage).state["state"] == "passed"

    passage = begin_sign_in(older)
    assert passage.give("recovery_code", code=older.codes[0]).state["state"] == "passed"


def test_a_junior_app_does_not_raise_what_another_device_is_asked(older):
    older.bind_app()
    passage = begin_sign_in(older, known=False)
    assert passage.asks == ["message_code"]
    assert give_message(older, passage).state["state"] == "passed"


def test_a_junior_app_can_not_stand_for_the_message_where_that_is_asked(older):
    older.bind_app()
    passage = begin_sign_in(older, known=False)
    assert passage.offer("totp", output=older.output()).status_code == 409
    assert passage.offer("recovery_code", code=older.codes[0]).status_code == 409
    assert look(passage)["ask"] == ["message_code"]


def test_a_thiefs_junior_app_is_put_out_in_one_step(older):
    """Neither its code nor one of its recovery codes is asked; the owner has passphrase and mailbox."""
    older.bind_app()
    passage = begin_change(older, "remove_totp")
    assert passage.asks == ["message_code"]
    approval = give_message(older, passage).grant["token"]
    gone = older.http.delete("/api/v1/authenticators/totp", headers={**older.bearer, "Approval": approval})
    assert gone.status_code == 204
    assert set(authenticators(older)) == {"passphrase"}


def test_a_junior_app_confirms_no_change_by_itself(older):
    older.bind_app()
    for action in ("recovery_codes", "passphrase", "bind_totp", "remove_totp"):
        passage = begin_change(older, action)
        assert passage.offer("totp", output=older.output()).status_code == 409, action


def test_a_junior_app_has_no_part_in_recovery(older):
    older.bind_app()
    passage = give_message(older, begin_recovery(older))
    assert passage.asks == ["new_passphrase"]


def test_a_junior_code_in_place_of_the_message_ends_a_recovery(older):
    """Until something is proven everybody is asked alike; then no way leads on from a junior code, and it is spent."""
    older.bind_app()
    passage = begin_recovery(older)
    assert passage.asks == ["message_code", "recovery_code"]
    assert passage.offer("recovery_code", code=older.codes[0]).status_code == 410
    assert passage.offer("recovery_code", code=older.codes[1]).status_code == 410
    assert authenticators(older)["recovery_codes"]["left"] == 9


@pytest.mark.parametrize(("hours", "asked"), [(7 * 24 - 1, "message_code"), (7 * 24, "totp")])
def test_junior_for_seven_days_then_senior(older, hours, asked):
    older.bind_app()
    wait(older, hours=hours)
    passage = begin_sign_in(older)
    assert ("message_code" in passage.asks) == (asked == "message_code")
    passage = give_message(older, begin_recovery(older))
    assert passage.asks == (["new_passphrase"] if asked == "message_code" else ["totp", "recovery_code"])


def test_age_is_shown_as_it_grows(older):
    older.bind_app()
    assert authenticators(older)["totp"]["standing"] == "junior"
    come_back(older, days=7)
    assert authenticators(older)["totp"]["standing"] == "senior"
    assert session_of(older)["aal"] == 2


def test_what_replaces_a_senior_app_is_asked_like_it_at_once(person):
    come_back(person.bind_app(), days=10)
    old = person.totp
    passage = begin_change(person, "bind_totp")
    assert passage.asks == ["totp", "recovery_code"]
    assert replace_app(person, give_message(person, give_app(person, passage)).grant["token"]) == []
    assert person.totp != old

    passage = begin_sign_in(person)
    assert passage.asks == ["totp", "recovery_code"], "no message stands in its place"
    assert old is not None
    passage.refuse("totp", output=old.at(person.clock.now))
    assert give_app(person, passage).state["state"] == "passed"
    assert begin_sign_in(person, known=False).asks == ["message_code", "recovery_code"]


def test_replacing_twice_does_not_lower_what_is_asked(person):
    come_back(person.bind_app(), days=10)
    for _ in range(2):
        passage = give_app(person, begin_change(person, "bind_totp"))
        replace_app(person, give_message(person, passage).grant["token"])
    assert begin_sign_in(person).asks == ["totp", "recovery_code"]


@pytest.mark.parametrize("what", ["recovery_codes", "remove_totp"])
def test_who_slipped_in_an_app_can_not_take_the_codes_away(person, what):
    """The one that replaced a senior app is junior in all else, and the codes are the owner's."""
    come_back(person.bind_app(), days=10)
    replace_app(person, person.approve(kind="change", what="bind_totp"))

    assert give_app(person, begin_change(person, what)).asks == ["recovery_code"], "with the mailbox it does not do"
    passage = begin_change(person, what).give("recovery_code", code=person.codes[0])
    assert give_message(person, passage).grant["kind"] == "approval"

    come_back(person, days=7)
    assert give_app(person, begin_change(person, what)).asks == ["message_code", "recovery_code"]


def test_codes_that_are_all_used_hold_nobody_up(person):
    come_back(person.bind_app(), days=10)
    replace_app(person, person.approve(kind="change", what="bind_totp"))
    for code in person.codes:
        begin_sign_in(person).give("recovery_code", code=code)
    assert "message_code" in give_app(person, begin_change(person, "recovery_codes")).asks


def test_codes_made_with_a_code_are_no_more_senior_than_the_app(person):
    come_back(person.bind_app(), days=10)
    replace_app(person, person.approve(kind="change", what="bind_totp"))
    passage = begin_change(person, "recovery_codes").give("recovery_code", code=person.codes[0])
    approval = give_message(person, passage).grant["token"]
    made = person.http.post("/api/v1/authenticators/recovery-codes", headers={**person.bearer, "Approval": approval})
    assert len(made.json()["codes"]) == 10
    assert "message_code" in give_app(person, begin_change(person, "remove_totp")).asks


def test_what_replaces_a_junior_app_is_junior_from_its_own_day(older):
    older.bind_app()
    come_back(older, days=6)
    passage = give_message(older, begin_change(older, "bind_totp"))
    replace_app(older, passage.grant["token"])
    wait(older, days=2)
    assert "message_code" in begin_sign_in(older).asks
    wait(older, days=5)
    assert "message_code" not in begin_sign_in(older).asks


def test_a_passphrase_counts_at_any_age(older):
    older.bind_app()
    passage = give_message(older, begin_recovery(older))
    older.passphrase = "eleven quiet herons over water"
    assert passage.give("new_passphrase", passphrase=older.passphrase).grant == {"kind": "done"}
    assert begin_sign_in(older).asks == ["totp", "message_code", "recovery_code"]
