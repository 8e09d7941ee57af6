"""``POST /api/v1/api-requests/verify``: signed requests of a bot, asked about by a gateway, against a constant reply of
the same server. One that reads is asked again and again; one that may change something is another each time, and is
remembered.
"""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter, time

import uvloop

from bench.figures import Figure
from bench.machine import cpu_seconds
from bench.session import CONNECTIONS, PATIENCE, ROUNDS, SECONDS, Asker, ask_for, request_for
from bench.setting import POLICY, Place, place, running
from bench.with_constants import BARE, GUARDED
from tests.support.app_user import AppUser
from tests.support.process import ServerProcess
from watchword.crypto.keyring import read_key_file
from watchword.crypto.tokens import Randomness
from watchword.foundation.clock import system_clock
from watchword.handover.services import Services
from watchword.handover.store import ServiceStore
from watchword.record.journal import Journal
from watchword.record.store import RecordStore
from watchword.storage.database import open_database

VERIFY = "/api/v1/api-requests/verify"
MOST = 15_000
"""Requests of a round, signed before it begins."""
AT_ONCE = """
[confirming_hours]
app = 0
[exits]
holds_hours = { first_second_step = 0, first_trading_passphrase = 0 }
"""
"""So that nobody waits days for a key: the same statements verify with it."""


@dataclass(frozen=True)
class Bot:
    key: str
    secret: str
    passphrase: str
    service: str
    port: int

    def asks(self, method: str, target: str, body: bytes = b"") -> bytes:
        """What the gateway sends about one request, signed now."""
        at = str(int(time() * 1000))
        headers = {
            "Accept": "application/json",
            "User-Agent": "a bot",
            "API-KEY": self.key,
            "API-SIGN": self._mac(f"{at}{method}{target}".encode() + body),
            "API-TIMESTAMP": at,
            "API-PASSPHRASE": self._mac(self.passphrase.encode()),
            "API-KEY-VERSION": "2",
        }
        text = base64.b64encode(body).decode()
        asked = {"method": method, "target": target, "headers": headers, "body_base64": text}
        content = json.dumps({**asked, "client_address": "198.51.100.7"}).encode()
        lines = (
            f"POST {VERIFY} HTTP/1.1",
            f"Host: localhost:{self.port}",
            f"Authorization: Bearer {self.service}",
            "Content-Type: application/json",
            f"Content-Length: {len(content)}",
        )
        return "\r\n".join([*lines, "", ""]).encode() + content

    def orders(self) -> Iterator[bytes]:
        return iter(
            [self.asks("POST", "/api/v1/orders", b'{"side":"buy","size":"%d"}' % number) for number in range(MOST)]
        )

    def _mac(self, text: bytes) -> str:
        return base64.b64encode(hmac.digest(self.secret.encode(), text, hashlib.sha256)).decode()


def measure() -> list[Figure]:
    with place() as here:
        rules = here.directory / "at-once.toml"
        rules.write_text(POLICY + AT_ONCE)
        with running(here.server(module="bench.with_constants", policy_file=rules)) as server:
            bot = _bot(here, server)
            rates: dict[str, list[float]] = {name: [] for name in ("read", "order", GUARDED, BARE)}
            ask_for(0.3, server, bot.asks("GET", "/api/v1/accounts"))
            for _ in range(ROUNDS):
                rates["read"].append(ask_for(SECONDS, server, bot.asks("GET", "/api/v1/accounts")))
                rates["order"].append(_ask_each(server, bot.orders()))
                for path in (GUARDED, BARE):
                    rates[path].append(
                        ask_for(
                            SECONDS, server, request_for(server.port, path, {"Authorization": f"Bearer {bot.service}"})
                        )
                    )
    ratios = {name: median(ours / bare for ours, bare in zip(rates[name], rates[BARE], strict=True)) for name in rates}
    return [
        Figure(name="one that reads, against a constant reply", value=ratios["read"], at_least=0.45),
        Figure(name="one that is remembered, against a constant reply", value=ratios["order"]),
        Figure(name="a constant reply inside our guards, against one outside", value=ratios[GUARDED]),
        Figure(name="requests that read, a processor second", value=median(rates["read"])),
        Figure(name="requests that are remembered, a processor second", value=median(rates["order"])),
        Figure(name="constant replies, a processor second", value=median(rates[BARE])),
    ]


def _bot(here: Place, server: ServerProcess) -> Bot:
    """A key made over the API, and a service that asks."""
    user = here.newcomer(server, "bot")
    _set_trading(user)
    user.bind_app()
    wish = {"name": "bench", "permissions": ["read", "trade"], "networks": [], "expiry": 30, "public_key": None}
    walk = user.begin("confirm", action={"kind": "create_api_key", **wish})
    walk.give("totp", output=user.next_output()).message_code().give("trading_passphrase", passphrase="860273")
    approval = {**user.bearer, "Approval": walk.state["grant"]["token"]}
    status, made = user.caller.call("POST", "/api-keys", wish, approval)
    assert status == 201, made
    return Bot(made["key"], made["secret"], made["passphrase"], _service(here), server.port)


def _set_trading(user: AppUser) -> None:
    walk = user.begin("confirm", action={"kind": "change", "what": "trading_passphrase"}).passphrase().message_code()
    approval = {**user.bearer, "Approval": walk.state["grant"]["token"]}
    status, reply = user.caller.call("PUT", "/trading-passphrase", {"passphrase": "860273"}, approval)
    assert status == 204, reply


def _service(here: Place) -> str:
    data = here.directory / "var"
    keyring, database = read_key_file(data / "keys"), open_database(f"sqlite:///{data / 'watchword.db'}")
    services = Services(
        database=database,
        store=ServiceStore(keyring),
        journal=Journal(store=RecordStore(), keyring=keyring),
        keyring=keyring,
        randomness=Randomness(),
        clock=system_clock,
    )
    token = services.add("bench").reveal()
    database.close()
    return token


@dataclass
class _Orders(Asker):
    """Each request is another one."""

    orders: Iterator[bytes] = field(default_factory=lambda: iter(()))

    def next(self) -> bytes | None:
        return next(self.orders, None)


def _ask_each(server: ServerProcess, orders: Iterator[bytes]) -> float:
    before = cpu_seconds(server.pid)
    count = uvloop.run(_crowd(server.port, orders))
    return count / (cpu_seconds(server.pid) - before)


async def _crowd(port: int, orders: Iterator[bytes]) -> int:
    loop = asyncio.get_running_loop()
    end = perf_counter() + SECONDS
    crowd = [_Orders(next(orders), end, loop.create_future(), orders=orders) for _ in range(CONNECTIONS)]
    waiting = iter(crowd)
    async with asyncio.timeout(SECONDS + PATIENCE):
        for _ in crowd:
            await loop.create_connection(lambda: next(waiting), "127.0.0.1", port)
        return sum(await asyncio.gather(*(asker.count for asker in crowd)))
