"""The quick way into the passages' addresses, and FastAPI's own: no request is answered differently by one of them."""

import json
from typing import Any

from tests.support.acts import ONLY_SQLITE
from tests.support.house import client_of
from watchword.app import House

pytestmark = ONLY_SQLITE

QUICK = "application/json"
LONG = "application/json; charset=utf-8"
"""Any type of content but the plain one goes FastAPI's own way."""
TOKEN = "t" * 43

BEGUN: list[bytes] = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"{",
    b"\xff",
    b'{"purpose": "sign_in", "purpose": "sign_in"}',
    b'{"purpose": "sign_in", "more": 1}',
    b'{"purpose": "nothing"}',
    b'{"purpose": "confirm"}',
    b'{"purpose": "sign_in", "action": {"kind": "change"}}',
    b'{"purpose": "sign_in", "action": NaN}',
    b"[" * 5_000,
]
PROOFS: list[Any] = [
    {},
    {"proof": "totp"},
    {"proof": "totp", "output": 123456},
    {"proof": "totp", "output": ""},
    {"proof": "totp", "output": "123456"},
    {"proof": "totp", "output": "123456", "more": None},
    {"proof": "none", "output": "123456"},
    {"proof": "passphrase", "passphrase": "x" * 1025},
]
TOKENS = [None, "", "short", TOKEN, "t" * 128, "t" * 129]


def both(house: House, path: str, body: bytes, **headers: str) -> tuple[Any, Any]:
    """What each way answers: status, type, body."""
    http, found = client_of(house), []
    for kind in (QUICK, LONG):
        reply = http.post(f"/api/v1/passages{path}", content=body, headers={"Content-Type": kind, **headers})
        found.append((reply.status_code, reply.headers["content-type"], reply.content))
    return found[0], found[1]


def test_a_beginning_is_refused_alike(house: House) -> None:
    for body in BEGUN:
        quick, long = both(house, "", body)
        assert quick == long, body
        assert quick[0] in (401, 422)


def test_a_proof_is_refused_alike(house: House) -> None:
    for token in TOKENS:
        headers = {} if token is None else {"Passage-Token": token}
        for proof in PROOFS:
            quick, long = both(house, "/nothing/proofs", json.dumps(proof).encode(), **headers)
            assert quick == long, (token, proof)
            assert quick[0] in (404, 422)


def test_both_ways_begin_a_passage(house: House) -> None:
    quick, long = both(house, "", b'{"purpose": "sign_in"}')
    assert [quick[:2], long[:2]] == [(201, "application/json")] * 2
    one, other = json.loads(quick[2]), json.loads(long[2])
    assert one.keys() == other.keys()
    assert one["purpose"] == other["purpose"] == "sign_in"
