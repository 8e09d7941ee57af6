"""What tests of API keys do: a holder with a key, a bot that signs with it, a gateway of the platform that asks."""

import base64
import hashlib
import hmac
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.testclient import TestClient

from tests.support.exits import confirm
from tests.support.house import Person, client_of
from watchword.app import House

KEY: dict[str, Any] = {
    "kind": "create_api_key",
    "name": "night bot",
    "permissions": ["read", "trade"],
    "networks": [],
    "expiry": 90,
    "public_key": None,
}
PASSPHRASE = "Ab12345678)(*&^%$#@"
BALANCE, ORDERS = "/api/v1/accounts?currency=USDT", "/api/v1/orders"
ORDER = b'{"side":"buy","symbol":"KTRM-USDT","size":"1.5"}'
ADDRESS = "198.51.100.7"


def key_action(**other: Any) -> dict[str, Any]:
    return {**KEY, **other}


def ask_for_key(
    person: Person, approval: str | None = None, *, passphrase: str | None = PASSPHRASE, **other: Any
) -> Any:
    """The bare reply."""
    body = {name: value for name, value in key_action(**other).items() if name != "kind"}
    headers = person.bearer if approval is None else {**person.bearer, "Approval": approval}
    return person.http.post("/api/v1/api-keys", json={**body, "passphrase": passphrase}, headers=headers)


def make_key(person: Person, **other: Any) -> "Bot":
    """Confirmed with whatever is asked."""
    made = ask_for_key(person, confirm(person, key_action(**other)), **other)
    assert made.status_code == 201, made.text
    return Bot(person=person, made=made.json())


def base64_mac(secret: str, text: bytes) -> str:
    """Written apart from the product's own, as a client would."""
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


@dataclass(frozen=True, kw_only=True)
class Bot:
    """Signs requests, at the time of the person's clock."""

    person: Person
    made: dict[str, Any]
    prefix: str = "API"
    ahead: int = 0
    """Milliseconds its clock is ahead."""

    @property
    def id(self) -> str:
        return str(self.made["id"])

    @property
    def view(self) -> dict[str, Any]:
        """As its owner lists it."""
        listed = self.person.http.get("/api/v1/api-keys", headers=self.person.bearer).json()["items"]
        return next(each for each in listed if each["id"] == self.id)

    def ask(self, method: str, path: str = "", *, approval: str | None = None, **body: Any) -> Any:
        """Something of its owner's about the key; the bare reply."""
        headers = self.person.bearer if approval is None else {**self.person.bearer, "Approval": approval}
        address = f"/api/v1/api-keys/{self.id}{path}"
        return self.person.http.request(method, address, headers=headers, json=body or None)

    def confirmed(self, method: str, path: str = "", **body: Any) -> Any:
        """The same, confirmed as the first reply says."""
        first = self.ask(method, path, **body)
        assert first.status_code == 403, first.text
        assert first.json()["code"] == "confirmation_required"
        return self.ask(method, path, approval=confirm(self.person, first.json()["action"]), **body)

    def failures(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("GET", "/failures").json()["items"]
        return found

    def off_by(self, milliseconds: int) -> "Bot":
        return replace(self, ahead=milliseconds)

    def timestamp(self) -> str:
        return str(int(self.person.clock.now.timestamp() * 1000) + self.ahead)

    def sign(self, method: str, target: str, body: bytes = b"", *, signed: str | None = None) -> dict[str, Any]:
        """What a gateway hands over of the request. ``signed``: another target that the signature is made over."""
        at, secret = self.timestamp(), self.made["secret"]
        text = f"{at}{method}{target if signed is None else signed}".encode() + body
        headers = {
            f"{self.prefix}-KEY": self.made["key"],
            f"{self.prefix}-SIGN": base64_mac(secret, text),
            f"{self.prefix}-TIMESTAMP": at,
            f"{self.prefix}-PASSPHRASE": base64_mac(secret, self.made["passphrase"].encode()),
            f"{self.prefix}-KEY-VERSION": "2",
        }
        return handed(method, target, headers, body)


def handed(method: str, target: str, headers: Any, body: bytes = b"", address: str = ADDRESS) -> dict[str, Any]:
    return {
        "method": method,
        "target": target,
        "headers": headers,
        "body_base64": base64.b64encode(body).decode(),
        "client_address": address,
    }


@dataclass
class Gateway:
    """A service of the platform that asks about each request."""

    house: House
    name: str = "gateway"
    http: TestClient = field(init=False)
    token: str = field(init=False)

    def __post_init__(self) -> None:
        self.http = client_of(self.house)
        self.token = self.house.core.services.add(self.name).reveal()

    def at(self, house: House) -> "Gateway":
        """The same service, asking another node."""
        other = copy(self)
        other.house, other.http = house, client_of(house)
        return other

    def verify(self, asked: dict[str, Any], **more: Any) -> Any:
        """The bare reply."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.http.post("/api/v1/api-requests/verify", json={**asked, **more}, headers=headers)

    def code(self, asked: dict[str, Any], **more: Any) -> str:
        """``ok``, or the code it was refused with."""
        reply = self.verify(asked, **more)
        if reply.status_code == 200:
            return "ok"
        assert reply.status_code == 401, reply.text
        assert set(reply.json()) == {"code", "msg"}
        return str(reply.json()["code"])
