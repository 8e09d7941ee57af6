"""Every state of the policy that can be reached, walked: none lets anybody pass without the proofs of the law.

The law is in ``tests.gate.law``, written by hand. Between any two steps the situation may change in any way: an app
is bound, grows senior or goes, a device is forgotten, risk rises, somebody opts for or against the message code, a
destination is used or listed, an address is replaced.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import pytest

from tests.gate.law import (
    APP,
    CODE,
    IDENTIFIER,
    KEY,
    MESSAGE,
    NEW,
    NEW_ADDRESS,
    PASSPHRASE,
    TRADING,
    asks_mailbox,
    wanting,
)
from watchword.foundation.terms import ProofKind, Purpose
from watchword.gate.policy import Policy, Situation
from watchword.gate.policy_file import every_situation, load_policy

Given = tuple[ProofKind, ...]


@cache
def _all() -> tuple[Situation, ...]:
    return tuple(every_situation())


@dataclass(frozen=True)
class Family:
    """The situations a passage may move between: its purpose and action stay."""

    purpose: Purpose
    scope: str
    new_identifier: bool = False

    def situations(self) -> list[Situation]:
        return _by_family().get(self, [])

    def possible(self) -> list[Situation]:
        """Those in which there has to be a way."""
        return [each for each in self.situations() if each.bar is None]


@cache
def _by_family() -> dict[Family, list[Situation]]:
    found = defaultdict(list)
    for each in _all():
        found[Family(each.purpose, each.scope, each.new_identifier)].append(each)
    return dict(found)


@dataclass(frozen=True)
class Part:
    """Some of the situations of a family."""

    among: tuple[Situation, ...]

    def situations(self) -> tuple[Situation, ...]:
        return self.among


FAMILIES = [
    Family(Purpose.SIGN_UP, "change"),
    Family(Purpose.SIGN_IN, "change"),
    Family(Purpose.RECOVER, "change"),
    Family(Purpose.CONFIRM, "change"),
    Family(Purpose.CONFIRM, "change", new_identifier=True),
    Family(Purpose.CONFIRM, "passkey"),
    Family(Purpose.CONFIRM, "devices"),
    Family(Purpose.CONFIRM, "exit"),
    Family(Purpose.CONFIRM, "key"),
    Family(Purpose.CONFIRM, "thaw"),
]


@cache
def ours() -> Policy:
    return load_policy()


def walk(policy: Policy, family: Family | Part) -> set[Given]:
    """All that can have been given while a passage is open, whatever happened to the account on the way."""
    reached: set[Given] = {()}
    ahead: list[Given] = [()]
    while ahead:
        given = ahead.pop()
        for situation in family.situations():
            for kind in policy.progress(situation, given).ask:
                if (*given, kind) not in reached:
                    reached.add((*given, kind))
                    ahead.append((*given, kind))
    return reached


def passes(policy: Policy, family: Family | Part) -> Iterator[tuple[Situation, Given]]:
    for given in walk(policy, family):
        for situation in family.situations():
            if policy.progress(situation, given).completed is not None:
                yield situation, given


def test_the_walk_sees_every_situation():
    seen = [each for family in FAMILIES for each in family.situations()]
    assert len(seen) == len(set(seen)) == len(list(every_situation()))
    stands = 3 * 3 + 3  # passkey none, junior, senior with each app; away with a senior app, or with codes alone
    aged = 1 + 4 + 4  # no passkey: the ages of app and codes, where there is an app
    aged += 2 * 2 * (2 + 4 + 4)  # a junior or senior one of either age: codes alone have an age too
    aged += 2 * (2 + 4 + 4)  # away
    junior_thaws = 2 * (2 + 4 + 4)  # a junior passkey is none to a thaw
    expected = {
        (Purpose.SIGN_UP, "change"): 1,
        (Purpose.SIGN_IN, "change"): 12 * stands,
        (Purpose.RECOVER, "change"): 9,
        (Purpose.CONFIRM, "change"): 5 * stands,
        (Purpose.CONFIRM, "passkey"): 4 * stands,
        (Purpose.CONFIRM, "devices"): stands,
        (Purpose.CONFIRM, "exit"): 12 * aged,
        (Purpose.CONFIRM, "key"): aged,
        (Purpose.CONFIRM, "thaw"): aged - junior_thaws,
    }
    assert Counter((each.purpose, each.scope) for each in seen) == expected
    assert {(each.device, each.app, each.message, each.risk) for each in seen if each.purpose is Purpose.SIGN_IN} == {
        (device, app, message, risk)
        for device in ("known", "other")
        for app in ("none", "junior", "senior")
        for message in ("on", "off")
        for risk in ("low", "raised", "high")
    }


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_nothing_passes_without_what_the_law_asks(family):
    found = list(passes(ours(), family))
    through = {situation for situation, _ in found}
    assert through == set(family.possible()), "every situation has a way through, but for those that are barred"
    lacking = {(str(given), want) for situation, given in found for want in wanting(situation, given)}
    assert not lacking


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_every_state_goes_on_passes_or_ends(family):
    policy = ours()
    for given in walk(policy, family):
        for situation in family.situations():
            progress = policy.progress(situation, given)
            if progress.completed is not None:
                assert not progress.ask
            elif not progress.ask:
                assert not any(policy.progress(situation, (*given, kind)).completed for kind in ProofKind), (
                    "what leads nowhere leads nowhere with one proof more"
                )
            for kind in progress.ask:
                further = policy.progress(situation, (*given, kind))
                assert further.completed or further.ask, "what is asked for leads on"


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_who_has_no_right_proof_gets_nowhere(family):
    """A proof that is not asked for is no step: it completes nothing and is not the beginning of a way."""
    policy = ours()
    for given in walk(policy, family):
        for situation in family.situations():
            progress = policy.progress(situation, given)
            for kind in set(ProofKind) - set(progress.ask):
                after = policy.progress(situation, (*given, kind))
                assert after.completed is None
                assert not after.ask


def test_a_check_for_a_human_is_no_step_of_a_way():
    assert all(ProofKind.HUMAN not in step for route in ours().routes for step in route.steps)


def test_only_who_has_the_mailbox_or_a_code_can_try_the_app():
    for situation in Family(Purpose.SIGN_IN, "change").situations():
        if asks_mailbox(situation):
            assert APP not in ours().progress(situation, (PASSPHRASE,)).ask
    for situation in Family(Purpose.RECOVER, "change").situations():
        assert APP not in ours().progress(situation, (IDENTIFIER,)).ask


NAMED = [
    ("sign_up", {}, (IDENTIFIER, MESSAGE, NEW)),
    ("sign_in", {"device": "known"}, (PASSPHRASE,)),
    ("sign_in", {"device": "known", "risk": "raised"}, (PASSPHRASE,)),
    ("sign_in", {"device": "known", "risk": "high"}, (PASSPHRASE, MESSAGE)),
    ("sign_in", {"device": "known", "message": "on"}, (PASSPHRASE, MESSAGE)),
    ("sign_in", {"device": "known", "app": "junior"}, (PASSPHRASE, APP)),
    ("sign_in", {"device": "known", "app": "junior"}, (PASSPHRASE, MESSAGE)),
    ("sign_in", {"device": "known", "app": "senior"}, (PASSPHRASE, APP)),
    ("sign_in", {"device": "known", "app": "senior"}, (PASSPHRASE, CODE)),
    ("sign_in", {"device": "known", "app": "senior", "risk": "high"}, (PASSPHRASE, MESSAGE, APP)),
    ("sign_in", {"device": "known", "app": "senior", "risk": "high"}, (PASSPHRASE, CODE, APP)),
    ("sign_in", {"device": "other"}, (PASSPHRASE, MESSAGE)),
    ("sign_in", {"device": "other", "app": "junior"}, (PASSPHRASE, MESSAGE)),
    ("sign_in", {"device": "other", "app": "senior"}, (PASSPHRASE, MESSAGE, APP)),
    ("sign_in", {"device": "other", "app": "senior"}, (PASSPHRASE, MESSAGE, CODE)),
    ("sign_in", {"device": "other", "app": "senior"}, (PASSPHRASE, CODE, APP)),
    ("sign_in", {}, (KEY,)),
    ("sign_in", {"device": "other", "risk": "high", "passkey": "senior"}, (KEY,)),
    ("sign_in", {"passkey": "junior"}, (PASSPHRASE, KEY)),
    ("sign_in", {"passkey": "junior"}, (PASSPHRASE, MESSAGE)),
    ("sign_in", {"passkey": "junior", "app": "senior"}, (PASSPHRASE, APP)),
    ("sign_in", {"passkey": "senior"}, (PASSPHRASE, KEY)),
    ("sign_in", {"passkey": "senior", "app": "senior", "device": "other"}, (PASSPHRASE, KEY)),
    ("sign_in", {"passkey": "away", "app": "senior"}, (PASSPHRASE, APP)),
    ("sign_in", {"passkey": "away", "app": "senior", "device": "other"}, (PASSPHRASE, MESSAGE, APP)),
    ("sign_in", {"passkey": "away", "paper": "on", "device": "other"}, (PASSPHRASE, MESSAGE, CODE)),
    ("recover", {"passkey": "senior", "app": "senior"}, (IDENTIFIER, MESSAGE, KEY, NEW)),
    ("recover", {"passkey": "senior"}, (IDENTIFIER, CODE, KEY, NEW)),
    ("recover", {"passkey": "junior"}, (IDENTIFIER, MESSAGE, NEW)),
    ("confirm", {"passkey": "senior", "app": "senior"}, (PASSPHRASE, KEY, MESSAGE)),
    ("confirm", {"passkey": "senior"}, (PASSPHRASE, KEY, CODE)),
    ("confirm", {"passkey": "senior"}, (KEY, CODE, MESSAGE)),
    ("confirm", {"passkey": "senior", "new_identifier": True}, (PASSPHRASE, KEY, MESSAGE, NEW_ADDRESS)),
    ("confirm", {"passkey": "senior", "outranked": True}, (PASSPHRASE, CODE, MESSAGE)),
    ("confirm", {"passkey": "junior"}, (PASSPHRASE, MESSAGE)),
    ("confirm", {"scope": "passkey", "passkey": "away", "app": "senior"}, (PASSPHRASE, APP, MESSAGE)),
    ("confirm", {"scope": "passkey", "passkey": "away", "paper": "on"}, (PASSPHRASE, CODE, MESSAGE)),
    ("confirm", {"scope": "devices", "passkey": "senior", "app": "senior"}, (KEY,)),
    ("confirm", {"scope": "devices", "passkey": "junior"}, (KEY,)),
    ("confirm", {"scope": "devices", "passkey": "junior"}, (MESSAGE,)),
    ("confirm", {"scope": "exit", "passkey": "senior", "place": "new", "address": "fresh"}, (KEY, TRADING)),
    ("confirm", {"scope": "exit", "passkey": "junior", "app": "senior"}, (KEY, TRADING)),
    ("confirm", {"scope": "exit", "passkey": "junior", "app": "senior"}, (APP, TRADING)),
    ("confirm", {"scope": "exit", "passkey": "away", "app": "senior"}, (APP, TRADING)),
    ("confirm", {"scope": "exit", "passkey": "away", "paper": "on"}, (CODE, TRADING)),
    ("confirm", {"scope": "key", "passkey": "senior"}, (KEY, MESSAGE, TRADING)),
    ("confirm", {"scope": "thaw", "passkey": "senior", "app": "senior"}, (KEY,)),
    ("confirm", {"scope": "thaw", "passkey": "away", "app": "senior"}, (PASSPHRASE, APP, MESSAGE)),
    ("confirm", {"scope": "thaw", "passkey": "senior", "passkey_age": "fresh"}, (PASSPHRASE, CODE, MESSAGE)),
    *(
        (
            "confirm",
            {"scope": "thaw", "passkey": key, "passkey_age": "fresh", "codes": "fresh"},
            (PASSPHRASE, KEY, MESSAGE),
        )
        for key in ("senior", "away")
    ),
    ("recover", {}, (IDENTIFIER, MESSAGE, NEW)),
    ("recover", {"app": "junior"}, (IDENTIFIER, MESSAGE, NEW)),
    ("recover", {"app": "senior"}, (IDENTIFIER, MESSAGE, APP, NEW)),
    ("recover", {"app": "senior"}, (IDENTIFIER, MESSAGE, CODE, NEW)),
    ("recover", {"app": "senior"}, (IDENTIFIER, CODE, APP, NEW)),
    ("confirm", {}, (PASSPHRASE, MESSAGE)),
    ("confirm", {"app": "junior"}, (PASSPHRASE, MESSAGE)),
    ("confirm", {"app": "senior"}, (PASSPHRASE, APP, MESSAGE)),
    ("confirm", {"app": "senior"}, (PASSPHRASE, CODE, MESSAGE)),
    ("confirm", {"app": "senior"}, (PASSPHRASE, APP, CODE)),
    ("confirm", {"app": "senior", "new_passphrase": True}, (PASSPHRASE, APP, MESSAGE, NEW)),
    ("confirm", {"app": "senior", "outranked": True}, (PASSPHRASE, CODE, MESSAGE)),
    ("confirm", {"app": "senior", "outranked": True}, (PASSPHRASE, APP, CODE)),
    ("confirm", {"app": "senior", "outranked": True, "new_passphrase": True}, (PASSPHRASE, CODE, MESSAGE, NEW)),
    ("confirm", {"new_identifier": True}, (PASSPHRASE, MESSAGE, NEW_ADDRESS)),
    ("confirm", {"app": "senior", "new_identifier": True}, (PASSPHRASE, APP, MESSAGE, NEW_ADDRESS)),
    ("confirm", {"app": "senior", "new_identifier": True}, (PASSPHRASE, APP, CODE, NEW_ADDRESS)),
    ("confirm", {"scope": "devices"}, (PASSPHRASE,)),
    ("confirm", {"scope": "devices", "app": "junior"}, (APP,)),
    ("confirm", {"scope": "devices", "app": "junior"}, (MESSAGE,)),
    ("confirm", {"scope": "devices", "app": "senior"}, (APP,)),
    ("confirm", {"scope": "devices", "app": "senior"}, (CODE,)),
    ("confirm", {"scope": "exit", "app": "senior"}, (APP, TRADING)),
    ("confirm", {"scope": "exit", "app": "senior"}, (CODE, TRADING)),
    ("confirm", {"scope": "exit", "app": "junior"}, (APP, TRADING)),
    ("confirm", {"scope": "exit", "app": "junior", "place": "listed"}, (CODE, TRADING)),
    ("confirm", {"scope": "exit", "app": "senior", "codes": "fresh"}, (APP, TRADING)),
    ("confirm", {"scope": "exit", "app": "senior", "address": "fresh"}, (APP, TRADING)),
    ("confirm", {"scope": "exit", "app": "senior", "place": "new"}, (APP, TRADING, MESSAGE)),
    ("confirm", {"scope": "exit", "app": "junior", "place": "new", "listing": "on"}, (CODE, TRADING, MESSAGE)),
    ("confirm", {"scope": "exit", "place": "listed"}, (PASSPHRASE, MESSAGE, TRADING)),
    ("confirm", {"scope": "exit", "place": "new", "listing": "on"}, (PASSPHRASE, MESSAGE, TRADING)),
    ("confirm", {"scope": "key", "app": "senior"}, (APP, MESSAGE, TRADING)),
    ("confirm", {"scope": "key", "app": "junior"}, (CODE, MESSAGE, TRADING)),
    ("confirm", {"scope": "key", "app": "junior", "codes": "fresh"}, (APP, MESSAGE, TRADING)),
    ("confirm", {"scope": "thaw"}, (PASSPHRASE, MESSAGE)),
    ("confirm", {"scope": "thaw", "app": "junior"}, (PASSPHRASE, MESSAGE)),
    ("confirm", {"scope": "thaw", "app": "senior"}, (PASSPHRASE, APP, MESSAGE)),
    ("confirm", {"scope": "thaw", "app": "senior"}, (PASSPHRASE, CODE, MESSAGE)),
    ("confirm", {"scope": "thaw", "app": "senior"}, (APP, CODE)),
    ("confirm", {"scope": "thaw", "app": "senior", "codes": "fresh"}, (PASSPHRASE, APP, MESSAGE)),
    ("confirm", {"scope": "thaw", "app": "senior", "app_age": "fresh"}, (PASSPHRASE, CODE, MESSAGE)),
    ("confirm", {"scope": "thaw", "app": "senior", "app_age": "fresh", "codes": "fresh"}, (PASSPHRASE, APP, MESSAGE)),
]

CLOSED = [
    ({"scope": "exit"}, "no_app"),
    ({"scope": "exit", "place": "new"}, "no_app"),
    ({"scope": "exit", "app": "senior", "app_age": "fresh"}, "app_too_young"),
    ({"scope": "exit", "app": "junior", "app_age": "fresh", "place": "listed"}, "app_too_young"),
    ({"scope": "exit", "app": "senior", "place": "new", "address": "fresh"}, "address_too_young"),
    ({"scope": "exit", "app": "junior", "place": "new", "address": "fresh", "listing": "on"}, "address_too_young"),
    ({"scope": "exit", "passkey": "junior", "passkey_age": "fresh", "place": "listed"}, "passkey_too_young"),
    ({"scope": "exit", "passkey": "senior", "passkey_age": "fresh", "app": "senior"}, "passkey_too_young"),
    ({"scope": "exit", "passkey": "away", "app": "senior", "place": "new"}, "without_passkey"),
    ({"scope": "key", "passkey": "away", "app": "senior"}, "without_passkey"),
    ({"scope": "key"}, "no_app"),
    ({"scope": "key", "app": "senior", "app_age": "fresh"}, "app_too_young"),
]


@pytest.mark.parametrize(("facts", "bar"), CLOSED)
def test_where_the_law_leaves_no_way_it_says_why(facts, bar):
    situation = replace(Situation(purpose=Purpose.CONFIRM, device="known"), **facts)
    assert ours().progress(situation, ()).ask == ()
    assert situation.bar == bar


def test_what_is_barred_has_no_way_and_all_else_has_one():
    for situation in _all():
        assert bool(ours().routes_in(situation)) == (situation.bar is None), situation


@pytest.mark.parametrize(("purpose", "facts", "given"), NAMED)
def test_each_way_the_law_names_is_open(purpose, facts, given):
    """Step by step, and no step earlier than the last."""
    situation = replace(Situation(purpose=Purpose(purpose), device="known"), **facts)
    for count, kind in enumerate(given):
        progress = ours().progress(situation, given[:count])
        assert progress.completed is None
        assert kind in progress.ask
    assert ours().progress(situation, given).completed is not None


def test_the_mailbox_is_called_lost_where_a_code_stood_for_the_message():
    by_lost = defaultdict(set)
    for family in FAMILIES:
        for situation, given in passes(ours(), family):
            route = ours().progress(situation, given).completed
            assert route is not None
            by_lost[route.mailbox_lost].add(MESSAGE in given)
            by_passkey = {KEY, CODE} <= set(given) and MESSAGE not in given and situation.scope != "exit"
            assert route.mailbox_lost == ({APP, CODE} <= set(given) or by_passkey)
    assert by_lost[True] == {False}


def test_the_shortest_way_is_what_a_person_is_told():
    for family in FAMILIES:
        for situation in family.possible():
            whole = ours().progress(situation, ())
            routes = ours().routes_in(situation)
            typed = [route for route in routes if not any(KEY in step for step in route.steps)]
            assert whole.length == min(len(route.steps) for route in typed or routes)


def test_a_message_is_expected_where_one_may_be_asked():
    devices = Family(Purpose.CONFIRM, "devices")
    expecting = {(each.passkey, each.app) for each in devices.situations() if ours().takes_message(each)}
    assert expecting == {("none", "junior"), ("junior", "junior"), ("junior", "none")}
    assert all(ours().takes_message(each) for each in Family(Purpose.CONFIRM, "change").situations())
    exits = Family(Purpose.CONFIRM, "exit").possible()
    by_app = [each for each in exits if each.app != "none" and each.passkey == "none"]
    assert not any(ours().takes_message(each) for each in exits if each.passkey in ("senior", "away"))
    assert all(ours().takes_message(each) == (each.place == "new") for each in by_app)


def test_the_law_can_be_broken():
    """A policy with one wrong line is caught where that line holds: the walk is not blind."""
    policy = ours()
    for number, route in enumerate(policy.routes):
        among = [Part(tuple(filter(route.holds_in, family.situations()))) for family in FAMILIES]
        parts = [part for part in among if part.among]
        for gone in range(len(route.steps)):
            if len(route.steps) == 1:
                continue
            shorter = replace(route, steps=route.steps[:gone] + route.steps[gone + 1 :])
            if any(other.steps == shorter.steps and not other.when for other in policy.routes):
                continue  # a passkey alone is a way of its own
            wrong = replace(policy, routes=(*policy.routes[:number], shorter, *policy.routes[number + 1 :]))
            lacking = (
                want for part in parts for situation, given in passes(wrong, part) for want in wanting(situation, given)
            )
            assert next(lacking, None), (route, gone)
