"""Fifty at once: of one good code one is taken, of one passage one grant is made, and no guess is free."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.clock import SettableClock
from tests.support.house import PASSPHRASE, Passage, Person, client_of, open_house
from tests.support.parallel import at_once
from watchword.app import House

FIFTY = 50
SUCCESS, LATE = 200, frozenset({409, 410, 422, 429, 503})


def statuses(passage: Passage, proof: str, **fields: Any) -> Counter[int]:
    """Fifty times the same answer to one passage, at once."""
    return Counter(at_once(FIFTY, lambda _: int(passage.offer(proof, **fields).status_code)))


def at_the_app(person: Person) -> Passage:
    """A sign-in from the known device, where the app is asked next."""
    passage = person.begin("sign_in").human()
    return passage.give("passphrase", identifier=person.address, passphrase=person.passphrase)


class TestOneGoodCode:
    def test_of_the_app(self, person: Person) -> None:
        person.bind_app()
        passage = at_the_app(person)
        seen = statuses(passage, "totp", output=person.output())
        assert seen[SUCCESS] == 1, seen
        assert set(seen) - {SUCCESS} <= LATE

    def test_of_the_app_over_fifty_passages(self, person: Person) -> None:
        """The code is used up for the account, not for the passage alone."""
        person.bind_app()
        passages = [at_the_app(person) for _ in range(8)]
        output = person.output()
        seen = Counter(at_once(8, lambda n: int(passages[n].offer("totp", output=output).status_code)))
        assert seen[SUCCESS] == 1, seen

    def test_of_a_message(self, person: Person) -> None:
        passage = person.begin("sign_in", known=False).human()
        passage.give("passphrase", identifier=person.address, passphrase=person.passphrase)
        seen = statuses(passage, "message_code", code=person.mailbox.newest_code(person.address))
        assert seen[SUCCESS] == 1, seen

    def test_of_the_ten(self, person: Person) -> None:
        person.bind_app()
        passages = [at_the_app(person) for _ in range(5)]
        code = person.codes[0]
        seen = Counter(at_once(5, lambda n: int(passages[n].offer("recovery_code", code=code).status_code)))
        assert seen[SUCCESS] == 1, seen
        again = at_the_app(person)
        seen = statuses(again, "recovery_code", code=person.codes[1])
        assert seen[SUCCESS] <= 1


class TestOneGrant:
    def test_one_session_for_one_passage(self, person: Person, house: House) -> None:
        passage = person.begin("sign_in").human()
        seen = statuses(passage, "passphrase", identifier=person.address, passphrase=person.passphrase)
        assert seen[SUCCESS] == 1, seen

    def test_one_approval_serves_once(self, person: Person) -> None:
        approval = person.approve(kind="change", what="bind_totp")
        headers = {**person.bearer, "Approval": approval}

        def begin(_: int) -> int:
            return int(person.http.post("/api/v1/authenticators/totp", headers=headers).status_code)

        assert Counter(at_once(FIFTY, begin))[201] == 1


@contextmanager
def sabotaged_failures(house: House) -> Iterator[None]:
    """While it lasts, a row that only the second transaction of a wrong answer writes does not match its digest."""
    digest = house.keyring.digest
    limit = house.core.limits.named.failures_network
    row_id = f"{limit.order}{digest('limit', 'Window', limit.name, '127.0.0.0/24')}"
    with house.database.engine.begin() as connection:
        kept = connection.exec_driver_sql(f"SELECT state FROM limits WHERE id = '{row_id}'").scalar()
        if kept is None:
            insert = (
                "INSERT INTO limits (id, state, idle_at, row_digest) VALUES ('%s', '[]', '2030-01-01 00:00:00', 'v1.0')"
            )
            connection.exec_driver_sql(insert % row_id)
    yield
    with house.database.engine.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM limits WHERE id = '{row_id}'")


class TestGuessesAreCounted:
    def test_fifty_wrong_passphrases_reach_the_hash_as_often_as_the_limit_says(
        self, person: Person, house: House
    ) -> None:
        passages = [person.begin("sign_in", known=False).human() for _ in range(FIFTY)]
        before = house.pool.hashes_done
        fields = {"identifier": person.address, "passphrase": "not the passphrase at all"}
        seen = Counter(at_once(FIFTY, lambda n: int(passages[n].offer("passphrase", **fields).status_code)))
        assert house.pool.hashes_done - before <= 10
        assert seen[422] <= 10
        assert seen[429] >= FIFTY - 10 - seen[503]

    def test_the_limit_holds_over_new_passages_resends_sessions_and_a_restart(
        self, database_url: str, tmp_path: Path, clock: SettableClock
    ) -> None:
        with open_house(database_url, tmp_path, clock) as house:
            person = Person(house, clock).sign_up()
            for _ in range(10):
                passage = person.begin("sign_in", known=False).human()
                passage.refuse("passphrase", identifier=person.address, passphrase="wrong every time, and long")
            person.sign_in()  # from the known device: a success from one source clears no other's count
        with open_house(database_url, tmp_path, clock) as house:
            person.house, person.http = house, client_of(house)
            passage = person.begin("sign_in", known=False).human()
            reply = passage.offer("passphrase", identifier=person.address, passphrase=PASSPHRASE)
            assert reply.status_code == 429
            assert int(reply.headers["Retry-After"]) <= 3600
            assert person.sign_in().session, "the known device has tries of its own"

    def test_a_count_survives_the_rollback_of_what_comes_after_it(self, person: Person, house: House) -> None:
        """The second transaction of each answer fails: the record's head, which it must move, was tampered with."""
        counted = 10
        passages = [person.begin("sign_in", known=False).human() for _ in range(counted + 1)]
        fields = {"identifier": person.address, "passphrase": "wrong every time, and long"}
        for passage in passages[:counted]:
            with sabotaged_failures(house):
                assert passage.offer("passphrase", **fields).status_code == 500
        assert passages[counted].offer("passphrase", **fields).status_code == 429


@pytest.mark.parametrize("proof", ["message_code"])
def test_five_tries_a_code_however_they_come(person: Person, proof: str) -> None:
    passage = person.begin("sign_in", known=False).human()
    passage.give("passphrase", identifier=person.address, passphrase=person.passphrase)
    code = person.mailbox.newest_code(person.address)
    wrong = "000000" if code != "000000" else "111111"
    at_once(5, lambda _: passage.offer(proof, code=wrong).status_code)
    assert passage.offer(proof, code=code).status_code == 422, "the sixth try, though right"
