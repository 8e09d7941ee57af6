"""Recovery codes: ten, shown once, each taken once; a new sheet ends the old one; five failures a day (policy §4)."""

from datetime import timedelta

import pytest

from tests.support.acts import (
    ONLY_SQLITE,
    account_of,
    authenticators,
    begin_recovery,
    begin_sign_in,
    give_message,
    look,
    subjects,
)
from tests.support.house import Person

NONE = "0000-0000-0000-0000"


@pytest.fixture
def holder(person: Person) -> Person:
    return person.bind_app()


def make_codes(holder: Person) -> list[str]:
    approval = holder.approve(kind="change", what="recovery_codes")
    headers = {**holder.bearer, "Approval": approval}
    made = holder.http.post("/api/v1/authenticators/recovery-codes", headers=headers)
    assert made.status_code == 201
    codes: list[str] = made.json()["codes"]
    return codes


def test_each_code_is_taken_once(holder):
    for code in holder.codes[:2]:
        assert begin_sign_in(holder).give("recovery_code", code=code).grant["kind"] == "session"
    for code in holder.codes[:2]:
        begin_sign_in(holder).refuse("recovery_code", code=code)
    assert authenticators(holder)["recovery_codes"]["left"] == 8
    assert sum(subject.startswith("A recovery code of your") for subject in subjects(holder)) == 2


@ONLY_SQLITE
def test_each_of_the_ten_is_good(holder):
    for left, code in zip(range(9, -1, -1), holder.codes, strict=True):
        begin_sign_in(holder).give("recovery_code", code=code)
        assert authenticators(holder)["recovery_codes"]["left"] == left


@ONLY_SQLITE
@pytest.mark.parametrize("write", [str.upper, lambda code: code.replace("-", ""), lambda code: f" {code} "])
def test_however_it_is_written(holder, write):
    assert begin_sign_in(holder).give("recovery_code", code=write(holder.codes[0])).grant


@ONLY_SQLITE
def test_anybody_elses_is_no_good(holder):
    other = Person(holder.house, holder.clock, address="bob@example.org").sign_up().bind_app()
    begin_sign_in(holder).refuse("recovery_code", code=other.codes[0])
    assert authenticators(other)["recovery_codes"]["left"] == 10


def test_a_new_sheet_ends_the_old_one(holder):
    old, new = holder.codes, make_codes(holder)
    assert len(set(new)) == 10
    assert not set(old) & set(new)
    begin_sign_in(holder).refuse("recovery_code", code=old[0])
    assert begin_sign_in(holder).give("recovery_code", code=new[0]).grant["kind"] == "session"
    assert any(subject.startswith("New recovery codes") for subject in subjects(holder))


def test_five_failures_a_day(holder):
    for _ in range(5):
        begin_sign_in(holder).refuse("recovery_code", code=NONE)
    passage = begin_sign_in(holder)
    before = look(passage)
    assert passage.offer("recovery_code", code=holder.codes[0]).status_code == 429
    assert look(passage) == before
    assert passage.give("totp", output=holder.output()).grant["kind"] == "session", "the app has a count of its own"
    holder.clock.advance(timedelta(days=1))
    assert begin_sign_in(holder).give("recovery_code", code=holder.codes[0]).grant["kind"] == "session"


@ONLY_SQLITE
def test_a_success_gives_back_only_its_own(holder):
    for _ in range(4):
        begin_sign_in(holder).refuse("recovery_code", code=NONE)
    for code in holder.codes[:3]:
        begin_sign_in(holder).give("recovery_code", code=code)
    begin_sign_in(holder).refuse("recovery_code", code=NONE)
    assert begin_sign_in(holder).offer("recovery_code", code=holder.codes[5]).status_code == 429


@ONLY_SQLITE
def test_who_only_knows_a_name_shuts_nobody_out(holder):
    """In recovery they are counted for the name that was typed, apart from those after a passphrase."""
    for _ in range(5):
        begin_recovery(holder, known=False).refuse("recovery_code", code=NONE)
    stopped = begin_recovery(holder, known=False).offer("recovery_code", code=holder.codes[0])
    assert stopped.status_code == 429
    passage = give_message(holder, begin_recovery(holder))
    assert passage.give("recovery_code", code=holder.codes[0]).asks == ["new_passphrase"]
    assert begin_sign_in(holder).give("recovery_code", code=holder.codes[1]).grant["kind"] == "session"


@ONLY_SQLITE
def test_a_name_nobody_has_is_held_up_alike(holder):
    statuses = []
    for _ in range(6):
        passage = holder.begin("recover", known=False).human()
        passage.give("identifier", identifier="nobody@example.org")
        statuses.append(passage.offer("recovery_code", code=NONE).status_code)
    assert statuses == [422] * 5 + [429]


@ONLY_SQLITE
def test_a_code_spent_in_a_passage_that_is_not_finished_is_spent(holder):
    begin_sign_in(holder, known=False).give("recovery_code", code=holder.codes[0])
    begin_sign_in(holder).refuse("recovery_code", code=holder.codes[0])


@ONLY_SQLITE
def test_to_type_one_costs_none(holder):
    """The sheet asks to be checked."""
    core = holder.house.core
    with holder.house.database.read() as tx:
        (session,) = core.sessions.list_live(tx, account_of(holder), holder.clock.now)
    assert core.apps.check_code(session, holder.codes[0])
    assert not core.apps.check_code(session, NONE)
    assert core.apps.check_app(session, holder.output())
    assert not core.apps.check_app(session, "12345")
    assert authenticators(holder)["recovery_codes"]["left"] == 10
    assert begin_sign_in(holder).give("recovery_code", code=holder.codes[0]).grant["kind"] == "session"
