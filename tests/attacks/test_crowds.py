"""Fifty at once, at every door that opens once and every limit that counts: no crowd gets more than one alone."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pyotp
from sqlalchemy import func, select

from tests.support.acts import (
    ANOTHER,
    begin_change,
    begin_recovery,
    begin_sign_in,
    codes_sent,
    give_message,
    send_again,
    wait,
    wrong_code,
    wrong_output,
)
from tests.support.house import Passage, Person, deliver
from tests.support.parallel import at_once
from watchword.storage.schema import accounts, approvals, authenticators, message_codes

FIFTY = 50
LATE = {403, 404, 409, 410, 422, 429, 503}
"""What those hear who came too late."""


def crowd(do: Callable[[int], Any], count: int = FIFTY) -> Counter[int]:
    seen = Counter(at_once(count, lambda number: int(do(number).status_code)))
    assert set(seen) <= {200, 201, 204} | LATE, seen
    return seen


def rows(person: Person, table: Any, *where: Any) -> int:
    with person.house.database.read() as tx:
        return int(tx.connection.scalar(select(func.count()).select_from(table).where(*where)) or 0)


class TestOneGrant:
    def test_one_account_for_one_sign_up(self, person: Person) -> None:
        other = Person(person.house, person.clock, address="newcomer@example.org")
        passage = other.begin("sign_up").human().give("identifier", identifier=other.address)
        give_message(other, passage)
        before = rows(person, accounts)
        assert crowd(lambda _: passage.offer("new_passphrase", passphrase=ANOTHER), 12)[200] == 1
        assert rows(person, accounts) == before + 1

    def test_one_account_for_many_sign_ups_with_one_address(self, person: Person) -> None:
        other = Person(person.house, person.clock, address="newcomer@example.org")
        passages = []
        for _ in range(5):
            passage = other.begin("sign_up").human().give("identifier", identifier=other.address)
            deliver(other.house)
            passages.append(give_message(other, passage))
        before = rows(person, accounts)
        seen = crowd(lambda number: passages[number].offer("new_passphrase", passphrase=ANOTHER), 5)
        assert seen[200] == 1, seen
        assert rows(person, accounts) == before + 1

    def test_one_new_passphrase_for_one_recovery(self, person: Person) -> None:
        passage = give_message(person, begin_recovery(person))
        new = [f"{number} quiet herons over the water" for number in range(12)]
        seen = crowd(lambda number: passage.offer("new_passphrase", passphrase=new[number]), 12)
        assert seen[200] == 1, seen
        active = (authenticators.c.kind == "passphrase", authenticators.c.state == "active")
        assert rows(person, authenticators, *active, authenticators.c.account_id != "decoy") == 1

    def test_one_approval_for_one_confirmation(self, person: Person) -> None:
        passage = begin_change(person, "bind_totp")
        code = person.mailbox.newest_code(person.address)
        assert crowd(lambda _: passage.offer("message_code", code=code))[200] == 1
        assert rows(person, approvals) == 1

    def test_one_set_of_codes_for_one_app(self, person: Person) -> None:
        headers = {**person.bearer, "Approval": person.approve(kind="change", what="bind_totp")}
        made = person.http.post("/api/v1/authenticators/totp", headers=headers).json()
        person.totp = pyotp.TOTP(made["secret"])
        path, body = f"/api/v1/authenticators/totp/{made['id']}/activate", {"output": person.output()}
        assert crowd(lambda _: person.http.post(path, json=body, headers=person.bearer), 12)[200] == 1
        assert rows(person, authenticators, authenticators.c.kind == "recovery_codes") == 2  # theirs and the decoy's

    def test_one_change_for_one_approval(self, person: Person) -> None:
        headers = {**person.bearer, "Approval": person.approve(kind="change", what="passphrase")}
        body = {"passphrase": ANOTHER}
        seen = crowd(lambda _: person.http.put("/api/v1/passphrase", json=body, headers=headers), 20)
        assert seen[204] == 1, seen


class TestLimits:
    def test_one_message_a_minute(self, person: Person) -> None:
        passage = begin_sign_in(person, known=False)
        wait(person, seconds=60)
        before = len(codes_sent(person))
        assert crowd(lambda _: send_again(passage))[200] == 1
        assert len(codes_sent(person)) == before + 1
        assert rows(person, message_codes, message_codes.c.superseded_at.is_(None)) == rows(person, message_codes) - 1

    def test_twenty_passages_without_a_check(self, person: Person) -> None:
        headers = {"Device-Token": person.device}

        def begin(_: int) -> Any:
            return person.http.post("/api/v1/passages", json={"purpose": "sign_in"}, headers=headers)

        asked = Counter(at_once(30, lambda number: str(begin(number).json()["ask"][0]["proof"])))
        assert asked == {"passphrase": 20, "human": 10}

    def test_ten_wrong_codes_of_the_app(self, person: Person) -> None:
        person.bind_app()
        passages = [begin_sign_in(person) for _ in range(5)]
        wrong = wrong_output(person)
        seen = crowd(lambda number: passages[number % 5].offer("totp", output=wrong), 30)
        assert seen[422] == 10, seen
        assert passages[0].offer("totp", output=person.output()).status_code == 429

    def test_five_wrong_recovery_codes(self, person: Person) -> None:
        person.bind_app()
        passages = [begin_sign_in(person) for _ in range(5)]
        seen = crowd(lambda number: passages[number % 5].offer("recovery_code", code="0" * 16), 30)
        assert seen[422] == 5, seen
        assert passages[0].offer("recovery_code", code=person.codes[0]).status_code == 429

    def test_ten_wrong_message_codes_however_many_passages(self, person: Person) -> None:
        passages: list[Passage] = []
        codes: list[str] = []
        for _ in range(5):
            passages.append(begin_sign_in(person, known=False))
            codes.append(person.mailbox.newest_code(person.address))
        seen = crowd(lambda number: passages[number % 5].offer("message_code", code=wrong_code(codes[number % 5])), 30)
        assert seen[422] == 10, seen
        assert passages[0].offer("message_code", code=codes[0]).status_code == 429

    def test_a_known_devices_ten_wrong_passphrases(self, person: Person) -> None:
        passages = [person.begin("sign_in") for _ in range(15)]
        before = person.house.pool.hashes_done
        fields = {"identifier": person.address, "passphrase": ANOTHER}
        seen = crowd(lambda number: passages[number % 15].offer("passphrase", **fields), 30)
        assert seen[422] == 10, seen
        assert person.house.pool.hashes_done - before == 10
