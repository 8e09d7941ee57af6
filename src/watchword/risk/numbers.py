"""Numbers of risk as plain data: read from an operator's policy file, shown, and compared with ours."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from watchword.foundation.errors import Misconfigured
from watchword.risk.levels import Rules, Threshold


def rules_from(numbers: Mapping[str, object]) -> Rules:
    """An operator's numbers over ours: ``work_high = 64000``, ``velocity = {raised = 40, high = 60}``.

    Raises Misconfigured.
    """
    unknown = sorted(numbers.keys() - {each.name for each in fields(Rules)})
    if unknown:
        raise Misconfigured(f"policy: unknown risk numbers {', '.join(unknown)}")
    ours = Rules()
    try:
        changes: dict[str, Any] = {name: _read(name, getattr(ours, name), value) for name, value in numbers.items()}
        return replace(ours, **changes)
    except ValueError as wrong:
        raise Misconfigured(f"policy: risk: {wrong}") from wrong


def plain(rules: Rules) -> dict[str, int]:
    """Each number by its name: ``velocity.raised``, ``work_low``."""
    numbers: dict[str, int] = {}
    for each in fields(rules):
        value = getattr(rules, each.name)
        if isinstance(value, Threshold):
            numbers |= {f"{each.name}.raised": value.raised, f"{each.name}.high": value.high}
        else:
            numbers[each.name] = value
    return numbers


def looser_rules(rules: Rules) -> list[str]:
    """What these rules overlook that ours would not, a sentence each: for the doctor."""
    ours, theirs = plain(Rules()), plain(rules)
    return [
        f"risk.{name} is {theirs[name]}, ours is {default}"
        for name, default in ours.items()
        if (theirs[name] < default if name.startswith("work_") else theirs[name] > default)
    ]


def _read(name: str, ours: Threshold | int, written: object) -> Threshold | int:
    if not isinstance(ours, Threshold):
        return _whole(name, written)
    if not isinstance(written, Mapping) or not written.keys() <= {"raised", "high"}:
        raise Misconfigured(f"policy: risk.{name} takes raised and high")
    return replace(ours, **{each: _whole(f"{name}.{each}", value) for each, value in written.items()})


def _whole(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 10**9:
        raise Misconfigured(f"policy: risk.{name} must be a whole number from 1 on")
    return value
