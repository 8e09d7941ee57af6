"""Every change of the safe room, prepared so that one call makes it; and what it is expected to bring."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyotp

from tests.support.acts import ANOTHER, account_of, is_signed_in
from tests.support.addresses import NEW, approve_replacement, begin_undo, replace_address
from tests.support.exits import OTHER_EVM, TRADING, Platform, confirm, session_of, withdrawal
from tests.support.freezing import devices, freeze, links, pause, press
from tests.support.house import Person
from tests.support.killing import Act
from tests.support.trading import OTHER
from watchword.foundation.errors import Conflict, NotFound
from watchword.foundation.terms import DeviceId, SessionId

LISTING = {"asset": "USDT", "network": "Ethereum", "address": OTHER_EVM, "memo": None}


@dataclass(frozen=True, kw_only=True)
class Change:
    name: str
    prepare: Callable[[Person, Person], tuple[Act, ...]]
    """Of the holder on the first device, and on a younger one. The change, and other ways to make it a second time."""
    event: str
    done: str = "204"
    """What is answered when it is done."""
    again: tuple[str, ...] = ("confirmation_required",)
    """What is answered by each of the ways, once it is done."""
    causes: frozenset[str] = frozenset()
    """Of the holds it places."""
    spends: bool = True
    """An approval."""
    ends: int = 0
    """How many sessions, at the least."""
    tells: bool = True
    """The holder, by a message."""


def call(method: str, path: str, headers: dict[str, str], body: Any = None) -> Act:
    """Over the JSON API; gives the outcome in a word."""

    def act(somebody: Person) -> str:
        return outcome(somebody.http.request(method, f"/api/v1/{path}", json=body, headers=headers))

    return act


def outcome(reply: Any) -> str:
    return str(reply.json()["code"]) if reply.status_code >= 400 else str(reply.status_code)


def _change(method: str, path: str, what: str, body: Any = None, **details: Any) -> Any:
    """What one approval is good for."""

    def prepare(holder: Person, _: Person) -> tuple[Act, ...]:
        approval = holder.approve(kind="change", what=what, **details)
        return (call(method, path, {**holder.bearer, "Approval": approval}, body),)

    return prepare


def _activated(holder: Person, _: Person) -> tuple[Act, ...]:
    approval = holder.approve(kind="change", what="bind_totp")
    made = holder.http.post("/api/v1/authenticators/totp", headers={**holder.bearer, "Approval": approval})
    output = pyotp.TOTP(made.json()["secret"]).at(holder.clock.now)
    path = f"authenticators/totp/{made.json()['id']}/activate"
    return (call("POST", path, holder.bearer, {"output": output}),)


def _replaced(holder: Person, _: Person) -> tuple[Act, ...]:
    headers = {**holder.bearer, "Approval": approve_replacement(holder)}
    return (call("PUT", "identifiers/email", headers, {"identifier": NEW}),)


def _undone(holder: Person, _: Person) -> tuple[Act, ...]:
    old = replace_address(holder)
    pause(holder)
    passage = begin_undo(holder, old).give("message_code", code=holder.mailbox.newest_code(old))
    passage.give("totp", output=holder.output())
    body = {"proof": "new_passphrase", "passphrase": ANOTHER}
    return (call("POST", f"passages/{passage.id}/proofs", passage.headers, body),)


def _older_removed(holder: Person, there: Person) -> tuple[Act, ...]:
    older = next(each["id"] for each in devices(there) if not each["this_one"])
    approval = there.approve(kind="change", what="remove_device", device=older)
    assert is_signed_in(there)  # so that it was seen just now, and what follows does not note that
    return (call("DELETE", f"devices/{older}", {**there.bearer, "Approval": approval}),)


def _younger_removed(holder: Person, _: Person) -> tuple[Act, ...]:
    younger = next(each["id"] for each in devices(holder) if not each["this_one"])
    return (call("DELETE", f"devices/{younger}", holder.bearer),)


def _disowned(holder: Person, _: Person) -> tuple[Act, ...]:
    """ "This wasn't me": the younger device goes, and the account is frozen."""
    younger = next(each["id"] for each in devices(holder) if not each["this_one"])
    core, now, here = holder.house.core, holder.clock.now, SessionId(session_of(holder)["session"])
    with core.ground.database.read() as tx:
        session = core.sessions.find_live(tx, account_of(holder), here, now)
    assert session is not None

    def act(somebody: Person) -> str:
        try:
            somebody.house.core.device_room.disown(session, DeviceId(younger))
        except NotFound:
            return "not_found"
        return "disowned"

    return (act,)


def _frozen(holder: Person, _: Person) -> tuple[Act, ...]:
    assert is_signed_in(holder)
    return (call("POST", "freeze", holder.bearer),)


def _frozen_by_link(holder: Person, _: Person) -> tuple[Act, ...]:
    link = links(holder)[-1]
    return (lambda somebody: str(press(somebody, link, http=somebody.http).status_code),)


def _frozen_by_operator(holder: Person, _: Person) -> tuple[Act, ...]:
    account = account_of(holder)
    return (lambda somebody: str(somebody.house.core.freezing.by_operator(account)),)


def _thawed(holder: Person, _: Person) -> tuple[Act, ...]:
    freeze(holder)
    holder.sign_in()
    pause(holder)
    approval = holder.approve(kind="change", what="thaw")
    return (call("POST", "thaw", {**holder.bearer, "Approval": approval}),)


def _thawed_by_operator(holder: Person, _: Person) -> tuple[Act, ...]:
    account = account_of(holder)
    holder.house.core.freezing.by_operator(account)

    def act(somebody: Person) -> str:
        try:
            return str(somebody.house.core.freezing.thaw_by_operator(account))
        except Conflict:
            return "conflict"

    return (act,)


def _removed_by_operator(holder: Person, _: Person) -> tuple[Act, ...]:
    """Announced a week ago."""
    holder.house.core.removal.begin(account_of(holder))
    pause(holder, days=7)
    return (lambda somebody: str(somebody.house.core.removal.complete_due()),)


def _listed(holder: Person, _: Person) -> tuple[Act, ...]:
    approval = confirm(holder, {"kind": "allow_destination", **LISTING})
    return (call("POST", "destinations", {**holder.bearer, "Approval": approval}, LISTING),)


def _forgotten(holder: Person, _: Person) -> tuple[Act, ...]:
    (named,) = holder.http.get("/api/v1/destinations", headers=holder.bearer).json()["items"]
    approval = holder.approve(kind="change", what="remove_destination", destination=named["id"])
    return (call("DELETE", f"destinations/{named['id']}", {**holder.bearer, "Approval": approval}),)


def _issued(holder: Person, _: Person) -> tuple[Act, ...]:
    """The last proof of a confirmation, of an exit to where nothing went before: it names the destination too."""
    passage = holder.begin("confirm", action=withdrawal(address=OTHER_EVM)).give("totp", output=holder.output())
    passage.give("trading_passphrase", passphrase=TRADING)
    body = {"proof": "message_code", "code": holder.mailbox.newest_code(holder.address)}
    return (call("POST", f"passages/{passage.id}/proofs", passage.headers, body),)


def _spent(holder: Person, _: Person) -> tuple[Act, ...]:
    platform = Platform(holder.house)
    body = platform.ask(holder, confirm(holder, withdrawal()), withdrawal())
    other = {**body, "idempotency_key": "another"}
    return tuple(call("POST", "approvals/consume", platform.bearer, each) for each in (body, other))


CHANGES = (
    Change(
        name="app begun",
        prepare=_change("POST", "authenticators/totp", "bind_totp"),
        event="authenticator.pending",
        done="201",
        tells=False,
    ),
    Change(
        name="app bound",
        prepare=_activated,
        event="authenticator.bound",
        done="200",
        again=("gone",),
        causes=frozenset({"second_step_added"}),
        spends=False,
    ),
    Change(
        name="app removed",
        prepare=_change("DELETE", "authenticators/totp", "remove_totp"),
        event="authenticator.removed",
        again=("not_found",),
        causes=frozenset({"second_step_removed"}),
        ends=1,
    ),
    Change(
        name="app removed by the operator",
        prepare=_removed_by_operator,
        event="second_step_removal.done",
        done="1",
        again=("0",),
        causes=frozenset({"second_step_removed_by_operator"}),
        spends=False,
        ends=2,
    ),
    Change(
        name="recovery codes",
        prepare=_change("POST", "authenticators/recovery-codes", "recovery_codes"),
        event="recovery_codes.made",
        done="201",
        causes=frozenset({"recovery_codes_made"}),
    ),
    Change(
        name="message code",
        prepare=_change("PUT", "authenticators/message-code", "message_code", {"enabled": True}, enabled=True),
        event="message_code.on",
    ),
    Change(
        name="passphrase",
        prepare=_change("PUT", "passphrase", "passphrase", {"passphrase": ANOTHER}),
        event="passphrase.changed",
        causes=frozenset({"passphrase_changed_with"}),
        ends=1,
    ),
    Change(
        name="trading passphrase",
        prepare=_change("PUT", "trading-passphrase", "trading_passphrase", {"passphrase": OTHER}),
        event="trading_passphrase.set",
        causes=frozenset({"trading_passphrase_changed"}),
    ),
    Change(
        name="anti-phishing code",
        prepare=_change("PUT", "anti-phishing-code", "anti_phishing_code", {"code": "lake tiger"}),
        event="stamp.set",
    ),
    Change(
        name="address replaced",
        prepare=_replaced,
        event="identifier.replaced",
        again=("unacceptable",),
        causes=frozenset({"address_replaced"}),
        ends=1,
    ),
    Change(
        name="address restored",
        prepare=_undone,
        event="identifier.restored",
        done="200",
        again=("gone",),
        causes=frozenset({"recovered_with", "address_restored"}),
        spends=False,
    ),
    Change(
        name="older device removed",
        prepare=_older_removed,
        event="device.removed",
        ends=1,
    ),
    Change(
        name="younger device removed",
        prepare=_younger_removed,
        event="device.removed",
        again=("not_found",),
        spends=False,
        ends=1,
    ),
    Change(
        name="younger device disowned",
        prepare=_disowned,
        event="account.frozen",
        done="disowned",
        again=("not_found",),
        spends=False,
        ends=2,
    ),
    Change(
        name="others signed out",
        prepare=_change("DELETE", "sessions/others", "sign_out_others"),
        event="session.revoked",
        ends=1,
    ),
    Change(
        name="frozen",
        prepare=_frozen,
        event="account.frozen",
        again=("unauthenticated",),
        spends=False,
        ends=2,
    ),
    Change(
        name="frozen by link",
        prepare=_frozen_by_link,
        event="account.frozen",
        done="303",
        again=("303",),
        spends=False,
        ends=2,
    ),
    Change(
        name="frozen by the operator",
        prepare=_frozen_by_operator,
        event="account.frozen",
        done="4",
        again=("0",),
        spends=False,
        ends=2,
    ),
    Change(
        name="thawed",
        prepare=_thawed,
        event="account.thawed",
        again=("not_possible",),
        causes=frozenset({"thawed"}),
    ),
    Change(
        name="thawed by the operator",
        prepare=_thawed_by_operator,
        event="account.thawed",
        done="True",
        again=("conflict",),
        causes=frozenset({"thawed"}),
        spends=False,
    ),
    Change(
        name="destination listed",
        prepare=_listed,
        event="destination.listed",
        done="201",
    ),
    Change(
        name="destination forgotten",
        prepare=_forgotten,
        event="destination.removed",
        again=("not_found",),
    ),
    Change(
        name="allow-list on",
        prepare=_change("PUT", "allow-list", "allow_list", {"enabled": True}, enabled=True),
        event="lock.begun",
        done="200",
    ),
    Change(
        name="approval issued",
        prepare=_issued,
        event="approval.issued",
        done="200",
        again=("gone",),
        spends=False,
        tells=False,
    ),
    Change(
        name="approval spent by a service",
        prepare=_spent,
        event="exit.allowed",
        done="200",
        again=("200", "not_confirmed"),
        tells=False,
    ),
    Change(
        name="account closed",
        prepare=_change("DELETE", "account", "close_account"),
        event="account.closed",
        again=("unauthenticated",),
        ends=2,
    ),
)
