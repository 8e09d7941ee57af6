"""What a confirmation takes of the server beyond its hashes: from the action named to the approval spent.

Each request is timed inside the server, with its guards; databases on disk, Argon2id as by default. Bare hashes take
turns with the confirmations, and as many as a confirmation made are taken off its time.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from prometheus_client import CollectorRegistry
from starlette.testclient import TestClient

from bench.figures import Figure
from bench.setting import POLICY
from bench.sign_in import hash_for
from tests.support.clock import SettableClock
from tests.support.exits import Platform, confirm, fortify, later, withdrawal
from tests.support.house import Person, open_house
from tests.support.visitor import without_worker
from watchword.app import House, web_application
from watchword.crypto.passphrases import Argon2Parameters
from watchword.serving import edge_plan
from watchword.web.edge import guarded
from watchword.web.edge.asgi import App, Receive, Scope, Send
from watchword.web.edge.logs import configure_logging

ROUNDS = 40
TARGET = 15.0
RULES = f"{POLICY}\n[risk]\nwork_low = 1\nwork_raised = 1\nwork_high = 1\n"


def measure() -> list[Figure]:
    configure_logging("error", readable=True)
    clock = SettableClock()
    with _house(clock) as house:
        timed = _Timed(without_worker(guarded(web_application(house), edge_plan(house.settings, CollectorRegistry()))))
        with TestClient(timed, base_url=house.settings.public_url, client=("127.0.0.1", 50000)) as http:
            there = _There(house, clock, timed, http)
            return [
                *there.figures("a withdrawal, consumed", there.withdraw),
                *there.figures("a change, by all three", there.change),
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

    def __init__(self, house: House, clock: SettableClock, timed: _Timed, http: TestClient) -> None:
        self.house, self.timed = house, timed
        self.person = Person(house, clock)
        self.person.http = http
        self.platform = Platform(house, asks_by=http)
        fortify(self.person.sign_up())
        self._withdraw("1")
        later(self.person, hours=25)

    def figures(self, name: str, do: Callable[[int], None]) -> Iterator[Figure]:
        do(0)
        whole: list[tuple[float, float]] = []
        bare: list[tuple[float, float]] = []
        hashes = 0
        for number in range(1, ROUNDS + 1):
            hashed, seconds, processor = self.house.pool.hashes_done, self.timed.seconds, self.timed.processor
            do(number)
            whole.append((self.timed.seconds - seconds, self.timed.processor - processor))
            hashes = self.house.pool.hashes_done - hashed
            rate = hash_for(0.05)
            bare.append((rate.seconds / rate.count, rate.cpu / rate.count))
        for which, by in enumerate(("by the clock", "by processor time")):
            took, a_hash = (1000 * median(each[which] for each in times) for times in (whole, bare))
            yield Figure(name=f"{name}, {by}", value=took, unit="ms", note=f"{hashes} hash, {ROUNDS} rounds")
            yield Figure(name="   beyond its hashes", value=took - hashes * a_hash, unit="ms", less_than=TARGET)

    def withdraw(self, number: int) -> None:
        spent = self._withdraw(str(number + 2))
        assert spent == 200, spent

    def change(self, number: int) -> None:
        del number
        self.person.approve(kind="change", what="anti_phishing_code")

    def _withdraw(self, amount: str) -> int:
        action = withdrawal(amount=amount)
        status: int = self.platform.consume(self.person, confirm(self.person, action), action).status_code
        return status


@contextmanager
def _house(clock: SettableClock) -> Iterator[House]:
    usual = Argon2Parameters()
    with TemporaryDirectory(prefix="ww-bench-") as name:
        directory = Path(name)
        rules = directory / "rules.toml"
        rules.write_text(RULES)
        with open_house(
            f"sqlite:///{directory / 'w.db'}",
            directory,
            clock,
            policy_file=rules,
            argon2_memory_kib=usual.m_kib,
            argon2_passes=usual.t,
        ) as house:
            yield house
