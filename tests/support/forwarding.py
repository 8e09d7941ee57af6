"""The door and an application on another host, without a proxy: the house, and somebody at a browser."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from prometheus_client import CollectorRegistry
from starlette.testclient import TestClient

from tests.support.clock import SettableClock
from tests.support.house import PASSPHRASE, Mailbox, open_house, solve
from watchword.app import House, web_application
from watchword.serving import edge_plan
from watchword.web.edge import guarded
from watchword.web.edge.asgi import App

DOOR = "https://accounts.example.com"
APPLICATION = "https://app.example.com"
OTHER = "https://other.example.com"
PATH = "/forward-auth"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Accept": "text/html"}


@contextmanager
def open_forward_house(database_url: str, directory: Path, clock: SettableClock, **settings: Any) -> Iterator[House]:
    given = {"public_url": DOOR, "trusted_proxies": "127.0.0.0/8", "applications": f"{APPLICATION} {OTHER}", **settings}
    with open_house(database_url, directory, clock, **given) as opened:
        yield opened


def behind_a_proxy(house: House) -> App:
    """As production serves it: forwarding headers of its own proxies are taken."""
    plan = replace(edge_plan(house.settings, CollectorRegistry()), refuses_forwarding=False)
    return guarded(web_application(house), plan)


@dataclass
class Surfer:
    """Somebody at a browser without script, who may speak to the door and, as through a proxy, to applications."""

    house: House
    app: App
    address: str = "ann@example.org"
    http: TestClient = field(init=False)

    def __post_init__(self) -> None:
        self.http = TestClient(
            self.app, DOOR, client=("127.0.0.1", 5), follow_redirects=False, raise_server_exceptions=False
        )

    def cookie(self, name: str, origin: str = DOOR) -> str:
        domain = origin.partition("://")[2]
        return str(self.http.cookies.get(f"__Host-{name}", domain=domain, default=""))

    def sign_up(self) -> "Surfer":
        self.answer("/sign-up", "identifier", identifier=self.address)
        self.answer("/sign-up", "message_code", code=self._code())
        self.answer("/sign-up", "new_passphrase", new_passphrase=PASSPHRASE)
        assert self.cookie("session")
        return self

    def sign_in(self) -> Any:
        """At a device that is known."""
        return self.answer("/sign-in", "passphrase", identifier=self.address, passphrase=PASSPHRASE)

    def sign_out(self) -> None:
        assert self.http.post("/sign-out", headers=SAME_ORIGIN).status_code == 303

    def answer(self, path: str, proof: str, **form: str) -> Any:
        self.http.get(path)
        challenge = self.http.get(f"{path}/challenge")
        payload = {"payload": solve(challenge.json())} if challenge.status_code == 200 else {}
        reply = self.http.post(path, data={"proof": proof, **form, **payload}, headers=SAME_ORIGIN)
        assert reply.status_code == 303, (path, proof, reply.status_code)
        return reply

    @property
    def session(self) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get("/api/v1/session").json()
        return found

    def begin(self, address: str = f"{APPLICATION}/page?a=1&b=%C3%A9") -> str:
        """From the application's host as far as the callback's address, signed in at the door."""
        origin = "/".join(address.split("/", 3)[:3])
        begun = self.http.get(f"{origin}/.watchword/begin?return={quote(address, safe='')}")
        assert begun.status_code == 303, begun.text
        sent_on = self.http.get(begun.headers["location"])
        assert sent_on.status_code == 303, sent_on.text
        return str(sent_on.headers["location"])

    def enter(self, address: str = f"{APPLICATION}/page?a=1&b=%C3%A9") -> str:
        """Into the application; gives the token of its cookie there."""
        arrived = self.http.get(self.begin(address))
        assert arrived.status_code == 303
        assert arrived.headers["location"] == address
        return self.cookie("watchword", "/".join(address.split("/", 3)[:3]))

    def _code(self) -> str:
        return Mailbox(self.house).newest_code(self.address)


def asked_by_nginx(url: str = f"{APPLICATION}/page", method: str = "GET") -> dict[str, str]:
    return {"X-Original-URL": url, "X-Original-Method": method}


def asked_by_caddy(url: str = f"{APPLICATION}/page", method: str = "GET") -> dict[str, str]:
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    described = {"Method": method, "Proto": scheme, "Host": host, "Uri": f"{slash}{path}"}
    return {f"X-Forwarded-{name}": value for name, value in described.items()}


def ask(app: App, cookies: str = "", headers: Mapping[str, str] | None = None, **options: Any) -> Any:
    """A proxy's question, with the browser's cookies in it."""
    sent = {**({"Cookie": cookies} if cookies else {}), **(headers or {})}
    with_proxy = TestClient(app, DOOR, client=("127.0.0.1", 5), follow_redirects=False)
    return with_proxy.request("GET", options.pop("path", PATH), headers=sent, **options)
