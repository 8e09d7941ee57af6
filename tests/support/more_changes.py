"""Changes by the platform's services and the operator, and what a holder reads: alerts, copies of their data."""

from collections.abc import Callable
from typing import Any

from tests.support.acts import account_of, is_signed_in
from tests.support.asked import AskedHolder, sealed
from tests.support.changes import Change, call
from tests.support.exits import Platform, withdrawal
from tests.support.freezing import alerts
from tests.support.house import Person
from tests.support.killing import Act
from watchword.foundation.errors import ConfirmationRequired, Conflict, NotFound
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId, SessionId
from watchword.gate.actions import read_action
from watchword.handover.services import Services


def _handed_over(holder: Person, _: Person) -> tuple[Act, ...]:
    """In the holder's browser; a second time there is nothing left to hand over."""
    core, browser = holder.house.core, AskedHolder(holder)
    made = browser.ask(Platform(holder.house), withdrawal())
    approval = Secret(browser.confirm_for_nobody(withdrawal()))
    named = browser.session
    with core.ground.database.read() as tx:
        here = SessionId(named["session"])
        session = core.sessions.find_live(tx, AccountId(named["account"]), here, holder.clock.now)
    assert session is not None
    action = read_action(withdrawal())

    def act(somebody: Person) -> str:
        try:
            somebody.house.core.exit_requests.hand_over(session, sealed(made), approval, action)
        except ConfirmationRequired:
            return "confirmation_required"
        return "handed over"

    return (act,)


def _frozen_by_platform(holder: Person, _: Person) -> tuple[Act, ...]:
    path = f"accounts/{account_of(holder)}/freeze"
    return (call("POST", path, Platform(holder.house).bearer),)


def _thawed_by_platform(holder: Person, _: Person) -> tuple[Act, ...]:
    platform, account = Platform(holder.house), account_of(holder)
    assert call("POST", f"accounts/{account}/freeze", platform.bearer)(holder) == "200"
    return (call("POST", f"accounts/{account}/thaw", platform.bearer),)


def _acknowledged(holder: Person, _: Person) -> tuple[Act, ...]:
    (newest, *_more) = alerts(holder)
    return (call("POST", f"alerts/{newest['id']}/acknowledge", holder.bearer),)


def _all_acknowledged(holder: Person, _: Person) -> tuple[Act, ...]:
    assert is_signed_in(holder)
    return (call("POST", "alerts/acknowledge", holder.bearer),)


def _exported(of: str, form: str) -> Any:
    def prepare(holder: Person, _: Person) -> tuple[Act, ...]:
        headers = {**holder.bearer, "Approval": holder.approve(kind="change", what="export", of=of)}
        return (call("POST", "export", headers, {"of": of, "format": form}),)

    return prepare


def _service(what: Callable[[Services], Any]) -> Any:
    """By the operator's command."""

    def prepare(holder: Person, _: Person) -> tuple[Act, ...]:
        if what is not _add:
            Platform(holder.house, "cards")

        def act(somebody: Person) -> str:
            try:
                what(somebody.house.core.services)
            except (Conflict, NotFound) as refused:
                return type(refused).__name__
            return "done"

        return (act,)

    return prepare


def _add(services: Services) -> None:
    services.add("cards")


def _rotated(holder: Person, _: Person) -> tuple[Act, ...]:
    """By the operator's command; then the old credential is tried."""
    platform = Platform(holder.house, "cards")
    decide = call("POST", "exits/decide", platform.bearer, {"account": "nobody", "action": withdrawal()})

    def act(somebody: Person) -> str:
        if decide(somebody) == "unauthenticated":
            return "unauthenticated"
        somebody.house.core.services.rotate("cards")
        return "done"

    return (act,)


MORE_CHANGES = (
    Change(
        name="approval handed to the service that asked",
        prepare=_handed_over,
        event="approval.handed_over",
        done="handed over",
        spends=False,
        tells=False,
    ),
    Change(
        name="frozen by the platform",
        prepare=_frozen_by_platform,
        event="account.frozen",
        done="200",
        again=("200",),
        spends=False,
        ends=2,
    ),
    Change(
        name="thawed by the platform",
        prepare=_thawed_by_platform,
        event="account.thawed",
        done="200",
        again=("conflict",),
        causes=frozenset({"thawed"}),
        spends=False,
    ),
    Change(
        name="alert acknowledged",
        prepare=_acknowledged,
        event="alert.acknowledged",
        again=("204",),
        spends=False,
        tells=False,
    ),
    Change(
        name="all alerts acknowledged",
        prepare=_all_acknowledged,
        event="alert.acknowledged",
        done="200",
        again=("200",),
        spends=False,
        tells=False,
    ),
    Change(
        name="activity exported",
        prepare=_exported("activity", "csv"),
        event="data.exported",
        done="200",
    ),
    Change(
        name="data exported",
        prepare=_exported("account", "json"),
        event="data.exported",
        done="200",
    ),
    Change(
        name="service added",
        prepare=_service(_add),
        event="service.added",
        done="done",
        again=("Conflict",),
        spends=False,
        tells=False,
    ),
    Change(
        name="service rotated",
        prepare=_rotated,
        event="service.rotated",
        done="done",
        again=("unauthenticated",),
        spends=False,
        tells=False,
    ),
    Change(
        name="service revoked",
        prepare=_service(lambda services: services.revoke("cards")),
        event="service.revoked",
        done="done",
        again=("NotFound",),
        spends=False,
        tells=False,
    ),
)
