"""The trading passphrase at the gate (policy §4): counted before it is looked at, five a passage, ten in a row."""

from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from sqlalchemy import select

from tests.support.acts import ONLY_SQLITE, account_of, is_signed_in
from tests.support.house import Person, client_of, open_house
from tests.support.trading import (
    DIGITS,
    OTHER,
    at_trading_step,
    fail_trading,
    ready_to_exit,
    set_trading,
    withdrawal,
)
from watchword.crypto.keyring import read_key_file, write_key_file
from watchword.crypto.tokens import Randomness
from watchword.foundation.client import Client
from watchword.foundation.proof import Rejection
from watchword.foundation.secret import Secret
from watchword.foundation.terms import ClientKind, PassageId, ProofKind
from watchword.gate.answers import TradingPassphraseAnswer
from watchword.gate.checks.shape import Attempt
from watchword.storage.schema import authenticators, events


def kinds(person: Person) -> list[str]:
    with person.house.database.read() as tx:
        return list(tx.connection.scalars(select(events.c.kind).where(events.c.account_id == account_of(person))))


def row(person: Person) -> dict[str, Any]:
    where = [authenticators.c.kind == "trading_passphrase", authenticators.c.state == "active"]
    with person.house.database.read() as tx:
        return dict(tx.connection.execute(select(authenticators).where(*where)).one()._asdict())


@ONLY_SQLITE
def test_two_passages_of_one_session_end_it_once(person: Person) -> None:
    first, second = at_trading_step(ready_to_exit(person)), at_trading_step(person)
    fail_trading(first, 4)
    fail_trading(second, 4)
    assert fail_trading(first, 1) == [410]
    assert not is_signed_in(person)
    assert fail_trading(second, 1) == [410]
    with person.house.database.read() as tx:
        assert len(tx.connection.execute(select(events.c.seq).where(events.c.kind == "session.revoked")).all()) == 1


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
    assert row(person)["closed_at"] is None
    assert fail_trading(passage, 1) == [410]
    person.sign_in()
    assert kinds(person).count("trading_passphrase.closed") == 1
    assert row(person)["closed_at"] is not None
    told = [text for text in person.mailbox.texts_to(person.address) if "10 wrong trading passphrases" in text]
    assert len(told) == 1
    assert waiting.offer("trading_passphrase", passphrase=DIGITS).status_code == 410
    body = {"purpose": "confirm", "action": withdrawal()}
    reply = person.http.post("/api/v1/passages", json=body, headers=person.bearer)
    assert (reply.status_code, reply.json()["reason"]) == (403, "trading_passphrase_closed")
    set_trading(person, OTHER)
    assert row(person)["closed_at"] is None
    at_trading_step(person).give("trading_passphrase", passphrase=OTHER)


@ONLY_SQLITE
def test_a_success_ends_the_row(person: Person) -> None:
    ready_to_exit(person)
    for _ in range(3):
        passage = at_trading_step(person)
        assert fail_trading(passage, 4) == [422] * 4
        passage.give("trading_passphrase", passphrase=DIGITS)
    assert row(person)["closed_at"] is None


@ONLY_SQLITE
def test_time_does_not_open_it(person: Person) -> None:
    ready_to_exit(person)
    for _ in range(2):
        fail_trading(at_trading_step(person), 5)
        person.sign_in()
    person.clock.advance(timedelta(days=400))
    person.sign_in()
    assert row(person)["closed_at"] is not None


@ONLY_SQLITE
def test_one_changed_meanwhile_lets_nobody_through(person: Person) -> None:
    """Proven in a passage, then changed: the passage leads nowhere any more."""
    passage = at_trading_step(ready_to_exit(person)).give("trading_passphrase", passphrase=DIGITS)
    set_trading(person, OTHER)
    code = person.mailbox.newest_code(person.address)
    assert passage.offer("message_code", code=code).status_code in (410, 422)
    assert "grant" not in passage.state


@ONLY_SQLITE
def test_one_changed_while_the_old_one_was_looked_at_is_not_taken(person: Person) -> None:
    """Between the two transactions of an answer."""
    core, passage = ready_to_exit(person).house.core, at_trading_step(person)
    token = core.ground.keyring.digest("passage", passage.headers["Passage-Token"])
    account = account_of(person)
    with person.house.database.begin() as tx:
        found = core.passages.find(tx, PassageId(passage.id), token, lock=False)
        assert found is not None
        attempt = Attempt(
            passage=found,
            client=Client(kind=ClientKind.APP, address=ip_address("127.0.0.1"), agent="", language="en"),
            account=core.accounts.get(tx, account),
            device=None,
            identifier_digest=None,
            now=person.clock.now,
        )
        answer = TradingPassphraseAnswer(passphrase=Secret(DIGITS))
        check = core.gate.checkers[ProofKind.TRADING_PASSPHRASE].begin(tx, attempt, answer)
    set_trading(person, OTHER)
    assert check.work is not None
    check.work()
    with person.house.database.begin() as tx:
        verdict = check.conclude(tx, found, barred=False)
    assert isinstance(verdict, Rejection)
    assert verdict.reason == "changed_meanwhile"


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
        before = row(person)
        kept.give("trading_passphrase", passphrase=DIGITS)
        after = row(person)
        assert ("keyid=1$" in before["verifier"], "keyid=2$" in after["verifier"]) == (True, True)
        person.http = client_of(house)
        at_trading_step(person).give("trading_passphrase", passphrase=DIGITS)
