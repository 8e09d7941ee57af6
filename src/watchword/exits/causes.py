"""The table of policy §6 as data: which change holds which exits, and for how long. Pure.

An operator's policy file may change the hours and set the caps (section ``exits``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from watchword.foundation.errors import Misconfigured
from watchword.foundation.terms import Cause, Reach

__all__ = ["CAUSES", "Cause", "ExitRules", "Reach", "Rule", "exit_rules_from", "looser_exit_rules"]

_HOUR = timedelta(hours=1)
_MOST_HOURS = 24 * 3650


@dataclass(frozen=True, kw_only=True)
class Rule:
    reach: Reach
    lasts: timedelta
    young: timedelta | None = None
    """Instead, while the account is younger than three days: a new holder sets everything up on day one."""


def _rule(reach: Reach, hours: int, young: int | None = None) -> Rule:
    return Rule(reach=reach, lasts=hours * _HOUR, young=None if young is None else young * _HOUR)


CAUSES: Mapping[Cause, Rule] = {
    Cause.FIRST_SECOND_STEP: _rule(Reach.ALL, 72, young=24),
    Cause.FIRST_TRADING_PASSPHRASE: _rule(Reach.ALL, 72, young=24),
    Cause.SECOND_STEP_ADDED: _rule(Reach.NEW, 24),
    Cause.RECOVERY_CODES_MADE: _rule(Reach.NEW, 24),
    Cause.PASSPHRASE_CHANGED_WITH: _rule(Reach.NEW, 24),
    Cause.PASSPHRASE_CHANGED_WITHOUT: _rule(Reach.ALL, 24),
    Cause.SECOND_STEP_REMOVED: _rule(Reach.ALL_BUT_LISTED, 24),
    Cause.SECOND_STEP_REMOVED_BY_OPERATOR: _rule(Reach.ALL, 72),
    Cause.ADDRESS_REPLACED: _rule(Reach.ALL_BUT_LISTED, 24),
    Cause.ADDRESS_RESTORED: _rule(Reach.ALL, 72),
    Cause.TRADING_PASSPHRASE_CHANGED: _rule(Reach.ALL_BUT_LISTED, 24),
    Cause.LIST_WEAKENED: _rule(Reach.ALL_BUT_LISTED, 24),
    Cause.RECOVERED_WITH: _rule(Reach.ALL_BUT_LISTED, 24),
    Cause.RECOVERED_WITHOUT: _rule(Reach.ALL, 24),
    Cause.MAILBOX_LOST: _rule(Reach.ALL, 24),
    Cause.THAWED: _rule(Reach.ALL, 24),
    Cause.USED_APP_ON_PASSKEY_ACCOUNT: _rule(Reach.NEW, 24),
}


@dataclass(frozen=True, kw_only=True)
class ExitRules:
    causes: Mapping[Cause, Rule] = field(default_factory=lambda: dict(CAUSES))
    new_destination: timedelta = 24 * _HOUR
    new_destination_from_junior_device: timedelta = 48 * _HOUR
    lock_begins: timedelta = 72 * _HOUR
    """From the notice that a lock was asked for to the moment it shuts others out."""
    api_key_begins: timedelta = 72 * _HOUR
    """An API key that may withdraw works this long after its making."""
    thawed_again: timedelta = 7 * 24 * _HOUR
    """A second freeze by mail within this time adds no hold."""
    caps: Mapping[str, Decimal] = field(default_factory=dict)
    """Asset -> what may go to new destinations in a day without waiting; an asset that is missing: nothing."""

    def lasts(self, cause: Cause, *, account_age: timedelta, young_account: timedelta) -> timedelta:
        rule = self.causes[cause]
        return rule.young if rule.young is not None and account_age < young_account else rule.lasts

    def destination_lasts(self, *, from_senior_device: bool) -> timedelta:
        return self.new_destination if from_senior_device else self.new_destination_from_junior_device

    def cap_of(self, asset: str) -> Decimal:
        return self.caps.get(asset, Decimal(0))


def begins_of_day(now: datetime) -> datetime:
    """The day of a cap is the last 24 hours: no midnight at which it doubles."""
    return now - 24 * _HOUR


_NAMED_HOURS = ("new_destination", "new_destination_from_junior_device", "lock_begins", "api_key_begins")


def exit_rules_from(numbers: Mapping[str, object]) -> ExitRules:
    """An operator's numbers over ours: ``new_destination_hours = 48``, ``holds_hours = { thawed = 48 }``,
    ``caps = { USDT = "1000" }``. An own number for a cause holds whatever the account's age. Raises Misconfigured.
    """
    known = {f"{name}_hours" for name in _NAMED_HOURS}
    unknown = sorted(numbers.keys() - known - {"holds_hours", "caps"})
    if unknown:
        raise Misconfigured(f"policy: unknown names in exits: {', '.join(unknown)}")
    named = {name: _hours(name, numbers[f"{name}_hours"]) for name in _NAMED_HOURS if f"{name}_hours" in numbers}
    changes: dict[str, Any] = dict(named)
    changes["causes"] = _causes(_section(numbers, "holds_hours"))
    changes["caps"] = {asset: _cap(asset, text) for asset, text in _section(numbers, "caps").items()}
    return replace(ExitRules(), **changes)


def plain(rules: ExitRules) -> dict[str, str]:
    """Each number by its name."""
    numbers = {f"{name}_hours": f"{getattr(rules, name) / _HOUR:g}" for name in _NAMED_HOURS}
    for cause, rule in rules.causes.items():
        young = "" if rule.young is None else f", {rule.young / _HOUR:g} while the account is young"
        numbers[f"holds_hours.{cause}"] = f"{rule.lasts / _HOUR:g}{young} ({rule.reach})"
    return numbers | {f"caps.{asset}": str(cap) for asset, cap in sorted(rules.caps.items())}


def looser_exit_rules(rules: ExitRules) -> list[str]:
    """What these rules let out earlier than ours would, a sentence each: for the doctor."""
    ours = ExitRules()
    found = [
        f"exits.{name}_hours is {getattr(rules, name) / _HOUR:g}, ours is {getattr(ours, name) / _HOUR:g}"
        for name in _NAMED_HOURS
        if getattr(rules, name) < getattr(ours, name)
    ]
    for cause, rule in ours.causes.items():
        theirs = rules.causes[cause]
        if theirs.lasts < rule.lasts:
            found.append(f"exits.holds_hours.{cause} is {theirs.lasts / _HOUR:g}, ours is {rule.lasts / _HOUR:g}")
    found += [f"exits.caps.{asset} is {cap}, ours is 0" for asset, cap in sorted(rules.caps.items()) if cap]
    return found


def _causes(hours: Mapping[str, object]) -> dict[Cause, Rule]:
    causes = dict(CAUSES)
    for name, value in hours.items():
        if name not in {str(cause) for cause in CAUSES}:
            raise Misconfigured(f"policy: exits.holds_hours knows no {name}")
        causes[Cause(name)] = replace(CAUSES[Cause(name)], lasts=_hours(name, value), young=None)
    return causes


def _section(numbers: Mapping[str, object], name: str) -> Mapping[str, object]:
    section = numbers.get(name, {})
    if not isinstance(section, Mapping):
        raise Misconfigured(f"policy: exits.{name} is a section, not one value")
    return section


def _hours(name: str, value: object) -> timedelta:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST_HOURS:
        raise Misconfigured(f"policy: exits: {name} is a whole number of hours from 0 to {_MOST_HOURS}")
    return value * _HOUR


def _cap(asset: str, text: object) -> Decimal:
    try:
        cap = Decimal(text) if isinstance(text, str) else Decimal(-1)
    except InvalidOperation:
        cap = Decimal(-1)
    if not cap.is_finite() or cap < 0:
        raise Misconfigured(f'policy: exits.caps.{asset} is a decimal number in quotes, like "1000.50"')
    return cap
