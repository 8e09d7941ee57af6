"""What a confirmation takes of the server beside its hashes: from the action named to the approval made, and spent.

Each request is timed inside a real server, with its guards; the database is on disk, and Argon2id at the least it can
be, so that nothing has to be taken off. The client is another thread, which waits meanwhile.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import httpx2
from prometheus_client import CollectorRegistry

from bench.figures import Figure
from bench.setting import POLICY
from tests.support.clock import SettableClock
from tests.support.exits import Platform, confirm, fortify, later, withdrawal
from tests.support.house import Person, open_house
from tests.support.ports import free_port
from tests.support.served import served
from tests.support.visitor import without_worker
from watchword.app import House, web_application
from watchword.serving import edge_plan, operations_of
from watchword.web.edge import guarded
from watchword.web.edge.asgi import App, Receive, Scope, Send
from watchword.web.edge.logs import configure_logging

ROUNDS = 40
TARGET = 15.0
RULES = f"{POLICY}\n[risk]\nwork_low = 1\nwork_raised = 1\nwork_high = 1\n"


def measure() -> list[Figure]:
    configure_logging("error", readable=True)
    clock = SettableClock()
    with _house(clock) as house, _served(house) as (timed, http):
        there = _There(house, clock, timed, http)
        gc.collect()
        gc.freeze()  # as ``serving`` does
        return [
            *there.figures("a withdrawal, confirmed by app and trading passphrase", there.withdraw),
            *there.figures("a change, confirmed by passphrase, app and message code", there.change),
            *there.figures("an approval, spent by a service", there.spend, target=None),
        ]


@dataclass
class _Timed:
    """The application, and the seconds that its requests have taken so far: by the clock, and of processor time."""

    app: App
    seconds: float = 0.0
    processor: float = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, processor = perf_counter(), process_time()
        try:
            await self.app(scope, receive, send)
        finally:
            self.seconds += perf_counter() - begun
            self.processor += process_time() - processor


class _There:
    """Somebody whose account is fortified and whose destination was used before, and the platform's service."""

    def __init__(self, house: House, clock: SettableClock, timed: _Timed, http: httpx2.Client) -> None:
        self.timed = timed
        self.person = Person(house, clock)
        self.person.http = http  # type: ignore[assignment]
        self.platform = Platform(house, asks_by=http)  # type: ignore[arg-type]
        fortify(self.person.sign_up())
        self.spend(0)
        later(self.person, hours=25)

    def figures(self, name: str, do: Callable[[int], object], target: float | None = TARGET) -> Iterator[Figure]:
        times = []
        for number in range(1, ROUNDS + 2):
            self.timed.seconds, self.timed.processor = 0.0, 0.0
            do(number)
            times.append((self.timed.seconds, self.timed.processor))
        clock, processor = (1000 * median(each[which] for each in times[1:]) for which in (0, 1))
        note = f"by processor time {processor:.1f} ms; {ROUNDS} rounds"
        yield Figure(name=name, value=clock, unit="ms", less_than=target, note=note)

    def withdraw(self, number: int) -> object:
        return confirm(self.person, withdrawal(amount=str(number + 1)))

    def change(self, number: int) -> None:
        del number
        self.person.approve(kind="change", what="anti_phishing_code")

    def spend(self, number: int) -> None:
        action = withdrawal(amount=str(number + 1))
        asked = self.platform.ask(self.person, confirm(self.person, action), action)
        self.timed.seconds, self.timed.processor = 0.0, 0.0
        assert self.platform.send(asked).status_code == (200 if number else 403)  # new at first


@contextmanager
def _served(house: House) -> Iterator[tuple[_Timed, httpx2.Client]]:
    registry = CollectorRegistry()
    timed = _Timed(without_worker(guarded(web_application(house), edge_plan(house.settings, registry))))
    with (
        served(timed, operations_of(house, registry), port=house.settings.port),
        httpx2.Client(base_url=house.settings.public_url, timeout=30) as http,
    ):
        yield timed, http


@contextmanager
def _house(clock: SettableClock) -> Iterator[House]:
    with TemporaryDirectory(prefix="ww-bench-") as name:
        directory = Path(name)
        rules = directory / "rules.toml"
        rules.write_text(RULES)
        url = f"sqlite:///{directory / 'w.db'}"
        with open_house(url, directory, clock, policy_file=rules, host="localhost", port=free_port()) as house:
            yield house
