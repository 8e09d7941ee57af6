"""The devices of an account, for its holder: which there are, and putting one out (policy §1, §3 and §7).

Who holds a session removes what is younger than their own device at once. What is older takes a confirmation: a thief
who has just come in can't put the owner out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from watchword.accounts.accounts import Account, Accounts
from watchword.accounts.freezes.freezes import FrozenBy
from watchword.approvals.approvals import Approvals
from watchword.delivery.messages.catalogue import DeviceRemoved
from watchword.devices.devices import Device, Devices
from watchword.foundation.ages import Ages
from watchword.foundation.clock import Clock
from watchword.foundation.errors import NotFound
from watchword.foundation.secret import Secret
from watchword.foundation.terms import DeviceId
from watchword.gate.actions import change
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.safeguards.freezing import Freezing
from watchword.safeguards.notices import Notices
from watchword.sessions.sessions import Session, Sessions
from watchword.storage.database import Database, Transaction


@dataclass(frozen=True, kw_only=True)
class DeviceView:
    device: Device
    this_one: bool
    senior: bool
    is_new: bool
    """Bound less than a week ago, though it may count as senior: in its first days everything of an account does."""
    sessions: Sequence[Session]
    """Live ones, the one seen last first."""
    older: bool
    """Than the one the list is read on: removing it takes a confirmation."""

    @property
    def stands_out(self) -> bool:
        """Perhaps not the holder's."""
        return self.is_new and not self.this_one


@dataclass(frozen=True, kw_only=True)
class DeviceRoom:
    database: Database
    accounts: Accounts
    devices: Devices
    sessions: Sessions
    approvals: Approvals
    freezing: Freezing
    notices: Notices
    journal: Journal
    ages: Ages
    clock: Clock

    def list(self, session: Session) -> Sequence[DeviceView]:
        """This one first, then those that stand out, then the one seen last."""
        now = self.clock()
        with self.database.read() as tx:
            account = self.accounts.get(tx, session.account)
            live = self.sessions.list_live(tx, session.account, now)
            found = self.devices.list(tx, session.account)
        own = next((each.bound_at for each in found if each.id == session.device), now)
        views = [self._view(each, session, account, live, own, now) for each in found]
        return sorted(views, key=lambda view: (not view.this_one, not view.stands_out))

    def find(self, session: Session, device: DeviceId) -> DeviceView:
        """Raises NotFound."""
        found = next((each for each in self.list(session) if each.device.id == device), None)
        if found is None:
            raise NotFound
        return found

    def remove(self, session: Session, device: DeviceId, approval: Secret | None) -> None:
        """Its sessions end, and it is known no more. Raises NotFound, ConfirmationRequired."""
        now = self.clock()
        with self.database.begin() as tx:
            if not self._is_free(tx, session, device):
                self.approvals.require(tx, approval, session, change("remove_device", device=device), now)
            removed = self._remove(tx, session, device, now)
            if device != session.device:
                self.notices.of_change(tx, session, DeviceRemoved, now, name=removed.name)

    def disown(self, session: Session, device: DeviceId | None) -> None:
        """ "This wasn't me": freezes the account, and puts that device out if nothing has to be confirmed for it.
        Raises NotFound, Conflict."""
        now = self.clock()
        with self.database.begin() as tx:
            where = self.notices.where_of(tx, session)
            if device is not None and device != session.device and self._is_free(tx, session, device):
                removed = self._remove(tx, session, device, now)
                self.notices.of_change(tx, session, DeviceRemoved, now, name=removed.name)
            self.freezing.freeze(tx, session.account, FrozenBy.HOLDER, where, now, session=session)

    def forget_token(self, token: Secret) -> int:
        """After signing out, by the device itself: no account knows it any more. Gives how many did."""
        now = self.clock()
        with self.database.begin() as tx:
            known = self.devices.of_token(tx, token)
            for each in known:
                self.devices.forget(tx, each.account, each.id, now)
                ended = self.sessions.revoke_of_device(tx, each.account, each.id, now)
                self.journal.record(
                    tx,
                    EventKind.DEVICE_REMOVED,
                    at=now,
                    account=each.account,
                    device=each.id,
                    removed=each.id,
                    by="device",
                    sessions_ended=len(ended),
                )
            return len(known)

    def _is_free(self, tx: Transaction, session: Session, device: DeviceId) -> bool:
        """Whether it is this one, or younger than this one. Raises NotFound."""
        own = self.devices.get(tx, session.account, session.device)
        other = self.devices.get(tx, session.account, device)
        return other.id == own.id or other.bound_at > own.bound_at

    def _remove(self, tx: Transaction, session: Session, device: DeviceId, now: datetime) -> Device:
        removed = self.devices.forget(tx, session.account, device, now)
        ended = self.sessions.revoke_of_device(tx, session.account, device, now)
        for each in ended:
            self.approvals.end_all(tx, session.account, now, of_session=each)
        self.journal.record(
            tx,
            EventKind.DEVICE_REMOVED,
            at=now,
            account=session.account,
            session=session.id,
            device=session.device,
            removed=device,
            by="holder",
            sessions_ended=len(ended),
        )
        return removed

    def _view(
        self, device: Device, session: Session, account: Account, live: Sequence[Session], own: datetime, now: datetime
    ) -> DeviceView:
        here = [each for each in live if each.device == device.id]
        return DeviceView(
            device=device,
            this_one=device.id == session.device,
            senior=self.ages.is_senior(bound_at=device.bound_at, account_created_at=account.created_at, now=now),
            is_new=now - device.bound_at < self.ages.senior_after,
            sessions=sorted(here, key=lambda each: each.last_seen_at, reverse=True),
            older=device.bound_at < own,
        )
