"""Walks of the policy, replayed on the running gate over the JSON API.

At each step the gate must ask what the policy asks, refuse everything else unmoved however right it is, and pass
with the last proof of the way and not before.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from tests.gate.law import APP, CODE, IDENTIFIER, KEY, MESSAGE, NEW, NEW_ADDRESS, PASSPHRASE, TRADING, wanting
from tests.gate.stage import Role, Stage, action_in
from tests.support import exits
from tests.support.acts import (
    ANOTHER,
    begin_sign_in,
    give_app,
    give_message,
    look,
    opt_for_message,
    send_again,
    wait,
)
from tests.support.clock import SettableClock
from tests.support.house import PASSPHRASE as FIRST
from tests.support.house import Passage, Person, Place, open_house
from tests.support.passkey_user import show
from tests.support.passkeys import Authenticator
from watchword.foundation.secret import Secret
from watchword.foundation.terms import PassageId, ProofKind, Purpose
from watchword.gate.policy import Situation
from watchword.gate.policy_file import every_situation, load_policy

Given = tuple[ProofKind, ...]
Walk = tuple[Situation, Given]
POLICY = load_policy()
WHAT = {
    (False, False): "passphrase",
    (True, False): "remove_totp",
    (False, True): "recovery_codes",
    (True, True): "remove_totp",
}
"""The action that brings a confirm passage into its situation: with a new passphrase, outranked."""


@pytest.fixture(scope="module")
def stage(place: Place) -> Iterator[Stage]:
    clock = SettableClock()
    with open_house(*place, clock) as house:
        yield Stage(house, clock)


def sample() -> list[Walk]:
    """Each way in each situation that the gate can be brought into; of what makes no difference, one."""
    found: dict[Walk, None] = {}
    for situation in map(plainest, every_situation()):
        if (situation.new_passphrase or situation.outranked) and situation.app != "senior":
            continue
        if situation.passkey == "none" and situation.scope == "passkey":
            continue
        if situation.passkey != "none" and not comes_about_with_a_passkey(situation):
            continue
        for route in POLICY.routes_in(situation):
            for given in product(*route.steps):
                if KEY not in given or situation.passkey != "none":  # nobody answers by a passkey that isn't there
                    found[situation, given] = None
    return list(found)


def comes_about_with_a_passkey(situation: Situation) -> bool:
    """Of what is told apart by passkeys besides, one of each: the app is there from the first day or never, all is
    settled, and a session that is away from the passkey comes from a device that never saw it."""
    if situation.app == "junior" or situation.message == "on" or situation.risk != "low":
        return False
    if situation.new_passphrase or situation.outranked or situation.new_identifier:
        return False
    if "fresh" in (situation.passkey_age, situation.app_age, situation.codes, situation.address):
        return False
    if situation.place == "listed" or situation.listing == "on":
        return False
    if situation.purpose is Purpose.SIGN_IN and situation.passkey == "senior":
        return situation.device == "known"
    return situation.scope != "thaw" or situation.passkey != "junior"


def plainest(situation: Situation) -> Situation:
    """Without what makes no difference to its purpose."""
    if situation.purpose is Purpose.SIGN_UP:
        return Situation(purpose=Purpose.SIGN_UP, device="known")
    if situation.purpose is Purpose.CONFIRM:
        plain = replace(situation, device="known", risk="low", message="off")
        if situation.scope == "thaw" and situation.app == "junior":
            return replace(plain, app_age="settled", codes="settled")
        return _plainest_exit(plain) if situation.scope == "exit" else plain
    if situation.purpose is Purpose.RECOVER:
        return replace(situation, risk="low", message="off")
    return situation


def _plainest_exit(situation: Situation) -> Situation:
    """Without an app a new entry of the list, or a withdrawal to it; with one, what was used before or not."""
    if situation.passkey != "none":
        return situation
    if situation.app == "none":
        return replace(situation, address="settled", place="new" if situation.listing == "on" else situation.place)
    return replace(situation, listing="off", address="settled", place="new" if situation.place == "new" else "used")


WALKS = sample()
GROUPS = sorted({(walk[0].purpose, walk[0].scope, walk[0].app, walk[0].passkey) for walk in WALKS})


def test_the_sample_is_of_lawful_walks():
    assert 80 <= len(WALKS) <= 300
    assert not [want for situation, given in WALKS for want in wanting(situation, given)]


@pytest.mark.parametrize(("purpose", "scope", "app", "passkey"), GROUPS)
def test_the_gate_goes_the_ways_of_the_policy(stage, purpose, scope, app, passkey):
    for situation, given in WALKS:
        if (situation.purpose, situation.scope, situation.app, situation.passkey) == (purpose, scope, app, passkey):
            replay(stage, situation, given)


def replay(stage: Stage, situation: Situation, given: Given) -> None:
    stage.rest()
    person = stage.newcomer() if situation.purpose is Purpose.SIGN_UP else stage.person(Role.of(situation))
    passage = begin(stage, person, situation)
    for count, kind in enumerate(given):
        asked = POLICY.progress(before(situation, given[:count]), given[:count]).ask
        assert passage.asks == [shown(each) for each in asked], (situation, given[:count])
        assert passage.state["state"] == "open"
        refuse_all_but(person, passage, asked)
        fields = answer(person, passage, kind, stage.keys.get(person.address))
        passage.give(shown(kind), **fields).human()
        if kind is NEW and situation.purpose is Purpose.RECOVER:
            person.passphrase = fields["passphrase"]
    assert passage.state["state"] == "passed", (situation, given)
    granted = {Purpose.CONFIRM: "approval", Purpose.RECOVER: "done"}.get(situation.purpose, "session")
    assert passage.grant["kind"] == granted
    assert passage.offer("passphrase", passphrase=person.passphrase).status_code == 410


def shown(kind: ProofKind) -> str:
    """To clients every code by message is one kind of proof."""
    return str(MESSAGE if kind is NEW_ADDRESS else kind)


def before(situation: Situation, given: Given) -> Situation:
    """What the gate goes by: until something is proven, the same for everybody."""
    if situation.purpose is Purpose.CONFIRM or set(given) - {IDENTIFIER}:
        return situation
    return Situation(purpose=situation.purpose, app="senior")


def begin(stage: Stage, person: Person, situation: Situation) -> Passage:
    if situation.passkey != "none" and situation.purpose is Purpose.CONFIRM:
        stage.come_in(person, situation)
        changes = {"change": "passphrase", "passkey": "remove_passkey", "devices": "sign_out_others"}
        if situation.scope not in changes:
            return person.begin("confirm", action=action_in(situation))
        named = {"passkey": stage.passkey_of(person)} if situation.scope == "passkey" else {}
        return person.begin("confirm", action={"kind": "change", "what": changes[situation.scope], **named})
    if situation.scope in ("exit", "key", "thaw"):
        return person.sign_in().begin("confirm", action=action_in(situation))
    if situation.new_identifier:
        new = {"identifier_kind": "email", "identifier": f"next-{person.address}"}
        return person.sign_in().begin("confirm", action={"kind": "change", "what": "replace_identifier", **new})
    if situation.purpose is Purpose.CONFIRM:
        person.sign_in()
        what = (
            "sign_out_others" if situation.scope == "devices" else WHAT[situation.new_passphrase, situation.outranked]
        )
        return person.begin("confirm", action={"kind": "change", "what": what})
    if situation.purpose is Purpose.SIGN_IN:
        stage.raise_risk(person, situation)
    passage = person.begin(str(situation.purpose), known=situation.device == "known")
    spared = situation.purpose is Purpose.SIGN_IN and situation.device == "known" and situation.risk == "low"
    assert ("human" not in passage.asks) == spared
    return passage.human()


def refuse_all_but(person: Person, passage: Passage, asked: tuple[ProofKind, ...]) -> None:
    """Everything else, right as it may be, is not asked for, and leaves the passage as it was."""
    standing = look(passage)
    for kind in (IDENTIFIER, PASSPHRASE, MESSAGE, APP, CODE, NEW, TRADING, KEY):
        if kind not in asked and not (kind is MESSAGE and NEW_ADDRESS in asked):
            assert passage.offer(str(kind), **right(person, kind)).status_code == 409, kind
    assert passage.offer("human", payload="x").status_code == 409
    assert look(passage) == standing


def right(person: Person, kind: ProofKind) -> dict[str, Any]:
    """A good answer that is not used up by being refused."""
    app = "000000" if person.totp is None else person.totp.at(person.clock.now)
    answers: dict[ProofKind, dict[str, Any]] = {
        IDENTIFIER: {"identifier": person.address},
        PASSPHRASE: {"identifier": person.address, "passphrase": person.passphrase},
        MESSAGE: {"code": "000000"},
        APP: {"output": app},
        CODE: {"code": person.codes[-1] if person.codes else "0000-0000-0000-0000"},
        NEW: {"passphrase": ANOTHER if person.passphrase == FIRST else FIRST},
        TRADING: {"passphrase": exits.TRADING},
        KEY: {"credential": {"id": "AAAA"}},
    }
    return answers[kind]


def answer(person: Person, passage: Passage, kind: ProofKind, key: Authenticator | None) -> dict[str, Any]:
    if kind is KEY:
        assert key is not None
        return {"credential": show(passage, key)}
    if kind is APP:
        return {"output": person.output()}
    if kind is CODE:
        return {"code": person.codes.pop()}
    if kind is MESSAGE:
        beside = {"totp"} if passage.state["purpose"] == "sign_in" else {"totp", "passkey"}
        if beside & {*passage.asks}:  # it is sent to who wishes for it
            assert send_again(passage).status_code == 200
        return {"code": person.mailbox.newest_code(person.address)}
    if kind is NEW_ADDRESS:
        return {"code": person.mailbox.newest_code(f"next-{person.address}")}
    return right(person, kind)


# -- the account changes while somebody is on the way


def test_an_app_that_grows_senior_on_the_way_is_asked_like_one(stage):
    stage.rest()
    person = stage.newcomer().sign_up()
    wait(person, days=4)
    person.sign_in().bind_app()
    wait(person, days=6, hours=23, minutes=50)
    passage = begin_sign_in(person)
    assert passage.asks == ["totp", "message_code", "recovery_code"]
    assert send_again(passage).status_code == 200
    wait(person, minutes=11)
    assert look(passage)["ask"] == ["totp", "recovery_code"]
    assert passage.offer("message_code", code="000000").status_code == 409
    assert give_app(person, passage).grant["kind"] == "session"


def test_an_app_bound_on_the_way_is_asked_for(stage):
    stage.rest()
    person = stage.newcomer().sign_up()
    passage = begin_sign_in(person, known=False)
    person.bind_app()
    assert look(passage)["ask"] == ["message_code", "recovery_code"]
    wait(person, minutes=2)
    assert send_again(passage).status_code == 200
    assert give_message(person, passage).asks == ["totp", "recovery_code"]
    assert give_app(person, passage).grant["kind"] == "session"


def test_the_message_opted_for_on_the_way_is_asked_for(stage):
    stage.rest()
    person = stage.newcomer().sign_up()
    passage = person.begin("sign_in")
    opt_for_message(person)
    passage.give("passphrase", identifier=person.address, passphrase=person.passphrase)
    assert passage.asks == ["message_code"]


# -- until something is proven, everybody is asked alike


@pytest.mark.parametrize("purpose", [Purpose.SIGN_IN, Purpose.RECOVER, Purpose.SIGN_UP])
def test_nothing_shows_before_a_credential_is_proven(stage, purpose):
    stage.rest()
    names = [stage.person(role).address for role in (Role("none", "off"), Role("senior", "off"), Role("none", "on"))]
    closed = stage.newcomer().sign_up()
    stage.close(closed)
    seen = []
    for name in [*names, closed.address, "nobody@example.org"]:
        passage = stage.newcomer().begin(str(purpose)).human()
        if purpose is not Purpose.SIGN_IN:
            passage.give("identifier", identifier=name)
        assert standing(stage, passage) == Situation(purpose=purpose, app="senior")
        seen.append(passage.asks)
    assert all(asks == seen[0] for asks in seen)


def standing(stage: Stage, passage: Passage) -> Situation:
    core = stage.house.core
    token = core.gate._token_digest(Secret(passage.headers["Passage-Token"]))
    with stage.house.database.read() as tx:
        found = core.passages.find(tx, PassageId(passage.id), token, lock=False)
        assert found is not None
        return core.standings.of(tx, found, stage.clock.now).situation
