"""A served house with a platform beside it: a service with a credential, and an audience of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from tests.support.clock import SettableClock
from tests.support.house import Person, open_house
from tests.support.ports import free_port
from tests.support.served import Served, served
from tests.support.visitor import without_worker
from watchword.app import House, web_application
from watchword.foundation.clock import system_clock
from watchword.relying import Clock, Connection, SessionVerifier
from watchword.relying import system_clock as relying_clock
from watchword.serving import edge_plan, operations_of
from watchword.web.edge import guarded
from watchword.web.edge.asgi import App

AUDIENCE = "desk"
PATIENT = 60


@dataclass
class TwoClocks:
    """A clock of the library that is set."""

    now: float
    monotonic: float = 1000.0

    def advance(self, seconds: float) -> None:
        self.now += seconds
        self.monotonic += seconds

    @property
    def clock(self) -> Clock:
        return Clock(now=lambda: self.now, monotonic=lambda: self.monotonic)


@dataclass(kw_only=True)
class Platform:
    house: House
    clock: SettableClock
    server: Served
    credential: str
    app: App
    operations: App

    @property
    def url(self) -> str:
        return self.house.settings.public_url

    @property
    def times(self) -> Clock:
        """The time is what the house takes it for; how long ago something was is real."""
        return Clock(now=lambda: self.clock().timestamp(), monotonic=relying_clock.monotonic)

    def connection(self, *, credential: str | None = None, timeout: float = 5) -> Connection:
        return Connection(url=self.url, credential=credential or self.credential, timeout=timeout)

    def stop(self) -> None:
        """Returns once nobody answers any more."""
        self.server.stop()
        assert self.server.ended.wait(20)

    @contextmanager
    def served_again(self) -> Iterator[None]:
        """On the same port."""
        with served(self.app, self.operations, port=self.server.port):
            yield

    def verifier(self, connection: Connection, **given: Any) -> SessionVerifier:
        """One that bears with a machine that has much else to do: it believes for a minute what it heard."""
        return SessionVerifier(
            connection, **{"audience": AUDIENCE, "clock": self.times, "believed_for": PATIENT, **given}
        )

    def person(self, address: str = "ann@example.org") -> Person:
        return Person(self.house, self.clock, address=address).sign_up()

    def token(self, person: Person, audience: str = AUDIENCE) -> str:
        reply = person.http.post("/api/v1/session/token", json={"audience": audience}, headers=person.bearer)
        assert reply.status_code == 200, reply.text
        token: str = reply.json()["token"]
        return token

    def session(self, person: Person) -> dict[str, Any]:
        found: dict[str, Any] = person.http.get("/api/v1/session", headers=person.bearer).json()
        return found


@contextmanager
def open_platform(database_url: str, directory: Path, **settings: Any) -> Iterator[Platform]:
    clock = SettableClock(system_clock())
    port = free_port()
    given = {"host": "localhost", "port": port, "session_audiences": AUDIENCE, **settings}
    with open_house(database_url, directory, clock, **given) as house:
        registry = CollectorRegistry()
        app = guarded(without_worker(web_application(house)), edge_plan(house.settings, registry))
        operations = operations_of(house, registry)
        credential = house.core.services.add("desk").reveal()
        with served(app, operations, port=port) as server:
            yield Platform(
                house=house, clock=clock, server=server, credential=credential, app=app, operations=operations
            )


@pytest.fixture
def platform(database_url: str, tmp_path: Path) -> Iterator[Platform]:
    with open_platform(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def verifier(platform: Platform) -> Iterator[SessionVerifier]:
    with platform.connection() as connection, platform.verifier(connection) as opened:
        yield opened


@pytest.fixture
def times() -> TwoClocks:
    return TwoClocks(now=system_clock().timestamp())
