"""The authenticator app: bound by its first code, each code once, and the clock doctor beside a person's bed."""

from datetime import timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import select

from tests.support.acts import (
    ONLY_SQLITE,
    STEP,
    authenticators,
    begin_change,
    begin_recovery,
    begin_sign_in,
    give_message,
    look,
    output_at,
    replace_app,
    subjects,
    wait,
    wrong_output,
)
from tests.support.house import Passage, Person
from watchword.storage.schema import events


def begin_binding(person: Person) -> dict[str, Any]:
    approval = person.approve(kind="change", what="bind_totp")
    made = person.http.post("/api/v1/authenticators/totp", headers={**person.bearer, "Approval": approval})
    assert made.status_code == 201
    body: dict[str, Any] = made.json()
    return body


def activate(person: Person, pending: dict[str, Any], output: str) -> Any:
    path = f"/api/v1/authenticators/totp/{pending['id']}/activate"
    return person.http.post(path, json={"output": output}, headers=person.bearer)


# -- binding


def test_it_is_bound_by_its_first_code(person):
    pending = begin_binding(person)
    assert set(pending) == {"id", "secret", "uri", "qr_svg", "expires_at"}
    assert pyotp.parse_uri(pending["uri"]).secret == pending["secret"]
    assert pending["qr_svg"].startswith("<svg")
    assert begin_sign_in(person).grant["kind"] == "session", "until then it is asked nowhere"
    done = activate(person, pending, pyotp.TOTP(pending["secret"]).at(person.clock.now))
    assert len(set(done.json()["codes"])) == 10
    assert begin_sign_in(person).asks == ["totp", "recovery_code"]
    assert subjects(person)[-1].startswith("Authenticator app added")


@ONLY_SQLITE
def test_a_wrong_first_code_binds_nothing_and_may_be_tried_again(person):
    pending = begin_binding(person)
    app = pyotp.TOTP(pending["secret"])
    wrong = output_of(app, person, -20)
    refused = activate(person, pending, wrong)
    assert (refused.status_code, refused.json()["code"]) == (422, "rejected")
    assert "totp" not in authenticators(person)
    assert activate(person, pending, app.at(person.clock.now)).status_code == 200


def output_of(app: pyotp.TOTP, person: Person, steps: int) -> str:
    return str(app.at(person.clock.now + steps * STEP))


@ONLY_SQLITE
def test_the_code_that_bound_it_signs_nobody_in(person):
    pending = begin_binding(person)
    output = output_of(pyotp.TOTP(pending["secret"]), person, 0)
    assert activate(person, pending, output).status_code == 200
    begin_sign_in(person).refuse("totp", output=output)


@ONLY_SQLITE
def test_binding_takes_a_quarter_of_an_hour_at_most(person):
    pending = begin_binding(person)
    person.clock.advance(timedelta(minutes=15))
    output = output_of(pyotp.TOTP(pending["secret"]), person, 0)
    assert activate(person, pending, output).status_code == 410


@ONLY_SQLITE
def test_only_the_session_that_began_it_can_finish_it(person):
    pending = begin_binding(person)
    output = output_of(pyotp.TOTP(pending["secret"]), person, 0)
    elsewhere = Person(person.house, person.clock).sign_in()
    stranger = Person(person.house, person.clock, address="bob@example.org").sign_up()
    for somebody in (elsewhere, stranger):
        assert activate(somebody, pending, output).status_code == 410
    assert activate(person, {"id": "0" * 26}, output).status_code == 410
    assert activate(person, pending, output).status_code == 200
    assert activate(person, pending, output).status_code == 410, "and once"


@ONLY_SQLITE
def test_beginning_again_ends_what_was_not_finished(person):
    first, second = begin_binding(person), begin_binding(person)
    assert first["secret"] != second["secret"]
    assert activate(person, first, output_of(pyotp.TOTP(first["secret"]), person, 0)).status_code == 410
    assert activate(person, second, output_of(pyotp.TOTP(second["secret"]), person, 0)).status_code == 200


@ONLY_SQLITE
def test_guesses_at_a_first_code_are_counted(person):
    pending = begin_binding(person)
    for _ in range(10):
        assert activate(person, pending, "12345").status_code == 422
    stopped = activate(person, pending, output_of(pyotp.TOTP(pending["secret"]), person, 0))
    assert stopped.status_code == 429


# -- codes


def test_each_code_is_taken_once(person):
    person.bind_app()
    output = person.output()
    assert begin_sign_in(person).give("totp", output=output).grant["kind"] == "session"
    begin_sign_in(person).refuse("totp", output=output)


@ONLY_SQLITE
def test_a_code_rejected_in_one_passage_still_serves_another_if_it_is_right(person):
    person.bind_app()
    person.clock.advance(timedelta(minutes=5))
    early = output_at(person, 4 * STEP)
    begin_sign_in(person).refuse("totp", output=early)
    person.clock.advance(4 * STEP)
    assert begin_sign_in(person).give("totp", output=early).grant["kind"] == "session", "one rejection burns nothing"


@ONLY_SQLITE
@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_one_step_either_side(person, steps, taken):
    person.bind_app()
    person.clock.advance(timedelta(minutes=5))
    reply = begin_sign_in(person).offer("totp", output=output_at(person, steps * STEP))
    assert reply.status_code == (200 if taken else 422)


@ONLY_SQLITE
def test_only_a_later_step_than_the_last(person):
    person.bind_app()
    person.clock.advance(timedelta(minutes=5))
    begin_sign_in(person).give("totp", output=output_at(person, STEP))
    passage = begin_sign_in(person)
    for steps in (-1, 0, 1):
        passage.refuse("totp", output=output_at(person, steps * STEP))
    person.clock.advance(STEP)
    assert passage.give("totp", output=output_at(person, STEP)).grant["kind"] == "session"


@ONLY_SQLITE
@pytest.mark.parametrize("typed", ["{0}", " {0[0]}{0[1]}{0[2]} {0[3]}{0[4]}{0[5]} "])
def test_spaces_are_tolerated(person, typed):
    person.bind_app()
    assert begin_sign_in(person).give("totp", output=typed.format(person.output())).grant


@ONLY_SQLITE
@pytest.mark.parametrize("typed", ["0", "12345", "1234567", "abcdef", "-12345", "1e5000", "0x1234"])
def test_what_is_no_code_is_rejected_like_a_wrong_one(person, typed):
    passage = begin_sign_in(person.bind_app())
    before = look(passage)
    passage.refuse("totp", output=typed)
    assert look(passage) == before


@ONLY_SQLITE
def test_five_a_day_from_unknown_devices_together(person):
    person.bind_app()
    for _ in range(5):
        give_message(person, begin_sign_in(person, known=False)).refuse("totp", output=wrong_output(person))
    passage = give_message(person, begin_sign_in(person, known=False))
    assert passage.offer("totp", output=person.output()).status_code == 429
    assert passage.give("recovery_code", code=person.codes[0]).grant["kind"] == "session"
    assert begin_sign_in(person).give("totp", output=person.output()).grant["kind"] == "session"
    person.clock.advance(timedelta(days=1))
    passage = give_message(person, begin_sign_in(person, known=False))
    assert passage.give("totp", output=person.output()).grant["kind"] == "session"


@ONLY_SQLITE
def test_ten_a_day_from_a_known_device(person):
    person.bind_app()
    passage = begin_sign_in(person)
    for _ in range(10):
        passage.refuse("totp", output=wrong_output(person))
    assert passage.offer("totp", output=person.output()).status_code == 429


@ONLY_SQLITE
def test_twenty_in_thirty_days(person):
    person.bind_app()
    for _ in range(4):
        for _ in range(5):
            give_message(person, begin_sign_in(person, known=False)).refuse("totp", output=wrong_output(person))
        person.clock.advance(timedelta(days=2))
    passage = give_message(person, begin_sign_in(person, known=False))
    assert passage.offer("totp", output=person.output()).status_code == 429
    person.clock.advance(timedelta(days=22))
    passage = give_message(person, begin_sign_in(person, known=False))
    assert passage.give("totp", output=person.output()).grant["kind"] == "session"


# -- the clock doctor


def reject(passage: Passage, output: str) -> dict[str, Any]:
    """What is said to a rejected code."""
    reply = passage.offer("totp", output=output)
    assert reply.status_code == 422
    said: dict[str, Any] = reply.json()
    return said


@pytest.fixture
def drifting(person: Person) -> Person:
    person.bind_app()
    person.clock.advance(timedelta(minutes=30))
    return person


@pytest.mark.parametrize("seconds", [-150, 150])
@ONLY_SQLITE
def test_two_codes_tell_how_far_a_clock_is_off(drifting, seconds):
    off = timedelta(seconds=seconds)
    passage = begin_sign_in(drifting)
    assert "hint" not in reject(passage, output_at(drifting, off)), "never after one"
    drifting.clock.advance(STEP)
    assert reject(passage, output_at(drifting, off))["hint"] == f"clock:{seconds}"
    assert passage.give("totp", output=output_at(drifting, timedelta())).grant["kind"] == "session"


def test_it_speaks_on_other_devices_and_on_both_databases(drifting):
    off = timedelta(seconds=-300)
    passage = give_message(drifting, begin_sign_in(drifting, known=False))
    reject(passage, output_at(drifting, off))
    drifting.clock.advance(STEP)
    assert reject(passage, output_at(drifting, off))["hint"] == "clock:-300"


@ONLY_SQLITE
def test_it_says_nothing_of_guesses(drifting):
    passage = begin_sign_in(drifting)
    for _ in range(4):
        assert "hint" not in reject(passage, wrong_output(drifting))
        drifting.clock.advance(STEP)


@ONLY_SQLITE
def test_it_says_nothing_where_the_codes_do_not_go_with_one_clock(drifting):
    passage = begin_sign_in(drifting)
    reject(passage, output_at(drifting, timedelta(minutes=-8)))
    drifting.clock.advance(STEP)
    assert "hint" not in reject(passage, output_at(drifting, timedelta(minutes=5)))


@ONLY_SQLITE
def test_it_remembers_no_other_passage(drifting):
    off = timedelta(minutes=-5)
    reject(begin_sign_in(drifting), output_at(drifting, off))
    drifting.clock.advance(STEP)
    assert "hint" not in reject(begin_sign_in(drifting), output_at(drifting, off))


@ONLY_SQLITE
def test_it_says_nothing_before_a_passphrase(drifting):
    passage = give_message(drifting, begin_recovery(drifting))
    for _ in range(3):
        assert "hint" not in reject(passage, output_at(drifting, timedelta(minutes=-5)))
        drifting.clock.advance(STEP)


@ONLY_SQLITE
def test_it_speaks_in_a_session_too(drifting):
    drifting.sign_in()
    off = timedelta(minutes=-3)
    passage = begin_change(drifting, "passphrase")
    reject(passage, output_at(drifting, off))
    drifting.clock.advance(STEP)
    assert reject(passage, output_at(drifting, off))["hint"] == "clock:-180"


@ONLY_SQLITE
def test_the_two_codes_are_never_taken(drifting):
    """Somebody who saw them on the way waits until their time has come."""
    off = timedelta(seconds=150)
    passage = begin_sign_in(drifting)
    seen = [output_at(drifting, off)]
    reject(passage, seen[0])
    drifting.clock.advance(STEP)
    seen.append(output_at(drifting, off))
    reject(passage, seen[1])
    drifting.clock.advance(off - STEP)
    for output in seen:
        reject(begin_sign_in(drifting), output)
        drifting.clock.advance(STEP)


@ONLY_SQLITE
def test_a_fast_clock_just_set_right_signs_in_at_once(drifting):
    """The steps were burned one by one: the last step that was taken did not move."""
    off = timedelta(minutes=5)
    passage = begin_sign_in(drifting)
    for _ in range(2):
        reject(passage, output_at(drifting, off))
        drifting.clock.advance(STEP)
    assert passage.give("totp", output=output_at(drifting, timedelta())).grant["kind"] == "session"
    drifting.clock.advance(STEP)
    assert begin_sign_in(drifting).give("totp", output=output_at(drifting, timedelta())).grant["kind"] == "session"


@ONLY_SQLITE
def test_codes_used_before_are_no_sign_of_a_clock(drifting):
    """Two codes in a row that somebody signed in with just now: the clock is right."""
    first = output_at(drifting, timedelta())
    begin_sign_in(drifting).give("totp", output=first)
    drifting.clock.advance(STEP)
    second = output_at(drifting, timedelta())
    begin_sign_in(drifting).give("totp", output=second)
    passage = begin_sign_in(drifting)
    assert "hint" not in reject(passage, first)
    assert "hint" not in reject(passage, second)


@ONLY_SQLITE
def test_an_app_that_renews_nothing_any_more_is_a_first_one(person):
    """Two approvals in hand: to bind another app, and to remove the present one, which is done first."""
    wait(person.bind_app(), days=10)
    person.sign_in()
    to_bind = person.approve(kind="change", what="bind_totp")
    to_remove = person.approve(kind="change", what="remove_totp")
    headers = {**person.bearer, "Approval": to_remove}
    assert person.http.delete("/api/v1/authenticators/totp", headers=headers).status_code == 204
    assert len(replace_app(person, to_bind)) == 10
    found = authenticators(person)
    assert found["totp"]["standing"] == found["recovery_codes"]["standing"] == "junior"


@ONLY_SQLITE
def test_wrong_first_codes_and_the_wait_after_them_are_in_the_record(person):
    pending = begin_binding(person)
    wrong = output_of(pyotp.TOTP(pending["secret"]), person, -20)
    statuses = [activate(person, pending, wrong).status_code for _ in range(11)]
    assert statuses == [422] * 10 + [429]
    with person.house.database.read() as tx:
        kept = [row.kind for row in tx.connection.execute(select(events.c.kind))]
    assert kept.count("authenticator.checked") == 10
    assert kept.count("limit.reached") == 1
