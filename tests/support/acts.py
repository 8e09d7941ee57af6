"""What tests of flows do over and over: let time pass, come back, mistype, look at a passage, read the post."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest

from tests.support.clock import SettableClock
from tests.support.house import Passage, Person, deliver, open_house
from watchword.accounts.identifiers import Identifier
from watchword.app import House
from watchword.foundation.terms import AccountId, IdentifierKind
from watchword.record.catalogue import EventKind

ONLY_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For rules that no database has a part in."""
ANOTHER = "eleven quiet herons over water"
"""A passphrase that stands alone."""
SHORT = "vF8#kq2Z"
"""A passphrase for beside an app."""
STEP = timedelta(seconds=30)


@contextmanager
def house_under(policy: str, database_url: str, directory: Path, clock: SettableClock) -> Iterator[House]:
    """A house with an operator's policy of these lines."""
    rules = directory / "operator.toml"
    rules.write_text(f"[risk]\nwork_low = 1\nwork_raised = 1\nwork_high = 1\n{policy}")
    with open_house(database_url, directory, clock, policy_file=rules) as opened:
        yield opened


def fail(person: Person, count: int, *, known: bool = False, identifier: str | None = None) -> None:
    """So many wrong passphrases, each in a passage of its own."""
    for _ in range(count):
        passage = person.begin("sign_in", known=known).human()
        passage.refuse("passphrase", identifier=identifier or person.address, passphrase=ANOTHER)


def wait(person: Person, **by: float) -> None:
    """The post goes out, then time passes."""
    deliver(person.house)
    person.clock.advance(timedelta(**by))


def come_back(person: Person, *, known: bool = True, **after: float) -> Person:
    """Time passes, and the person signs in again."""
    wait(person, **after)
    return person.sign_in(known=known)


def begin_sign_in(person: Person, *, known: bool = True) -> Passage:
    """A sign-in with the passphrase given."""
    passage = person.begin("sign_in", known=known).human()
    passage.give("passphrase", identifier=person.address, passphrase=person.passphrase).human()
    return _once_delivered(person, passage)


def begin_recovery(person: Person, *, known: bool = True) -> Passage:
    """A recovery with the identifier given."""
    passage = person.begin("recover", known=known).human().give("identifier", identifier=person.address)
    return _once_delivered(person, passage)


def begin_change(person: Person, what: str, **details: Any) -> Passage:
    """A confirm passage with the passphrase given."""
    passage = person.begin("confirm", action={"kind": "change", "what": what, **details})
    return _once_delivered(person, passage.give("passphrase", passphrase=person.passphrase))


def _once_delivered(person: Person, passage: Passage) -> Passage:
    """So that messages of one moment keep their order."""
    deliver(person.house)
    return passage


def give_message(person: Person, passage: Passage) -> Passage:
    return passage.give("message_code", code=person.mailbox.newest_code(person.address))


def give_app(person: Person, passage: Passage) -> Passage:
    return passage.give("totp", output=person.output())


def sign_in_on(device: str, person: Person) -> Passage:
    """A sign-in on a device that another account knows: the check for a human comes after all."""
    person.device = device
    passage = person.begin("sign_in")
    early = passage.offer("passphrase", identifier=person.address, passphrase=person.passphrase)
    assert early.status_code == 409
    passage.state = passage.http.get(f"/api/v1/passages/{passage.id}", headers=passage.headers).json()
    passage.human().give("passphrase", identifier=person.address, passphrase=person.passphrase)
    return _once_delivered(person, passage)


def look(passage: Passage) -> dict[str, Any]:
    """The passage as the gate shows it; a check for a human has another challenge each time."""
    reply = passage.http.get(f"/api/v1/passages/{passage.id}", headers=passage.headers)
    assert reply.status_code == 200, reply.text
    state: dict[str, Any] = reply.json()
    return {**state, "ask": [ask["proof"] for ask in state["ask"]]}


def send_again(passage: Passage) -> Any:
    return passage.http.post(f"/api/v1/passages/{passage.id}/messages", headers=passage.headers)


def is_signed_in(person: Person) -> bool:
    return person.http.get("/api/v1/session", headers=person.bearer).status_code == 200


def session_of(person: Person) -> dict[str, Any]:
    reply = person.http.get("/api/v1/session", headers=person.bearer)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


def account_of(person: Person) -> AccountId:
    return AccountId(session_of(person)["account"])


def authenticators(person: Person) -> dict[str, dict[str, Any]]:
    """By kind."""
    reply = person.http.get("/api/v1/authenticators", headers=person.bearer)
    assert reply.status_code == 200, reply.text
    return {each["kind"]: each for each in reply.json()["items"]}


def subjects(person: Person, address: str | None = None) -> list[str]:
    """Of everything sent to the person, oldest first."""
    return [
        str(message["Subject"]) for message in person.mailbox.messages() if message["To"] == (address or person.address)
    ]


def codes_sent(person: Person, address: str | None = None) -> list[str]:
    """Every code that ever went there, oldest first."""
    texts = person.mailbox.texts_to(address or person.address)
    return [found[1] for text in texts if (found := re.search(r"^(\d{6})$", text, re.MULTILINE))]


def wrong_code(right: str) -> str:
    return f"{(int(right) + 1) % 1_000_000:06}"


def wrong_output(person: Person) -> str:
    """Six digits that no step within a quarter of an hour has."""
    assert person.totp is not None
    now = int(person.clock.now.timestamp())
    near = {person.totp.at(now + 30 * step) for step in range(-30, 31)}
    return next(text for number in range(1000) if (text := f"{number:06}") not in near)


def output_at(person: Person, by: timedelta) -> str:
    """What an app shows whose clock is off by that much."""
    assert person.totp is not None
    return str(person.totp.at(person.clock.now + by))


def opt_for_message(person: Person, *, enabled: bool = True) -> None:
    approval = person.approve(kind="change", what="message_code", enabled=enabled)
    reply = person.http.put(
        "/api/v1/authenticators/message-code",
        json={"enabled": enabled},
        headers={**person.bearer, "Approval": approval},
    )
    assert reply.status_code == 204, reply.text


def replace_app(person: Person, approval: str) -> list[str]:
    """Binds another app in place of the present one; gives the recovery codes that came with it."""
    made = person.http.post("/api/v1/authenticators/totp", headers={**person.bearer, "Approval": approval})
    assert made.status_code == 201, made.text
    person.totp = pyotp.TOTP(made.json()["secret"])
    path = f"/api/v1/authenticators/totp/{made.json()['id']}/activate"
    done = person.http.post(path, json={"output": person.output()}, headers=person.bearer)
    assert done.status_code == 200, done.text
    codes: list[str] = done.json()["codes"]
    return codes


def change_passphrase(person: Person, new: str) -> Any:
    """Confirmed with whatever is asked; the bare reply of the change."""
    approval = person.approve(kind="change", what="passphrase")
    headers = {**person.bearer, "Approval": approval}
    return person.http.put("/api/v1/passphrase", json={"passphrase": new}, headers=headers)


def bind_address(person: Person, address: str) -> None:
    """A second address of the account: the pages for it come later."""
    house, now, account = person.house, person.clock.now, account_of(person)
    with house.database.begin() as tx:
        house.core.accounts.bind_identifier(tx, account, Identifier(IdentifierKind.EMAIL, address), now)
        house.core.journal.record(tx, EventKind.IDENTIFIER_BOUND, at=now, account=account)
