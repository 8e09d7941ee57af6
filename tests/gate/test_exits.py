"""Confirming an exit, a key and a thaw (policy §2, §3, §8): which proofs, of what age, and what is said instead."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from tests.support.acts import (
    ANOTHER,
    ONLY_SQLITE,
    account_of,
    change_passphrase,
    house_under,
    look,
    replace_app,
    send_again,
)
from tests.support.clock import SettableClock
from tests.support.exits import EVM, OTHER_EVM, TRADING, Platform, begin, confirm, later, set_trading
from tests.support.exits import withdrawal as of
from tests.support.house import Person, deliver
from watchword.accounts.identifiers import Identifier
from watchword.foundation.terms import AccountId, IdentifierKind
from watchword.gate.policy_file import default_text
from watchword.record.catalogue import EventKind
from watchword.storage.schema import approvals, events

pytestmark = ONLY_SQLITE
LISTING = {"kind": "allow_destination", "asset": "USDT", "network": "Ethereum", "address": EVM, "memo": None}
KEY = {
    "kind": "create_api_key",
    "name": "night bot",
    "permissions": ["read", "trade"],
    "networks": ["192.0.2.0/24"],
    "expiry": 90,
    "public_key": None,
}
EXIT = ["totp", "recovery_code"]


def refused(person: Person, action: dict[str, Any]) -> tuple[str, str | None]:
    """Why it can't be confirmed, and from when on it can."""
    reply = begin(person, action)
    assert (reply.status_code, reply.json()["code"]) == (403, "not_possible"), reply.text
    assert set(reply.json()) <= {"type", "title", "status", "code", "reason", "opens_at"}
    return reply.json()["reason"], reply.json().get("opens_at")


def at(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def use(person: Person, action: dict[str, Any] | None = None) -> Person:
    """The destination of the action is used from now on."""
    action = action or of()
    Platform(person.house, name=f"wallet{person.clock.now:%j%H%M%S}").consume(person, confirm(person, action), action)
    return later(person, hours=50)


def replace_address(person: Person, address: str) -> None:
    """As a change of the address would have it; the person reads the new one from now on."""
    core, now = person.house.core, person.clock.now
    with person.house.database.begin() as tx:
        account = core.accounts.get(tx, account_of(person))
        new = Identifier(IdentifierKind.EMAIL, address)
        core.accounts.replace_identifier(tx, account, new, app="senior", passkey="none", now=now)
        core.journal.record(tx, EventKind.IDENTIFIER_REPLACED, at=now, account=account.id)
    person.address = address


# -- by the app


def test_to_a_new_destination_app_trading_passphrase_and_a_message_that_says_it_all(fortified: Person) -> None:
    passage = fortified.begin("confirm", action=of(memo="12 34"))
    assert passage.asks == EXIT
    assert passage.give("totp", output=fortified.output()).asks == ["trading_passphrase"]
    assert passage.give("trading_passphrase", passphrase=TRADING).asks == ["message_code"]
    code_sent = fortified.mailbox.newest_code(fortified.address)
    text = fortified.mailbox.texts_to(fortified.address)[-1]
    for said in ("Withdraw 250.5 USDT", "Network: Ethereum", "Memo: 12 34", " ".join(_fours(EVM))):
        assert said in text
    assert passage.give("message_code", code=code_sent).grant["kind"] == "approval"


def _fours(text: str) -> list[str]:
    return [text[start : start + 4] for start in range(0, len(text), 4)]


def test_where_something_went_before_no_message_is_asked(fortified: Person) -> None:
    use(fortified)
    passage = fortified.begin("confirm", action=of(amount="3"))
    passage.give("recovery_code", code=fortified.codes.pop())
    assert passage.give("trading_passphrase", passphrase=TRADING).grant["kind"] == "approval"
    assert fortified.begin("confirm", action=LISTING).give("totp", output=fortified.output()).asks == [
        "trading_passphrase"
    ]


def test_the_approval_remembers_the_device_and_the_class(fortified: Person) -> None:
    later(fortified, days=2)
    confirm(fortified, of())
    fortified.sign_in(known=False)
    confirm(fortified, of(amount="2"))
    with fortified.house.database.read() as tx:
        rows = tx.connection.execute(
            select(approvals).where(approvals.c.action.contains("withdraw")).order_by(approvals.c.issued_at)
        )
        found = [(row.from_senior_device, row.by_senior_class) for row in rows]
    assert found == [(True, True), (False, True)]


def test_there_is_no_way_round_a_lost_mailbox(fortified: Person) -> None:
    passage = fortified.begin("confirm", action=of()).give("totp", output=fortified.output())
    passage.give("trading_passphrase", passphrase=TRADING)
    assert passage.offer("recovery_code", code=fortified.codes[-1]).status_code == 409
    assert passage.offer("passphrase", passphrase=fortified.passphrase).status_code == 409


def test_a_junior_app_confirms_after_a_day_and_nothing_stands_in_its_place(person: Person) -> None:
    set_trading(later(person, days=10).bind_app())
    bound_at = person.clock.now
    reason, opens_at = refused(person, of())
    assert reason == "app_too_young"
    assert bound_at - timedelta(minutes=3) < datetime.fromisoformat(str(opens_at)) - timedelta(days=1) <= bound_at
    later(person, hours=24)
    passage = person.begin("confirm", action=of())
    assert passage.asks == EXIT
    assert passage.offer("message_code", code="000000").status_code == 409


def test_an_app_that_took_anothers_place_confirms_nothing_for_a_day(fortified: Person) -> None:
    """It is asked like the senior one at once, and junior in all else."""
    use(fortified)
    replace_app(fortified, fortified.approve(kind="change", what="bind_totp"))
    assert refused(fortified, of())[0] == "app_too_young"
    assert refused(fortified, KEY)[0] == "app_too_young"
    later(fortified, hours=24)
    assert fortified.begin("confirm", action=of()).asks == EXIT


def test_new_recovery_codes_stand_for_no_app_for_a_day(fortified: Person) -> None:
    use(fortified)
    approval = fortified.approve(kind="change", what="recovery_codes")
    made = fortified.http.post(
        "/api/v1/authenticators/recovery-codes", headers={**fortified.bearer, "Approval": approval}
    ).json()["codes"]
    passage = fortified.begin("confirm", action=of())
    assert passage.asks == ["totp"]
    assert passage.offer("recovery_code", code=made[0]).status_code == 409
    later(fortified, hours=24)
    assert fortified.begin("confirm", action=of()).asks == EXIT


# -- what changes on the way


def test_an_app_that_is_replaced_on_the_way_confirms_nothing(fortified: Person) -> None:
    use(fortified)
    passage = fortified.begin("confirm", action=of())
    replace_app(fortified, fortified.approve(kind="change", what="bind_totp"))
    assert look(passage)["ask"] == []
    assert passage.offer("totp", output=fortified.output()).status_code == 409


def test_an_app_that_is_replaced_after_it_was_shown_confirms_nothing(fortified: Person) -> None:
    use(fortified)
    passage = fortified.begin("confirm", action=of()).give("totp", output=fortified.output())
    replace_app(fortified, fortified.approve(kind="change", what="bind_totp"))
    assert passage.offer("trading_passphrase", passphrase=TRADING).status_code in (409, 410)


def test_an_address_that_is_replaced_on_the_way_gets_no_code_that_counts(fortified: Person) -> None:
    passage = fortified.begin("confirm", action=of()).give("totp", output=fortified.output())
    passage.give("trading_passphrase", passphrase=TRADING)
    sent = fortified.mailbox.newest_code(fortified.address)
    replace_address(fortified, "new@example.org")
    assert look(passage)["ask"] == []
    assert passage.offer("message_code", code=sent).status_code == 409
    assert send_again(passage).status_code == 409
    assert fortified.mailbox.texts_to("new@example.org") == []


def test_a_destination_that_is_removed_on_the_way_is_new_again(fortified: Person) -> None:
    use(fortified)
    passage = fortified.begin("confirm", action=of()).give("totp", output=fortified.output())
    (listed,) = fortified.http.get("/api/v1/destinations", headers=fortified.bearer).json()["items"]
    approval = fortified.approve(kind="change", what="remove_destination", destination=listed["id"])
    headers = {**fortified.bearer, "Approval": approval}
    assert fortified.http.delete(f"/api/v1/destinations/{listed['id']}", headers=headers).status_code == 204
    assert passage.give("trading_passphrase", passphrase=TRADING).asks == ["message_code"]


# -- what can't be confirmed


def test_without_a_trading_passphrase_nothing_leaves(person: Person) -> None:
    later(person.bind_app(), days=2)
    for action in (of(), LISTING, KEY, {"kind": "transfer", "asset": "USDT", "amount": "1", "to": "account-7"}):
        assert refused(person, action) == ("no_trading_passphrase", None)


def test_without_an_app_only_the_allow_list_is_left(person: Person) -> None:
    later(set_trading(person), days=2)
    assert refused(person, of()) == ("no_app", None)
    assert refused(person, KEY) == ("no_app", None)
    passage = person.begin("confirm", action=LISTING)
    assert passage.asks == ["passphrase"]
    assert passage.give("passphrase", passphrase=person.passphrase).asks == ["message_code"]
    passage.give("message_code", code=person.mailbox.newest_code(person.address))
    token = passage.give("trading_passphrase", passphrase=TRADING).grant["token"]
    entry = {name: LISTING[name] for name in ("asset", "network", "address", "memo")}
    headers = {**person.bearer, "Approval": token}
    assert person.http.post("/api/v1/destinations", json=entry, headers=headers).status_code in (201, 403)


def test_a_new_address_confirms_nothing_to_a_new_destination(fortified: Person) -> None:
    use(fortified)
    replace_address(fortified, "new@example.org")
    replaced_at = fortified.clock.now
    assert refused(fortified, of(address=OTHER_EVM)) == ("address_too_young", at(replaced_at + timedelta(hours=72)))
    assert fortified.begin("confirm", action=of()).asks == EXIT, "it needs no message"
    later(fortified, hours=72)
    assert fortified.begin("confirm", action=of(address=OTHER_EVM)).asks == EXIT


def test_the_address_of_the_sign_up_counts_at_once(person: Person) -> None:
    set_trading(person.bind_app())
    later(person, hours=24)
    assert person.begin("confirm", action=of()).asks == EXIT


def test_what_is_refused_leaves_no_passage_and_an_event(person: Person) -> None:
    before = len(_events(person, "passage.begun"))
    refused(person, of())
    assert len(_events(person, "passage.begun")) == before
    (event,) = _events(person, "confirmation.refused")
    assert '"reason":"no_trading_passphrase"' in event.facts.replace(" ", "")
    assert '"action":"withdraw"' in event.facts.replace(" ", "")
    shown = person.http.get("/api/v1/activity", headers=person.bearer).json()["items"]
    assert "confirmation.refused" in [each["kind"] for each in shown]


def _events(person: Person, kind: str) -> list[Any]:
    account = account_of(person)
    with person.house.database.read() as tx:
        found = tx.connection.execute(select(events).where(events.c.kind == kind, events.c.account_id == account))
        return list(found)


def test_what_an_operators_policy_opens_is_open(database_url: str, tmp_path: Path, clock: SettableClock) -> None:
    """Looser than ours, and named by the doctor: it is not refused on the way in all the same."""
    loose = """
[[route]]
purpose = "confirm"
when = { scope = ["exit"], app = ["none"], place = ["new", "used"], listing = ["off"] }
steps = ["passphrase", "message_code", "trading_passphrase"]
"""
    with house_under(loose + _routes_of_confirm(), database_url, tmp_path, clock) as house:
        person = later(set_trading(Person(house, clock).sign_up()), days=2)
        assert person.begin("confirm", action=of()).asks == ["passphrase"]
        assert refused(person, KEY) == ("no_app", None)


def _routes_of_confirm() -> str:
    """Ours: an operator's routes take the place of all that a purpose has."""
    routes = default_text().split("[[route]]")[1:]
    return "".join(f"[[route]]{route}" for route in routes if 'purpose = "confirm"' in route)


# -- a key


def test_a_key_asks_app_message_and_trading_passphrase(fortified: Person) -> None:
    passage = fortified.begin("confirm", action=KEY)
    assert passage.asks == EXIT
    passage.give("totp", output=fortified.output())
    assert passage.asks == ["message_code"]
    passage.give("message_code", code=fortified.mailbox.newest_code(fortified.address))
    text = fortified.mailbox.texts_to(fortified.address)[-1]
    for said in ("Make an API key", "Name: night bot", "It may: read, trade", "From: 192.0.2.0/24", "after 90 days"):
        assert said in text
    assert passage.give("trading_passphrase", passphrase=TRADING).grant["kind"] == "approval"


# -- thawing


def freeze(person: Person, account: AccountId | None = None) -> None:
    assert person.http.post("/api/v1/freeze", headers=person.bearer).status_code == 204
    deliver(person.house)
    person.clock.advance(timedelta(hours=2))
    person.sign_in()


THAW = {"kind": "change", "what": "thaw"}


def test_frozen_nothing_is_confirmed_but_the_thaw(fortified: Person) -> None:
    use(fortified)
    freeze(fortified)
    for action in (of(), LISTING, KEY, {"kind": "change", "what": "passphrase"}):
        reply = begin(fortified, action)
        assert reply.status_code == 403
        assert reply.json()["code"] in ("not_possible", "read_only")
    assert begin(fortified, THAW).status_code == 201


def test_a_senior_app_thaws_with_passphrase_and_message_or_a_code(fortified: Person) -> None:
    freeze(fortified)
    passage = fortified.begin("confirm", action=THAW)
    assert passage.asks == ["passphrase", "totp"]
    assert passage.give("passphrase", passphrase=fortified.passphrase).asks == EXIT
    assert passage.give("totp", output=fortified.output()).asks == ["message_code"]
    without_mail = fortified.begin("confirm", action=THAW).give("totp", output=fortified.output())
    assert without_mail.asks == ["recovery_code"]
    assert without_mail.give("recovery_code", code=fortified.codes.pop()).grant["kind"] == "approval"


def test_a_junior_app_thaws_nothing(person: Person) -> None:
    later(person, days=10).bind_app()
    later(person, days=6)
    freeze(person)
    later(person, days=6)
    passage = person.begin("confirm", action=THAW)
    assert passage.asks == ["passphrase"], "it has grown senior since, which is too late"
    assert passage.give("passphrase", passphrase=person.passphrase).asks == ["message_code"]
    assert passage.offer("totp", output=person.output()).status_code == 409


def test_an_app_that_renewed_another_gives_way_to_codes_that_are_older(person: Person) -> None:
    later(person.bind_app(), days=10)
    old_codes = list(person.codes)
    replace_app(person, person.approve(kind="change", what="bind_totp"))
    freeze(person)
    passage = person.begin("confirm", action=THAW)
    assert passage.asks == ["passphrase"]
    assert passage.give("passphrase", passphrase=person.passphrase).asks == ["recovery_code"]
    assert passage.give("recovery_code", code=old_codes[0]).asks == ["message_code"]


def test_the_code_of_a_thaw_goes_to_the_address_from_before(person: Person) -> None:
    later(person, days=10)
    old = person.address
    replace_address(person, "new@example.org")
    freeze(person)
    passage = person.begin("confirm", action=THAW).give("passphrase", passphrase=person.passphrase)
    assert person.mailbox.texts_to("new@example.org")[-1].count("Thaw") == 0
    assert "Thaw the account" in person.mailbox.texts_to(old)[-1]
    assert passage.give("message_code", code=person.mailbox.newest_code(old)).grant["kind"] == "approval"


def test_the_passphrase_counts_at_any_age(person: Person) -> None:
    later(person, days=10)
    assert change_passphrase(person, ANOTHER).status_code == 204
    person.passphrase = ANOTHER
    freeze(person)
    passage = person.begin("confirm", action=THAW).give("passphrase", passphrase=ANOTHER)
    assert passage.asks == ["message_code"]
