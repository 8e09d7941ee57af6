"""The check for a human: signed, for its passage and its hardness, for a quarter of an hour, once."""

import base64
import json
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

import altcha
import pytest
from sqlalchemy import select

from tests.support.acts import ONLY_SQLITE, fail, look
from tests.support.house import Passage, Person, solve
from tests.support.parallel import at_once
from watchword.authenticators.human import ProofOfWork
from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.foundation.terms import PassageId
from watchword.record.catalogue import EventKind
from watchword.storage.schema import events

Payload = dict[str, Any]


def challenge_of(passage: Passage) -> Payload:
    found: Payload = passage.state["ask"][0]["challenge"]
    return found


def packed(payload: object) -> str:
    return base64.b64encode(json.dumps(payload).encode()).decode()


def solved(passage: Passage) -> Payload:
    found: Payload = json.loads(base64.b64decode(solve(challenge_of(passage))))
    return found


def solved_again(payload: Payload, **parameters: Any) -> Payload:
    """With other parameters, and the work done for them."""
    changed = deepcopy(payload["challenge"])
    changed["parameters"] |= parameters
    solution = altcha.solve_challenge(altcha.Challenge.from_dict(changed))
    assert solution is not None
    return {"challenge": changed, "solution": solution.to_dict()}


def with_data(payload: Payload, **data: Any) -> Payload:
    return solved_again(payload, data={**payload["challenge"]["parameters"]["data"], **data})


def signed_by_another(payload: Payload) -> Payload:
    parameters = payload["challenge"]["parameters"]
    other = ProofOfWork(keyring=Keyring.create(Randomness()), works=(1, 1, 1))
    made = altcha.create_challenge(
        parameters["algorithm"], parameters["cost"], data=parameters["data"], hmac_secret=other._secret
    ).to_dict()
    solution = altcha.solve_challenge(altcha.Challenge.from_dict(made))
    assert solution is not None
    return {"challenge": made, "solution": solution.to_dict()}


def changed(payload: Payload, *path: str, to: Any) -> Payload:
    altered = deepcopy(payload)
    at = altered
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = to
    return altered


def without(payload: Payload, *path: str) -> Payload:
    altered = deepcopy(payload)
    at = altered
    for name in path[:-1]:
        at = at[name]
    del at[path[-1]]
    return altered


FORGERIES: tuple[Callable[[Payload], object], ...] = (
    signed_by_another,
    lambda it: solved_again(it, keyPrefix=""),
    lambda it: solved_again(it, keyPrefix="0"),
    lambda it: solved_again(it, keyLength=1),
    lambda it: solved_again(it, salt="00" * 16),
    lambda it: solved_again(it, nonce="00" * 16),
    lambda it: solved_again(it, algorithm="SHA-256"),
    lambda it: changed(it, "challenge", "parameters", "algorithm", to="none"),
    lambda it: changed(it, "challenge", "parameters", "cost", to=0),
    lambda it: changed(it, "challenge", "parameters", "cost", to=True),
    lambda it: changed(it, "challenge", "parameters", "cost", to=10**9),
    lambda it: changed(it, "challenge", "parameters", "keyLength", to=10**9),
    lambda it: changed(it, "challenge", "parameters", "expiresAt", to=None),
    lambda it: changed(it, "challenge", "parameters", "data", to=None),
    lambda it: changed(it, "challenge", "parameters", "nonce", to=["00"]),
    lambda it: with_data(it, hardness=-1),
    lambda it: with_data(it, hardness=True),
    lambda it: with_data(it, until=2**60),
    lambda it: with_data(it, until="9"),
    lambda it: with_data(it, extra="x"),
    lambda it: changed(it, "challenge", "signature", to=""),
    lambda it: changed(it, "challenge", "signature", to=None),
    lambda it: changed(it, "challenge", "signature", to="00" * 32),
    lambda it: changed(it, "challenge", "signature", to=7),
    lambda it: without(it, "challenge", "signature"),
    lambda it: without(it, "challenge", "parameters"),
    lambda it: without(it, "solution"),
    lambda it: changed(it, "solution", to=None),
    lambda it: changed(it, "solution", "counter", to=-1),
    lambda it: changed(it, "solution", "counter", to=2**70),
    lambda it: changed(it, "solution", "counter", to="1"),
    lambda it: changed(it, "solution", "counter", to=it["solution"]["counter"] + 1),
    lambda it: changed(it, "solution", "derivedKey", to=""),
    lambda it: changed(it, "solution", "derivedKey", to=None),
    lambda it: changed(it, "solution", "derivedKey", to="00" * 32),
    lambda it: [it],
    lambda _: None,
    lambda _: {},
    lambda _: {"challenge": [], "solution": 1},
    lambda _: "x" * 5000,
)
NO_PAYLOADS = ("", " ", "=", "null", "e30=", "e30", "\u00e9", "A" * 8192, "W" * 8000, "ey" * 100)


@pytest.fixture
def passage(person: Person) -> Passage:
    return person.begin("sign_in", known=False)


def afresh(passage: Passage) -> Passage:
    """With a challenge as it is asked now: each failure may make it harder."""
    reply = passage.http.get(f"/api/v1/passages/{passage.id}", headers=passage.headers)
    passage.state = reply.json()
    return passage


@ONLY_SQLITE
def test_nothing_but_the_solved_check_is_taken(passage: Passage) -> None:
    for number, forge in enumerate(FORGERIES):
        reply = passage.offer("human", payload=packed(forge(solved(afresh(passage)))))
        assert (reply.status_code, reply.json().get("code")) == (422, "rejected"), number
    assert look(passage)["ask"] == ["human", "passkey"]
    passage.give("human", payload=packed(solved(afresh(passage))))


@ONLY_SQLITE
def test_what_is_no_payload_at_all(passage: Passage) -> None:
    nested = base64.b64encode(b'{"challenge":' * 400 + b"1" + b"}" * 400).decode()
    for text in (*NO_PAYLOADS, nested):
        assert passage.offer("human", payload=text).status_code == 422, text[:20]
    afresh(passage).human()


@ONLY_SQLITE
def test_it_lives_a_quarter_of_an_hour(person: Person) -> None:
    """Longer than its passage; so a check kept for later serves nowhere."""
    verifier = person.house.core.ground.human
    now, of = person.clock.now, PassageId("p")
    payload = solve(dict(verifier.challenge(passage=of, hardness=0, now=now)))
    for later, taken in ((timedelta(minutes=15), True), (timedelta(minutes=15, seconds=1), False)):
        verdict = verifier.verify(payload, passage=of, hardness=0, address="127.0.0.1", now=now + later)
        assert hasattr(verdict, "challenge_digest") is taken


@ONLY_SQLITE
def test_one_for_lower_hardness_is_too_easy(person: Person, passage: Passage) -> None:
    """Solved before the work rose, handed in after."""
    easy = solve(challenge_of(afresh(passage)))
    fail(person, 5)
    afresh(passage).human()
    for _ in range(3):
        wrong = passage.offer("passphrase", identifier=person.address, passphrase="wrong, and long enough")
        assert wrong.status_code == 422
    assert passage.offer("human", payload=easy).status_code == 422
    assert reasons(person)[-1] == "too_easy"
    assert challenge_of(afresh(passage))["parameters"]["data"]["hardness"] == 2
    afresh(passage).human()


def reasons(person: Person) -> list[str]:
    """Why answers were rejected, as the record has it."""
    with person.house.database.read() as tx:
        rejected = select(events.c.facts).where(events.c.kind == EventKind.PASSAGE_REJECTED).order_by(events.c.seq)
        return [json.loads(facts)["reason"] for facts in tx.connection.scalars(rejected)]


@ONLY_SQLITE
def test_it_serves_once_and_nowhere_else(person: Person, passage: Passage) -> None:
    payload, other = solve(challenge_of(passage)), person.begin("sign_in", known=False)
    assert other.offer("human", payload=payload).status_code == 422
    passage.give("human", payload=payload)
    for _ in range(3):
        wrong = passage.offer("passphrase", identifier=person.address, passphrase="wrong, and long enough")
        assert wrong.status_code == 422
    assert look(passage)["ask"] == ["human", "passkey"]
    read = json.loads(base64.b64decode(payload))
    for same in (payload, packed(read), packed({**read, "x": 1})):
        assert passage.offer("human", payload=same).status_code == 422


def test_of_fifty_who_hand_it_in_at_once_one_is_served(person: Person, passage: Passage) -> None:
    payload = solve(challenge_of(passage))
    seen = Counter(at_once(50, lambda _: int(passage.offer("human", payload=payload).status_code)))
    assert seen[200] == 1, seen
    assert set(seen) <= {200, 409, 422}


@ONLY_SQLITE
def test_every_anonymous_answer_stands_behind_it(person: Person) -> None:
    answers: dict[str, tuple[tuple[str, dict[str, str]], ...]] = {
        "sign_up": (("identifier", {"identifier": "new@example.org"}), ("message_code", {"code": "000000"})),
        "sign_in": (("passphrase", {"identifier": person.address, "passphrase": person.passphrase}),),
        "recover": (("identifier", {"identifier": person.address}), ("recovery_code", {"code": "0" * 16})),
    }
    hashes, sent = person.house.pool.hashes_done, len(person.mailbox.messages())
    for purpose, tries in answers.items():
        passage = person.begin(purpose, known=False)
        assert "human" in passage.asks
        for proof, fields in tries:
            assert passage.offer(proof, **fields).status_code == 409
        assert passage.http.post(f"/api/v1/passages/{passage.id}/messages", headers=passage.headers).status_code == 409
    assert person.house.pool.hashes_done == hashes
    assert len(person.mailbox.messages()) == sent
