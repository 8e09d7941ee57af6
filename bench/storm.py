"""Session checks while many sign in: how long each takes, at a fixed rate, idle and in the storm.

Asked at moments fixed beforehand, each on a connection that is free; what is late counts from when it was due, so that
a server that stalls can't hide it (coordinated omission). The server has one core, who asks the other.
"""

import asyncio
import threading
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter, sleep
from typing import cast

import uvloop

from bench.figures import Figure
from bench.machine import cores, on_core
from bench.session import SESSION, request_for
from bench.setting import place, running
from tests.support.app_user import AppUser

RATE = 500
SECONDS = 4.0
ROUNDS = 3
CONNECTIONS = 8
STORM = 4
TARGET = 3.0
"""Times the idle p99."""


def measure() -> list[Figure]:
    with place() as here, running(here.server()) as server:
        users = [here.newcomer(server, f"user{number}") for number in range(STORM + 1)]
        request = request_for(server.port, SESSION, users[0].bearer)
        _p99(server.port, request, 1.0)
        idle, storm, signed_in = [], [], 0
        for _ in range(ROUNDS):
            idle.append(_p99(server.port, request, SECONDS))
            crowd = _Crowd(users[1:])
            crowd.begin()
            storm.append(_p99(server.port, request, SECONDS))
            signed_in += crowd.end()
    times = median(stormy / calm for stormy, calm in zip(storm, idle, strict=True))
    return [
        Figure(name="p99 in the storm over p99 idle", value=times, unit="times", less_than=TARGET),
        Figure(name="p99 of a session check, idle", value=1000 * median(idle), unit="ms", note=f"{RATE} a second"),
        Figure(name="p99 of a session check, in the storm", value=1000 * median(storm), unit="ms"),
        Figure(name="sign-ins a second meanwhile", value=signed_in / (ROUNDS * SECONDS), note=f"{STORM} at once"),
    ]


@dataclass
class _Crowd:
    """Each signs in again as soon as they are in."""

    users: list[AppUser]
    stopping: threading.Event = field(default_factory=threading.Event)
    done: list[int] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def begin(self) -> None:
        self.threads = [threading.Thread(target=self._keep_on, args=(user,)) for user in self.users]
        for thread in self.threads:
            thread.start()
        sleep(0.3)  # until the hashes are under way

    def end(self) -> int:
        self.stopping.set()
        for thread in self.threads:
            thread.join(30)
        return sum(self.done)

    def _keep_on(self, user: AppUser) -> None:
        count = 0
        with on_core(cores()[1]):
            while not self.stopping.is_set():
                walk = user.begin("sign_in")
                user.enter(walk.give("passphrase", identifier=user.address, passphrase=user.passphrase))
                count += 1
        self.done.append(count)


def _p99(port: int, request: bytes, seconds: float) -> float:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        took = sorted(runner.run(_ask_at(port, request, seconds)))
    return took[int(len(took) * 0.99)]


async def _ask_at(port: int, request: bytes, seconds: float) -> list[float]:
    loop = asyncio.get_running_loop()
    free: asyncio.Queue[_Line] = asyncio.Queue()
    lines = []
    for _ in range(CONNECTIONS):
        _, line = await loop.create_connection(lambda: _Line(request, free), "127.0.0.1", port)
        lines.append(line)
        free.put_nowait(line)
    count, begun = int(RATE * seconds), perf_counter()
    for number in range(count):
        due = begun + number / RATE
        await asyncio.sleep(max(0.0, due - perf_counter()))
        (await free.get()).ask(due)
    for _ in range(CONNECTIONS):
        await asyncio.wait_for(free.get(), 10)
    for line in lines:
        line.transport.close()
    return [each for line in lines for each in line.took]


@dataclass
class _Line(asyncio.Protocol):
    """One connection: a small reply comes in one piece, or its length says when it is whole."""

    request: bytes
    free: "asyncio.Queue[_Line]"
    took: list[float] = field(default_factory=list)
    due: float = 0.0
    received: bytes = b""
    transport: asyncio.Transport = field(init=False)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def ask(self, due: float) -> None:
        self.due = due
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.received += data
        if not self.received.endswith(b"}"):
            return
        assert self.received.startswith(b"HTTP/1.1 200"), self.received[:60]
        self.received = b""
        self.took.append(perf_counter() - self.due)
        self.free.put_nowait(self)
