"""Confirming (policy §2, §3): an approval serves once, one action with its details, one account, one session."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.acts import (
    ANOTHER,
    ONLY_SQLITE,
    SHORT,
    authenticators,
    begin_change,
    begin_sign_in,
    change_passphrase,
    give_app,
    give_message,
    is_signed_in,
    look,
    replace_app,
    send_again,
    session_of,
    subjects,
    wait,
)
from tests.support.house import PASSPHRASE, Person
from watchword.storage.schema import events


def put_passphrase(person: Person, approval: str | None, new: str = ANOTHER) -> Any:
    headers = person.bearer if approval is None else {**person.bearer, "Approval": approval}
    return person.http.put("/api/v1/passphrase", json={"passphrase": new}, headers=headers)


def remove_app(person: Person, approval: str | None) -> Any:
    headers = person.bearer if approval is None else {**person.bearer, "Approval": approval}
    return person.http.delete("/api/v1/authenticators/totp", headers=headers)


def test_a_change_without_an_approval_names_what_to_confirm(person):
    person.bind_app()
    for reply, what in (
        (put_passphrase(person, None), "passphrase"),
        (remove_app(person, None), "remove_totp"),
        (person.http.post("/api/v1/authenticators/totp", headers=person.bearer), "bind_totp"),
        (person.http.post("/api/v1/authenticators/recovery-codes", headers=person.bearer), "recovery_codes"),
        (person.http.delete("/api/v1/sessions/others", headers=person.bearer), "sign_out_others"),
    ):
        assert (reply.status_code, reply.json()["code"]) == (403, "confirmation_required")
        assert reply.json()["action"] == {"kind": "change", "what": what}
        assert begin_change(person, what) if what != "sign_out_others" else True


def test_passphrase_and_message_confirm_where_no_app_is(person):
    passage = person.begin("confirm", action={"kind": "change", "what": "passphrase"})
    assert passage.asks == ["passphrase"], "no check for a human in a session"
    passage.give("passphrase", passphrase=person.passphrase)
    assert passage.asks == ["message_code"]
    give_message(person, passage)
    assert set(passage.grant) == {"kind", "token", "expires_at"}
    assert put_passphrase(person, passage.grant["token"]).status_code == 204
    assert is_signed_in(person)
    assert subjects(person)[-1].endswith("passphrase was changed")


def test_with_an_app_all_three(person):
    passage = begin_change(person.bind_app(), "passphrase")
    assert passage.asks == ["totp", "recovery_code"]
    assert passage.offer("message_code", code="000000").status_code == 409
    assert give_app(person, passage).asks == ["message_code", "recovery_code"]
    assert put_passphrase(person, give_message(person, passage).grant["token"]).status_code == 204


@ONLY_SQLITE
def test_with_the_mailbox_lost_the_app_and_a_code(person):
    passage = give_app(person, begin_change(person.bind_app(), "passphrase"))
    passage.give("recovery_code", code=person.codes[0])
    assert put_passphrase(person, passage.grant["token"]).status_code == 204


@ONLY_SQLITE
def test_a_code_alone_does_not_stand_for_app_and_mailbox(person):
    passage = begin_change(person.bind_app(), "passphrase").give("recovery_code", code=person.codes[0])
    assert passage.asks == ["message_code"]


def test_it_serves_once(person):
    approval = person.approve(kind="change", what="passphrase")
    assert put_passphrase(person, approval).status_code == 204
    assert put_passphrase(person, approval, PASSPHRASE).status_code == 403


@ONLY_SQLITE
def test_a_refused_approval_is_told_in_the_record(person):
    approval = person.approve(kind="change", what="passphrase")
    assert put_passphrase(person, None).status_code == 403
    assert remove_app(person.bind_app(), approval).status_code == 403
    assert put_passphrase(person, "no approval at all").status_code == 403
    with person.house.database.read() as tx:
        kept = tx.connection.execute(select(events.c.facts).where(events.c.kind == "approval.refused")).scalars().all()
    assert [json.loads(facts) for facts in kept] == [{"action": "change.remove_totp"}, {"action": "change.passphrase"}]


@ONLY_SQLITE
def test_it_serves_its_action_with_its_details(person):
    person.bind_app()
    approval = person.approve(kind="change", what="message_code", enabled=True)
    headers = {**person.bearer, "Approval": approval}
    assert put_passphrase(person, approval).status_code == 403
    assert remove_app(person, approval).status_code == 403
    path = "/api/v1/authenticators/message-code"
    assert person.http.put(path, json={"enabled": False}, headers=headers).status_code == 403
    assert person.http.put(path, json={"enabled": True}, headers=headers).status_code == 204


@ONLY_SQLITE
def test_it_serves_its_session(person):
    elsewhere = Person(person.house, person.clock).sign_in()
    approval = person.approve(kind="change", what="passphrase")
    assert put_passphrase(elsewhere, approval).status_code == 403
    other = Person(person.house, person.clock, address="bob@example.org").sign_up()
    assert put_passphrase(other, approval).status_code == 403
    assert put_passphrase(person, approval).status_code == 204


@ONLY_SQLITE
def test_it_lives_two_minutes(person):
    approval = person.approve(kind="change", what="passphrase")
    person.clock.advance(timedelta(minutes=2))
    assert put_passphrase(person, approval).status_code == 403
    approval = person.approve(kind="change", what="passphrase")
    person.clock.advance(timedelta(minutes=1, seconds=59))
    assert put_passphrase(person, approval).status_code == 204


@ONLY_SQLITE
@pytest.mark.parametrize(("what", "minutes"), [("passphrase", 15), ("sign_out_others", 5)])
def test_a_confirmation_lives_five_minutes_and_fifteen_where_a_message_is_asked(person, what, minutes):
    passage = person.begin("confirm", action={"kind": "change", "what": what})
    person.clock.advance(timedelta(minutes=minutes, seconds=-1))
    assert look(passage)["ask"] == ["passphrase"]
    person.clock.advance(timedelta(seconds=1))
    assert passage.offer("passphrase", passphrase=person.passphrase).status_code == 410


def test_it_neither_raises_nor_rotates_the_session(person):
    person.bind_app()
    before = session_of(person)
    person.approve(kind="change", what="passphrase")
    assert session_of(person) == before
    assert before["aal"] == 1


@ONLY_SQLITE
def test_a_confirmation_needs_a_session_and_an_action(person):
    for body, headers, status in (
        ({"purpose": "confirm", "action": {"kind": "change", "what": "passphrase"}}, {}, 401),
        ({"purpose": "confirm"}, person.bearer, 422),
        ({"purpose": "confirm", "action": {}}, person.bearer, 422),
        ({"purpose": "confirm", "action": {"kind": "change"}}, person.bearer, 422),
        ({"purpose": "confirm", "action": {"kind": "withdraw", "what": "passphrase"}}, person.bearer, 422),
        ({"purpose": "confirm", "action": {"kind": "change", "what": "everything"}}, person.bearer, 422),
        ({"purpose": "confirm", "action": {"kind": "change", "what": ["passphrase"]}}, person.bearer, 422),
        ({"purpose": "confirm", "action": {"kind": "change", "what": "passphrase", "more": 1}}, person.bearer, 422),
        ({"purpose": "confirm", "action": {"kind": "change", "what": "message_code"}}, person.bearer, 422),
        (
            {"purpose": "confirm", "action": {"kind": "change", "what": "message_code", "enabled": 1}},
            person.bearer,
            422,
        ),
        ({"purpose": "sign_in", "action": {"kind": "change", "what": "passphrase"}}, {}, 422),
    ):
        assert person.http.post("/api/v1/passages", json=body, headers=headers).status_code == status, body


@ONLY_SQLITE
def test_somebody_at_an_open_screen_guesses_no_passphrase(person):
    """The known device has ten an hour of its own, in a session too."""
    for _ in range(10):
        passage = person.begin("confirm", action={"kind": "change", "what": "passphrase"})
        passage.refuse("passphrase", passphrase=ANOTHER)
    passage = person.begin("confirm", action={"kind": "change", "what": "passphrase"})
    assert passage.offer("passphrase", passphrase=person.passphrase).status_code == 429


@ONLY_SQLITE
def test_in_a_session_the_name_is_known(person):
    passage = person.begin("confirm", action={"kind": "change", "what": "passphrase"})
    other = Person(person.house, person.clock, address="bob@example.org", passphrase=ANOTHER).sign_up()
    passage.refuse("passphrase", identifier=other.address, passphrase=other.passphrase)


# -- the passphrase


def test_a_change_of_passphrase_ends_every_other_session(person):
    elsewhere = Person(person.house, person.clock).sign_in()
    assert change_passphrase(person, ANOTHER).status_code == 204
    assert is_signed_in(person)
    assert not is_signed_in(elsewhere)
    person.passphrase = ANOTHER
    assert begin_sign_in(person).grant["kind"] == "session"


@ONLY_SQLITE
@pytest.mark.parametrize(("new", "reason"), [(SHORT, "too_short"), ("ann@example.org", "identifier")])
def test_a_bad_new_passphrase_is_refused_and_the_approval_is_kept(person, new, reason):
    approval = person.approve(kind="change", what="passphrase")
    refused = put_passphrase(person, approval, new)
    assert (refused.status_code, refused.json()["reason"]) == (422, reason)
    assert put_passphrase(person, approval, ANOTHER).status_code == 204


@ONLY_SQLITE
def test_beside_an_app_a_shorter_one_is_enough(person):
    person.bind_app()
    assert change_passphrase(person, SHORT).status_code == 204
    person.passphrase = SHORT
    assert give_app(person, begin_sign_in(person)).grant["kind"] == "session"


@ONLY_SQLITE
def test_beside_a_junior_app_it_is_not(person):
    wait(person, days=4)
    person.sign_in().bind_app()
    passage = give_message(person, begin_change(person, "passphrase"))
    assert put_passphrase(person, passage.grant["token"], SHORT).json()["reason"] == "too_short"


# -- removing the last app


def test_removing_the_app_where_the_passphrase_stands_alone(person):
    elsewhere = Person(person.house, person.clock).sign_in()
    passage = give_message(person, give_app(person, begin_change(person.bind_app(), "remove_totp")))
    assert passage.state["state"] == "passed", "no new passphrase is asked"
    assert remove_app(person, passage.grant["token"]).status_code == 204
    assert set(authenticators(person)) == {"passphrase"}
    assert is_signed_in(person)
    assert not is_signed_in(elsewhere)
    assert begin_sign_in(person).grant["kind"] == "session"
    assert subjects(person)[-1].startswith("Authenticator app removed")


def test_removing_the_app_asks_for_a_passphrase_that_can_stand_alone(person):
    person.bind_app()
    assert change_passphrase(person, SHORT).status_code == 204
    person.passphrase = SHORT
    passage = give_message(person, give_app(person, begin_change(person, "remove_totp")))
    assert passage.asks == ["new_passphrase"]
    refused = passage.offer("new_passphrase", passphrase="fourteen chars")
    assert refused.json()["reason"] == "too_short"
    passage.give("new_passphrase", passphrase=ANOTHER)
    still = person.begin("sign_in")
    still.give("passphrase", identifier=person.address, passphrase=SHORT)
    assert still.asks == ["totp", "recovery_code"], "it counts once the app goes"
    assert remove_app(person, passage.grant["token"]).status_code == 204
    person.passphrase = ANOTHER
    assert begin_sign_in(person).grant["kind"] == "session"


@ONLY_SQLITE
def test_a_passphrase_shortened_after_the_confirmation_keeps_the_app(person):
    """Two approvals in hand: the one to remove was given while the passphrase stood alone."""
    person.bind_app()
    to_change = person.approve(kind="change", what="passphrase")
    to_remove = person.approve(kind="change", what="remove_totp")
    assert put_passphrase(person, to_change, SHORT).status_code == 204
    assert remove_app(person, to_remove).status_code == 403
    assert "totp" in authenticators(person)


@ONLY_SQLITE
def test_an_app_that_is_gone_can_not_be_removed(person):
    assert remove_app(person, None).status_code == 404
    made = person.http.post("/api/v1/authenticators/recovery-codes", headers=person.bearer)
    assert made.status_code == 404


@ONLY_SQLITE
def test_a_way_that_changed_underfoot_ends(person):
    """The app shown in one passage is removed by another before the first is done."""
    person.bind_app()
    half_way = give_app(person, begin_change(person, "passphrase"))
    to_remove = give_message(person, give_app(person, begin_change(person, "remove_totp")))
    assert remove_app(person, to_remove.grant["token"]).status_code == 204
    assert look(half_way)["ask"] == []
    assert half_way.offer("message_code", code="000000").status_code == 409


@ONLY_SQLITE
def test_what_an_app_proved_that_was_replaced_meanwhile_does_not_count(person):
    """Asked are app and message; the app shown is no longer the account's when the message is given."""
    person.bind_app()
    half_way = give_app(person, begin_change(person, "passphrase"))
    replace_app(person, person.approve(kind="change", what="bind_totp"))
    assert look(half_way)["ask"] == ["message_code", "recovery_code"]
    person.clock.advance(timedelta(minutes=1))
    assert send_again(half_way).status_code == 200
    code = person.mailbox.newest_code(person.address)
    assert half_way.offer("message_code", code=code).status_code == 410
