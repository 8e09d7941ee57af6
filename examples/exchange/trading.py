"""Paper orders: placed, filled, cancelled. The market's price is the other side, and it is always there.

A market order is filled at once. A limit order rests until the price has come to it, which is looked at whenever
somebody looks at the account; a real venue matches orders against each other, and that is its own work.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from examples.exchange.ledger import VENUE, Refused, move, post, text_of
from examples.exchange.market import BY_TICKER, QUOTE, Asset
from examples.exchange.store import Store

Side = Literal["buy", "sell"]
State = Literal["open", "filled", "cancelled"]
_MOST_OPEN = 200


@dataclass(frozen=True, kw_only=True)
class Order:
    id: str
    account: str
    client_id: str | None
    ticker: str
    side: Side
    kind: Literal["market", "limit"]
    size: Decimal
    price: Decimal | None
    """The limit."""
    filled_for: Decimal | None
    """The price of one, once it is filled."""
    filled_at: datetime | None
    state: State
    placed_at: datetime

    @property
    def asset(self) -> Asset:
        return BY_TICKER[self.ticker]

    @classmethod
    def of(cls, row: sqlite3.Row) -> "Order":
        numbers = {name: None if row[name] is None else Decimal(row[name]) for name in ("price", "filled_for")}
        moments = {name: row[name] and datetime.fromisoformat(row[name]) for name in ("placed_at", "filled_at")}
        return cls(**{**dict(row), **numbers, **moments, "size": Decimal(row["size"])})


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """An order as somebody asks for it."""

    ticker: str
    side: str
    kind: str
    size: Decimal
    price: Decimal | None = None
    client_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Trading:
    store: Store
    clock: Callable[[], datetime]
    new_id: Callable[[], str]

    def place(self, account: str, wanted: Wanted) -> Order:
        """Raises Refused. The same ``client_id`` again gives the order that it was placed as."""
        asset = _checked(wanted)
        now, order = self.clock(), self.new_id()
        with self.store.begin() as tx:
            before = wanted.client_id and self._by_client_id(tx, account, wanted.client_id)
            if before:
                return before
            if len(self._open(tx, account)) >= _MOST_OPEN:
                raise Refused("too_many_orders")
            limit = wanted.price if wanted.price is not None else _reached(asset, wanted.side, now)
            self._hold(tx, account, order, wanted, limit, now)
            price = None if wanted.price is None else text_of(wanted.price)
            tx.execute(
                "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, 'open', ?)",
                (order, account, wanted.client_id, wanted.ticker, wanted.side, wanted.kind, text_of(wanted.size),
                 price, now.isoformat()),
            )  # fmt: skip
            self._fill(tx, self._get(tx, account, order), limit, now)
            return self._get(tx, account, order)

    def cancel(self, account: str, order: str) -> Order:
        """Raises Refused for an order that is not open, or not theirs."""
        with self.store.begin() as tx:
            found = self._get(tx, account, order)
            if found.state != "open":
                raise Refused("not_open")
            asset, amount = _held(found, found.price or Decimal(0))
            back = move(asset, amount, (account, "held"), (account, "free"))
            post(tx, f"order:{order}:cancel", "cancel", back, self.clock())
            tx.execute("UPDATE orders SET state = 'cancelled' WHERE id = ?", (order,))
            return self._get(tx, account, order)

    def settle(self, account: str) -> None:
        """Fills whatever the price has come to."""
        now = self.clock()
        with self.store.begin() as tx:
            for order in self._open(tx, account):
                self._fill(tx, order, order.price or Decimal(0), now)

    def orders(self, account: str, *, most: int = 100) -> list[Order]:
        """The newest first."""
        with self.store.begin() as tx:
            rows = tx.execute(
                "SELECT * FROM orders WHERE account = ? ORDER BY placed_at DESC, rowid DESC LIMIT ?", (account, most)
            )
            return [Order.of(row) for row in rows]

    def order(self, account: str, order: str) -> Order:
        """Raises Refused."""
        with self.store.begin() as tx:
            return self._get(tx, account, order)

    def _hold(
        self, tx: sqlite3.Connection, account: str, order: str, wanted: Wanted, limit: Decimal, now: datetime
    ) -> None:
        asset, amount = (QUOTE, wanted.size * limit) if wanted.side == "buy" else (wanted.ticker, wanted.size)
        post(tx, f"order:{order}:hold", "hold", move(asset, amount, (account, "free"), (account, "held")), now)

    def _fill(self, tx: sqlite3.Connection, order: Order, limit: Decimal, now: datetime) -> None:
        """At the market's price where that is no worse than the limit; a buyer gets back what it was held too much."""
        price = _reached(order.asset, order.side, now)
        if price > limit if order.side == "buy" else price < limit:
            return
        account, cost = order.account, order.size * price
        asset, held = _held(order, limit)
        spent = cost if order.side == "buy" else held
        entries = [*move(asset, spent, (account, "held"), (VENUE, "free"))]
        got = (order.ticker, order.size) if order.side == "buy" else (QUOTE, cost)
        entries += move(*got, (VENUE, "free"), (account, "free"))
        if held > spent:
            entries += move(asset, held - spent, (account, "held"), (account, "free"))
        post(tx, f"order:{order.id}:fill", order.side, entries, now)
        tx.execute(
            "UPDATE orders SET state = 'filled', filled_for = ?, filled_at = ? WHERE id = ?",
            (text_of(price), now.isoformat(), order.id),
        )

    def _get(self, tx: sqlite3.Connection, account: str, order: str) -> Order:
        row = tx.execute("SELECT * FROM orders WHERE id = ? AND account = ?", (order, account)).fetchone()
        if row is None:
            raise Refused("no_order")
        return Order.of(row)

    def _by_client_id(self, tx: sqlite3.Connection, account: str, client_id: str) -> Order | None:
        row = tx.execute("SELECT * FROM orders WHERE account = ? AND client_id = ?", (account, client_id)).fetchone()
        return None if row is None else Order.of(row)

    def _open(self, tx: sqlite3.Connection, account: str) -> list[Order]:
        rows = tx.execute("SELECT * FROM orders WHERE account = ? AND state = 'open'", (account,))
        return [Order.of(row) for row in rows]


def _checked(wanted: Wanted) -> Asset:
    asset = BY_TICKER.get(wanted.ticker)
    if asset is None or wanted.side not in ("buy", "sell") or wanted.kind not in ("market", "limit"):
        raise Refused("no_market")
    if (wanted.price is None) != (wanted.kind == "market"):
        raise Refused("no_price")
    if wanted.size % asset.size_step:
        raise Refused("size_step")
    if wanted.price is not None and wanted.price % asset.price_step:
        raise Refused("price_step")
    return asset


def _reached(asset: Asset, side: str, now: datetime) -> Decimal:
    return asset.ask(now) if side == "buy" else asset.bid(now)


def _held(order: Order, limit: Decimal) -> tuple[str, Decimal]:
    return (QUOTE, order.size * limit) if order.side == "buy" else (order.ticker, order.size)
