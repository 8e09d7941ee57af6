"""The trading passphrase (policy §3, §4, §6): set, asked, changed, closed by failures, set anew."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.acts import ONLY_SQLITE, account_of, is_signed_in
from tests.support.house import Person, client_of, open_house
from tests.support.trading import (
    DIGITS,
    OTHER,
    THIRD,
    WRONG,
    at_trading_step,
    fail_trading,
    put_trading,
    ready_to_exit,
    set_trading,
    withdrawal,
)
from watchword.crypto.keyring import read_key_file, write_key_file
from watchword.crypto.tokens import Randomness
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


def test_what_is_no_six_digits_is_no_guess(person: Person) -> None:
    passage = at_trading_step(ready_to_exit(person))
    for text in ("83519", "8351922", "letters", " "):
        assert passage.offer("trading_passphrase", passphrase=text).status_code == 422
    assert fail_trading(passage, 4) == [422] * 4
    passage.give("trading_passphrase", passphrase=DIGITS)


def test_five_wrong_ones_end_the_passage_and_the_session(person: Person) -> None:
    passage = at_trading_step(ready_to_exit(person))
    assert fail_trading(passage, 5) == [422, 422, 422, 422, 410]
    assert not is_signed_in(person)
    assert passage.offer("trading_passphrase", passphrase=DIGITS).status_code == 410
    person.sign_in()
    assert "trading_passphrase.closed" not in kinds(person)
    at_trading_step(person).give("trading_passphrase", passphrase=DIGITS)


def test_ten_in_a_row_close_it_and_a_new_one_opens(person: Person) -> None:
    passage = at_trading_step(ready_to_exit(person))
    fail_trading(passage, 5)
    waiting = at_trading_step(person.sign_in())
    passage = at_trading_step(person)
    assert fail_trading(passage, 4) == [422] * 4
    assert listed(person)["closed_at"] is None  # type: ignore[index]
    assert fail_trading(passage, 1) == [410]
    person.sign_in()
    assert kinds(person).count("trading_passphrase.closed") == 1
    assert listed(person)["closed_at"] is not None  # type: ignore[index]
    told = [text for text in person.mailbox.texts_to(person.address) if "10 wrong trading passphrases" in text]
    assert len(told) == 1
    assert waiting.offer("trading_passphrase", passphrase=DIGITS).status_code == 410
    body = {"purpose": "confirm", "action": withdrawal()}
    reply = person.http.post("/api/v1/passages", json=body, headers=person.bearer)
    assert (reply.status_code, reply.json()["reason"]) == (403, "trading_passphrase_closed")
    set_trading(person, OTHER)
    assert listed(person)["closed_at"] is None  # type: ignore[index]
    at_trading_step(person).give("trading_passphrase", passphrase=OTHER)


@ONLY_SQLITE
def test_a_success_ends_the_row(person: Person) -> None:
    ready_to_exit(person)
    for _ in range(3):
        passage = at_trading_step(person)
        assert fail_trading(passage, 4) == [422] * 4
        passage.give("trading_passphrase", passphrase=DIGITS)
    assert listed(person)["closed_at"] is None  # type: ignore[index]


@ONLY_SQLITE
def test_time_does_not_open_it(person: Person) -> None:
    ready_to_exit(person)
    for _ in range(2):
        fail_trading(at_trading_step(person), 5)
        person.sign_in()
    person.clock.advance(timedelta(days=400))
    person.sign_in()
    assert listed(person)["closed_at"] is not None  # type: ignore[index]


@ONLY_SQLITE
def test_one_changed_meanwhile_lets_nobody_through(person: Person) -> None:
    """Proven in a passage, then changed: the passage leads nowhere any more."""
    passage = at_trading_step(ready_to_exit(person)).give("trading_passphrase", passphrase=DIGITS)
    set_trading(person, OTHER)
    code = person.mailbox.newest_code(person.address)
    assert passage.offer("message_code", code=code).status_code in (410, 422)
    assert "grant" not in passage.state


@ONLY_SQLITE
def test_after_a_new_root_key_it_is_hashed_under_the_new_pepper(
    person: Person, database_url: str, tmp_path: Path
) -> None:
    ready_to_exit(person)
    kept = at_trading_step(person)
    keys = person.house.settings.key_file
    write_key_file(keys, read_key_file(keys).rotated(Randomness()))
    with open_house(database_url, tmp_path, person.clock) as house:
        kept.http = client_of(house)
        assert fail_trading(kept, 1) == [422]
        (before,) = rows(person, authenticators, kind="trading_passphrase", state="active")
        kept.give("trading_passphrase", passphrase=DIGITS)
        (after,) = rows(person, authenticators, kind="trading_passphrase", state="active")
        assert ("keyid=1$" in before["verifier"], "keyid=2$" in after["verifier"]) == (True, True)
        person.http = client_of(house)
        at_trading_step(person).give("trading_passphrase", passphrase=DIGITS)
