"""Whatever is sent to the JSON API: a problem document that echoes nothing, and a passage that stands as it was."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.support.acts import ONLY_SQLITE, authenticators, begin_sign_in, look
from tests.support.house import Passage, Person

pytestmark = ONLY_SQLITE

MARK = "zq7echo"
"""Nobody else says this; no answer may."""
PROOFS = {
    "human": "payload",
    "identifier": "identifier",
    "passphrase": "passphrase",
    "new_passphrase": "passphrase",
    "message_code": "code",
    "totp": "output",
    "recovery_code": "code",
}
VALUES: tuple[Any, ...] = (
    None,
    True,
    7,
    10**400,
    1.5,
    [],
    [MARK],
    {},
    {MARK: MARK},
    "",
    " ",
    MARK,
    MARK + "\x00",
    MARK + "\r\nSet-Cookie: a=b",
    "\ud800",
    "\u202e" + MARK,
    "\uff10" * 6,
    "\u0660" * 6,
    "'; DROP TABLE passages; --",
    "%s%n{0}{{7*7}}${jndi:x}",
    "A" * 320,
    "A" * 1024,
    "A" * 10_000,
    "\U0001f600" * 1024,
    MARK * 9000,
)
BODIES = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b'"zq7echo"',
    b"17",
    b"NaN",
    b"{",
    b'{"proof":"passphrase"',
    b'{"proof":"passphrase","passphrase":NaN}',
    b'{"proof":"passphrase","passphrase":"zq7echo","passphrase":"zq7echo"}',
    b'{"proof":"human","proof":"passphrase","passphrase":"zq7echo","payload":"x"}',
    b'{"proof":"passphrase","passphrase":"zq7echo","zq7echo":1}',
    b'{"proof":["passphrase"],"passphrase":"zq7echo"}',
    b'{"proof":"Passphrase","passphrase":"zq7echo"}',
    b'{"proof":"passphrase\\u0000","passphrase":"zq7echo"}',
    b'{"proof":"\\ud800"}',
    b'[{"proof":"passphrase","passphrase":"zq7echo"}]',
    b'{"proof":' + b"1" * 6000 + b"}",
    b"[" * 30_000,
    b'{"a":' * 10_000,
    b'\xff\xfe{"proof":"zq7echo"}',
    b'\xef\xbb\xbf{"proof":"totp","output":"zq7echo"}',
    '{"proof":"totp","output":"zq7echo"}'.encode("utf-16"),
    b'{"proof":"totp","output":"\xff\xfezq7echo"}',
    b"zq7echo" * 10_000,
)


def send(passage: Passage, content: bytes, kind: str = "application/json") -> Any:
    headers = {**passage.headers, "Content-Type": kind}
    return passage.http.post(f"/api/v1/passages/{passage.id}/proofs", content=content, headers=headers)


def assert_plain_problem(reply: Any, sent: object) -> None:
    assert reply.status_code in (404, 409, 413, 422), (reply.status_code, sent)
    assert reply.headers["content-type"] == "application/problem+json", sent
    assert reply.headers["cache-control"] == "no-store"
    assert MARK not in reply.text, sent
    assert MARK not in str(reply.headers)
    body = reply.json()
    assert {"type", "title", "status", "code"} <= body.keys()
    assert body["status"] == reply.status_code
    assert body.keys() <= {"type", "title", "status", "code", "passage", "reason"}, sent


def test_a_body_that_is_none_leaves_the_passage_as_it_was(person: Person) -> None:
    passage = person.begin("sign_in", known=False).human()
    before, hashes = look(passage), person.house.pool.hashes_done
    for body in BODIES:
        assert_plain_problem(send(passage, body), body[:60])
    for kind in ("", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json"):
        good = json.dumps({"proof": "passphrase", "identifier": person.address, "passphrase": person.passphrase})
        assert_plain_problem(send(passage, good.encode(), kind), kind)
    assert look(passage) == before
    assert person.house.pool.hashes_done == hashes
    passage.give("passphrase", identifier=person.address, passphrase=person.passphrase)


@pytest.mark.parametrize("proof", [proof for proof in PROOFS if proof != "passphrase"])
def test_a_value_that_is_no_answer_out_of_turn(person: Person, proof: str) -> None:
    passage = person.begin("sign_in", known=False).human()
    before = look(passage)
    for value in VALUES:
        reply = send(passage, json.dumps({"proof": proof, PROOFS[proof]: value}).encode())
        assert_plain_problem(reply, (proof, str(value)[:40]))
    assert look(passage) == before


def test_a_value_that_is_no_address(person: Person) -> None:
    other = Person(person.house, person.clock, address="newcomer@example.org")
    for value in VALUES:
        passage = other.begin("sign_up").human()
        assert_plain_problem(send(passage, json.dumps({"proof": "identifier", "identifier": value}).encode()), value)
        assert look(passage)["ask"] in (["identifier"], ["human"])
        person.clock.advance(timedelta(minutes=5))


def test_a_value_that_is_no_code(person: Person) -> None:
    """What can't be one costs no try; what might have been one is counted, and nothing else changes."""
    for value in VALUES:
        passage = begin_sign_in(person, known=False)
        assert_plain_problem(send(passage, json.dumps({"proof": "message_code", "code": value}).encode()), value)
        assert look(passage)["ask"] == ["message_code"]
        person.clock.advance(timedelta(hours=3))


def test_a_value_that_is_no_passphrase(person: Person) -> None:
    other = Person(person.house, person.clock, address="newcomer@example.org")
    passage = other.begin("sign_up").human().give("identifier", identifier=other.address)
    passage.give("message_code", code=other.mailbox.newest_code(other.address))
    for value in VALUES:
        if isinstance(value, str) and value.isprintable() and 15 <= len(value) <= 128:
            continue  # odd, and good
        assert_plain_problem(
            send(passage, json.dumps({"proof": "new_passphrase", "passphrase": value}).encode()), value
        )
        assert look(passage)["ask"] == ["new_passphrase"]
    passage.give("new_passphrase", passphrase=other.passphrase)


def test_a_passphrase_of_a_megabyte_never_reaches_the_hash(person: Person) -> None:
    passage = person.begin("sign_in", known=False).human()
    hashes = person.house.pool.hashes_done
    for length, status in ((1025, 422), (60_000, 422), (1_000_000, 413)):
        reply = passage.offer("passphrase", identifier=person.address, passphrase="x" * length)
        assert reply.status_code == status
    assert person.house.pool.hashes_done == hashes


def test_an_action_is_one_of_the_list_with_its_own_fields(person: Person) -> None:
    actions: tuple[Any, ...] = (
        None,
        {},
        [],
        MARK,
        {"kind": MARK},
        {"kind": "change"},
        {"kind": "change", "what": MARK},
        {"kind": "change", "what": ["bind_totp"]},
        {"kind": "change", "what": "bind_totp", MARK: True},
        {"kind": "change", "what": "message_code"},
        {"kind": "change", "what": "message_code", "enabled": "yes"},
        {"kind": "change", "what": "message_code", "enabled": 1},
        {"kind": "change", "what": "message_code", "enabled": None},
        {"kind": "withdraw", "asset": "BTC"},
        {"kind": "change", "what": "bind_totp", "nested": {"a": [{}] * 100}},
    )
    for action in actions:
        body = {"purpose": "confirm", "action": action}
        reply = person.http.post("/api/v1/passages", json=body, headers=person.bearer)
        assert_plain_problem(reply, action)
    for purpose in ("sign_up", "sign_in", "recover"):
        body = {"purpose": purpose, "action": {"kind": "change", "what": "bind_totp"}}
        assert_plain_problem(person.http.post("/api/v1/passages", json=body, headers=person.bearer), purpose)


def test_nothing_of_another_is_reached_by_a_path(person: Person) -> None:
    passage = begin_sign_in(person, known=False)
    for name in (passage.id.upper(), passage.id[:-1], passage.id + "0", "decoy", "0" * 26, "a" * 3000, "-", "~"):
        reply = person.http.get(f"/api/v1/passages/{name}", headers=passage.headers)
        assert reply.status_code == 404, name
        assert name not in reply.text
        reply = person.http.post(
            f"/api/v1/authenticators/totp/{name}/activate", json={"output": "1"}, headers=person.bearer
        )
        assert reply.status_code in (404, 410), name


def test_lists_take_whole_numbers_only(person: Person) -> None:
    for before in ("0", "-1", "1.5", "x", "", "1e3", str(2**80), "\u0661", "1 OR 1=1"):
        reply = person.http.get("/api/v1/activity", params={"before": before}, headers=person.bearer)
        assert_plain_problem(reply, before)


def test_headers_that_can_not_be_tokens(person: Person) -> None:
    for token in ("", " ", "x", "x" * 129, "x" * 5000, "\u00e9" * 20, "a,b", "Bearer x", '"quoted"'):
        raw = token.encode("latin-1")
        assert person.http.get("/api/v1/session", headers=[(b"authorization", b"Bearer " + raw)]).status_code == 401
        begun = person.http.post("/api/v1/passages", json={"purpose": "sign_in"}, headers=[(b"device-token", raw)])
        assert begun.status_code == 201
        assert begun.json()["ask"][0]["proof"] == "human"
        path = f"/api/v1/passages/{begun.json()['id']}"
        assert person.http.get(path, headers=[(b"passage-token", raw)]).status_code in (404, 422)
        bound = person.http.post(
            "/api/v1/authenticators/totp",
            headers=[(b"authorization", person.bearer["Authorization"].encode()), (b"approval", raw)],
        )
        assert bound.json()["code"] == "confirmation_required"
    assert "totp" not in authenticators(person)


def test_two_credentials_are_none(person: Person) -> None:
    """Of two, one part of a house might look at the first and another act for the second."""
    bearer = person.bearer["Authorization"]
    for pair in ((bearer, bearer), (bearer, "Bearer x"), ("Bearer x", bearer), ("Basic eDp5", bearer)):
        headers = [("Authorization", each) for each in pair]
        assert person.http.get("/api/v1/session", headers=headers).status_code == 401
        assert person.http.get("/api/v1/devices", headers=headers).status_code == 401
