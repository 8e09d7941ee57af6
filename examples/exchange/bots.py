"""What bots call: the paths, numbers and envelopes of a REST dialect that client libraries already speak.

The desk never has a bot's secret. It hands each signed request to the door as it came (method, target, headers, exact
bytes, client's address) and acts only for the account that the door names, within the permissions that it names.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from examples.exchange.door import Door
from examples.exchange.entering import Entering, Form
from examples.exchange.ledger import Refused, amount_of, holdings, text_of
from examples.exchange.market import ASSETS, BY_SYMBOL, QUOTE, Asset
from examples.exchange.signing_in import Holder
from examples.exchange.store import Store
from examples.exchange.trading import Order, Trading, Wanted
from examples.exchange.web import Pages
from watchword.relying import RelyingError, RequestRejected, target_of

Handler = Callable[[Request], Awaitable[Response]]
Public = Callable[[Request], Any]
Private = Callable[[Request, str, Mapping[str, Any]], Any]
_CODES = {"too_little": "200004", "no_order": "400100", "not_open": "400100", "no_market": "900001"}
_LARGEST = 16_384


@dataclass(frozen=True, kw_only=True)
class Bots:
    pages: Pages
    entering: Entering
    store: Store
    trading: Trading
    door: Door

    def routes(self) -> list[Route]:
        shown: list[tuple[str, Public]] = [
            ("/api/{version}/timestamp", lambda _: _milliseconds(self.pages.clock())),
            ("/api/{version}/currencies", lambda _: _currencies()),
            ("/api/{version}/symbols", lambda _: [_symbol(asset) for asset in ASSETS]),
            ("/api/{version}/market/allTickers", self._tickers),
            ("/api/{version}/market/stats", self._stats),
            ("/api/{version}/contracts/active", lambda _: []),
        ]
        signed: list[tuple[str, str, str, Private]] = [
            ("GET", "/api/ua/{version}/account/mode", "read", lambda *_: {"selfAccountMode": "CLASSIC"}),
            ("GET", "/api/{version}/margin/symbols", "read", lambda *_: {"items": []}),
            ("GET", "/api/{version}/isolated/symbols", "read", lambda *_: []),
            ("GET", "/api/{version}/hf/accounts/opened", "read", lambda *_: False),
            ("GET", "/api/{version}/accounts", "read", self._balances),
            ("GET", "/api/{version}/orders", "read", self._orders),
            ("POST", "/api/{version}/orders", "trade", self._place),
            ("GET", "/api/{version}/orders/{order}", "read", self._order),
            ("DELETE", "/api/{version}/orders/{order}", "trade", self._cancel),
        ]
        return [
            Route("/bots", self.entering.inside(self._page)),
            *(Route(path, self._open(answer), methods=["GET"]) for path, answer in shown),
            *(Route(path, self._signed(need, answer), methods=[method]) for method, path, need, answer in signed),
        ]

    def _page(self, request: Request, _: Holder, __: Form) -> Response:
        settings = self.pages.settings
        base = settings.url if settings.https or not settings.bots else f"http://{settings.bots[0]}"
        return self.pages.show(request, "bots.html", base=base, symbol=f"{ASSETS[0].ticker}/{QUOTE}")

    def _open(self, answer: Public) -> Handler:
        async def handler(request: Request) -> Response:
            return await run_in_threadpool(_answered, lambda: answer(request))

        return handler

    def _signed(self, permission: str, answer: Private) -> Handler:
        """``permission`` is what the key needs for it."""

        def verified(request: Request, body: bytes) -> Any:
            caller = self.door.requests.verify(
                method=request.method,
                target=target_of(request.scope),
                headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw],
                body=body,
                client_address=request.client.host if request.client else "",
                permission=permission,
            )
            return answer(request, caller.account, _read(body))

        async def handler(request: Request) -> Response:
            body = b""
            async for piece in request.stream():
                body += piece
                if len(body) > _LARGEST:
                    return _refused(413, "400100", "The body is too large.")
            return await run_in_threadpool(_answered, lambda: verified(request, body))

        return handler

    def _tickers(self, _: Request) -> Any:
        now = self.pages.clock()
        return {"time": _milliseconds(now), "ticker": [_ticker(asset, now) for asset in ASSETS]}

    def _stats(self, request: Request) -> Any:
        now = self.pages.clock()
        return {"time": _milliseconds(now), **_ticker(_asset(request.query_params.get("symbol", "")), now)}

    def _balances(self, _: Request, account: str, __: Mapping[str, Any]) -> Any:
        self.trading.settle(account)
        with self.store.begin() as tx:
            has = holdings(tx, account)
        return [
            {
                "id": f"{asset}-trade",
                "currency": asset,
                "type": "trade",
                "balance": text_of(held.whole),
                "available": text_of(held.free),
                "holds": text_of(held.held),
            }
            for asset, held in has.items()
        ]

    def _place(self, _: Request, account: str, given: Mapping[str, Any]) -> Any:
        kind = str(given.get("type", "limit"))
        wanted = Wanted(
            ticker=_asset(str(given.get("symbol", ""))).ticker,
            side=str(given.get("side", "")),
            kind=kind,
            size=amount_of(str(given.get("size", ""))),
            price=amount_of(str(given.get("price", ""))) if kind == "limit" else None,
            client_id=str(given["clientOid"])[:64] if given.get("clientOid") else None,
        )
        return {"orderId": self.trading.place(account, wanted).id}

    def _cancel(self, request: Request, account: str, _: Mapping[str, Any]) -> Any:
        return {"cancelledOrderIds": [self.trading.cancel(account, request.path_params["order"]).id]}

    def _order(self, request: Request, account: str, _: Mapping[str, Any]) -> Any:
        return _shown(self.trading.order(account, request.path_params["order"]))

    def _orders(self, request: Request, account: str, _: Mapping[str, Any]) -> Any:
        self.trading.settle(account)
        active = request.query_params.get("status", "active") == "active"
        found = [order for order in self.trading.orders(account) if (order.state == "open") is active]
        items = [_shown(order) for order in found]
        return {"currentPage": 1, "pageSize": 100, "totalNum": len(items), "totalPage": 1, "items": items}


def _answered(answer: Callable[[], Any]) -> Response:
    try:
        return JSONResponse({"code": "200000", "data": answer()})
    except RequestRejected as rejected:
        return Response(rejected.body, 401, media_type="application/json")
    except Refused as refused:
        return _refused(400, _CODES.get(refused.reason, "400100"), refused.reason)
    except RelyingError:
        return _refused(503, "503000", "Requests can't be verified at the moment.")


def _refused(status: int, code: str, message: str) -> Response:
    return JSONResponse({"code": code, "msg": message}, status)


def _read(body: bytes) -> Mapping[str, Any]:
    try:
        given = json.loads(body or b"{}", parse_float=str, parse_int=str)
    except ValueError:
        raise Refused("no_json") from None
    return given if isinstance(given, dict) else {}


def _asset(symbol: str) -> Asset:
    asset = BY_SYMBOL.get(symbol)
    if asset is None:
        raise Refused("no_market")
    return asset


def _currencies() -> list[dict[str, Any]]:
    names = [(QUOTE, "Paper"), *((asset.ticker, asset.name) for asset in ASSETS)]
    return [
        {"currency": ticker, "name": ticker, "fullName": name, "precision": 8, "chains": []} for ticker, name in names
    ]


def _symbol(asset: Asset) -> dict[str, Any]:
    size, price = text_of(asset.size_step), text_of(asset.price_step)
    return {
        "symbol": asset.symbol,
        "name": asset.symbol,
        "baseCurrency": asset.ticker,
        "quoteCurrency": QUOTE,
        "feeCurrency": QUOTE,
        "market": QUOTE,
        "baseMinSize": size,
        "baseMaxSize": "100000000",
        "quoteMinSize": "0.000001",
        "quoteMaxSize": "100000000",
        "baseIncrement": size,
        "quoteIncrement": price,
        "priceIncrement": price,
        "isMarginEnabled": False,
        "enableTrading": True,
    }


def _ticker(asset: Asset, now: datetime) -> dict[str, Any]:
    price, share = asset.price(now), asset.change(now)
    return {
        "symbol": asset.symbol,
        "symbolName": asset.symbol,
        "buy": text_of(asset.bid(now)),
        "sell": text_of(asset.ask(now)),
        "last": text_of(price),
        "changeRate": f"{share:.4f}",
        "changePrice": text_of(price - price / (1 + share)),
        "takerFeeRate": "0",
        "makerFeeRate": "0",
        "takerCoefficient": "1",
        "makerCoefficient": "1",
    }


def _shown(order: Order) -> dict[str, Any]:
    filled = order.state == "filled"
    paid = order.size * order.filled_for if order.filled_for is not None else Decimal(0)
    return {
        "id": order.id,
        "symbol": order.asset.symbol,
        "opType": "DEAL",
        "type": order.kind,
        "side": order.side,
        "price": text_of(order.price or Decimal(0)),
        "size": text_of(order.size),
        "dealSize": text_of(order.size) if filled else "0",
        "dealFunds": text_of(paid),
        "fee": "0",
        "feeCurrency": QUOTE,
        "isActive": order.state == "open",
        "cancelExist": order.state == "cancelled",
        "clientOid": order.client_id or "",
        "createdAt": _milliseconds(order.placed_at),
        "tradeType": "TRADE",
    }


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
