"""The example platform beside a served house, as ``make run`` has it: registered by the same code, on its clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Request, Response
from starlette.testclient import TestClient

from examples.exchange.app import Desk, open_desk
from examples.exchange.settings import Settings
from tests.support.asked import AskedHolder
from tests.support.browser import Watch
from tests.support.house import Person, application_of
from tests.support.ports import free_port
from tests.support.served import Served, served
from tests.support.visitor import ServedHouse, open_served_house
from tools.run import SERVICE, address_of, register
from watchword.crypto.tokens import Randomness
from watchword.web.edge.asgi import App, Message, Receive, Scope, Send


@dataclass(kw_only=True)
class ServedDesk:
    door: ServedHouse
    desk: Desk
    settings: Settings
    server: Served
    received: list[bytes]
    """Everything that came in: targets, headers, bodies."""

    @property
    def origin(self) -> str:
        return self.settings.url

    @property
    def for_programs(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"


@contextmanager
def open_exchange(database_url: str, directory: Path, **settings: Any) -> Iterator[ServedDesk]:
    port = free_port()
    received: list[bytes] = []
    given = {
        "platform_url": f"{address_of(port)}/sign-in",
        "return_addresses": (f"{SERVICE}={address_of(port)}/payouts/",),
        "api_header_prefix": "KC-API",
        **settings,
    }
    with open_served_house(database_url, directory, **given) as door:
        application_of(door.house)  # for clients without a socket, before anybody asks the one that is served
        read = Settings.read(register(door.house, port))
        desk = open_desk(read, clock=door.clock, new_token=lambda: Randomness().token().reveal())
        with served(_noting(desk.app, received), _nothing, port=port) as server:
            yield ServedDesk(door=door, desk=desk, settings=read, server=server, received=received)


def _noting(app: App, received: list[bytes]) -> App:
    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            received.extend([scope["raw_path"], scope["query_string"], *(value for _, value in scope["headers"])])

        async def receiving() -> Message:
            message = await receive()
            received.append(message.get("body", b""))
            return message

        await app(scope, receiving, send)

    return noting


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("the desk has no operations of its own")


@dataclass
class WatchBoth(Watch):
    """The door as ever, and beside it the desk; nothing else."""

    desk: str = ""
    asked_of_desk: list[str] = field(default_factory=list)

    def _requested(self, request: Request) -> None:
        if request.url.startswith(f"{self.desk}/"):
            self.asked_of_desk.append(request.url)
        else:
            super()._requested(request)

    def _answered(self, response: Response) -> None:
        if not response.url.startswith(f"{self.desk}/"):
            super()._answered(response)
        elif "default-src 'none'" not in response.headers.get("content-security-policy", ""):
            self.complaints.append(f"{response.url} lacks a policy")


@dataclass
class Somebody:
    """One person at one browser: signed in at the door, and with the desk's cookies in a jar of their own."""

    exchange: ServedDesk
    address: str
    desk: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        door = self.exchange.door
        self.person = Person(door.house, door.clock, address=self.address).sign_up().bind_app()
        self.holder = AskedHolder(self.person)
        self.desk = httpx.Client(
            base_url=self.exchange.for_programs,
            headers={"Host": self.exchange.settings.authority},
            trust_env=False,
        )

    @property
    def door(self) -> TestClient:
        return self.holder.http

    def sign_in_again(self) -> "Somebody":
        """At the door, where the session ended, and at the desk."""
        self.exchange.door.clock.advance(timedelta(minutes=1))
        self.holder = AskedHolder(self.person)
        return self.sign_in()

    def begin(self) -> str:
        """The address at the door that the desk sends the browser to."""
        return str(self.desk.get("/sign-in").headers["location"])

    def answered(self, asked: str) -> str:
        """Where the door sends the browser back to, as path and query."""
        parts = urlsplit(self.door.get(asked).headers["location"])
        return f"{parts.path}?{parts.query}"

    def sign_in(self) -> "Somebody":
        assert self.desk.get(self.answered(self.begin())).headers["location"] == "/balances"
        assert self.is_in
        return self

    @property
    def is_in(self) -> bool:
        return self.desk.get("/orders").status_code == 200

    @property
    def is_soon_out(self) -> bool:
        """The desk hears of an end by its feed: within a second, not at once."""
        return any(not self.is_in for _ in range(200))

    @property
    def session(self) -> str:
        with self.exchange.desk.store.begin() as tx:
            row = tx.execute("SELECT door_session FROM sessions ORDER BY rowid DESC").fetchone()
        return str(row["door_session"])
