"""One answer (policy §5): until the last proof nothing tells an unknown account from any other.

The same wrong answers are given for each kind of account. The replies must be equal to the byte but for random
values, times and the address that was typed, and the same number of hashes and of statements must have run.
"""

import html
import json
import re
from datetime import timedelta
from functools import partial

import pytest

from tests.support.alike import KINDS, Seen, people, watch
from tests.support.clock import SettableClock
from tests.support.house import Passage, Person, client_of, deliver, solve
from watchword.app import House

WRONG = "wrong every time, and long"
ANSWERS: dict[str, list[tuple[str, dict[str, str]]]] = {
    "sign_in": [("passphrase", {"identifier": "{address}", "passphrase": WRONG})] * 5,
    "sign_up": [("identifier", {"identifier": "{address}"})] + [("message_code", {"code": "000000"})] * 6,
    "recover": [
        ("identifier", {"identifier": "{address}"}),
        *[("message_code", {"code": "000000"})] * 2,
        *[("recovery_code", {"code": "0000-0000-0000-0000"})] * 6,
        *[("message_code", {"code": "000000"})] * 4,
    ],
}


def over_json(house: House, clock: SettableClock, purpose: str, address: str) -> Seen:
    seen, http = Seen(), client_of(house)
    begun = watch(house, seen, lambda: http.post("/api/v1/passages", json={"purpose": purpose})).json()
    passage = Passage(http, begun, {"Passage-Token": begun["token"]})

    def give(proof: str, fields: dict[str, str]) -> None:
        reply = watch(house, seen, lambda: passage.offer(proof, **fields))
        passage.state = reply.json() if reply.status_code == 200 else reply.json().get("passage", passage.state)

    def human() -> None:
        if "human" in passage.asks:
            give("human", {"payload": solve(passage.state["ask"][0]["challenge"])})

    human()
    for proof, fields in ANSWERS[purpose]:
        give(proof, {name: value.format(address=address) for name, value in fields.items()})
        human()
    if purpose != "sign_in":
        path = f"/api/v1/passages/{passage.id}/messages"
        for wait in (0, 61):
            clock.advance(timedelta(seconds=wait))
            watch(house, seen, lambda: http.post(path, headers=passage.headers))
        clock.advance(timedelta(seconds=-61))
    return seen


@pytest.mark.parametrize("purpose", list(ANSWERS))
def test_over_json(house: House, clock: SettableClock, purpose: str) -> None:
    people(house, clock)
    seen = {}
    for kind in KINDS:
        clock.advance(timedelta(days=2))
        seen[kind] = over_json(house, clock, purpose, f"{kind}@example.org")
        deliver(house)
    first = seen[KINDS[0]]
    assert {status for status, *_ in first.replies} >= {200, 201, 422}
    for kind in KINDS[1:]:
        assert seen[kind].replies == first.replies, kind
        assert seen[kind].work == first.work, kind


_CHALLENGE = re.compile(r'challenge="([^"]+)"')
_PAGES = {"sign_in": "/sign-in", "sign_up": "/sign-up", "recover": "/recover"}


def over_pages(house: House, purpose: str, address: str) -> Seen:
    seen, http = Seen(), client_of(house)
    own = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:8080"}
    page = watch(house, seen, lambda: http.get(_PAGES[purpose]))
    for proof, fields in ANSWERS[purpose][:4]:
        asked = _CHALLENGE.search(page.text)
        form = {"proof": proof, **{name: value.format(address=address) for name, value in fields.items()}}
        if asked:
            form["payload"] = solve(json.loads(html.unescape(asked[1])))
        page = watch(house, seen, partial(http.post, _PAGES[purpose], data=form, headers=own))
        if page.status_code == 303:
            page = watch(house, seen, lambda: http.get(_PAGES[purpose]))
    return seen


@pytest.mark.parametrize("purpose", list(ANSWERS))
def test_over_pages(house: House, clock: SettableClock, purpose: str) -> None:
    people(house, clock)
    seen = {}
    for kind in KINDS:
        clock.advance(timedelta(days=2))
        seen[kind] = over_pages(house, purpose, f"{kind}@example.org")
        deliver(house)
    first = seen[KINDS[0]]
    assert 422 in {status for status, *_ in first.replies}
    for kind in KINDS[1:]:
        assert seen[kind].replies == first.replies, kind
        assert seen[kind].work == first.work, kind


def test_an_address_to_be_bound(house: House, clock: SettableClock) -> None:
    """Nor does a holder learn by it who else has an account, or had one until lately."""
    people(house, clock)
    holders = {kind: Person(house, clock, address=f"by-{kind}@example.org").sign_up() for kind in KINDS}
    seen = {}
    for kind, holder in holders.items():
        action = {"kind": "change", "what": "replace_identifier", "identifier_kind": "email"}
        passage = holder.begin("confirm", action={**action, "identifier": f"{kind}@example.org"})
        passage.give("passphrase", passphrase=holder.passphrase)
        deliver(house)
        code = holder.mailbox.newest_code(holder.address)
        seen[kind] = Seen()
        watch(house, seen[kind], partial(passage.offer, "message_code", code=code))
        for _ in range(3):
            watch(house, seen[kind], partial(passage.offer, "message_code", code="000000"))
        deliver(house)
    first = seen[KINDS[0]]
    for kind in KINDS[1:]:
        assert seen[kind].replies == first.replies, kind
        assert seen[kind].work == first.work, kind
