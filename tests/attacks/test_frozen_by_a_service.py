"""What one service froze, another has taken over and wants to thaw (policy §8: "thawed only by who made it")."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from tests.support.acts import ONLY_SQLITE, session_of
from tests.support.exits import Platform
from tests.support.freezing import frozen, thaw
from tests.support.house import Person
from tests.support.parallel import at_once
from watchword.accounts.freezes.freezes import FrozenBy
from watchword.app import House
from watchword.foundation.errors import Busy, Conflict, Tampered
from watchword.foundation.terms import AccountId
from watchword.record.verify import VerifyRecord
from watchword.safeguards.notices import NOWHERE
from watchword.storage.database import open_database
from watchword.storage.schema import freezes


@pytest.fixture
def watcher(house: House) -> Platform:
    """Looks for theft, and freezes."""
    return Platform(house, "watcher")


@pytest.fixture
def thief(house: House) -> Platform:
    """A service that answers customers, taken over."""
    return Platform(house, "helpdesk")


@pytest.fixture
def account(person: Person) -> AccountId:
    return AccountId(session_of(person)["account"])


def ask(service: Platform, account: AccountId, what: str) -> Any:
    return service.http.post(f"/api/v1/accounts/{account}/{what}", headers=service.bearer)


def revoked(house: House) -> list[Any]:
    return [service.id for service in house.core.services.list() if service.revoked_at is not None]


def test_it_is_not_thawed_by_another(person: Person, account: AccountId, watcher: Platform, thief: Platform) -> None:
    assert ask(watcher, account, "freeze").json() == {"sessions_ended": 1}
    assert ask(thief, account, "thaw").status_code == 409
    person.sign_in()
    assert frozen(person)["by"] == "platform"
    assert ask(watcher, account, "thaw").json() == {"open": True}


def test_nor_by_a_thaw_that_runs_beside_the_freeze(
    house: House, account: AccountId, watcher: Platform, thief: Platform
) -> None:
    """It has not seen what is not yet written, and would open the account."""
    services = {service.name: service.id for service in house.core.services.list()}
    hasty = open_database(house.settings.database_url, wait=timedelta(milliseconds=50))
    freezing, beside = house.core.freezing, replace(house.core.freezing, database=hasty)
    freezing.by_platform(account, services["helpdesk"])
    freezing.by_operator(account)
    with house.database.begin() as tx:
        freezing.freeze(tx, account, FrozenBy.PLATFORM, NOWHERE, freezing.clock(), service=services["watcher"])
        with pytest.raises(Busy):
            beside.thaw_by_platform(account, services["helpdesk"])
        with pytest.raises(Busy):
            beside.thaw_by_operator(account)
    hasty.close()
    assert not freezing.thaw_by_platform(account, services["helpdesk"])
    assert not freezing.thaw_by_operator(account)
    assert ask(watcher, account, "thaw").json() == {"open": True}


def test_nor_by_freezing_it_too(person: Person, account: AccountId, watcher: Platform, thief: Platform) -> None:
    """A freeze of one's own does not take the place of the other, nor is it swallowed by it."""
    ask(watcher, account, "freeze")
    assert ask(thief, account, "freeze").status_code == 200
    assert ask(thief, account, "thaw").json() == {"open": False}
    assert ask(thief, account, "thaw").status_code == 409
    ask(thief, account, "freeze")
    assert ask(watcher, account, "thaw").json() == {"open": False}, "and who froze it after is asked as well"
    person.sign_in()
    assert frozen(person)["thawed_by_holder"] is False
    assert ask(thief, account, "thaw").json() == {"open": True}


def test_nor_by_a_row_that_names_another(
    house: House, account: AccountId, watcher: Platform, thief: Platform, person: Person
) -> None:
    """Who writes to the database writes no other service into it: the row's keyed digest covers it."""
    ask(watcher, account, "freeze")
    other = next(service.id for service in house.core.services.list() if service.name == "helpdesk")
    for changed in ({"service_id": other}, {"service_id": None}, {"by": FrozenBy.HOLDER}):
        with house.database.begin() as tx:
            kept = tx.connection.execute(freezes.select()).mappings().one()
            tx.connection.execute(update(freezes).values(**changed))
        assert ask(thief, account, "thaw").status_code == 500
        with pytest.raises(Tampered):
            house.core.freezing.thaw_left_behind(account, [other])
        with house.database.begin() as tx:
            tx.connection.execute(update(freezes).values({name: kept[name] for name in changed}))
    assert ask(watcher, account, "thaw").json() == {"open": True}


@ONLY_SQLITE
def test_a_new_credential_is_the_same_service_and_a_new_service_of_the_name_is_not(
    house: House, person: Person, account: AccountId, watcher: Platform
) -> None:
    """Whoever may make services is the operator, and has a command that says what it does."""
    ask(watcher, account, "freeze")
    watcher.token = house.core.services.rotate("watcher").reveal()
    assert ask(watcher, account, "thaw").json() == {"open": True}
    ask(watcher, account, "freeze")
    house.core.services.revoke("watcher")
    assert ask(watcher, account, "thaw").status_code == 401
    again = Platform(house, "watcher")
    assert ask(again, account, "thaw").status_code == 409


def test_the_operator_ends_what_a_revoked_service_left_and_nothing_else(
    house: House, person: Person, account: AccountId, watcher: Platform, thief: Platform
) -> None:
    freezing = house.core.freezing
    ask(watcher, account, "freeze")
    ask(thief, account, "freeze")
    with pytest.raises(Conflict):
        freezing.thaw_by_operator(account)
    with pytest.raises(Conflict):
        freezing.thaw_left_behind(account, revoked(house))
    house.core.services.revoke("watcher")
    assert freezing.thaw_left_behind(account, revoked(house)) is False, "the other service still can, and has to"
    with pytest.raises(Conflict):
        freezing.thaw_left_behind(account, revoked(house))
    assert ask(thief, account, "thaw").json() == {"open": True}
    assert VerifyRecord(database=house.database, keyring=house.keyring, path=house.settings.anchor_file)().ok


@ONLY_SQLITE
def test_nor_what_the_holder_froze(house: House, person: Person, account: AccountId, watcher: Platform) -> None:
    ask(watcher, account, "freeze")
    person.http.post("/api/v1/freeze", headers=person.sign_in().bearer)
    house.core.services.revoke("watcher")
    assert house.core.freezing.thaw_left_behind(account, revoked(house)) is False
    assert frozen(person.sign_in())["by"] == "holder"
    assert thaw(person).status_code == 204


def test_one_of_before_it_was_noted_who_is_the_operators(
    house: House, person: Person, account: AccountId, watcher: Platform
) -> None:
    """Written by an older version: no service can show that it was the one."""
    core = house.core
    with house.database.begin() as tx:
        core.freezing.freeze(tx, account, FrozenBy.PLATFORM, NOWHERE, person.clock.now)
    assert ask(watcher, account, "thaw").status_code == 409
    assert core.freezing.thaw_left_behind(account, []) is True


def test_many_times_at_once_it_is_frozen_once(
    house: House, person: Person, account: AccountId, watcher: Platform
) -> None:
    at_once(4, lambda _: ask(watcher, account, "freeze").status_code)
    ask(watcher, account, "freeze")
    with house.database.read() as tx:
        assert len(house.core.freezing.freezes.live(tx, account)) == 1
    assert ask(watcher, account, "thaw").json() == {"open": True}
