"""Numbers of limits as plain data: read from an operator's policy file, and shown."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from watchword.foundation.errors import Misconfigured
from watchword.limits.budget import Budget
from watchword.limits.gcra import Rate
from watchword.limits.limit import Limit
from watchword.limits.tally import Tally
from watchword.limits.window import Window

L = TypeVar("L", bound=Limit)
_BOUNDS = {"amount": (1, 10**9), "per_seconds": (1, 10**9), "sample": (1, 10**9), "share": (0, 100)}


class Numbers:
    """What an operator wrote, by name; remembers which names were asked for."""

    def __init__(self, written: Mapping[str, object]) -> None:
        self._written = written
        self._taken: set[str] = set()

    def take(self, limit: L) -> L:
        """The limit, with the operator's figures where there are any. Raises Misconfigured."""
        self._taken.add(limit.name)
        written = self._written.get(limit.name, {})
        figures = written if isinstance(written, Mapping) else {"amount": written}
        unknown = sorted(str(figure) for figure in figures if figure not in plain(limit))
        if unknown:
            raise Misconfigured(f"policy: limits.{limit.name} has no {', '.join(unknown)}")
        changes: dict[str, Any] = {}
        for figure, value in figures.items():
            number = _whole(f"{limit.name}.{figure}", value, *_BOUNDS[figure])
            changes |= {"per": timedelta(seconds=number)} if figure == "per_seconds" else {figure: number}
        return replace(limit, **changes)

    def amount(self, name: str, default: int, *, least: int, most: int) -> int:
        """A number that is no limit of its own. Raises Misconfigured."""
        self._taken.add(name)
        return _whole(name, self._written.get(name, default), least, most)

    def require_all_taken(self) -> None:
        """Raises Misconfigured when something was written that nobody asked for."""
        unknown = sorted(self._written.keys() - self._taken)
        if unknown:
            raise Misconfigured(f"policy: unknown limits {', '.join(unknown)}")


def plain(limit: Limit) -> dict[str, int]:
    """The figures of a limit, as an operator writes them."""
    figures = {"amount": limit.amount}
    if isinstance(limit, Rate | Window | Budget | Tally):
        figures["per_seconds"] = int(limit.per.total_seconds())
    if isinstance(limit, Budget):
        figures |= {"sample": limit.sample, "share": limit.share}
    return figures


def _whole(name: str, value: object, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Misconfigured(f"policy: limits.{name} must be a whole number from {least} to {most}")
    return value
