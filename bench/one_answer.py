"""Whether time tells an unknown account from an ordinary one: Welch's t over tries that take turns, with a cheap hash.

As in dudect (Reparaz and others, 2016): |t| below 4.5 means that no difference is seen. Tries alternate in an order
drawn anew for each pair, so that nothing that drifts (caches, tables that grow, other programs) favours a side. The
slowest twentieth is measured too, and once more left out: it is what other programs did, and would hide a difference.
Where they do much, processor time tells more than the clock: it is told as well, and judged by the same bound.
The clock stands still while a try runs and moves on by days after it, so that no limit is ever met.
"""

import asyncio
import gc
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from math import sqrt
from pathlib import Path
from statistics import mean, variance
from tempfile import TemporaryDirectory
from time import perf_counter_ns, process_time_ns
from typing import Any

from prometheus_client import CollectorRegistry

from bench.figures import Figure
from bench.setting import POLICY
from tests.support.clock import SettableClock
from tests.support.house import PASSPHRASE, Person, client_of, open_house, solve
from watchword.app import web_application
from watchword.serving import edge_plan
from watchword.web.edge import guarded
from watchword.web.edge.asgi import App, Message
from watchword.web.edge.logs import configure_logging

TRIES = 5_000
PEOPLE = 60
"""Of each side; so that nobody comes near a hundred failures in a row."""
IN_ONE_PASSAGE = 400
"""Wrong passphrases: as long as it lives, at two days a try."""
MOST = 4.5
KEPT = 0.95
RULES = f"""{POLICY}
messages_everybody = {{amount = 10000000, sample = 10000000}}
[risk]
work_low = 1
work_raised = 1
work_high = 1
[lifetimes_seconds]
passage = 100000000
[human]
answers_bought = 1000000
"""
SIDES = ("ordinary", "unknown")
Times = tuple[int, int]
"""Nanoseconds by the clock, and of processor time."""
Samples = dict[str, dict[str, list[Times]]]
"""By step and side."""


def measure() -> list[Figure]:
    configure_logging("error", readable=True)
    with _house() as (app, clock):
        samples = asyncio.run(_all_tries(app, clock))
    return [figure for step, sides in samples.items() for figure in _figures(step, sides)]


def _figures(step: str, sides: Mapping[str, list[Times]]) -> Iterator[Figure]:
    clock, processor = ([[each[which] for each in sides[side]] for side in SIDES] for which in (0, 1))
    count = " + ".join(str(len(each)) for each in clock)
    yield Figure(name=f"|t|, {step}", value=abs(welch(*clock)), less_than=MOST, note=f"{count} tries")
    for name, times in (("the slowest twentieth", clock), ("it, by processor time", processor)):
        ordinary, unknown = (_quick(each) for each in times)
        difference = (mean(unknown) - mean(ordinary)) / 1000
        yield Figure(
            name=f"   without {name}",
            value=abs(welch(ordinary, unknown)),
            less_than=MOST,
            note=f"{difference:+.1f} µs of {mean(ordinary) / 1000:,.0f}",
        )


def welch(one: list[int], other: list[int]) -> float:
    """Welch's t: the difference of the means in units of its standard error."""
    return (mean(one) - mean(other)) / sqrt(variance(one) / len(one) + variance(other) / len(other))


def _quick(times: list[int]) -> list[int]:
    return sorted(times)[: int(len(times) * KEPT)]


# -- the tries


async def _all_tries(app: App, clock: SettableClock) -> Samples:
    samples: Samples = defaultdict(lambda: {side: [] for side in SIDES})
    caller = _Caller(app, clock, samples)
    gc.disable()
    try:
        await caller.sign_in_tries()
        for purpose in ("sign_up", "recover"):
            await caller.named_tries(purpose)
    finally:
        gc.enable()
    return samples


@dataclass
class _Caller:
    app: App
    clock: SettableClock
    samples: Samples
    order: random.Random = field(default_factory=lambda: random.Random(1))  # the same in each run
    tries: int = 0

    async def sign_in_tries(self) -> None:
        """Wrong passphrases, many in one passage."""
        walk = await self._begin("sign_in")
        for number, (side, address) in enumerate(self._turns(), 1):
            if number % IN_ONE_PASSAGE == 0:
                walk = await self._begin("sign_in")
            answer = {"proof": "passphrase", "identifier": address, "passphrase": "wrong, whoever it is"}
            await self._timed("sign_in: a wrong passphrase", side, walk, answer)
            self._move_on()

    async def named_tries(self, purpose: str) -> None:
        """The address, and then a wrong code, in a passage of its own."""
        for side, address in self._turns():
            walk = await self._begin(purpose)
            await self._timed(f"{purpose}: the address", side, walk, {"proof": "identifier", "identifier": address})
            await self._timed(f"{purpose}: a wrong code", side, walk, {"proof": "message_code", "code": "no code"})
            self._move_on()

    def _turns(self) -> Iterator[tuple[str, str]]:
        for number in range(TRIES // 2):
            for side in self.order.sample(SIDES, 2):
                yield side, f"{side}{number % PEOPLE:03}@example.org"

    def _move_on(self) -> None:
        self.clock.advance(timedelta(days=2))
        self.tries += 1
        if self.tries % 100 == 0:
            gc.collect()

    async def _timed(self, step: str, side: str, walk: "_Walk", answer: dict[str, str]) -> None:
        call = walk.prepared(answer)
        clock, processor = perf_counter_ns(), process_time_ns()
        status = await call.run(self.app)
        self.samples[step][side].append((perf_counter_ns() - clock, process_time_ns() - processor))
        assert status in (200, 422), (step, status, call.body)

    async def _begin(self, purpose: str) -> "_Walk":
        call = _Call("/api/v1/passages", {"purpose": purpose})
        assert await call.run(self.app) == 201, call.body
        state = json.loads(call.body)
        walk = _Walk(f"/api/v1/passages/{state['id']}/proofs", state["token"])
        answer = walk.prepared({"proof": "human", "payload": solve(state["ask"][0]["challenge"])})
        assert await answer.run(self.app) == 200, answer.body
        return walk


@dataclass(frozen=True)
class _Walk:
    path: str
    token: str

    def prepared(self, answer: dict[str, str]) -> "_Call":
        return _Call(self.path, answer, ((b"passage-token", self.token.encode()),))


class _Call:
    """One request, straight to the application with its guards: no socket in between."""

    def __init__(self, path: str, sent: dict[str, Any], headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        content = json.dumps(sent).encode()
        self.body = b""
        self._status = 0
        self._pending = [content]
        self._scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 8080),
            "headers": [
                (b"host", b"localhost:8080"),
                (b"user-agent", b"watchword-bench"),
                (b"content-type", b"application/json"),
                (b"content-length", str(len(content)).encode()),
                *headers,
            ],
        }

    async def run(self, app: App) -> int:
        await app(self._scope, self._receive, self._send)
        return self._status

    async def _receive(self) -> Message:
        if self._pending:
            return {"type": "http.request", "body": self._pending.pop(), "more_body": False}
        await asyncio.Event().wait()  # nothing more comes
        raise AssertionError

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
        else:
            self.body += message.get("body", b"")


@contextmanager
def _house() -> Iterator[tuple[App, SettableClock]]:
    """With everybody of the ordinary side signed up; in memory where there is a file system for that."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(prefix="ww-bench-", dir=memory if memory.is_dir() else None) as name:
        directory = Path(name)
        rules = directory / "rules.toml"
        rules.write_text(RULES)
        clock = SettableClock()
        with open_house(f"sqlite:///{directory / 'w.db'}", directory, clock, policy_file=rules) as house:
            http = client_of(house)
            for number in range(PEOPLE):
                person = Person(house, clock, address=f"ordinary{number:03}@example.org", passphrase=PASSPHRASE)
                person.http = http
                person.sign_up()
            yield guarded(web_application(house), edge_plan(house.settings, CollectorRegistry())), clock
