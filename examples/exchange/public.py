"""Pages for everybody: the markets, and one asset with its price. They stand while the door is down."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from examples.exchange.charts import chart, spark
from examples.exchange.entering import Entering
from examples.exchange.market import ASSETS, BY_TICKER, search
from examples.exchange.web import DAY, Pages

_EACH = 40
RANGES = {
    "1h": timedelta(hours=1),
    "1d": DAY,
    "1w": timedelta(days=7),
    "1m": timedelta(days=30),
    "1y": timedelta(days=365),
}


@dataclass(frozen=True, kw_only=True)
class PublicPages:
    pages: Pages
    entering: Entering

    def routes(self) -> list[Route]:
        return [Route("/", self.entering.open(self.markets))]

    def markets(self, request: Request) -> Response:
        text = request.query_params.get("q", "")[:40]
        number = request.query_params.get("page", "1")
        found = search(text) if text.strip() else list(ASSETS)
        last = max(1, -(-len(found) // _EACH))
        page = min(last, int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 1) or 1
        now = self.pages.clock()
        rows = [
            {
                "asset": asset,
                "price": asset.price(now),
                "change": asset.change(now),
                "spark": spark(asset.path(now, DAY, 32)),
            }
            for asset in found[(page - 1) * _EACH : page * _EACH]
        ]
        return self.pages.show(
            request, "markets.html", rows=rows, q=text, page=page, last=last, count=len(found), all=len(ASSETS)
        )

    def asset(self, request: Request, **context: Any) -> Response:
        asset = BY_TICKER.get(request.path_params["ticker"])
        if asset is None:
            return self.pages.show(request, "error.html", status=404, error="not_found")
        chosen = request.query_params.get("over", "1d")
        chosen = chosen if chosen in RANGES else "1d"
        now = self.pages.clock()
        facts = {
            "asset": asset,
            "price": asset.price(now),
            "bid": asset.bid(now),
            "ask": asset.ask(now),
            "chart": chart(asset.path(now, RANGES[chosen], 181), asset.price_step),
            "ranges": tuple(RANGES),
            "chosen": chosen,
        }
        return self.pages.show(request, "asset.html", **{"ticket": None, **facts, **context})
