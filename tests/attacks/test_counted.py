"""A guess is never free: whatever breaks while it is decided, it was counted."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.attacks.test_rows import behind_our_back
from tests.support.acts import account_of, wrong_output
from tests.support.house import Person
from watchword.foundation.client import Client, read_address
from watchword.foundation.errors import Busy
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId, ClientKind, PassageId
from watchword.gate.answers import TotpAnswer
from watchword.limits.counters import Spend
from watchword.storage.database import open_database
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


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_guess_that_was_found_wrong_is_counted_though_what_follows_waits_in_vain(with_app: Person) -> None:
    """Nobody who keeps the rows of what follows busy guesses for nothing. On SQLite whoever counts waits for nobody."""
    house, guess = with_app.house, TotpAnswer(output=Secret(wrong_output(with_app)))
    passage = with_app.begin("sign_in").give("passphrase", passphrase=with_app.passphrase, identifier=with_app.address)
    passage.refuse("totp", output=wrong_output(with_app))
    app = Client(
        kind=ClientKind.APP,
        address=read_address("127.0.0.1"),
        agent="",
        language="en",
        device_token=Secret(with_app.device),
    )
    hasty = open_database(house.settings.database_url, wait=timedelta(milliseconds=50))
    gate, token = replace(house.core.gate, database=hasty), Secret(passage.headers["Passage-Token"])
    with house.database.begin() as tx:
        tx.connection.execute(
            select(limits).where(limits.c.id == _row_of(with_app, _wrong_second_steps(with_app))).with_for_update()
        )
        for _ in range(FAILURES_A_DAY - 1):
            with pytest.raises(Busy):
                gate.answer(PassageId(passage.id), token, guess, app)
    hasty.close()
    assert passage.offer("totp", output=with_app.output()).status_code == 429
