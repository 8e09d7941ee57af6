"""The trading passphrase (policy §3, §4, §6): set, asked, changed, closed by failures, set anew."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.acts import ONLY_SQLITE, account_of
from tests.support.house import Person
from tests.support.trading import (
    DIGITS,
    OTHER,
    THIRD,
    WRONG,
    at_trading_step,
    put_trading,
    ready_to_exit,
    set_trading,
    withdrawal,
)
from watchword.storage.schema import authenticators, events, holds, trading_history


def rows(person: Person, table: Any, **equals: Any) -> list[dict[str, Any]]:
    where = [table.c.account_id == account_of(person), *(table.c[name] == value for name, value in equals.items())]
    with person.house.database.read() as tx:
        return [row._asdict() for row in tx.connection.execute(select(table).where(*where))]


def kinds(person: Person) -> list[str]:
    return [row["kind"] for row in rows(person, events)]


def listed(person: Person) -> dict[str, Any] | None:
    found = person.http.get("/api/v1/authenticators", headers=person.bearer).json()["items"]
    return next((each for each in found if each["kind"] == "trading_passphrase"), None)


def test_setting_it_is_a_change_like_any(person: Person) -> None:
    reply = put_trading(person, None)
    assert (reply.status_code, reply.json()["code"]) == (403, "confirmation_required")
    assert reply.json()["action"] == {"kind": "change", "what": "trading_passphrase"}
    assert listed(person) is None
    approval = person.approve(kind="change", what="trading_passphrase")
    assert put_trading(person, approval).status_code == 204
    assert put_trading(person, approval, OTHER).status_code == 403, "an approval serves once"
    found = listed(person)
    assert found is not None
    assert (found["standing"], found["closed_at"]) == ("senior", None)


def test_the_first_one_holds_all_exits_and_is_told(person: Person) -> None:
    set_trading(person)
    (hold,) = rows(person, holds)
    assert (hold["cause"], hold["reach"]) == ("first_trading_passphrase", "all")
    assert hold["ends_at"] - hold["begins_at"] == timedelta(hours=24), "the account is younger than three days"
    assert "trading_passphrase.set" in kinds(person)
    assert "A trading passphrase was set" in person.mailbox.texts_to(person.address)[-1]


@ONLY_SQLITE
def test_on_an_older_account_the_first_one_holds_three_days(person: Person) -> None:
    person.clock.advance(timedelta(days=3))
    set_trading(person.sign_in())
    (hold,) = rows(person, holds)
    assert hold["ends_at"] - hold["begins_at"] == timedelta(hours=72)


def test_another_in_its_place_holds_all_but_the_list_and_is_told(person: Person) -> None:
    set_trading(person)
    person.clock.advance(timedelta(seconds=1))
    set_trading(person, OTHER)
    (hold,) = rows(person, holds, cause="trading_passphrase_changed")
    assert (hold["reach"], hold["ends_at"] - hold["begins_at"]) == ("all_but_listed", timedelta(hours=24))
    assert len(rows(person, authenticators, kind="trading_passphrase", state="active")) == 1
    (gone,) = rows(person, authenticators, kind="trading_passphrase", state="removed")
    assert gone["verifier"] == ""
    assert "Your trading passphrase was changed" in person.mailbox.texts_to(person.address)[-1]


@ONLY_SQLITE
@pytest.mark.parametrize(
    ("passphrase", "reason"),
    [
        ("123456", "runs"),
        ("311299", "date"),
        ("83519", "not_six_digits"),
        ("", "not_six_digits"),
        (DIGITS, "used_before"),
    ],
)
def test_a_refused_one_says_why_and_spends_nothing(person: Person, passphrase: str, reason: str) -> None:
    set_trading(person)
    approval = person.approve(kind="change", what="trading_passphrase")
    reply = put_trading(person, approval, passphrase)
    assert (reply.status_code, reply.json()["code"], reply.json()["reason"]) == (422, "rejected", reason)
    assert put_trading(person, approval, OTHER).status_code == 204


@ONLY_SQLITE
def test_spaces_and_wide_digits_are_fine(person: Person) -> None:
    ready_to_exit(person, "８３５ １９２")
    at_trading_step(person).give("trading_passphrase", passphrase=" 835 192 ")


@ONLY_SQLITE
def test_none_of_the_last_five_is_taken_again(person: Person) -> None:
    chosen = [DIGITS, OTHER, THIRD, WRONG, "067381", "728618"]
    for passphrase in chosen:
        set_trading(person, passphrase)
        person.clock.advance(timedelta(seconds=1))
    assert len(rows(person, trading_history)) == 5
    approval = person.approve(kind="change", what="trading_passphrase")
    for passphrase in chosen[1:]:
        assert put_trading(person, approval, passphrase).json()["reason"] == "used_before"
    assert put_trading(person, approval, chosen[0]).status_code == 204


def test_an_exit_asks_for_it_after_the_second_step(person: Person) -> None:
    ready_to_exit(person)
    passage = person.begin("confirm", action=withdrawal())
    assert "trading_passphrase" not in passage.asks
    assert passage.offer("trading_passphrase", passphrase=DIGITS).status_code == 409
    passage.give("totp", output=person.output()).give("trading_passphrase", passphrase=DIGITS)
    assert person.finish(passage).grant["kind"] == "approval"


@ONLY_SQLITE
def test_without_one_nothing_that_leaves_can_be_confirmed(person: Person) -> None:
    person.bind_app()
    person.clock.advance(timedelta(hours=25))
    person.sign_in()
    headers = person.bearer
    reply = person.http.post("/api/v1/passages", json={"purpose": "confirm", "action": withdrawal()}, headers=headers)
    assert (reply.status_code, reply.json()["reason"]) == (403, "no_trading_passphrase")
