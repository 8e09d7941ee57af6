"""A guess is never free: whatever breaks while it is decided, it was counted."""

import pytest
from sqlalchemy import select, update

from tests.attacks.test_rows import behind_our_back
from tests.support.acts import account_of, wrong_output
from tests.support.house import Person
from watchword.foundation.terms import AccountId
from watchword.limits.counters import Spend
from watchword.storage.schema import limits

FAILURES_A_DAY = 10


def _row_of(person: Person, spend: Spend) -> str:
    return person.house.core.gate.counters._id(spend)


def _wrong_second_steps(person: Person) -> Spend:
    """What is counted only once an answer was found wrong."""
    named = person.house.core.gate.limits.named
    return Spend(named.wrong_second_steps, AccountId(account_of(person)))


def _spoil(person: Person, spend: Spend) -> None:
    """From now on whoever reads that row breaks off."""
    with behind_our_back(person.house) as connection:
        row = limits.c.id == _row_of(person, spend)
        assert connection.execute(select(limits.c.id).where(row)).all()
        connection.execute(update(limits).where(row).values(state="[1]"))


@pytest.fixture
def with_app(person: Person) -> Person:
    return person.bind_app()


def test_a_guess_that_breaks_what_follows_is_counted(with_app: Person) -> None:
    wrong = wrong_output(with_app)
    passage = with_app.begin("sign_in").give("passphrase", passphrase=with_app.passphrase, identifier=with_app.address)
    passage.refuse("totp", output=wrong)
    _spoil(with_app, _wrong_second_steps(with_app))
    answers = [passage.offer("totp", output=wrong).status_code for _ in range(FAILURES_A_DAY)]
    assert answers == [500] * (FAILURES_A_DAY - 1) + [429]
    assert passage.offer("totp", output=with_app.output()).status_code == 429
