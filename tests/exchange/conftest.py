"""A served door, and what of the desk stands behind it without pages: a ledger, and payouts that ask that door."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from pathlib import Path

import httpx
import pytest

from examples.exchange.ledger import OUTSIDE, holdings, move, post, text_of
from examples.exchange.payouts import Action, Carrier, Payout, Payouts
from examples.exchange.store import Store
from tests.relying.conftest import Platform, open_platform
from tests.support.asked import AskedHolder
from tests.support.exits import confirm, fortify, later
from tests.support.house import Person, Place
from watchword.relying import Approvals, Connection

BACK = "http://trade.localhost:8081/payouts/"
WITHDRAWAL = {
    "kind": "withdraw",
    "asset": "ISANT",
    "network": "Ferry",
    "address": "lan1q7x0v9d3kq2mz8f",
    "memo": None,
    "amount": "1.5",
}


class PowerCut(BaseException):
    """The desk is gone at this very moment; nothing of it runs any more."""


@dataclass
class CutAfter(httpx.BaseTransport):
    """A line that is good, until the answer to this path is on its way back."""

    path: str
    inner: httpx.HTTPTransport = field(default_factory=httpx.HTTPTransport)

    def close(self) -> None:
        self.inner.close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self.inner.handle_request(request)
        response.read()
        if request.url.path == self.path:
            raise PowerCut
        return response


@dataclass
class Network:
    """Remembers what it was told to send, and knows a repetition."""

    sent: dict[str, Action] = field(default_factory=dict)
    told: int = 0

    def __call__(self, key: str, action: Action) -> str:
        self.told += 1
        self.sent.setdefault(key, action)
        return f"receipt-{key}"


@dataclass
class Till:
    """The desk's books, and its payouts on a line to the door."""

    door: Platform
    store: Store
    holder: AskedHolder
    closing: ExitStack
    network: Network = field(default_factory=Network)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.account, self.session = (self.holder.session[name] for name in ("account", "session"))
        self.line = self.closing.enter_context(self.door.connection())
        with self.store.begin() as tx:
            for asset in ("ISANT", "PAPER"):
                gift = move(asset, Decimal(10), (OUTSIDE, "free"), (self.account, "free"))
                post(tx, f"opening:{asset}", "opening", gift, self.door.clock())

    def cut_after(self, path: str) -> Payouts:
        """On a line that the power goes away on."""
        client = self.closing.enter_context(httpx.Client(transport=CutAfter(path)))
        return self.payouts(Connection(url=self.door.url, credential=self.door.credential, client=client))

    def payouts(self, line: Connection | None = None, carrier: Carrier | None = None) -> Payouts:
        return Payouts(
            store=self.store,
            approvals=Approvals(line or self.line),
            carrier=carrier or self.network,
            clock=self.door.clock,
            back=BACK,
        )

    def begin(self, payouts: Payouts | None = None, **action: str) -> tuple[str, dict[str, str]]:
        """Its id, and what the holder's browser is sent to."""
        payout = f"payout-{next(self.numbers)}-{len(self.session)}-{self.session}"
        whole = action if "kind" in action else {**WITHDRAWAL, **action}
        address = (payouts or self.payouts()).begin(payout, self.account, self.session, whole)
        return payout, {"address": address}

    def has(self, asset: str = "ISANT") -> tuple[str, str]:
        """Free and held."""
        with self.store.begin() as tx:
            held = holdings(tx, self.account).get(asset)
        return (text_of(held.free), text_of(held.held)) if held else ("0", "0")

    def find(self, payout: str) -> Payout:
        return self.payouts().get(payout, self.account)


@pytest.fixture(scope="module")
def door(place: Place) -> Iterator[Platform]:
    with open_platform(*place, return_addresses=(f"desk={BACK}",)) as opened:
        yield opened


def _ready(door: Platform, address: str) -> Person:
    """To the address of ``WITHDRAWAL`` everything is open."""
    person = fortify(door.person(address))
    confirm(person, WITHDRAWAL)
    return later(person, hours=25)


@pytest.fixture(scope="module")
def ready(door: Platform) -> Person:
    return _ready(door, "ann@example.org")


@pytest.fixture
def till(door: Platform, ready: Person, tmp_path: Path) -> Iterator[Till]:
    yield from _till(door, ready, tmp_path)


@pytest.fixture
def till_of_another(door: Platform, tmp_path: Path) -> Iterator[Till]:
    """Of somebody whose account nobody needs afterwards."""
    yield from _till(door, _ready(door, "bob@example.org"), tmp_path)


def _till(door: Platform, person: Person, directory: Path) -> Iterator[Till]:
    store = Store(directory / "desk" / "desk.db")
    with ExitStack() as closing:
        closing.callback(store.close)
        yield Till(door, store, AskedHolder(person), closing)
