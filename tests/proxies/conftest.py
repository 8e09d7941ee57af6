"""One house for each module, served on a socket, with an application behind the proxy under test."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from prometheus_client import CollectorRegistry

from tests.support.clock import SettableClock
from tests.support.forwarding import Surfer, behind_a_proxy, open_forward_house
from tests.support.house import Place
from tests.support.ports import free_port
from tests.support.proxies import Application, application
from tests.support.served import Served, served
from tests.support.visitor import without_worker
from watchword.app import House
from watchword.foundation.clock import system_clock
from watchword.serving import operations_of


@dataclass(kw_only=True)
class Behind:
    """What stands behind a proxy."""

    house: House
    server: Served
    question: int
    """The port that proxies ask at."""
    application: Application
    clock: SettableClock

    @property
    def ports(self) -> dict[str, int]:
        return {"door": self.server.port, "question": self.question, "upstream": self.application.port}

    def surfer(self, address: str) -> Surfer:
        """Somebody who signed up, and came into the application."""
        return Surfer(self.house, behind_a_proxy(self.house), address=address).sign_up()


@pytest.fixture(scope="module")
def behind(place: Place) -> Iterator[Behind]:
    clock = SettableClock(system_clock())
    own = free_port()
    with open_forward_house(*place, clock, forward_auth_port=own) as house, application() as behind_it:
        app = without_worker(behind_a_proxy(house))
        with served(app, operations_of(house, CollectorRegistry()), asked_port=own) as server:
            yield Behind(house=house, server=server, question=own, application=behind_it, clock=clock)


@pytest.fixture(scope="module")
def surfer(behind: Behind) -> Surfer:
    return behind.surfer("ann@example.org")


@pytest.fixture(scope="module")
def token(surfer: Surfer) -> str:
    """Of their cookie at the application."""
    return surfer.enter()
