"""Some hundreds of assets that exist nowhere else, each with a price that is a pure function of the time.

Nothing is stored and nothing is drawn by chance: whoever asks for the same second gets the same price, today and in a
year. The quote asset is PAPER: nothing here is money.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property

QUOTE = "PAPER"
SPREAD = Decimal("0.0005")
"""What lies between the price and what is paid or got, as a share of the price."""

_FIRST = (
    "Bram",
    "Corv",
    "Dael",
    "Fenn",
    "Garr",
    "Hald",
    "Isk",
    "Jorr",
    "Kest",
    "Lumb",
    "Morv",
    "Nesk",
    "Orl",
    "Pell",
    "Quar",
    "Rusk",
    "Sorr",
    "Tamm",
    "Ulm",
    "Varn",
)
_LAST = (
    "ade",
    "alow",
    "enby",
    "ical",
    "ick",
    "ingo",
    "oway",
    "oric",
    "umber",
    "undle",
    "usk",
    "yard",
    "ester",
    "ival",
    "omel",
    "antle",
)
_NETWORKS = ("Lantern", "Quarry", "Ferry")

_WAVES = (  # seconds, and how far each moves the logarithm of a price
    (11, 0.0006),
    (83, 0.0016),
    (607, 0.004),
    (4_801, 0.009),
    (33_013, 0.022),
    (263_009, 0.05),
    (1_830_007, 0.11),
    (15_700_009, 0.3),
)
_MASK = (1 << 64) - 1


@dataclass(frozen=True, kw_only=True)
class Asset:
    ticker: str
    name: str
    seed: int
    base: float
    """What the price moves around, in PAPER."""
    temper: float
    """How much it moves beside others."""
    networks: tuple[str, ...]

    @property
    def symbol(self) -> str:
        return f"{self.ticker}-{QUOTE}"

    @cached_property
    def price_step(self) -> Decimal:
        """Five figures of the usual price."""
        return Decimal(1).scaleb(-max(0, 4 - math.floor(math.log10(self.base))))

    @cached_property
    def size_step(self) -> Decimal:
        """Such that a size times a price has eight decimals at most."""
        return Decimal(1).scaleb(-max(0, 2 + math.floor(math.log10(self.base))))

    def price(self, at: datetime) -> Decimal:
        seconds = int(at.timestamp())
        drift = sum(size * _wave(self.seed + row, seconds / period) for row, (period, size) in enumerate(_WAVES))
        exact = Decimal(self.base * math.exp(self.temper * drift))
        return max(self.price_step, exact.quantize(self.price_step, ROUND_HALF_EVEN))

    def ask(self, at: datetime) -> Decimal:
        """What a buyer pays."""
        return self._aside(self.price(at), 1)

    def bid(self, at: datetime) -> Decimal:
        """What a seller gets."""
        return self._aside(self.price(at), -1)

    def change(self, at: datetime, over: timedelta = timedelta(days=1)) -> Decimal:
        """As a share of the earlier price."""
        return self.price(at) / self.price(at - over) - 1

    def path(self, until: datetime, over: timedelta, points: int) -> list[tuple[datetime, Decimal]]:
        """The price at evenly spaced moments, the last of them ``until``."""
        moments = [until - over * (points - 1 - index) / (points - 1) for index in range(points)]
        return [(moment, self.price(moment)) for moment in moments]

    def _aside(self, price: Decimal, side: int) -> Decimal:
        aside = max(self.price_step, (price * SPREAD).quantize(self.price_step, ROUND_HALF_EVEN))
        return max(self.price_step, price + side * aside)


def _asset(index: int, first: str, last: str) -> Asset:
    seed = _scatter(index + 1)
    size = _share(seed) ** 1.6
    count = 1 + seed % len(_NETWORKS)
    return Asset(
        ticker=(first[:2] + last[:3]).upper(),
        name=first + last,
        seed=seed,
        base=0.02 * (4_000 / 0.02) ** size,
        temper=0.6 + 0.9 * _share(_scatter(seed)),
        networks=tuple(_NETWORKS[(seed + each) % len(_NETWORKS)] for each in range(count)),
    )


def _scatter(value: int) -> int:
    """A well-mixed 64 bits of any number (the finaliser of SplitMix64)."""
    mixed = (value * 0x9E3779B97F4A7C15) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return mixed ^ (mixed >> 31)


def _share(value: int) -> float:
    return (_scatter(value) >> 11) / (1 << 53)


def _wave(seed: int, at: float) -> float:
    """A smooth curve between -1 and 1 through a scattered value at each whole number."""
    floor = math.floor(at)
    part = at - floor
    here, there = _share(seed * 1_000_003 + floor), _share(seed * 1_000_003 + floor + 1)
    bend = part * part * part * (part * (part * 6 - 15) + 10)
    return 2 * (here + (there - here) * bend) - 1


ASSETS: tuple[Asset, ...] = tuple(
    _asset(row * len(_LAST) + column, first, last)
    for row, first in enumerate(_FIRST)
    for column, last in enumerate(_LAST)
)
BY_TICKER = {asset.ticker: asset for asset in ASSETS}
BY_SYMBOL = {asset.symbol: asset for asset in ASSETS}
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def search(text: str) -> list[Asset]:
    """By any part of name or ticker; those that begin with it first."""
    wanted = text.strip().casefold()
    found = [asset for asset in ASSETS if wanted in asset.name.casefold() or wanted in asset.ticker.casefold()]
    begins = (asset.name.casefold().startswith(wanted) or asset.ticker.casefold().startswith(wanted) for asset in found)
    return [asset for _, asset in sorted(zip(begins, found, strict=True), key=lambda pair: not pair[0])]


def worth(asset: str, amount: Decimal, at: datetime) -> Decimal:
    """In PAPER."""
    return amount if asset == QUOTE else amount * BY_TICKER[asset].price(at)
