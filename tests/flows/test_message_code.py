"""The message code (policy §4): the newest of its passage, five tries, ten minutes, once; and how many are sent."""

from datetime import timedelta

import pytest

from tests.support.acts import (
    ONLY_SQLITE,
    begin_change,
    begin_recovery,
    begin_sign_in,
    codes_sent,
    give_message,
    look,
    send_again,
    subjects,
    wrong_code,
)
from tests.support.house import Person


def test_only_the_newest_of_a_passage_counts(person):
    passage = begin_sign_in(person, known=False)
    first = codes_sent(person)[-1]
    person.clock.advance(timedelta(seconds=60))
    assert send_again(passage).status_code == 200
    second = codes_sent(person)[-1]
    if first != second:
        passage.refuse("message_code", code=first)
    assert passage.give("message_code", code=second).grant["kind"] == "session"


def test_a_code_serves_its_own_passage_alone(person):
    one, other = begin_sign_in(person, known=False), begin_sign_in(person, known=False)
    first, second = codes_sent(person)[-2:]
    if first != second:
        one.refuse("message_code", code=second)
        other.refuse("message_code", code=first)
    assert one.give("message_code", code=first).grant["kind"] == "session"
    assert other.give("message_code", code=second).grant["kind"] == "session"


@ONLY_SQLITE
def test_a_code_serves_its_own_purpose_alone(person):
    recovery, change = begin_recovery(person), begin_change(person, "passphrase")
    first, second = codes_sent(person)[-2:]
    if first != second:
        recovery.refuse("message_code", code=second)
        change.refuse("message_code", code=first)
    recovery.give("message_code", code=first)
    change.give("message_code", code=second)


def test_five_tries_a_code(person):
    passage = begin_sign_in(person, known=False)
    right = codes_sent(person)[-1]
    for _ in range(5):
        passage.refuse("message_code", code=wrong_code(right))
    passage.refuse("message_code", code=right)
    person.clock.advance(timedelta(seconds=60))
    send_again(passage)
    assert give_message(person, passage).grant["kind"] == "session", "another code has tries of its own"


@ONLY_SQLITE
def test_the_fifth_try_may_be_right(person):
    passage = begin_sign_in(person, known=False)
    right = codes_sent(person)[-1]
    for _ in range(4):
        passage.refuse("message_code", code=wrong_code(right))
    assert passage.give("message_code", code=right).grant["kind"] == "session"


@ONLY_SQLITE
@pytest.mark.parametrize(("seconds", "taken"), [(599, True), (600, False)])
def test_it_lives_ten_minutes(person, seconds, taken):
    passage = begin_sign_in(person, known=False)
    person.clock.advance(timedelta(seconds=seconds))
    reply = passage.offer("message_code", code=codes_sent(person)[-1])
    assert reply.status_code == (200 if taken else 422)


@ONLY_SQLITE
def test_an_old_code_that_is_sent_again_is_another(person):
    passage = begin_sign_in(person, known=False)
    person.clock.advance(timedelta(minutes=11))
    send_again(passage)
    assert give_message(person, passage).grant["kind"] == "session"


@ONLY_SQLITE
@pytest.mark.parametrize(
    "typed", ["{0[0]}{0[1]}{0[2]} {0[3]}{0[4]}{0[5]}", " {0} ", "{0[0]} {0[1]} {0[2]} {0[3]} {0[4]}\t{0[5]}"]
)
def test_spaces_are_tolerated(person, typed):
    passage = begin_sign_in(person, known=False)
    assert passage.give("message_code", code=typed.format(codes_sent(person)[-1])).grant


@ONLY_SQLITE
@pytest.mark.parametrize(
    "typed", ["0", "00000", "0000000", "abcdef", "-1", "1e5", "\u0661\u0662\u0663\u0664\u0665\u0666"]
)
def test_what_is_no_code_is_rejected_like_a_wrong_one(person, typed):
    passage = begin_sign_in(person, known=False)
    before = look(passage)
    passage.refuse("message_code", code=typed)
    assert look(passage) == before


# -- how often


def test_sixty_seconds_apart(person):
    passage = begin_sign_in(person, known=False)
    sent = len(codes_sent(person))
    refused = send_again(passage)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    person.clock.advance(timedelta(seconds=59))
    assert send_again(passage).headers["Retry-After"] == "1"
    person.clock.advance(timedelta(seconds=1))
    assert send_again(passage).status_code == 200
    assert len(codes_sent(person)) == sent + 1


@ONLY_SQLITE
def test_nothing_is_sent_where_no_code_is_asked(person):
    for passage in (person.begin("sign_in"), person.begin("sign_up"), person.begin("recover").human()):
        assert send_again(passage).status_code == 409
    passage = give_message(person, begin_recovery(person))
    assert send_again(passage).status_code == 409, "it was given"


@ONLY_SQLITE
def test_looking_at_a_passage_sends_nothing(person):
    passage = begin_sign_in(person, known=False)
    sent = len(codes_sent(person))
    for _ in range(3):
        look(passage)
    assert len(codes_sent(person)) == sent


def recoveries(person: Person, count: int, *, known: bool) -> list[dict[str, object]]:
    """What the gate says to so many recoveries begun one after the other."""
    found = []
    for _ in range(count):
        passage = begin_recovery(person, known=known)
        found.append({**passage.state, "id": "", "expires_at": ""})
        person.clock.advance(timedelta(seconds=1))
    return found


def test_ten_a_day_and_three_of_them_kept_for_known_devices(person):
    """The one of sign-up went to the same recipient. Past the budget every reply is the same."""
    said = recoveries(person, 8, known=False)
    assert len(codes_sent(person)) == 7, "seven for devices that nobody knows"
    said += recoveries(person, 4, known=True)
    assert len(codes_sent(person)) == 10
    assert all(each == said[0] for each in said)
    person.clock.advance(timedelta(days=1))
    recoveries(person, 1, known=False)
    assert len(codes_sent(person)) == 11


@ONLY_SQLITE
def test_a_device_token_that_nobody_knows_is_no_known_device(person):
    recoveries(person, 7, known=False)
    for token in ("A" * 43, Person(person.house, person.clock, address="bob@example.org").sign_up().device):
        passage = person.http.post("/api/v1/passages", json={"purpose": "recover"}, headers={"Device-Token": token})
        assert passage.status_code == 201
        person_there = Person(person.house, person.clock)
        person_there.device = token
        begin_recovery(person_there)
    assert len(codes_sent(person)) == 7


@ONLY_SQLITE
def test_after_a_passphrase_the_recipients_budget_is_not_asked(person):
    """Who can only name somebody must not be able to shut him out."""
    recoveries(person, 10, known=False)
    sent = len(codes_sent(person))
    assert give_message(person, begin_sign_in(person, known=False)).grant["kind"] == "session"
    assert len(codes_sent(person)) == sent + 1


@ONLY_SQLITE
def test_a_code_that_was_never_sent_can_not_be_met(person):
    recoveries(person, 8, known=False)
    passage = begin_recovery(person, known=False)
    sent = codes_sent(person)
    for code in sent[-3:]:
        passage.refuse("message_code", code=code)
    assert len(sent) == 7


# -- failures


def test_ten_failures_a_day_for_a_name_in_anonymous_passages(person):
    passage = begin_recovery(person, known=False)
    right = codes_sent(person)[-1]
    for _ in range(2):
        for _ in range(5):
            passage.refuse("message_code", code=wrong_code(right))
        passage = begin_recovery(person, known=False)
        right = codes_sent(person)[-1]
    stopped = passage.offer("message_code", code=right)
    assert (stopped.status_code, stopped.json()["code"]) == (429, "throttled")
    assert look(passage)["ask"] == ["message_code", "recovery_code"]
    assert give_message(person, begin_sign_in(person, known=False)).grant["kind"] == "session", "counted apart"
    person.clock.advance(timedelta(days=1))
    assert give_message(person, begin_recovery(person, known=False)).asks == ["new_passphrase"]


@ONLY_SQLITE
def test_ten_failures_a_day_after_the_passphrase(person):
    for _ in range(2):
        passage = begin_sign_in(person, known=False)
        right = codes_sent(person)[-1]
        for _ in range(5):
            passage.refuse("message_code", code=wrong_code(right))
    passage = begin_sign_in(person, known=False)
    assert passage.offer("message_code", code=codes_sent(person)[-1]).status_code == 429
    assert give_message(person, begin_recovery(person)).asks == ["new_passphrase"], "counted apart"


@ONLY_SQLITE
def test_a_change_in_a_session_names_what_is_confirmed(person):
    begin_change(person, "bind_totp")
    assert subjects(person)[-1].startswith("Your code to confirm a change")
    assert "authenticator app" in person.mailbox.texts_to(person.address)[-1]
