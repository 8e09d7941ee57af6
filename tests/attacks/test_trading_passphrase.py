"""The trading passphrase under attack (policy §3, §4, §11): guessed everywhere at once, read out of refusals, moved
between accounts, opened again behind our back, or left lying about.
"""

import io
import json
import logging
import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import Table, delete, select, update

from tests.support.acts import ONLY_SQLITE, account_of, is_signed_in, session_of
from tests.support.clock import SettableClock
from tests.support.house import Person, client_of, open_house
from tests.support.parallel import at_once
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
from watchword.app import House
from watchword.foundation.secret import Secret
from watchword.record.verify import VerifyRecord
from watchword.storage.schema import authenticators, events, holds, metadata, trading_history
from watchword.web.edge.logs import configure_logging

FIFTY = 50


def trading_row(person: Person, table: Table = authenticators) -> dict[str, Any]:
    account = account_of(person)
    where = [table.c.account_id == account]
    if table is authenticators:
        where += [table.c.kind == "trading_passphrase", table.c.state == "active"]
    with person.house.database.read() as tx:
        return dict(tx.connection.execute(select(table).where(*where)).one()._asdict())


def times(house: House, kind: str) -> int:
    with house.database.read() as tx:
        return len(tx.connection.execute(select(events.c.seq).where(events.c.kind == kind)).all())


def run(house: House, statement: Any) -> None:
    """Past all our code."""
    with house.database.begin() as tx:
        tx.connection.execute(statement)


class TestGuessing:
    def test_ten_wrong_ones_close_it_over_passages_sessions_devices_and_a_restart(
        self, database_url: str, tmp_path: Path, clock: SettableClock
    ) -> None:
        with open_house(database_url, tmp_path, clock) as house:
            ann = ready_to_exit(Person(house, clock).sign_up())
            kept = at_trading_step(ann)
            assert fail_trading(kept, 3) == [422] * 3
            assert fail_trading(at_trading_step(ann), 2) == [422] * 2
            thief = Person(house, clock)
            thief.totp = ann.totp
            thief.sign_in(known=False)
            assert fail_trading(at_trading_step(thief), 2) == [422] * 2
        with open_house(database_url, tmp_path, clock) as house:
            for person in (ann, thief):
                person.house, person.http = house, client_of(house)
            kept.http = ann.http
            assert fail_trading(kept, 1) == [422], "the fourth of its passage, the eighth in all"
            assert fail_trading(at_trading_step(thief), 2) == [422, 410]
            assert kept.offer("trading_passphrase", passphrase=DIGITS).status_code == 410, "right, but closed"
            body = {"purpose": "confirm", "action": withdrawal()}
            for person in (ann, thief):
                reply = person.http.post("/api/v1/passages", json=body, headers=person.bearer)
                assert (reply.status_code, reply.json()["reason"]) == (403, "trading_passphrase_closed")
            assert times(house, "trading_passphrase.closed") == 1

    def test_fifty_wrong_ones_at_once_are_five_in_a_passage(self, person: Person) -> None:
        passage = at_trading_step(ready_to_exit(person))
        seen = Counter(at_once(FIFTY, lambda _: int(passage.offer("trading_passphrase", passphrase=WRONG).status_code)))
        assert set(seen) <= {422, 410, 503}, seen
        assert passage.offer("trading_passphrase", passphrase=DIGITS).status_code == 410
        assert not is_signed_in(person)
        person.sign_in()
        passage = at_trading_step(person)
        assert fail_trading(passage, 4) == [422] * 4, "five were counted, and no more"
        passage.give("trading_passphrase", passphrase=DIGITS)

    def test_fifty_wrong_ones_over_passages_close_it_once(self, person: Person, house: House) -> None:
        ready_to_exit(person)
        passages = [at_trading_step(person) for _ in range(5)]
        at_once(FIFTY, lambda n: int(passages[n % 5].offer("trading_passphrase", passphrase=WRONG).status_code))
        assert trading_row(person.sign_in())["closed_at"] is not None
        assert times(house, "trading_passphrase.closed") == 1
        for passage in passages:
            assert passage.offer("trading_passphrase", passphrase=DIGITS).status_code == 410

    @ONLY_SQLITE
    def test_of_fifty_right_ones_one_is_taken(self, person: Person) -> None:
        passage = at_trading_step(ready_to_exit(person))
        seen = Counter(
            at_once(FIFTY, lambda _: int(passage.offer("trading_passphrase", passphrase=DIGITS).status_code))
        )
        assert seen[200] == 1, seen

    @ONLY_SQLITE
    def test_refusals_of_a_new_one_are_no_place_to_guess_the_present(self, person: Person) -> None:
        """ "Used before" says that it was one of the last five: ten such answers a day, and an approval is no more."""
        set_trading(person, OTHER)
        approval = person.approve(kind="change", what="trading_passphrase")
        assert [put_trading(person, approval, OTHER).status_code for _ in range(10)] == [422] * 10
        assert put_trading(person, approval, OTHER).status_code == 429
        assert put_trading(person, approval, THIRD).status_code == 429
        assert put_trading(person, approval, "123456").status_code == 422, "what is refused to all tells nothing"

    @ONLY_SQLITE
    def test_fifty_at_once_get_ten_refusals(self, person: Person) -> None:
        set_trading(person, OTHER)
        approval = person.approve(kind="change", what="trading_passphrase")
        seen = Counter(at_once(FIFTY, lambda _: int(put_trading(person, approval, OTHER).status_code)))
        assert seen[422] == 10, seen

    @ONLY_SQLITE
    def test_a_proof_of_one_passage_is_none_in_another(self, person: Person) -> None:
        at_trading_step(ready_to_exit(person)).give("trading_passphrase", passphrase=DIGITS)
        passage = person.begin("confirm", action=withdrawal())
        assert passage.asks[0] == "totp"
        assert passage.offer("message_code", code="123456").status_code == 409


class TestSetting:
    def test_fifty_at_once_set_one(self, person: Person) -> None:
        approval = person.approve(kind="change", what="trading_passphrase")
        chosen = [DIGITS, OTHER, THIRD, "728618", "067381"]
        seen = Counter(at_once(10, lambda n: int(put_trading(person, approval, chosen[n % 5]).status_code)))
        assert seen[204] == 1, seen
        assert trading_row(person)["closed_at"] is None
        assert trading_row(person, holds)["cause"] == "first_trading_passphrase"
        trading_row(person, trading_history)

    @ONLY_SQLITE
    def test_no_approval_serves_but_its_own(self, house: House, clock: SettableClock) -> None:
        ann = Person(house, clock).sign_up()
        bob = Person(house, clock, address="bob@example.org").sign_up()
        for approval in (
            ann.approve(kind="change", what="passphrase"),
            bob.approve(kind="change", what="trading_passphrase"),
            "A" * 43,
        ):
            assert put_trading(ann, approval).json()["code"] == "confirmation_required"
        approval = ann.approve(kind="change", what="trading_passphrase")
        first, ann.session = ann.session, ann.sign_in().session
        assert put_trading(ann, approval).status_code == 403, "another session"
        ann.session = first
        clock.advance(timedelta(minutes=2))
        assert put_trading(ann, approval).status_code == 403, "two minutes are over"

    @ONLY_SQLITE
    def test_a_thief_who_sets_the_first_one_on_an_older_account_waits_three_days(self, person: Person) -> None:
        """With passphrase and mailbox, from a device of his own; the owner is told at once."""
        person.clock.advance(timedelta(days=30))
        thief = Person(person.house, person.clock).sign_in(known=False)
        set_trading(thief)
        hold = trading_row(thief, holds)
        assert (hold["reach"], hold["ends_at"] - hold["begins_at"]) == ("all", timedelta(hours=72))
        assert "A trading passphrase was set" in person.mailbox.texts_to(person.address)[-1]


class TestRows:
    @pytest.fixture
    def two(self, house: House, clock: SettableClock) -> tuple[Person, Person]:
        ann = ready_to_exit(Person(house, clock).sign_up())
        bob = ready_to_exit(Person(house, clock, address="bob@example.org").sign_up(), OTHER)
        house.anchor()
        return ann.sign_in(), bob

    def verify(self, house: House) -> str | None:
        path = house.settings.anchor_file
        return VerifyRecord(database=house.database, keyring=house.keyring, path=path)().first_bad

    @pytest.mark.parametrize("whole", [False, True])
    def test_a_hash_copied_to_another_account_is_refused(
        self, house: House, two: tuple[Person, Person], whole: bool
    ) -> None:
        ann, bob = two
        passage = at_trading_step(bob)
        row, other = trading_row(bob), trading_row(ann)
        values = {name: value for name, value in other.items() if name not in ("id", "account_id")}
        run(
            house,
            update(authenticators)
            .where(authenticators.c.id == row["id"])
            .values(values if whole else {"verifier": other["verifier"]}),
        )
        reply = passage.offer("trading_passphrase", passphrase=DIGITS)
        assert (reply.status_code, reply.json()["code"]) == (500, "failed")
        assert self.verify(house) == f"authenticators {row['id']}"

    @ONLY_SQLITE
    def test_even_where_its_digest_is_right_a_hash_serves_its_own_row_alone(
        self, house: House, two: tuple[Person, Person]
    ) -> None:
        trading = house.core.trading
        ann, bob = (trading_row(each) for each in two)
        assert trading.verify(ann, DIGITS, reserved=True)
        for moved in (
            {**ann, "id": bob["id"]},
            {**ann, "account_id": bob["account_id"]},
            {**bob, "verifier": ann["verifier"]},
        ):
            assert not trading.verify(moved, DIGITS, reserved=True)

    @ONLY_SQLITE
    def test_the_hash_is_not_one_of_the_digits_alone(self, house: House, two: tuple[Person, Person]) -> None:
        """Who has database and pepper, but not the key of the HMAC, can't try the million."""
        row = trading_row(two[0])
        assert not house.core.passphrases.hasher.verify(
            Secret(DIGITS), row["verifier"], (row["account_id"], row["id"]), reserved=True
        )

    @ONLY_SQLITE
    def test_one_that_closed_is_not_opened_in_the_database(self, house: House, two: tuple[Person, Person]) -> None:
        ann, _ = two
        for _ in range(2):
            fail_trading(at_trading_step(ann), 5)
            ann.sign_in()
        row = trading_row(ann)
        run(house, update(authenticators).where(authenticators.c.id == row["id"]).values(closed_at=None))
        body = {"purpose": "confirm", "action": withdrawal()}
        assert ann.http.post("/api/v1/passages", json=body, headers=ann.bearer).status_code == 500
        assert self.verify(house) == f"authenticators {row['id']}"

    @ONLY_SQLITE
    def test_a_deleted_memory_of_earlier_ones_shows(self, house: House, two: tuple[Person, Person]) -> None:
        row = trading_row(two[0], trading_history)
        run(house, delete(trading_history).where(trading_history.c.id == row["id"]))
        assert self.verify(house) == f"trading_history {row['id']}"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Everything the product logs."""
    kept, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    configure_logging("debug", readable=False, stream=stream)
    yield stream
    structlog.configure(**kept)
    root.handlers = handlers
    root.setLevel(level)


@ONLY_SQLITE
def test_the_digits_are_nowhere(person: Person, house: House, lines: io.StringIO) -> None:
    """Set, refused, wrong, right, closed, set anew: neither log, row, event, message nor answer holds them."""
    replies = []
    ready_to_exit(person)
    approval = person.approve(kind="change", what="trading_passphrase")
    replies += [put_trading(person, approval, given) for given in (DIGITS, "311299", THIRD)]
    passage = at_trading_step(person)
    replies += [passage.offer("trading_passphrase", passphrase=given) for given in (WRONG, "8351", THIRD)]
    fail_trading(at_trading_step(person), 5)
    texts = [reply.text for reply in replies] + person.mailbox.texts_to(person.address)
    with house.database.read() as tx:
        for table in metadata.sorted_tables:
            texts += [json.dumps(row._asdict(), default=str) for row in tx.connection.execute(select(table))]
    texts.append(lines.getvalue())
    assert len(texts) > 100
    for text in texts:
        for digits in (DIGITS, THIRD, WRONG, "311299"):
            assert re.search(rf"(?<![\w.+/=-]){digits}(?![\w+/=-])", text) is None
    assert session_of(person.sign_in())["account"]
