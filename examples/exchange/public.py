"""Pages for everybody: the markets, and one asset with its price. They stand while the door is down."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from examples.exchange.charts import chart, spark
from examples.exchange.entering import Entering
from examples.exchange.market import ASSETS, BY_TICKER, Asset, search
from examples.exchange.web import DAY, Pages

_EACH = 40
RANGES = {
    "1h": timedelta(hours=1),
    "1d": DAY,
    "1w": timedelta(days=7),
    "1m": timedelta(days=30),
    "1y": timedelta(days=365),
}


_RANKS: dict[str, Callable[[Asset, datetime], Any]] = {
    "name": lambda asset, _: asset.name,
    "price": lambda asset, at: -asset.price(at),
    "change": lambda asset, at: -asset.change(at),
}


@lru_cache(maxsize=8)
def _ranked(sort: str, minute: int) -> tuple[Asset, ...]:
    """All of them in that order, as it is in that minute since 1970."""
    at = datetime.fromtimestamp(minute * 60, UTC)
    return tuple(sorted(ASSETS, key=lambda asset: _RANKS[sort](asset, at)))


@dataclass(frozen=True, kw_only=True)
class PublicPages:
    pages: Pages
    entering: Entering

    def routes(self) -> list[Route]:
        return [Route("/", self.entering.open(self.markets))]

    def markets(self, request: Request) -> Response:
        text = request.query_params.get("q", "")[:40]
        number = request.query_params.get("page", "1")
        sort = request.query_params.get("sort", "change")
        sort = sort if sort in _RANKS else "change"
        now = self.pages.clock()
        ranked = _ranked(sort, int(now.timestamp()) // 60)
        wanted = set(search(text)) if text.strip() else set(ASSETS)
        found = [asset for asset in ranked if asset in wanted]
        last = max(1, -(-len(found) // _EACH))
        page = min(last, int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 1) or 1
        rows = [
            {
                "asset": asset,
                "price": asset.price(now),
                "change": asset.change(now),
                "spark": spark(asset.path(now, DAY, 32)),
            }
            for asset in sorted(found[(page - 1) * _EACH : page * _EACH], key=lambda asset: _RANKS[sort](asset, now))
        ]
        return self.pages.show(
            request,
            "markets.html",
            rows=rows,
            q=text,
            page=page,
            last=last,
            count=len(found),
            all=len(ASSETS),
            sort=sort,
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
