"""Reads the policy from TOML: ours, and over it the operator's. Says what an operator's file loosens."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any, get_args

from watchword.foundation.ages import Ages
from watchword.foundation.errors import Misconfigured
from watchword.foundation.terms import ProofKind, Purpose
from watchword.gate.policy import (
    App,
    Choice,
    Device,
    Lifetimes,
    MessageCodeRules,
    PassphraseRules,
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
    "app": frozenset(get_args(App)),
    "message": frozenset(get_args(Choice)),
    "risk": frozenset(get_args(Risk)),
    "scope": frozenset(get_args(Scope)),
}


def default_text() -> str:
    return (files("watchword.gate") / "policy.toml").read_text(encoding="utf-8")


def load_policy(operator_file: Path | None = None) -> Policy:
    """Raises Misconfigured for an unknown name, a wrong type, or a situation that no route leads out of."""
    data = tomllib.loads(default_text())
    if operator_file is not None:
        data = _merged(data, _read(operator_file), str(operator_file))
    policy = _policy(data)
    for situation in every_situation():
        if not policy.routes_in(situation):
            raise Misconfigured(f"policy: no route for {situation}")
    return policy


def every_situation() -> Iterator[Situation]:
    """Each situation the routes can tell apart."""
    devices: tuple[Device, ...] = get_args(Device)
    messages: tuple[Choice, ...] = get_args(Choice)
    for purpose, device, app, message, risk, scope, new in product(
        Purpose, devices, get_args(App), messages, get_args(Risk), get_args(Scope), (False, True)
    ):
        if purpose is not Purpose.CONFIRM and (scope == "devices" or new):
            continue
        if new and scope == "devices":
            continue
        yield Situation(
            purpose=purpose, device=device, app=app, message=message, risk=risk, scope=scope, new_passphrase=new
        )


def loosenings(policy: Policy) -> list[str]:
    """What this policy lets pass that ours would not, a sentence each."""
    ours = load_policy()
    found = {
        f"{situation.purpose}: {' + '.join(sorted('|'.join(sorted(step)) for step in route.steps))} is enough"
        for situation in every_situation()
        for route in policy.routes_in(situation)
        if not any(_covers(route, strict) for strict in ours.routes_in(situation))
    }
    limits, rules = limits_from(policy.limits), rules_from(policy.risk)
    return [*sorted(found), *_looser_numbers(policy, ours), *looser_limits(limits), *looser_rules(rules)]


def _covers(route: Route, strict: Route) -> bool:
    """Whether every proof the strict route takes is taken by the other, in a step that is no wider."""
    left = list(route.steps)
    for step in strict.steps:
        match = next((mine for mine in left if mine <= step), None)
        if match is None:
            return False
        left.remove(match)
    return True


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


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as unreadable:
        raise Misconfigured(f"policy file {path}: {unreadable}") from unreadable


def _merged(ours: dict[str, Any], theirs: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The operator's values over ours. Routes are replaced purpose by purpose, so none of ours lingers."""
    merged = dict(ours)
    for name, value in theirs.items():
        if name not in ours and name not in ("limits", "risk"):
            raise Misconfigured(f"{where}: unknown section {name}")
        if name == "route":
            replaced = {route.get("purpose") for route in value}
            merged["route"] = [r for r in ours["route"] if r["purpose"] not in replaced] + list(value)
        elif name in ("limits", "risk"):
            merged[name] = dict(value)
        else:
            unknown = set(value) - set(ours[name])
            if unknown:
                raise Misconfigured(f"{where}: unknown names in {name}: {', '.join(sorted(unknown))}")
            merged[name] = {**ours[name], **value}
    return merged


def _policy(data: Mapping[str, Any]) -> Policy:
    ages, lifetimes, code = data["ages"], data["lifetimes_seconds"], data["message_code"]
    sessions, passphrases = data["sessions"], data["passphrases"]
    return Policy(
        routes=tuple(_route(each) for each in data["route"]),
        ages=Ages(
            senior_after=timedelta(days=_number(ages, "senior_after_days")),
            young_account=timedelta(days=_number(ages, "young_account_days")),
        ),
        operator_removal_after=timedelta(days=_number(ages, "operator_removal_days")),
        lifetimes=Lifetimes(**{name: timedelta(seconds=_number(lifetimes, name)) for name in lifetimes}),
        message_code=MessageCodeRules(
            lifetime=timedelta(seconds=_number(code, "lifetime_seconds")),
            tries=_number(code, "tries"),
            apart=timedelta(seconds=_number(code, "apart_seconds")),
        ),
        sessions=SessionRules(
            idle=timedelta(seconds=_number(sessions, "idle_seconds")),
            absolute=timedelta(seconds=_number(sessions, "absolute_seconds")),
        ),
        passphrases=PassphraseRules(
            alone=_number(passphrases, "alone"),
            beside_second_step=_number(passphrases, "beside_second_step"),
            longest=_number(passphrases, "longest"),
        ),
        answers_bought=_number(data["human"], "answers_bought"),
        limits=data.get("limits", {}),
        risk=data.get("risk", {}),
    )


def _number(section: Mapping[str, Any], name: str) -> int:
    value = section[name]
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Misconfigured(f"policy: {name} must be a whole number, not {value!r}")
    return value


def _route(data: Mapping[str, Any]) -> Route:
    when = data.get("when", {})
    for name, values in when.items():
        if name not in _CONDITIONS or not set(values) <= _CONDITIONS[name]:
            raise Misconfigured(f"policy: route condition {name} = {values}")
    try:
        return Route(
            purpose=Purpose(data["purpose"]),
            steps=tuple(frozenset(ProofKind(kind) for kind in step.split("|")) for step in data["steps"]),
            when=tuple((name, frozenset(values)) for name, values in when.items()),
            mailbox_lost=bool(data.get("mailbox_lost", False)),
        )
    except (KeyError, ValueError) as unreadable:
        raise Misconfigured(f"policy: route {data}: {unreadable}") from unreadable
