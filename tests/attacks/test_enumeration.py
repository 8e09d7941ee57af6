"""Who has an account? Limits, waits, difficulty, messages and delivery say nothing of it, over whole sieges.

Each siege is laid to every kind of account in turn, days apart; what it is answered, and the work behind each
answer, must be the same for all.
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from tests.support.acts import ONLY_SQLITE, account_of
from tests.support.alike import KINDS, Seen, people, watch
from tests.support.clock import SettableClock
from tests.support.house import PASSPHRASE, Passage, Person, client_of, deliver, solve
from watchword.accounts.identifiers import read_identifier
from watchword.app import House
from watchword.foundation.terms import AccountId
from watchword.record.catalogue import EventKind

BESIEGED = [f"{kind}@example.org" for kind in KINDS[:4]]
WRONG = "wrong every time, and long"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


class Siege:
    """Somebody outside who tries, notes each answer, and goes on."""

    def __init__(self, house: House, clock: SettableClock, address: str, device: str = "") -> None:
        self.house, self.clock, self.address = house, clock, address
        self.http, self.seen = client_of(house), Seen()
        self.headers = {"Device-Token": device} if device else {}

    def begin(self, purpose: str) -> Passage:
        body = {"purpose": purpose}
        sent = watch(self.house, self.seen, lambda: self.http.post("/api/v1/passages", json=body, headers=self.headers))
        return self.human(Passage(self.http, sent.json(), {**self.headers, "Passage-Token": sent.json()["token"]}))

    def give(self, passage: Passage, proof: str, **fields: str) -> int:
        """Whatever comes of it; a check for a human that is asked afterwards is solved."""
        reply = watch(self.house, self.seen, lambda: passage.offer(proof, **fields))
        status = int(reply.status_code)
        if status == 409:
            reply = watch(self.house, self.seen, lambda: self._look(passage))
        if reply.status_code in (200, 422):
            passage.state = reply.json().get("passage", reply.json())
        self.human(passage)
        return status

    def human(self, passage: Passage) -> Passage:
        if "human" in passage.asks:
            self.give(passage, "human", payload=solve(passage.state["ask"][0]["challenge"]))
        return passage

    def again(self, passage: Passage) -> int:
        path = f"/api/v1/passages/{passage.id}/messages"
        return int(watch(self.house, self.seen, lambda: self.http.post(path, headers=passage.headers)).status_code)

    def _look(self, passage: Passage) -> Any:
        return self.http.get(f"/api/v1/passages/{passage.id}", headers=passage.headers)


def guesses_of_the_passphrase(siege: Siege) -> None:
    """Past ten an hour, from one network: work that rises, then a wait."""
    answered: list[int] = []
    for _ in range(4):
        passage = siege.begin("sign_in")
        answered += [siege.give(passage, "passphrase", identifier=siege.address, passphrase=WRONG) for _ in range(3)]
    assert answered == [422] * 10 + [429] * 2


def guesses_of_the_message_code(siege: Siege) -> None:
    """Past five a code and ten a day, over recoveries begun anew and codes sent again."""
    answered: list[int] = []
    for _ in range(2):
        passage = siege.begin("recover")
        siege.give(passage, "identifier", identifier=siege.address)
        answered += [siege.give(passage, "message_code", code="000000") for _ in range(6)]
        siege.clock.advance(timedelta(minutes=1))
        siege.again(passage)
        answered.append(siege.give(passage, "message_code", code="000000"))
    assert answered.count(422) == 10
    assert answered.count(429) == 4
    siege.clock.advance(timedelta(minutes=-2))


def guesses_of_a_recovery_code(siege: Siege) -> None:
    answered = []
    for _ in range(2):
        passage = siege.begin("recover")
        siege.give(passage, "identifier", identifier=siege.address)
        answered += [siege.give(passage, "recovery_code", code="0000-0000-0000-0000") for _ in range(4)]
    assert answered == [422] * 5 + [429] * 3


def a_flood_of_messages(siege: Siege) -> None:
    """Past what a recipient gets in a day, by both doors that send."""
    for purpose in ("sign_up", "recover"):
        passages = [siege.begin(purpose) for _ in range(4)]
        for passage in passages:
            assert siege.give(passage, "identifier", identifier=siege.address) == 200
            assert siege.again(passage) == 429
        siege.clock.advance(timedelta(minutes=1))
        assert siege.again(passages[-1]) == 200
    siege.clock.advance(timedelta(minutes=-2))


def guesses_with_a_token(siege: Siege) -> None:
    """From a device that spares its own account the check; others are asked for it after all."""
    passage = siege.begin("sign_in")
    tried = [siege.give(passage, "passphrase", identifier=siege.address, passphrase=WRONG) for _ in range(4)]
    assert tried == [409, 422, 422, 422]


SIEGES = (
    guesses_of_the_passphrase,
    guesses_of_the_message_code,
    guesses_of_a_recovery_code,
    a_flood_of_messages,
)


def assert_all_alike(
    house: House, clock: SettableClock, addresses: list[str], siege: Callable[[Siege], None], device: str = ""
) -> None:
    first: Seen | None = None
    for address in addresses:
        clock.advance(timedelta(days=2))
        laid = Siege(house, clock, address, device)
        siege(laid)
        deliver(house)
        if first is None:
            first = laid.seen
        for number, (here, there) in enumerate(zip(laid.seen.replies, first.replies, strict=True)):
            assert here == there, (address, number)
        assert laid.seen.work == first.work, address


@ONLY_SQLITE
@pytest.mark.parametrize("siege", SIEGES)
def test_a_siege_ends_alike_for_everybody(house: House, clock: SettableClock, siege: Callable[[Siege], None]) -> None:
    people(house, clock)
    assert_all_alike(house, clock, BESIEGED, siege)


def bind_number(person: Person, number: str) -> None:
    """A phone beside the e-mail: the pages for it come later."""
    house, account = person.house, account_of(person)
    with house.database.begin() as tx:
        phones = house.core.ground.phones
        house.core.accounts.bind_identifier(tx, account, read_identifier(number, phones), person.clock.now)
        house.core.journal.record(tx, EventKind.IDENTIFIER_BOUND, at=person.clock.now, account=AccountId(account))


NUMBERS = ("+351912340001", "+351912340002", "+351912340003", "+351912340004")


@ONLY_SQLITE
@pytest.mark.parametrize("siege", [guesses_of_the_passphrase, guesses_of_the_message_code, a_flood_of_messages])
def test_a_number_says_no_more_than_an_address(
    house: House, clock: SettableClock, siege: Callable[[Siege], None]
) -> None:
    """Nobody's, that of an account with a number alone, that of one with an e-mail besides, and nobody's again."""
    alone = Person(house, clock, address=NUMBERS[1])
    passage = alone.begin("sign_up").human().give("identifier", identifier=NUMBERS[1])
    passage.give("message_code", code=sms_code(house)).give("new_passphrase", passphrase=PASSPHRASE)
    bind_number(Person(house, clock).sign_up(), NUMBERS[2])
    assert_all_alike(house, clock, list(NUMBERS), siege)


def sms_code(house: House) -> str:
    deliver(house)
    newest = sorted(house.settings.mailbox.glob("*.sms.json"))[-1]
    found = re.search(r"^\d{6}$", json.loads(newest.read_text("utf-8"))["text"], re.MULTILINE)
    assert found is not None
    return found[0]


def test_a_device_of_ones_own_says_nothing_of_others(house: House, clock: SettableClock) -> None:
    """With the token of a device that somebody else's account knows."""
    people(house, clock)
    thief = Person(house, clock, address="thief000@example.org").sign_up()
    assert_all_alike(house, clock, BESIEGED, guesses_with_a_token, device=thief.device)


def asides(purpose: str, address: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """What else a page may be asked on the way."""
    for path in ("", "?use=totp", "?use=recovery_code", "/delivery", "/challenge"):
        yield "GET", f"/{purpose}{path}", {}
    for form in ({"do": "send_again"}, {"proof": "totp", "output": "000000"}, {"proof": "x"}, {"identifier": address}):
        yield "POST", f"/{purpose}", form


@ONLY_SQLITE
@pytest.mark.parametrize("purpose", ["recover", "sign-up"])
def test_the_pages_say_nothing_aside(house: House, clock: SettableClock, purpose: str) -> None:
    people(house, clock)
    first: Seen | None = None
    for address in BESIEGED:
        clock.advance(timedelta(days=2))
        http, seen = client_of(house), Seen()
        http.get(f"/{purpose}")
        payload = solve(http.get(f"/{purpose}/challenge").json())
        form = {"proof": "identifier", "identifier": address, "payload": payload}
        assert http.post(f"/{purpose}", data=form, headers=SAME_ORIGIN).status_code == 303
        deliver(house)
        for method, path, fields in asides(purpose, address):
            watch(house, seen, partial(http.request, method, path, data=fields or None, headers=SAME_ORIGIN))
        first = first or seen
        for here, there in zip(seen.replies, first.replies, strict=True):
            assert here == there, address
        assert seen.work == first.work
