"""A whole house for a test: real database, real messages in a mailbox directory, a clock that is set.

Hashing and proof of work are as cheap as their algorithms allow; nothing else differs from what is served.
"""

import asyncio
import base64
import email
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import policy
from functools import lru_cache
from pathlib import Path
from typing import Any

import altcha
import pyotp
from anyio.from_thread import BlockingPortal, start_blocking_portal
from prometheus_client import CollectorRegistry
from starlette.testclient import TestClient

from tests.support.clock import SettableClock
from tests.support.in_process import client_in
from watchword.app import House, start, web_application
from watchword.serving import edge_plan
from watchword.settings import load_settings
from watchword.web.edge import guarded
from watchword.web.edge.asgi import App

Place = tuple[str, Path]
"""The address of a database, and the directory for what lies beside it."""
PASSPHRASE = "seven purple lanterns drift slowly"
_CHEAP = "[risk]\nwork_low = 1\nwork_raised = 1\nwork_high = 1\n"


@contextmanager
def open_house(database_url: str, directory: Path, clock: SettableClock, **given: Any) -> Iterator[House]:
    """Starts a house in development; ``given`` are settings."""
    rules = directory / "policy.toml"
    rules.write_text(_CHEAP)
    settings = load_settings(
        mode="development",
        database_url=database_url,
        data=directory / "data",
        **{"argon2_memory_kib": 8, "argon2_passes": 1, "policy_file": rules, "hash_threads": 2, **given},
    )
    house = start(settings, clock=clock)
    try:
        with start_blocking_portal() as portal:
            _portals[id(house)] = portal
            yield house
    finally:
        _applications.pop(id(house), None)
        _portals.pop(id(house), None)
        house.close()


_applications: dict[int, tuple[House, App]] = {}
"""Of the houses that are open: making one takes longer than many a test, and every client can share it."""
_portals: dict[int, BlockingPortal] = {}
"""The event loop of each: what is asked has one for itself otherwise, each time."""
_of_forks = ExitStack()


def application_of(house: House) -> App:
    """The served application, guards included."""
    found = _applications.get(id(house))
    if found is None:
        found = house, guarded(web_application(house), edge_plan(house.settings, CollectorRegistry()))
        _applications[id(house)] = found
    return found[1]


def deliver(house: House) -> None:
    """Sends whatever lies in the outbox."""
    asyncio.run(house.worker.deliver_due())


@dataclass
class Mailbox:
    house: House

    def messages(self) -> list[email.message.EmailMessage]:
        """Everything sent so far, oldest first."""
        deliver(self.house)
        files = sorted(self.house.settings.mailbox.glob("*.eml"))
        return [_parsed(file.read_bytes()) for file in files]

    def texts_to(self, address: str) -> list[str]:
        return [text_of(message) for message in self.messages() if _recipient_of(message) == address]

    def newest_code(self, address: str) -> str:
        """The code of the newest message to that address that holds one."""
        for text in reversed(self.texts_to(address)):
            found = re.search(r"^(\d{6})$", text, re.MULTILINE)
            if found:
                return found[1]
        raise AssertionError(f"no code was sent to {address}")


@lru_cache(maxsize=1000)
def _parsed(content: bytes) -> email.message.EmailMessage:
    return email.message_from_bytes(content, policy=policy.default)


@lru_cache(maxsize=1000)
def _recipient_of(message: email.message.EmailMessage) -> str:
    return str(message["To"])


@lru_cache(maxsize=1000)
def text_of(message: email.message.EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def client_of(house: House, address: str = "127.0.0.1") -> TestClient:
    """A client of the served application, guards included, in this process."""
    app, origin = application_of(house), house.settings.public_url
    return client_in(lambda: _portals[id(house)], app, base_url=origin, address=address)


def give_new_loop(house: House) -> None:
    """In a fork, where no thread came along. It ends with the process."""
    _portals[id(house)] = _of_forks.enter_context(start_blocking_portal())


def solve(challenge: dict[str, Any]) -> str:
    """What the widget would send."""
    solution = altcha.solve_challenge(altcha.Challenge.from_dict(challenge))
    assert solution is not None
    return base64.b64encode(json.dumps({"challenge": challenge, "solution": solution.to_dict()}).encode()).decode()


@dataclass
class Passage:
    """A passage over the JSON API."""

    http: TestClient
    state: dict[str, Any]
    headers: dict[str, str]

    @property
    def id(self) -> str:
        return str(self.state["id"])

    @property
    def asks(self) -> list[str]:
        return [ask["proof"] for ask in self.state["ask"]]

    @property
    def grant(self) -> dict[str, Any]:
        granted: dict[str, Any] = self.state["grant"]
        return granted

    def human(self) -> "Passage":
        """Solves the check for a human, where one is asked."""
        if "human" in self.asks:
            self.give("human", payload=solve(self.state["ask"][0]["challenge"]))
        return self

    def offer(self, proof: str, **fields: Any) -> Any:
        """The bare reply."""
        return self.http.post(
            f"/api/v1/passages/{self.id}/proofs", json={"proof": proof, **fields}, headers=self.headers
        )

    def give(self, proof: str, **fields: Any) -> "Passage":
        """An answer that is accepted."""
        reply = self.offer(proof, **fields)
        assert reply.status_code == 200, (proof, reply.status_code, reply.text)
        self.state = reply.json()
        return self

    def refuse(self, proof: str, **fields: Any) -> "Passage":
        """An answer that is rejected; a check for a human that is asked again is solved."""
        reply = self.offer(proof, **fields)
        assert reply.status_code == 422, (proof, reply.status_code, reply.text)
        assert reply.json()["code"] == "rejected"
        self.state = reply.json()["passage"]
        return self.human()


@dataclass
class Person:
    """Somebody with an account, at an app of theirs."""

    house: House
    clock: SettableClock
    address: str = "ann@example.org"
    passphrase: str = PASSPHRASE
    http: TestClient = field(init=False)
    session: str = ""
    device: str = ""
    totp: pyotp.TOTP | None = None
    codes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.http = client_of(self.house)
        self.mailbox = Mailbox(self.house)

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.session}"}

    def begin(self, purpose: str, *, known: bool = True, **body: Any) -> Passage:
        """A passage from this person's device, or from one that nobody knows."""
        headers = {"Device-Token": self.device} if known and self.device else {}
        if purpose == "confirm":
            headers |= self.bearer
        reply = self.http.post("/api/v1/passages", json={"purpose": purpose, **body}, headers=headers)
        assert reply.status_code == 201, reply.text
        state = reply.json()
        return Passage(self.http, state, {**headers, "Passage-Token": state["token"]})

    def sign_up(self) -> "Person":
        passage = self.begin("sign_up").human().give("identifier", identifier=self.address)
        passage.give("message_code", code=self.mailbox.newest_code(self.address))
        return self._enter(passage.give("new_passphrase", passphrase=self.passphrase))

    def sign_in(self, *, known: bool = True) -> "Person":
        """With whatever is asked."""
        passage = self.begin("sign_in", known=known).human()
        passage.give("passphrase", identifier=self.address, passphrase=self.passphrase)
        return self._enter(self.finish(passage.human()))

    def finish(self, passage: Passage) -> Passage:
        """Gives what else is asked: the message code, the app."""
        for _ in range(5):  # no way through is longer
            if "grant" in passage.state:
                break
            if "totp" in passage.asks:
                passage.give("totp", output=self.output())
            elif "message_code" in passage.asks:
                passage.give("message_code", code=self.mailbox.newest_code(self.address))
            else:
                break
        return passage

    def output(self) -> str:
        """The next code of the app: of a step not used before."""
        assert self.totp is not None
        self.clock.advance(timedelta(seconds=30))
        return self.totp.at(self.clock.now)

    def approve(self, **action: Any) -> str:
        """Confirms an action; gives the approval."""
        passage = self.begin("confirm", action=action)
        if "passphrase" in passage.asks:
            passage.give("passphrase", passphrase=self.passphrase)
        return str(self.finish(passage).grant["token"])

    def bind_app(self) -> "Person":
        approval = self.approve(kind="change", what="bind_totp")
        made = self.http.post("/api/v1/authenticators/totp", headers={**self.bearer, "Approval": approval})
        assert made.status_code == 201, made.text
        self.totp = pyotp.TOTP(made.json()["secret"])
        path = f"/api/v1/authenticators/totp/{made.json()['id']}/activate"
        done = self.http.post(path, json={"output": self.output()}, headers=self.bearer)
        assert done.status_code == 200, done.text
        self.codes = done.json()["codes"] or self.codes
        return self

    def _enter(self, passage: Passage) -> "Person":
        self.session, self.device = passage.grant["token"], passage.grant["device_token"]
        return self
