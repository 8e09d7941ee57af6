"""Tells the owner, in the transaction of what it tells: an alert in the safe room, and one message to every address
and security contact of the account, with a link that freezes it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from watchword.accounts.accounts import DECOY, Accounts
from watchword.accounts.freezes.freezes import FrozenBy, ThawedBy
from watchword.accounts.freezes.links import FreezeLinks
from watchword.accounts.recipients import Recipients
from watchword.authenticators.recovery_codes import RecoveryCodes
from watchword.delivery.messages import catalogue as of
from watchword.delivery.messages.catalogue import Message, Scene
from watchword.delivery.outbox import Outbox
from watchword.devices.descriptions import name_of
from watchword.devices.devices import Devices
from watchword.exits.holds import Hold
from watchword.foundation.client import Client
from watchword.foundation.terms import AccountId, AuthenticatorKind, ProofKind, Standing
from watchword.gate.alarms import Why
from watchword.gate.grants import PassedPassage
from watchword.safeguards.alerts.alerts import Alerts
from watchword.sessions.sessions import Session
from watchword.storage.database import Transaction

_LIVES = timedelta(days=2)
_HOLDS = "notices: holds not told yet"


@dataclass(frozen=True, kw_only=True)
class Where:
    device: str | None = None
    country: str | None = None


NOWHERE = Where()
_THAWED: Mapping[ThawedBy, Literal["holder", "operator", "platform"]] = {
    ThawedBy.SECOND_STEP: "holder",
    ThawedBy.MESSAGE_CODE: "holder",
    ThawedBy.OPERATOR: "operator",
    ThawedBy.PLATFORM: "platform",
}


@dataclass(frozen=True, kw_only=True)
class Notices:
    accounts: Accounts
    recipients: Recipients
    codes: RecoveryCodes
    devices: Devices
    outbox: Outbox
    alerts: Alerts
    links: FreezeLinks

    def of_change(
        self, tx: Transaction, session: Session, kind: Callable[..., Message], now: datetime, **facts: object
    ) -> None:
        """Something was changed in a session: its device and place are told too."""
        self._tell(tx, session.account, kind(scene=_scene(now, self.where_of(tx, session)), **facts))

    def of_account(
        self, tx: Transaction, account: AccountId, kind: Callable[..., Message], now: datetime, **facts: object
    ) -> None:
        """Something happened to the account that nobody did just now."""
        self._tell(tx, account, kind(scene=_scene(now), **facts))

    def where_of(self, tx: Transaction, session: Session) -> Where:
        device = self.devices.get(tx, session.account, session.device)
        return Where(device=device.name, country=device.country)

    def new_device(self, tx: Transaction, account: AccountId, where: Where, now: datetime) -> None:
        self._tell(tx, account, of.NewDevice(scene=_scene(now, where)))

    def new_place(self, tx: Transaction, account: AccountId, where: Where, now: datetime) -> None:
        self._tell(tx, account, of.NewDevice(scene=_scene(now, where), novelty="place"))

    def of_codes_used(self, tx: Transaction, passed: PassedPassage) -> None:
        """A recovery code helped somebody through: its owner is told, and how many are left."""
        account = passed.passage.account
        if account is None or ProofKind.RECOVERY_CODE not in passed.passage.given:
            return
        country = self.devices.locate(passed.client.address)
        where = Where(device=name_of(passed.client.agent), country=country)
        left = self.codes.left(tx, account)
        self._tell(tx, account, of.RecoveryCodeUsed(scene=_scene(passed.now, where), left=left))

    def recovery_done(self, tx: Transaction, account: AccountId, where: Where, now: datetime) -> None:
        self._tell(tx, account, of.RecoveryDone(scene=_scene(now, where)))

    def address_restored(
        self, tx: Transaction, account: AccountId, where: Where, now: datetime, *, stamp_removed: bool
    ) -> None:
        self._tell(tx, account, of.AddressRestored(scene=_scene(now, where), stamp_removed=stamp_removed))

    def hold_placed(self, tx: Transaction, hold: Hold, now: datetime) -> None:
        """The notice of the change that caused it names the hold; where there is none, it gets one of its own."""
        key = (_HOLDS, hold.account)
        if key not in tx.notes:
            tx.notes[key] = []
            tx.before_commit(lambda: self._tell_holds(tx, hold.account, now))
        tx.notes[key].append(of.Held(reach=hold.reach, ends_at=hold.ends_at))

    def _tell_holds(self, tx: Transaction, account: AccountId, now: datetime) -> None:
        if tx.notes[_HOLDS, account]:
            self._tell(tx, account, of.HoldPlaced(scene=_scene(now)))

    def _with_holds(self, tx: Transaction, account: AccountId, message: Message) -> Message:
        waiting: list[of.Held] = tx.notes.get((_HOLDS, account), [])
        held = tuple(waiting)
        waiting.clear()
        return replace(message, scene=replace(message.scene, held=held)) if held else message

    def removal_begun(self, tx: Transaction, account: AccountId, due_at: datetime, now: datetime) -> None:
        self._tell(tx, account, of.SecondStepRemovalBegun(scene=_scene(now), due_at=due_at))

    def removal_cancelled(self, tx: Transaction, account: AccountId, now: datetime) -> None:
        self._tell(tx, account, of.SecondStepRemovalCancelled(scene=_scene(now)))

    def removal_done(self, tx: Transaction, account: AccountId, now: datetime) -> None:
        self._tell(tx, account, of.SecondStepRemoved(scene=_scene(now)))

    def passkey_stays(self, tx: Transaction, account: AccountId, now: datetime) -> None:
        self._tell(tx, account, of.PasskeyStays(scene=_scene(now)))

    def passkey_removed(self, tx: Transaction, account: AccountId, now: datetime) -> None:
        self._tell(tx, account, of.PasskeyRemoved(scene=_scene(now)))

    def passkey_cloned(self, tx: Transaction, account: AccountId, now: datetime) -> None:
        self._tell(tx, account, of.PasskeyCloned(scene=_scene(now)))

    def too_many_failures(
        self, tx: Transaction, account: AccountId, kind: AuthenticatorKind, failures: int, now: datetime
    ) -> None:
        self._tell(tx, account, of.TooManyFailures(scene=_scene(now), authenticator=kind, failures=failures))

    def trading_passphrase_closed(self, tx: Transaction, account: AccountId, failures: int, now: datetime) -> None:
        self._tell(tx, account, of.TradingPassphraseClosed(scene=_scene(now), failures=failures))

    def frozen(self, tx: Transaction, account: AccountId, by: FrozenBy, where: Where, now: datetime) -> None:
        self._tell(tx, account, of.AccountFrozen(scene=_scene(now, where), by=by.value))

    def thawed(
        self, tx: Transaction, account: AccountId, by: ThawedBy, where: Where, now: datetime, *, is_open: bool
    ) -> None:
        self._tell(tx, account, of.AccountThawed(scene=_scene(now, where), by=_THAWED[by], open=is_open))

    def wrong_second_steps(
        self, tx: Transaction, account: AccountId, client: Client, failures: int, now: datetime
    ) -> None:
        self._tell(tx, account, of.WrongSecondSteps(scene=self._seen(client, now), failures=failures))

    def recovery_begun(self, tx: Transaction, account: AccountId, client: Client, now: datetime) -> None:
        self._tell(tx, account, of.RecoveryBegun(scene=self._seen(client, now)))

    def confirmation_refused(
        self, tx: Transaction, account: AccountId, client: Client | None, why: Why, now: datetime
    ) -> None:
        """``client``: who asked for it, where it was not the platform."""
        scene = _scene(now) if client is None else self._seen(client, now)
        self._tell(tx, account, of.ConfirmationRefused(scene=scene, why=why))

    def review_due(self, tx: Transaction, account: AccountId, now: datetime) -> None:
        self._tell(tx, account, of.ReviewDue(scene=_scene(now)))

    def _seen(self, client: Client, now: datetime) -> Scene:
        return _scene(now, Where(device=name_of(client.agent), country=self.devices.locate(client.address)))

    def _tell(self, tx: Transaction, account: AccountId, message: Message) -> None:
        message = self._with_holds(tx, account, message)
        self.alerts.add(tx, account, message)
        holder, now = self.accounts.get(tx, account), message.scene.at
        link = self.links.issue(tx, account, now) if holder.standing is Standing.OPEN else None
        for recipient in self.recipients.told(tx, account, holder.language, now, freeze_link=link):
            put = self.outbox.enqueue_unsent if account == DECOY else self.outbox.enqueue
            put(tx, message, recipient, account=account, expires_in=_LIVES)


def _scene(now: datetime, where: Where = NOWHERE) -> Scene:
    return Scene(at=now, device=where.device, country=where.country)
