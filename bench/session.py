"""``GET /api/v1/session`` against a constant reply of the same length from the same server, inside our guards or not.

Many connections ask one after the other; requests are counted against the server's processor time, so that nobody
else who wants the core changes the figure.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import cast

import uvloop

from bench.figures import Figure
from bench.machine import cpu_seconds
from bench.setting import place, running
from bench.with_constants import BARE, GUARDED
from tests.support.process import ServerProcess

CONNECTIONS = 16
ROUNDS = 5
SECONDS = 2.0
PATIENCE = 10
CHUNKED = -1
LAST_CHUNK = b"\r\n0\r\n\r\n"
TARGET = 0.7
SESSION = "/api/v1/session"


def measure() -> list[Figure]:
    with place() as here, running(here.server(module="bench.with_constants")) as server:
        user = here.newcomer(server, "user")
        requests = {path: request_for(server.port, path, user.bearer) for path in (SESSION, GUARDED, BARE)}
        for request in requests.values():
            ask_for(0.3, server, request)
        rates: dict[str, list[float]] = {path: [] for path in requests}
        for _ in range(ROUNDS):
            for path, request in requests.items():
                rates[path].append(ask_for(SECONDS, server, request))
    against = {
        path: median(ours / theirs for ours, theirs in zip(rates[SESSION], rates[path], strict=True))
        for path in (GUARDED, BARE)
    }
    return [
        Figure(name="against a constant reply inside the same guards", value=against[GUARDED]),
        Figure(name="against a constant reply outside them", value=against[BARE], at_least=TARGET),
        Figure(name="session checks a processor second", value=median(rates[SESSION])),
        Figure(name="constant replies inside the guards", value=median(rates[GUARDED])),
        Figure(name="constant replies outside the guards", value=median(rates[BARE])),
    ]


def ask_for(seconds: float, server: ServerProcess, request: bytes) -> float:
    """Replies a second of the server's processor time."""
    cpu = cpu_seconds(server.pid)
    count = crowd(seconds, server.port, request)
    return count / (cpu_seconds(server.pid) - cpu)


def crowd(seconds: float, port: int, request: bytes) -> int:
    """How many times they were answered."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_crowd(seconds, port, request))


async def _crowd(seconds: float, port: int, request: bytes) -> int:
    loop = asyncio.get_running_loop()
    end = perf_counter() + seconds
    crowd = [Asker(request, end, loop.create_future()) for _ in range(CONNECTIONS)]
    waiting = iter(crowd)
    async with asyncio.timeout(seconds + PATIENCE):
        for _ in crowd:
            await loop.create_connection(lambda: next(waiting), "127.0.0.1", port)
        return sum(await asyncio.gather(*(asker.count for asker in crowd)))


@dataclass
class Asker(asyncio.Protocol):
    """Asks again as soon as it is answered. The first reply says how long each is."""

    request: bytes
    end: float
    count: asyncio.Future[int]
    answered: int = 0
    length: int = 0
    received: bytes = b""
    transport: asyncio.Transport = field(init=False)

    def next(self) -> bytes | None:
        """What is asked next; None: no more."""
        return self.request

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.received += data
        self.length = self.length or _length(self.received)
        if not self.length or len(self.received) < self.length or not self._has_ended():
            return
        self.received = b""
        self.answered += 1
        following = self.next() if perf_counter() < self.end else None
        if following is not None:
            self.transport.write(following)
        else:
            self.transport.close()
            self.count.set_result(self.answered)

    def _has_ended(self) -> bool:
        return self.length != CHUNKED or self.received.endswith(LAST_CHUNK)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.count.done():
            self.count.set_exception(exc or ConnectionError("the server hung up"))


def _length(reply: bytes) -> int:
    """Of head and body together; 0 while the head is not whole, CHUNKED where it does not say."""
    head, whole, _ = reply.partition(b"\r\n\r\n")
    if not whole:
        return 0
    assert head.startswith(b"HTTP/1.1 200"), head
    _, named, rest = head.lower().partition(b"\r\ncontent-length:")
    if not named:
        return CHUNKED
    return len(head) + 4 + int(rest.partition(b"\r\n")[0])


def request_for(port: int, path: str, headers: Mapping[str, str]) -> bytes:
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: localhost:{port}",
        "Accept: application/json",
        "User-Agent: watchword-bench",
        *(f"{name}: {value}" for name, value in headers.items()),
    )
    return "\r\n".join([*lines, "", ""]).encode()
