"""Reads the policy from TOML: ours, and over it the operator's. Says what an operator's file loosens."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any, get_args

from watchword.foundation.ages import Ages
from watchword.foundation.errors import Misconfigured
from watchword.foundation.terms import ProofKind, Purpose
from watchword.gate.policy import (
    Age,
    App,
    Choice,
    ConfirmingAges,
    Device,
    Lifetimes,
    MessageCodeRules,
    Passkey,
    PassphraseRules,
    Place,
    Policy,
    Risk,
    Route,
    Scope,
    SessionRules,
    Situation,
)
from watchword.limits.named import limits_from, looser_limits
from watchword.risk.numbers import looser_rules, rules_from

_CONDITIONS: dict[str, frozenset[str]] = {
    "device": frozenset(get_args(Device)),
    "passkey": frozenset(get_args(Passkey)),
    "app": frozenset(get_args(App)),
    "paper": frozenset(get_args(Choice)),
    "message": frozenset(get_args(Choice)),
    "risk": frozenset(get_args(Risk)),
    "scope": frozenset(get_args(Scope)),
    "passkey_age": frozenset(get_args(Age)),
    "app_age": frozenset(get_args(Age)),
    "codes": frozenset(get_args(Age)),
    "place": frozenset(get_args(Place)),
    "listing": frozenset(get_args(Choice)),
    "address": frozenset(get_args(Age)),
}
_NAMING = {
    Purpose.SIGN_UP: (ProofKind.IDENTIFIER,),
    Purpose.SIGN_IN: (ProofKind.PASSPHRASE, ProofKind.PASSKEY),
    Purpose.RECOVER: (ProofKind.IDENTIFIER,),
}
"""What a route begins with, so that the gate knows whom it concerns. A confirm passage knows from its session."""
_ENDING_WITH_NEW = frozenset({Purpose.SIGN_UP, Purpose.RECOVER})
_PROVING = frozenset(
    {ProofKind.PASSPHRASE, ProofKind.MESSAGE_CODE, ProofKind.PASSKEY, ProofKind.TOTP, ProofKind.RECOVERY_CODE}
)
_TAKEN = {
    Purpose.SIGN_UP: frozenset({ProofKind.MESSAGE_CODE}),
    Purpose.CONFIRM: _PROVING | {ProofKind.TRADING_PASSPHRASE},
}
_READ_ELSEWHERE = frozenset({"limits", "risk", "exits"})
"""Sections that the room they belong to reads, over numbers of its own."""
_MOST, _MOST_DAYS = 10**8, 36_500


def default_text() -> str:
    return (files("watchword.gate") / "policy.toml").read_text(encoding="utf-8")


def load_policy(operator_file: Path | None = None) -> Policy:
    """Raises Misconfigured for an unknown name, a wrong type, or a situation that no route leads out of."""
    if operator_file is None:
        return _over_ours("")
    try:
        return _over_ours(operator_file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as unreadable:
        raise Misconfigured(f"policy file {operator_file}: {unreadable}") from unreadable


@lru_cache(maxsize=8)
def _over_ours(theirs: str) -> Policy:
    """The same text is the same policy, and looking at every situation takes a while."""
    policy = _policy(_merged(tomllib.loads(default_text()), tomllib.loads(theirs)))
    for situation in every_situation(policy):
        if situation.bar is None and not policy.routes_in(situation):
            raise Misconfigured(f"policy: no route for {situation}")
    return policy


def every_situation(*policies: Policy) -> Iterator[Situation]:
    """Each situation the routes of these policies, or of ours, can tell apart, and that can come about."""
    named = _named(policies or (load_policy(),))
    for purpose in Purpose:
        for chosen in _choices(named[purpose] - _OF_EXITS, Situation(purpose=purpose)):
            if purpose is not Purpose.CONFIRM:
                yield chosen
            elif chosen.passkey_age == chosen.app_age == chosen.codes == "settled":
                yield from _changes(chosen)
            if purpose is Purpose.CONFIRM:
                yield from _of_exits(chosen, named[purpose])


_OF_EXITS = frozenset({"scope", "place", "listing", "address"})


def _named(policies: Iterable[Policy]) -> dict[Purpose, frozenset[str]]:
    """What the routes of a purpose ask for."""
    routes = [route for policy in policies for route in policy.routes]
    return {
        purpose: frozenset(name for route in routes if route.purpose is purpose for name, _ in route.when)
        for purpose in Purpose
    }


def _choices(names: frozenset[str], plain: Situation) -> Iterator[Situation]:
    ordered = [name for name in _CONDITIONS if name in names]
    for values in product(*(sorted(_CONDITIONS[name]) for name in ordered)):
        chosen: dict[str, Any] = dict(zip(ordered, values, strict=True))
        situation = replace(plain, **chosen)
        if _comes_about(situation):
            yield situation


def _comes_about(situation: Situation) -> bool:
    """Whether an account can stand like that: nothing that is not there has an age."""
    if situation.passkey == "none" and situation.passkey_age == "fresh":
        return False
    if situation.passkey == situation.app == "none" and situation.codes == "fresh":
        return False
    if situation.app == "none" and situation.app_age == "fresh":
        return False
    away = situation.passkey == "away"
    if situation.purpose is Purpose.RECOVER and away:
        return False
    return (situation.paper == "on") is (away and situation.app != "senior")


def _changes(plain: Situation) -> Iterator[Situation]:
    yield plain
    yield replace(plain, scope="devices")
    for scope, new, outranked in product(_CHANGING, (False, True), (False, True)):
        if scope != "change" or new or outranked:
            yield replace(plain, scope=scope, new_passphrase=new, outranked=outranked)
    yield replace(plain, new_identifier=True)


_CHANGING: tuple[Scope, ...] = ("change", "passkey")


def _of_exits(aged: Situation, named: frozenset[str]) -> Iterator[Situation]:
    """The situations of exits, keys and a thaw."""
    yield replace(aged, scope="key")
    if aged.passkey != "junior":  # what was junior when the account froze is not asked
        yield replace(aged, scope="thaw")
    yield from _choices(named & (_OF_EXITS - {"scope"}), replace(aged, scope="exit"))


def loosenings(policy: Policy) -> list[str]:
    """What this policy lets pass that ours would not, a sentence each."""
    ours = load_policy()
    found = {
        f"{situation.purpose}: {' + '.join('|'.join(sorted(step)) for step in route.steps)} is enough"
        for situation in every_situation(policy, ours)
        for route in policy.routes_in(situation)
        if not any(_covers(route, strict) for strict in ours.routes_in(situation))
    }
    limits, rules = limits_from(policy.limits), rules_from(policy.risk)
    return [*sorted(found), *_looser_numbers(policy, ours), *looser_limits(limits), *looser_rules(rules)]


def _covers(route: Route, strict: Route) -> bool:
    """Whether the route takes every proof the strict one takes, in the same order and in steps that are no wider."""
    left = iter(route.steps)
    return all(any(mine <= step for mine in left) for step in strict.steps)


def _looser_numbers(policy: Policy, ours: Policy) -> Iterator[str]:
    shorter_is_looser = {
        "ages.senior_after": (policy.ages.senior_after, ours.ages.senior_after),
        "ages.operator_removal": (policy.operator_removal_after, ours.operator_removal_after),
        "passphrases.alone": (policy.passphrases.alone, ours.passphrases.alone),
        "passphrases.beside_second_step": (
            policy.passphrases.beside_second_step,
            ours.passphrases.beside_second_step,
        ),
        "message_code.apart": (policy.message_code.apart, ours.message_code.apart),
        "confirming.app": (policy.confirming.app, ours.confirming.app),
        "confirming.passkey": (policy.confirming.passkey, ours.confirming.passkey),
        "confirming.address": (policy.confirming.address, ours.confirming.address),
        "confirming.listed": (policy.confirming.listed, ours.confirming.listed),
    }
    longer_is_looser = {
        "ages.young_account": (policy.ages.young_account, ours.ages.young_account),
        "lifetimes.passage": (policy.lifetimes.passage, ours.lifetimes.passage),
        "lifetimes.confirm": (policy.lifetimes.confirm, ours.lifetimes.confirm),
        "lifetimes.confirm_with_message": (
            policy.lifetimes.confirm_with_message,
            ours.lifetimes.confirm_with_message,
        ),
        "lifetimes.approval": (policy.lifetimes.approval, ours.lifetimes.approval),
        "lifetimes.binding": (policy.lifetimes.binding, ours.lifetimes.binding),
        "message_code.lifetime": (policy.message_code.lifetime, ours.message_code.lifetime),
        "message_code.tries": (policy.message_code.tries, ours.message_code.tries),
        "human.answers_bought": (policy.answers_bought, ours.answers_bought),
        "sessions.idle": (policy.sessions.idle, ours.sessions.idle),
        "sessions.absolute": (policy.sessions.absolute, ours.sessions.absolute),
    }
    for name, (theirs, default) in shorter_is_looser.items():
        if theirs < default:  # type: ignore[operator]
            yield f"{name} is {theirs}, less than {default}"
    for name, (theirs, default) in longer_is_looser.items():
        if theirs > default:  # type: ignore[operator]
            yield f"{name} is {theirs}, more than {default}"


def _merged(ours: dict[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """The operator's values over ours. Routes are replaced purpose by purpose, so none of ours lingers."""
    merged = dict(ours)
    for name, value in theirs.items():
        if name not in ours and name not in _READ_ELSEWHERE:
            raise Misconfigured(f"policy file: unknown section {name}")
        if name == "route":
            merged["route"] = _merged_routes(ours["route"], value)
        elif not isinstance(value, Mapping):
            raise Misconfigured(f"policy file: {name} is a section, not one value")
        elif name in _READ_ELSEWHERE:
            merged[name] = dict(value)
        else:
            unknown = set(value) - set(ours[name])
            if unknown:
                raise Misconfigured(f"policy file: unknown names in {name}: {', '.join(sorted(unknown))}")
            merged[name] = {**ours[name], **value}
    return merged


def _merged_routes(ours: list[Any], theirs: Any) -> list[Any]:
    if not isinstance(theirs, list) or not all(isinstance(route, Mapping) for route in theirs):
        raise Misconfigured("policy file: routes are written as [[route]]")
    replaced = [route.get("purpose") for route in theirs]
    return [route for route in ours if route["purpose"] not in replaced] + theirs


def _policy(data: Mapping[str, Any]) -> Policy:
    ages, lifetimes, code = data["ages"], data["lifetimes_seconds"], data["message_code"]
    sessions = data["sessions"]
    return Policy(
        routes=tuple(_route(each) for each in data["route"]),
        ages=Ages(
            senior_after=_days(ages, "senior_after_days"),
            young_account=_days(ages, "young_account_days"),
        ),
        operator_removal_after=_days(ages, "operator_removal_days"),
        lifetimes=Lifetimes(**{name: _seconds(lifetimes, name) for name in lifetimes}),
        message_code=MessageCodeRules(
            lifetime=_seconds(code, "lifetime_seconds"),
            tries=_number(code, "tries"),
            apart=_seconds(code, "apart_seconds", least=0),
        ),
        confirming=ConfirmingAges(
            **{name: _hours(data["confirming_hours"], name) for name in data["confirming_hours"]}
        ),
        sessions=SessionRules(idle=_seconds(sessions, "idle_seconds"), absolute=_seconds(sessions, "absolute_seconds")),
        passphrases=_passphrases(data["passphrases"]),
        answers_bought=_number(data["human"], "answers_bought"),
        limits=data.get("limits", {}),
        risk=data.get("risk", {}),
        exits=data.get("exits", {}),
    )


def _passphrases(section: Mapping[str, Any]) -> PassphraseRules:
    found = PassphraseRules(**{name: _number(section, name) for name in section})
    if not found.beside_second_step <= found.alone <= found.longest:
        raise Misconfigured("policy: passphrases: beside_second_step, alone and longest come in this order")
    return found


def _days(section: Mapping[str, Any], name: str) -> timedelta:
    return timedelta(days=_number(section, name, least=0, most=_MOST_DAYS))


def _hours(section: Mapping[str, Any], name: str) -> timedelta:
    return timedelta(hours=_number(section, name, least=0, most=24 * _MOST_DAYS))


def _seconds(section: Mapping[str, Any], name: str, *, least: int = 1) -> timedelta:
    return timedelta(seconds=_number(section, name, least=least))


def _number(section: Mapping[str, Any], name: str, *, least: int = 1, most: int = _MOST) -> int:
    value = section[name]
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Misconfigured(f"policy: {name} must be a whole number from {least} to {most}, not {value!r}")
    return value


def _route(data: Mapping[str, Any]) -> Route:
    unknown = set(data) - {"purpose", "when", "steps", "mailbox_lost"}
    if unknown:
        raise Misconfigured(f"policy: unknown names in a route: {', '.join(sorted(unknown))}")
    try:
        route = Route(
            purpose=Purpose(data["purpose"]),
            steps=tuple(frozenset(ProofKind(kind) for kind in step.split("|")) for step in _texts(data["steps"])),
            when=tuple((name, _values(name, values)) for name, values in data.get("when", {}).items()),
            mailbox_lost=_flag(data.get("mailbox_lost", False)),
        )
    except (KeyError, ValueError, AttributeError) as unreadable:
        raise Misconfigured(f"policy: route {dict(data)}: {unreadable}") from unreadable
    if not _is_sound(route):
        raise Misconfigured(f"policy: route {dict(data)}: no passage can go this way")
    return route


def _is_sound(route: Route) -> bool:
    """Whether it names its person first, proves something, and sets a new passphrase last where one is due."""
    naming, ending = _NAMING.get(route.purpose), route.purpose in _ENDING_WITH_NEW
    first, last = 0 if naming is None else 1, len(route.steps) - (1 if ending else 0)
    proving = route.steps[first:last]
    taken = _TAKEN.get(route.purpose, _PROVING)
    return (
        (naming is None or route.steps[:1] in [(frozenset({kind}),) for kind in naming])
        and (not ending or route.steps[-1:] == (frozenset({ProofKind.NEW_PASSPHRASE}),))
        and (bool(proving) or route.purpose is Purpose.SIGN_IN)
        and all(step <= taken for step in proving)
    )


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError("a list of names is needed")
    return value


def _values(name: str, values: object) -> frozenset[str]:
    found = frozenset(_texts(values))
    if not found <= _CONDITIONS.get(name, frozenset()):
        raise ValueError(f"unknown condition {name} = {values}")
    return found


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("mailbox_lost is true or false")
    return value
