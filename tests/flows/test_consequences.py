"""A change to what protects places its hold with it, and the owner's one message names it (policy §6)."""

from datetime import timedelta

from tests.support.acts import (
    ANOTHER,
    ONLY_SQLITE,
    account_of,
    begin_recovery,
    change_passphrase,
    come_back,
    give_message,
    opt_for_message,
    replace_app,
    wait,
)
from tests.support.exits import TRADING
from tests.support.house import Person, deliver
from watchword.app import House
from watchword.foundation.terms import AccountId, Cause

pytestmark = ONLY_SQLITE

SAID = {
    "all": "nothing can leave your account until",
    "new": "nothing can go to a place you have not sent to before until",
    "all_but_listed": "only withdrawals to addresses that have been on your allow-list for a week",
}


def placed(person: Person, account: AccountId) -> list[Cause]:
    """The causes of the holds that began at this moment."""
    core, now = person.house.core, person.clock.now
    with person.house.database.read() as tx:
        return [hold.cause for hold in core.holds.of(tx, account, now) if now - hold.begins_at < timedelta(minutes=1)]


def assert_held(person: Person, account: AccountId, cause: Cause) -> None:
    assert placed(person, account) == [cause]
    rule = person.house.core.holds.rules.causes[cause]
    texts = [" ".join(text.split()) for text in person.mailbox.texts_to(person.address)]
    assert [SAID[rule.reach] in text for text in texts[-2:]].count(True) == 1, (cause, texts[-2:])
    wait(person, hours=73)


def remade_codes(person: Person) -> None:
    headers = {**person.bearer, "Approval": person.approve(kind="change", what="recovery_codes")}
    made = person.http.post("/api/v1/authenticators/recovery-codes", headers=headers)
    assert made.status_code == 201
    person.codes = made.json()["codes"]


def test_each_change_of_the_second_step_and_the_passphrase(house: House, person: Person) -> None:
    account = account_of(person)
    come_back(person, days=4)
    assert change_passphrase(person, ANOTHER).status_code == 204
    person.passphrase = ANOTHER
    assert_held(person, account, Cause.PASSPHRASE_CHANGED_WITHOUT)

    opt_for_message(come_back(person))
    assert placed(person, account) == []  # stronger, not weaker
    opt_for_message(person, enabled=False)
    assert_held(person, account, Cause.SECOND_STEP_REMOVED)

    come_back(person).bind_app()
    assert_held(person, account, Cause.FIRST_SECOND_STEP)

    come_back(person, days=8)
    opt_for_message(person)
    opt_for_message(person, enabled=False)
    assert placed(person, account) == []  # beside an app it was no second step
    remade_codes(person)
    assert_held(person, account, Cause.RECOVERY_CODES_MADE)

    come_back(person)
    assert change_passphrase(person, "nine wooden owls above the harbour").status_code == 204
    person.passphrase = "nine wooden owls above the harbour"
    assert_held(person, account, Cause.PASSPHRASE_CHANGED_WITH)

    come_back(person)
    replace_app(person, person.approve(kind="change", what="bind_totp"))
    assert_held(person, account, Cause.SECOND_STEP_ADDED)

    come_back(person, days=8)
    headers = {**person.bearer, "Approval": person.approve(kind="change", what="remove_totp")}
    assert person.http.delete("/api/v1/authenticators/totp", headers=headers).status_code == 204
    assert_held(person, account, Cause.SECOND_STEP_REMOVED)


def test_an_app_in_place_of_a_junior_one_that_did_not_confirm_is_as_the_first(house: House, person: Person) -> None:
    """Who knows passphrase and mailbox puts out a junior app, and waits like who binds the first."""
    account = account_of(person)
    come_back(person, days=4).bind_app()
    come_back(person, hours=25)
    passage = person.begin("confirm", action={"kind": "change", "what": "bind_totp"})
    deliver(house)
    passage.give("passphrase", passphrase=person.passphrase)
    assert passage.asks == ["message_code"]
    replace_app(person, str(give_message(person, passage).grant["token"]))
    assert placed(person, account) == [Cause.FIRST_SECOND_STEP]


def test_coming_back_without_something(house: House, person: Person) -> None:
    account = account_of(person)
    person.bind_app()
    come_back(person, days=8)
    passage = give_message(person, begin_recovery(person)).human()
    passage.give("totp", output=person.output()).give("new_passphrase", passphrase=ANOTHER)
    person.passphrase = ANOTHER
    assert_held(person, account, Cause.RECOVERED_WITH)

    passage = person.begin("sign_in", known=False).human()
    passage.give("passphrase", identifier=person.address, passphrase=person.passphrase).human()
    passage.give("recovery_code", code=person.codes[0]).give("totp", output=person.output())
    assert_held(person, account, Cause.MAILBOX_LOST)

    house.core.removal.begin(account)
    wait(person, days=7, minutes=1)
    assert house.core.removal.complete_due() == 1
    assert_held(person, account, Cause.SECOND_STEP_REMOVED_BY_OPERATOR)

    passage = give_message(person, begin_recovery(person)).human()
    passage.give("new_passphrase", passphrase="seven purple lanterns drift slowly")
    assert_held(person, account, Cause.RECOVERED_WITHOUT)


def test_the_first_day_of_a_young_account_is_a_day(house: House, person: Person) -> None:
    person.bind_app()
    approval = person.approve(kind="change", what="trading_passphrase")
    headers = {**person.bearer, "Approval": approval}
    done = person.http.put("/api/v1/trading-passphrase", json={"passphrase": TRADING}, headers=headers)
    assert done.status_code == 204
    account = account_of(person)
    wait(person, hours=24, minutes=1)
    with house.database.read() as tx:
        assert house.core.holds.of(tx, account, person.clock.now) == []
