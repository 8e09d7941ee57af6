"""What tests of exits do: a holder with everything set up, a service of the platform, confirming and consuming."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from starlette.testclient import TestClient

from tests.support.house import Passage, Person, client_of, deliver
from watchword.app import House

TRADING = "860273"
EVM = "0x52908400098527886E0F7030069857D2E4169EE7"
OTHER_EVM = "0x8617E340B3D01FA5F11F306F4090FD50E238070D"
WITHDRAWAL: dict[str, Any] = {
    "kind": "withdraw",
    "asset": "USDT",
    "network": "Ethereum",
    "address": EVM,
    "memo": None,
    "amount": "250.5",
}
DAY = timedelta(days=1)


def withdrawal(**other: Any) -> dict[str, Any]:
    return {**WITHDRAWAL, **other}


def set_trading(person: Person, passphrase: str = TRADING) -> Person:
    approval = person.approve(kind="change", what="trading_passphrase")
    headers = {**person.bearer, "Approval": approval}
    done = person.http.put("/api/v1/trading-passphrase", json={"passphrase": passphrase}, headers=headers)
    assert done.status_code == 204, done.text
    return person


def fortify(person: Person) -> Person:
    """App and trading passphrase on the first day, and both first holds waited for."""
    set_trading(person.bind_app())
    return later(person, days=2)


def later(person: Person, **span: float) -> Person:
    """Time passes; the session would be over by then, so the person comes back on the same device."""
    deliver(person.house)
    person.clock.advance(timedelta(**span))
    return person.sign_in()


def begin(person: Person, action: dict[str, Any]) -> Any:
    """The bare reply to a confirm passage that is begun."""
    return person.http.post(
        "/api/v1/passages",
        json={"purpose": "confirm", "action": action},
        headers={"Device-Token": person.device, **person.bearer},
    )


def confirm(person: Person, action: dict[str, Any], *, trading: str = TRADING) -> str:
    """The approval, after whatever is asked."""
    reply = begin(person, action)
    assert reply.status_code == 201, reply.text
    state = reply.json()
    headers = {"Device-Token": person.device, **person.bearer, "Passage-Token": state["token"]}
    passage = Passage(person.http, state, headers)
    for _ in range(4):
        if "grant" in passage.state:
            break
        if "passphrase" in passage.asks:
            passage.give("passphrase", passphrase=person.passphrase)
        elif "totp" in passage.asks:
            passage.give("totp", output=person.output())
        elif "trading_passphrase" in passage.asks:
            passage.give("trading_passphrase", passphrase=trading)
        else:
            passage.give("message_code", code=person.mailbox.newest_code(person.address))
    return str(passage.grant["token"])


def session_of(person: Person) -> dict[str, Any]:
    found: dict[str, Any] = person.http.get("/api/v1/session", headers=person.bearer).json()
    return found


_keys = count()


@dataclass
class Platform:
    """A service of the platform."""

    house: House
    name: str = "wallet"
    token: str = ""
    asks_by: TestClient | None = None

    def __post_init__(self) -> None:
        self.http = self.asks_by or client_of(self.house)
        self.token = self.token or self.house.core.services.add(self.name).reveal()

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def ask(self, person: Person, approval: str, action: dict[str, Any], **other: Any) -> dict[str, Any]:
        """The body of a consumption, with a key of its own."""
        found = session_of(person) if {"account", "session"} - set(other) else {}
        return {
            "approval": approval,
            "account": found.get("account"),
            "session": found.get("session"),
            "action": action,
            "idempotency_key": f"exit-{next(_keys)}",
            **other,
        }

    def send(self, body: dict[str, Any]) -> Any:
        return self.http.post("/api/v1/approvals/consume", json=body, headers=self.bearer)

    def consume(self, person: Person, approval: str, action: dict[str, Any], **other: Any) -> Any:
        return self.send(self.ask(person, approval, action, **other))

    def decide(self, account: str, action: dict[str, Any]) -> Any:
        return self.http.post("/api/v1/exits/decide", json={"account": account, "action": action}, headers=self.bearer)


def code(reply: Any) -> str:
    """The outcome in a word: the problem's code, or the status of a good answer."""
    return str(reply.json()["code"]) if reply.status_code >= 400 else str(reply.status_code)


def tour(person: Person, browser: TestClient | None = None) -> str:
    """Every address of exits once with what it takes, and its refusals; asked by the client of the person. Gives the
    service's token."""
    platform = Platform(person.house, "tour", asks_by=person.http)
    person.http.get("/api/v1/holds", headers=person.bearer)
    listing = {"asset": "USDT", "network": "Ethereum", "address": EVM, "memo": None}
    approval = confirm(person, {"kind": "allow_destination", **listing})
    added = person.http.post("/api/v1/destinations", json=listing, headers={**person.bearer, "Approval": approval})
    platform.decide(session_of(person)["account"], withdrawal())
    platform.consume(person, confirm(person, withdrawal(memo="7")), withdrawal(memo="7"))
    later(person, hours=25)
    platform.consume(person, confirm(person, withdrawal(memo="7")), withdrawal(memo="7"))
    person.http.get("/api/v1/destinations", headers=person.bearer)
    approval = person.approve(kind="change", what="remove_destination", destination=added.json()["id"])
    path = f"/api/v1/destinations/{added.json()['id']}"
    person.http.delete(path, headers={**person.bearer, "Approval": approval})
    approval = person.approve(kind="change", what="allow_list", enabled=True)
    headers = {**person.bearer, "Approval": approval}
    person.http.put("/api/v1/allow-list", json={"enabled": True}, headers=headers)
    _tour_of_asking(person, platform, browser or client_of(person.house))
    return platform.token


def _tour_of_asking(person: Person, platform: Platform, browser: TestClient) -> None:
    from tests.support.asked import AskedHolder, request, state

    holder = AskedHolder(person, browser)
    made = holder.ask(platform, withdrawal(memo="7"))
    state(platform, made)
    request(platform, {"account": "nobody", "session": "nothing", "action": withdrawal()})
    holder.confirm(made)
    state(platform, made)
