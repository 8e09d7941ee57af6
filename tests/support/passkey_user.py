"""Somebody with passkeys: adds one, signs in by it, confirms by it."""

from datetime import timedelta
from ipaddress import ip_address
from typing import Any

from tests.support import exits
from tests.support.house import Passage, Person, deliver
from tests.support.passkeys import HONEST, Authenticator, Bent, Credential
from watchword.foundation.client import Client
from watchword.foundation.secret import Secret
from watchword.foundation.terms import ClientKind
from watchword.sessions.sessions import Session


def options_of(passage: Passage) -> dict[str, Any]:
    """What the passage asks an authenticator."""
    found: dict[str, Any] = next(ask["options"] for ask in passage.state["ask"] if ask["proof"] == "passkey")
    return found


def show(passage: Passage, authenticator: Authenticator, bent: Bent = HONEST, **more: Any) -> dict[str, Any]:
    """The credential that answers it."""
    return authenticator.get(options_of(passage), bent, **more)


def give_passkey(passage: Passage, authenticator: Authenticator, *, which: Credential | None = None) -> Passage:
    return passage.give("passkey", credential=show(passage, authenticator, which=which))


def approve(person: Person, authenticator: Authenticator | None, **action: Any) -> str:
    """Confirms an action: by passphrase, passkey and message where they are asked."""
    passage = person.begin("confirm", action=action)
    for _ in range(5):
        if "grant" in passage.state:
            break
        if "passphrase" in passage.asks:
            passage.give("passphrase", passphrase=person.passphrase)
        elif "passkey" in passage.asks and authenticator is not None:
            give_passkey(passage, authenticator)
        else:
            person.finish(passage)
    return str(passage.grant["token"])


def begin_passkey(person: Person, by: Authenticator | None = None) -> dict[str, Any]:
    """What the account's page hands to a browser."""
    approval = approve(person, by, kind="change", what="bind_passkey")
    begun = person.http.post("/api/v1/authenticators/passkeys", headers={**person.bearer, "Approval": approval})
    assert begun.status_code == 201, begun.text
    found: dict[str, Any] = begun.json()
    return found


def activate(person: Person, begun: dict[str, Any], credential: dict[str, Any], name: str = "Phone") -> Any:
    """The bare reply."""
    path = f"/api/v1/authenticators/passkeys/{begun['id']}/activate"
    return person.http.post(path, json={"credential": credential, "name": name}, headers=person.bearer)


def add_passkey(
    person: Person, authenticator: Authenticator, *, by: Authenticator | None = None, name: str = "Phone"
) -> dict[str, Any]:
    """``by``: the passkey that confirms it, where one is asked."""
    begun = begin_passkey(person, by)
    done = activate(person, begun, authenticator.create(begun["options"]), name)
    assert done.status_code == 200, done.text
    found: dict[str, Any] = done.json()
    person.codes = found["codes"] or person.codes
    return found


def sign_in_by_passkey(person: Person, authenticator: Authenticator, *, known: bool = True) -> Passage:
    passage = give_passkey(person.begin("sign_in", known=known), authenticator)
    person.session, person.device = passage.grant["token"], passage.grant["device_token"]
    return passage


def listed(person: Person) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = person.http.get("/api/v1/authenticators", headers=person.bearer).json()["items"]
    return found


def passkeys_of(person: Person) -> list[dict[str, Any]]:
    return [each for each in listed(person) if each["kind"] == "passkey"]


def remove_passkey(person: Person, passkey: str, approval: str) -> Any:
    """The bare reply."""
    headers = {**person.bearer, "Approval": approval}
    return person.http.delete(f"/api/v1/authenticators/passkeys/{passkey}", headers=headers)


def confirm_exit(person: Person, action: dict[str, Any], authenticator: Authenticator | None) -> str:
    """By the passkey, or without one by the app."""
    passage = person.begin("confirm", action=action)
    if authenticator is None:
        passage.give("totp", output=person.output())
    else:
        give_passkey(passage, authenticator)
    return str(passage.give("trading_passphrase", passphrase=exits.TRADING).grant["token"])


def exempt_from(person: Person) -> None:
    """The post goes out, and the minute that codes are apart passes."""
    deliver(person.house)
    person.clock.advance(timedelta(minutes=2))


def plain_client() -> Client:
    return Client(kind=ClientKind.APP, address=ip_address("127.0.0.1"), agent="", language="en")


def session_in(person: Person) -> Session:
    """As the core knows it."""
    found = person.house.core.sessions.find(Secret(person.session), ClientKind.APP, plain_client())
    assert found is not None
    return found
