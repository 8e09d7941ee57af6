"""An outbox, its worker, and the servers a message may go to: each real, on loopback."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.delivery.servers import Authority, Gateway, MailHost
from tests.support.clock import SettableClock
from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.delivery.bell import Bell
from watchword.delivery.carriers import HANDED_OVER, Carrier, Handover, Parcel
from watchword.delivery.copies.copies import Copies
from watchword.delivery.copies.store import CopyStore
from watchword.delivery.messages import House, Renderer
from watchword.delivery.outbox import Outbox
from watchword.delivery.pace import Pace
from watchword.delivery.store import OutboxStore
from watchword.delivery.worker import Worker
from watchword.record.journal import Journal
from watchword.record.store import RecordStore
from watchword.storage.database import Database

HOUSE = House(brand="Watchword", sender="door@watchword.example", support="help@watchword.example")


@pytest.fixture
def house() -> House:
    return HOUSE


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def journal(keyring: Keyring) -> Journal:
    return Journal(store=RecordStore(), keyring=keyring)


@pytest.fixture
def outbox(
    keyring: Keyring, randomness: Randomness, clock: SettableClock, house: House, journal: Journal, bell: Bell
) -> Outbox:
    return Outbox(
        store=OutboxStore(),
        keyring=keyring,
        randomness=randomness,
        clock=clock,
        renderer=Renderer(house=house),
        copies=Copies(store=CopyStore(), keyring=keyring),
        journal=journal,
        bell=bell,
    )


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
async def mail_host(authority: Authority) -> AsyncIterator[MailHost]:
    """Speaks STARTTLS with a certificate of ``authority`` for localhost."""
    host = MailHost()
    async with host.serving(authority.server_context("localhost")):
        yield host


@pytest.fixture
async def gateway(authority: Authority) -> AsyncIterator[Gateway]:
    served = Gateway()
    async with served.serving(authority.server_context("localhost")):
        yield served


@pytest.fixture
def mailbox_directory(tmp_path: Path) -> Path:
    return tmp_path / "mailbox"


class Carried:
    """A carrier that keeps what it is given. ``verdicts`` are used up first; ``gate`` holds every message back."""

    def __init__(self) -> None:
        self.parcels: list[Parcel] = []
        self.verdicts: deque[Handover | Exception] = deque()
        self.arrived = asyncio.Event()
        self.gate: asyncio.Event | None = None

    async def hand_over(self, parcel: Parcel) -> Handover:
        self.arrived.set()
        if self.gate is not None:
            await self.gate.wait()
        verdict = self.verdicts.popleft() if self.verdicts else HANDED_OVER
        if isinstance(verdict, Exception):
            raise verdict
        if verdict is HANDED_OVER:
            self.parcels.append(parcel)
        return verdict


@pytest.fixture
def carried() -> Carried:
    return Carried()


@pytest.fixture
def worker(database: Database, outbox: Outbox, carried: Carried) -> Worker:
    return make_worker(database, outbox, carried)


def make_worker(database: Database, outbox: Outbox, carrier: Carrier, pace: Pace | None = None) -> Worker:
    return Worker(
        database=database,
        store=outbox.store,
        keyring=outbox.keyring,
        randomness=outbox.randomness,
        clock=outbox.clock,
        journal=outbox.journal,
        bell=outbox.bell,
        carriers={"email": carrier, "sms": carrier},
        pace=pace or Pace(),
    )
