"""What a thief tries between the wish for an exit and its approval: each gets nothing (policy §2, §3, §8)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table, update

from tests.attacks.test_rows import behind_our_back, refused
from tests.support.acts import (
    ONLY_SQLITE,
    account_of,
    look,
    opt_for_message,
    replace_app,
    send_again,
    wrong_code,
    wrong_output,
)
from tests.support.exits import EVM, OTHER_EVM, TRADING, begin, later, set_trading, withdrawal
from tests.support.house import Passage, Person, deliver
from watchword.storage.schema import authenticators, identifiers, passages

pytestmark = ONLY_SQLITE
THAW = {"kind": "change", "what": "thaw"}


@pytest.fixture
def owner(fortified: Person) -> Person:
    """Everything set up, and senior."""
    return later(fortified, days=10)


def stolen(owner: Person) -> Person:
    """Somebody at another machine who has the owner's session, and nothing else."""
    return Person(owner.house, owner.clock, address=owner.address, passphrase="", session=owner.session)


def offers(passage: Passage, owner: Person) -> dict[str, dict[str, str]]:
    """Each kind of proof that the thief might have, right as it may be."""
    return {
        "passphrase": {"passphrase": owner.passphrase},
        "trading_passphrase": {"passphrase": TRADING},
        "message_code": {"code": "000000"},
        "recovery_code": {"code": owner.codes[0]},
        "new_passphrase": {"passphrase": "eleven quiet herons over water"},
        "identifier": {"identifier": owner.address},
        "human": {"payload": "x"},
    }


# -- a stolen session, and one thing more


def test_a_stolen_session_alone_leads_to_the_app(owner: Person) -> None:
    passage = stolen(owner).begin("confirm", action=withdrawal())
    assert passage.asks == ["totp", "recovery_code"]
    for kind, fields in offers(passage, owner).items():
        if kind != "recovery_code":
            assert passage.offer(kind, **fields).status_code == 409, kind
    assert send_again(passage).status_code == 409
    deliver(owner.house)
    assert not [text for text in owner.mailbox.texts_to(owner.address) if "Withdraw" in text]


def test_the_trading_passphrase_can_not_be_tried_before_the_app(owner: Person) -> None:
    """So who has the session can't learn it, nor use up its owner's tries."""
    passage = stolen(owner).begin("confirm", action=withdrawal())
    for _ in range(20):
        assert passage.offer("trading_passphrase", passphrase="111222").status_code == 409
    passage.give("totp", output=owner.output())
    assert passage.give("trading_passphrase", passphrase=TRADING).asks == ["message_code"]


def test_the_message_shows_what_is_confirmed_to_who_is_asked_for_the_code(owner: Person) -> None:
    """A thief who shows the owner another address is found out by the message."""
    passage = stolen(owner).begin("confirm", action=withdrawal(address=OTHER_EVM, amount="9000"))
    passage.give("totp", output=owner.output())
    passage.give("trading_passphrase", passphrase=TRADING)
    owner.mailbox.newest_code(owner.address)
    text = owner.mailbox.texts_to(owner.address)[-1]
    assert "Withdraw 9000 USDT" in text
    assert EVM not in text.replace(" ", "")
    assert OTHER_EVM in text.replace(" ", "")


def test_a_code_of_one_confirmation_is_none_for_another(owner: Person) -> None:
    small, large = (owner.begin("confirm", action=withdrawal(amount=amount)) for amount in ("1", "9000"))
    for passage in (small, large):
        passage.give("totp", output=owner.output())
        passage.give("trading_passphrase", passphrase=TRADING)
        deliver(owner.house)
        owner.clock.advance(timedelta(seconds=1))
    codes = [text for text in owner.mailbox.texts_to(owner.address) if "Withdraw 1 USDT" in text]
    code = next(line for line in codes[-1].splitlines() if line.isdigit() and len(line) == 6)
    large.refuse("message_code", code=code)
    assert small.give("message_code", code=code).grant["kind"] == "approval"


# -- a weaker class in place of the enrolled one


def test_no_weaker_class_confirms_an_exit(owner: Person) -> None:
    """Neither the code by message, opted for or not, nor the passphrase."""
    opt_for_message(owner)
    passage = owner.begin("confirm", action=withdrawal())
    for _ in range(2):
        assert passage.offer("message_code", code="000000").status_code == 409
        assert passage.offer("passphrase", passphrase=owner.passphrase).status_code == 409
    assert look(passage)["ask"] == ["totp", "recovery_code"]


def test_a_thief_who_replaced_the_app_lets_nothing_out_for_a_day(owner: Person) -> None:
    """He had a code of the app once, the passphrase and the mailbox."""
    replace_app(owner, owner.approve(kind="change", what="bind_totp"))
    assert begin(owner, withdrawal()).json()["reason"] == "app_too_young"
    assert begin(owner, {**withdrawal(), "address": OTHER_EVM}).json()["reason"] == "app_too_young"


def test_codes_that_a_thief_made_stand_for_no_app(owner: Person) -> None:
    made = owner.http.post(
        "/api/v1/authenticators/recovery-codes",
        headers={**owner.bearer, "Approval": owner.approve(kind="change", what="recovery_codes")},
    ).json()["codes"]
    passage = owner.begin("confirm", action=withdrawal())
    assert passage.asks == ["totp"]
    assert all(passage.offer("recovery_code", code=code).status_code == 409 for code in made)


# -- thawing


def frozen(person: Person) -> Person:
    assert person.http.post("/api/v1/freeze", headers=person.bearer).status_code == 204
    return later(person, hours=1)


def test_a_thiefs_junior_app_neither_thaws_nor_keeps_the_owner_out(person: Person) -> None:
    later(set_trading(person), days=10)
    thief = Person(person.house, person.clock, address=person.address, passphrase=person.passphrase)
    thief.sign_in(known=False).bind_app()
    frozen(thief)
    passage = thief.begin("confirm", action=THAW)
    assert passage.offer("totp", output=thief.output()).status_code == 409
    assert passage.asks == ["passphrase"]
    later(thief, days=30)
    assert thief.begin("confirm", action=THAW).asks == ["passphrase"], "waiting does not help"


def test_a_thief_who_replaced_the_app_needs_the_codes_from_before(owner: Person) -> None:
    replace_app(owner, owner.approve(kind="change", what="bind_totp"))
    frozen(owner)
    passage = owner.begin("confirm", action=THAW).give("passphrase", passphrase=owner.passphrase)
    assert passage.asks == ["recovery_code"]
    assert passage.offer("totp", output=owner.output()).status_code == 409
    assert passage.offer("message_code", code="000000").status_code == 409
    passage.refuse("recovery_code", code="0000-0000-0000-0000")


# -- at the database


def edit(owner: Person, table: Table, row: Any, **values: Any) -> None:
    with behind_our_back(owner.house) as connection:
        connection.execute(update(table).where(row).values(**values))


def test_an_app_that_was_made_older_confirms_nothing(person: Person) -> None:
    later(set_trading(person), days=10).bind_app()
    assert begin(person, withdrawal()).json()["reason"] == "app_too_young"
    row = (authenticators.c.kind == "totp") & (authenticators.c.account_id == account_of(person))
    edit(person, authenticators, row, bound_at=person.clock.now - timedelta(days=2))
    refused(begin(person, withdrawal()))


def test_an_address_that_was_made_older_gets_no_code(owner: Person) -> None:
    edit(
        owner, identifiers, identifiers.c.account_id == account_of(owner), bound_at=owner.clock.now - timedelta(days=90)
    )
    refused(begin(owner, withdrawal()))


def test_an_action_that_was_changed_in_its_row_is_refused(owner: Person) -> None:
    passage = owner.begin("confirm", action=withdrawal()).give("totp", output=owner.output())
    changed = str(withdrawal(amount="9000")).replace("'", '"').replace("None", "null")
    edit(owner, passages, passages.c.id == passage.id, action=changed)
    refused(passage.offer("trading_passphrase", passphrase=TRADING))


# -- by guessing


def test_guesses_at_an_exit_are_counted_like_any(owner: Person) -> None:
    """The app's limit is the same at every door: a confirmation is no second place to guess."""
    passage = owner.begin("confirm", action=withdrawal())
    statuses = [passage.offer("totp", output=wrong_output(owner)).status_code for _ in range(11)]
    assert statuses == [422] * 10 + [429]
    assert owner.begin("confirm", action=withdrawal()).offer("totp", output=owner.output()).status_code == 429


def test_guesses_at_the_message_are_counted_like_any(owner: Person) -> None:
    passage = owner.begin("confirm", action=withdrawal()).give("totp", output=owner.output())
    passage.give("trading_passphrase", passphrase=TRADING)
    right = owner.mailbox.newest_code(owner.address)
    for _ in range(5):
        passage.refuse("message_code", code=wrong_code(right))
    passage.refuse("message_code", code=right)
