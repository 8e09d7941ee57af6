"""Lines drawn by the server: no library, no script, and the numbers beside them in words. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

Points = Sequence[tuple[datetime, Decimal]]


@dataclass(frozen=True)
class Tick:
    at: str
    """Per cent of the width or height."""
    label: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Of 1000 by 1000 units, which the page stretches to any size."""

    line: str
    area: str
    across: tuple[Tick, ...]
    down: tuple[Tick, ...]
    first: Decimal
    last: Decimal
    low: Decimal
    high: Decimal

    @property
    def change(self) -> Decimal:
        return self.last / self.first - 1 if self.first else Decimal(0)


def spark(points: Points) -> str:
    """The line alone."""
    low, high = min(price for _, price in points), max(price for _, price in points)
    return _line(points, float(low), float(high))


def chart(points: Points, step: Decimal) -> Chart:
    """``step``: what the labels of the scale are rounded to."""
    prices = [price for _, price in points]
    low, high = min(prices), max(prices)
    room = (float(high - low) or float(high) or 1.0) * 0.08
    bottom, top = max(0.0, float(low) - room), float(high) + room
    line = _line(points, bottom, top)
    return Chart(
        line=line,
        area=f"{line}L1000,1000L0,1000Z",
        across=_moments(points[0][0], points[-1][0]),
        down=tuple(
            Tick(f"{100 * (top - value) / (top - bottom):.2f}%", plain(Decimal(value).quantize(step)))
            for value in _round_numbers(bottom, top)
        ),
        first=prices[0],
        last=prices[-1],
        low=low,
        high=high,
    )


def plain(amount: Decimal) -> str:
    """With thin groups of thousands, for people."""
    return f"{amount:,f}".replace(",", "\u202f")


def _line(points: Points, bottom: float, top: float) -> str:
    begin, span = points[0][0], points[-1][0] - points[0][0]
    height = top - bottom or 1.0
    dots = (f"{1000 * ((at - begin) / span):.1f},{1000 * (top - float(price)) / height:.1f}" for at, price in points)
    return "M" + "L".join(dots)


def _round_numbers(bottom: float, top: float) -> list[float]:
    rough = (top - bottom) / 5
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * each for each in (1, 2, 5, 10) if unit * each >= rough)
    return [index * step for index in range(math.ceil(bottom / step), math.floor(top / step) + 1)]


def _moments(begin: datetime, end: datetime) -> tuple[Tick, ...]:
    span = end - begin
    shown = "%H:%M" if span <= timedelta(days=1) else "%d %b" if span < timedelta(days=200) else "%b %Y"
    return tuple(
        Tick(f"{part:.0f}%", (begin + span * (part / 100)).astimezone(UTC).strftime(shown)) for part in (12, 50, 88)
    )
