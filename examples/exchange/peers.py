"""People who would buy from you for PAPER: made up, like all here. What they pay follows the market. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from examples.exchange.ledger import Refused
from examples.exchange.market import BY_TICKER, QUOTE, Asset

_HELD = 120
"""Seconds."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    id: str
    peer: str
    ticker: str
    above: Decimal
    """What they pay above the market's price, as a share of it."""
    least: Decimal
    most: Decimal
    """In PAPER."""

    @property
    def asset(self) -> Asset:
        return BY_TICKER[self.ticker]

    def price(self, at: datetime) -> Decimal:
        return (self.asset.price(at) * (1 + self.above)).quantize(self.asset.price_step, ROUND_HALF_EVEN)

    def was_shown(self, price: Decimal, now: datetime) -> bool:
        """Whether it was the price within the time that one is held for whoever reads it."""
        return any(self.price(now - timedelta(seconds=ago)) == price for ago in range(_HELD))

    def require_fits(self, amount: Decimal, price: Decimal) -> None:
        """Raises Refused."""
        if amount % self.asset.size_step or not self.least <= amount * price <= self.most:
            raise Refused("no_offer")


OFFERS = tuple(
    Offer(
        id=f"offer-{number}", peer=peer, ticker=ticker, above=Decimal(above), least=Decimal(least), most=Decimal(most)
    )
    for number, (peer, ticker, above, least, most) in enumerate(
        [
            ("maple-otter", "ISANT", "0.004", 100, 2_000),
            ("quiet-harbour", "BRENB", "0.006", 50, 500),
            ("north-lantern", "ISANT", "0.009", 500, 1_500),
            ("slow-comet", "BRENB", "-0.002", 10, 5_000),
            ("paper-heron", "MOORI", "0.011", 50, 800),
        ],
        1,
    )
)
BY_ID = {offer.id: offer for offer in OFFERS}
CURRENCY = QUOTE
