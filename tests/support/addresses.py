"""What tests do with the addresses of an account: replace one, undo it, count what is bound."""

from typing import Any

from tests.support.acts import account_of
from tests.support.house import Passage, Person, deliver

NEW = "new@example.org"


def begin_replacement(person: Person, address: str = NEW, kind: str = "email") -> Passage:
    """A confirmation with the passphrase given, and the app where one is asked."""
    action = {"kind": "change", "what": "replace_identifier", "identifier_kind": kind, "identifier": address}
    passage = person.begin("confirm", action=action).give("passphrase", passphrase=person.passphrase)
    if "totp" in passage.asks:
        passage.give("totp", output=person.output())
    deliver(person.house)
    return passage


def approve_replacement(person: Person, address: str = NEW, kind: str = "email") -> str:
    """Confirmed to the end; gives the approval."""
    passage = begin_replacement(person, address, kind)
    passage.give("message_code", code=person.mailbox.newest_code(person.address))
    deliver(person.house)
    passage.give("message_code", code=person.mailbox.newest_code(address))
    return str(passage.grant["token"])


def put_address(person: Person, approval: str | None, address: str = NEW, kind: str = "email") -> Any:
    """The bare reply."""
    headers = person.bearer if approval is None else {**person.bearer, "Approval": approval}
    return person.http.put(f"/api/v1/identifiers/{kind}", json={"identifier": address}, headers=headers)


def replace_address(person: Person, address: str = NEW) -> str:
    """To the end; gives the old one."""
    reply = put_address(person, approve_replacement(person, address), address)
    assert reply.status_code == 204, reply.text
    old, person.address = person.address, address
    deliver(person.house)
    return old


def addresses(person: Person) -> dict[str, str | None]:
    """Each with the end of its time as a security contact; None: it is bound."""
    reply = person.http.get("/api/v1/identifiers", headers=person.bearer)
    assert reply.status_code == 200, reply.text
    return {each["identifier"]: each["contact_until"] for each in reply.json()["items"]}


def begin_undo(person: Person, old: str) -> Passage:
    """A recovery that begins with a replaced address, on a device nobody knows."""
    passage = person.begin("recover", known=False).human().give("identifier", identifier=old)
    deliver(person.house)
    return passage


def undo(person: Person, old: str, new_passphrase: str) -> Passage:
    """With whatever is asked; the passage as it ends."""
    passage = begin_undo(person, old).give("message_code", code=person.mailbox.newest_code(old))
    if "totp" in passage.asks:
        passage.give("totp", output=person.output())
    passage.give("new_passphrase", passphrase=new_passphrase)
    deliver(person.house)
    person.address, person.passphrase = old, new_passphrase
    return passage


def causes(person: Person) -> dict[str, str]:
    """Of the holds that run, with their ends."""
    account = account_of(person)
    with person.house.database.read() as tx:
        running = person.house.core.holds.of(tx, account, person.clock.now)
    return {str(each.cause): each.ends_at.isoformat() for each in running}
