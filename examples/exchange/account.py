"""What a holder has and does at the desk: balances, orders, the ticket on an asset's page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from examples.exchange.charts import chart
from examples.exchange.entering import Entering, Form, see
from examples.exchange.ledger import Holding, Refused, amount_of, history, holdings
from examples.exchange.market import QUOTE, worth
from examples.exchange.public import RANGES, PublicPages
from examples.exchange.signing_in import Holder
from examples.exchange.store import Store
from examples.exchange.trading import Trading, Wanted
from examples.exchange.web import Pages, Say

_POINTS = 121


def problem(say: Say, reason: str) -> Markup:
    """Why it was refused, for people."""
    known = {
        "no_amount": say("That is no amount. Write it with a point, like 12.5."),
        "too_little": say("You don't have that much free."),
        "size_step": say("The amount has more decimals than this market takes."),
        "price_step": say("The price has more decimals than this market takes."),
        "no_market": say("There is no such market."),
        "no_price": say("The price is missing."),
        "not_open": say("The order is not open any more."),
        "too_many_orders": say("You have as many open orders as the desk keeps. Cancel one first."),
        "no_place": say("Choose one of the asset's networks, and an address without spaces."),
        "no_offer": say("That offer takes another amount."),
        "price_gone": say("The price has changed meanwhile. Look at the new one."),
        "read_only": say("Your account is frozen at Watchword: you can read and cancel, nothing else."),
    }
    return known.get(reason) or say("It could not be done. Look at your account and try again.")


def require_acting(holder: Holder) -> None:
    """Raises Refused: who is frozen reads and cancels, and begins nothing."""
    if holder.read_only:
        raise Refused("read_only")


@dataclass(frozen=True, kw_only=True)
class AccountPages:
    pages: Pages
    entering: Entering
    public: PublicPages
    store: Store
    trading: Trading
    new_id: Callable[[], str]

    def routes(self) -> list[Route]:
        inside = self.entering.inside
        return [
            Route("/markets/{ticker}", self.entering.open(self._asset), methods=["GET"]),
            Route("/markets/{ticker}", inside(self._order), methods=["POST"]),
            Route("/balances", inside(self._balances)),
            Route("/orders", inside(self._orders), methods=["GET"]),
            Route("/orders/{order}/cancel", inside(self._cancel), methods=["POST"]),
        ]

    def _asset(self, request: Request) -> Response:
        holder: Holder | None = request.state.holder
        return self.public.asset(request, ticket=self._ticket(request, holder, {}) if holder else None)

    def _ticket(self, request: Request, holder: Holder, form: Form, reason: str = "") -> dict[str, Any]:
        has = self._has(holder)
        nothing = Holding("", Decimal(0), Decimal(0))
        return {
            "side": form.get("side", request.query_params.get("side", "buy")),
            "size": form.get("size", ""),
            "price": form.get("price", ""),
            "client_id": form.get("client_id") or self.new_id(),
            "problem": problem(self.pages.say(request), reason) if reason else "",
            "quote": has.get(QUOTE, nothing).free,
            "free": has.get(request.path_params["ticker"], nothing).free,
        }

    def _order(self, request: Request, holder: Holder, form: Form) -> Response:
        try:
            require_acting(holder)
            price = form.get("price", "").strip()
            wanted = Wanted(
                ticker=request.path_params["ticker"],
                side=form.get("side", ""),
                kind="limit" if price else "market",
                size=amount_of(form.get("size", "")),
                price=amount_of(price) if price else None,
                client_id=form.get("client_id", "")[:64] or None,
            )
            self.trading.place(holder.account, wanted)
        except Refused as refused:
            ticket = self._ticket(request, holder, form, refused.reason)
            return self.public.asset(request, status=422, ticket=ticket)
        return see("/orders")

    def _balances(self, request: Request, holder: Holder, _: Form) -> Response:
        now = self.pages.clock()
        chosen = request.query_params.get("over", "1d")
        chosen = chosen if chosen in RANGES else "1d"
        has = self._has(holder)
        rows = sorted(((worth(asset, held.whole, now), asset) for asset, held in has.items()), reverse=True)
        drawn = chart(self._worth_over(holder, now, RANGES[chosen]), Decimal(1))
        return self.pages.show(
            request,
            "balances.html",
            rows=[(has[asset], value) for value, asset in rows],
            chart=drawn,
            ranges=tuple(RANGES),
            chosen=chosen,
            total=drawn.last,
        )

    def _worth_over(self, holder: Holder, now: datetime, over: timedelta) -> list[tuple[datetime, Decimal]]:
        """What the account was worth, at the prices of the time; before it began: what it began with."""
        with self.store.begin() as tx:
            changes = history(tx, holder.account)
        moments = [now - over * (_POINTS - 1 - index) / (_POINTS - 1) for index in range(_POINTS)]
        begun = changes[0][0] if changes else now
        held: dict[str, Decimal] = {}
        points, done = [], 0
        for moment in moments:
            while done < len(changes) and changes[done][0] <= max(moment, begun):
                _, _, asset, amount = changes[done]
                held[asset] = held.get(asset, Decimal(0)) + amount
                done += 1
            points.append((moment, sum((worth(asset, amount, moment) for asset, amount in held.items()), Decimal(0))))
        return points

    def _orders(self, request: Request, holder: Holder, _: Form, reason: str = "") -> Response:
        self.trading.settle(holder.account)
        orders = self.trading.orders(holder.account)
        notice = {"tone": "stop", "text": problem(self.pages.say(request), reason)} if reason else None
        waiting, done = ([order for order in orders if (order.state == "open") is wanted] for wanted in (True, False))
        return self.pages.show(
            request, "orders.html", status=409 if reason else 200, open=waiting, done=done, notice=notice
        )

    def _cancel(self, request: Request, holder: Holder, form: Form) -> Response:
        try:
            self.trading.cancel(holder.account, request.path_params["order"])
        except Refused as refused:
            return self._orders(request, holder, form, refused.reason)
        return see("/orders")

    def _has(self, holder: Holder) -> dict[str, Holding]:
        self.trading.settle(holder.account)
        with self.store.begin() as tx:
            return holdings(tx, holder.account)
