"""A copy of one's own data, and of the activity, confirmed (policy §3). No secret, code, stamp or link is in it.

Nothing here can be one: what is copied are the facts the safe room shows, of messages no more than when and of what
kind they were.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from watchword.accounts.accounts import Accounts
from watchword.approvals.approvals import Approvals
from watchword.delivery.messages.catalogue import DataExported
from watchword.devices.devices import Devices
from watchword.exits.holds import Holds
from watchword.foundation.clock import Clock
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId, MessageId
from watchword.gate.actions import change
from watchword.record.activity import Entry, RecentActivity
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.safeguards.destinations import DestinationChoices
from watchword.safeguards.notices import Notices
from watchword.safeguards.overview import AuthenticatorView, Overviews
from watchword.safeguards.sent import SentMessages
from watchword.sessions.sessions import Session, Sessions
from watchword.storage.database import Database, Transaction

Plain = dict[str, Any]
Of = Literal["activity", "account"]
Listing = Callable[[Transaction, AccountId], Sequence[object]]
"""Of the hand-over, which is given these and not known here."""


@dataclass(frozen=True, kw_only=True)
class ActivityLine:
    """One event as a line of a table."""

    at: datetime
    kind: EventKind
    device: str | None
    """What the device is called; where it is known no more, its id."""
    country: str | None
    network: str | None
    facts: Plain

    @property
    def plain(self) -> Plain:
        return _only(self, "at", "kind", "device", "country", "network", "facts")


# Written out, so that what is added to one of them later is in no copy before somebody has thought of it.
_OF_DESTINATION = ("id", "kind", "asset", "network", "address", "memo", "named_at", "listed_at")
_OF_DEVICE = ("id", "kind", "name", "country", "network", "bound_at", "last_seen_at")
_OF_PASSKEY = ("name", "synced", "backed_up", "aaguid", "last_used_at", "removal_due_at")
_OF_SESSION = ("id", "device", "client_kind", "aal", "amr", "authenticated_at", "expires_at", "last_seen_at")
_OF_API_KEY = (
    "id",
    "key",
    "name",
    "permissions",
    "networks",
    "state",
    "bound_at",
    "works_from",
    "expires_at",
    "last_used_at",
    "last_network",
)
_OF_APPLICATION = ("client", "name", "scopes", "asked", "given_at")
_OF_HOLD = ("id", "cause", "reach", "begins_at", "ends_at")


@dataclass(frozen=True, kw_only=True)
class Exports:
    database: Database
    accounts: Accounts
    devices: Devices
    sessions: Sessions
    holds: Holds
    overviews: Overviews
    destinations: DestinationChoices
    sent: SentMessages
    api_keys: Listing
    applications: Listing
    recent: RecentActivity
    approvals: Approvals
    notices: Notices
    journal: Journal
    clock: Clock

    def activity(self, session: Session, approval: Secret | None) -> list[ActivityLine]:
        """The newest first. Raises ConfirmationRequired."""
        self._begin(session, approval, "activity")
        return self._activity(session.account)

    def account(self, session: Session, approval: Secret | None) -> Plain:
        """All that the account is, in plain values. Raises ConfirmationRequired."""
        now = self._begin(session, approval, "account")
        places = self.destinations.read(session)
        lock = places.allow_list
        return {
            "made_at": now,
            **self._identity(session.account, now),
            "authenticators": [_authenticator(each) for each in self.overviews.authenticators(session.account)],
            "destinations": [_only(each, *_OF_DESTINATION) for each in places.destinations],
            "allow_list": None if lock is None else _only(lock, "begun_at", "effective_at"),
            "messages": list(self._messages(session.account)),
            "activity": [line.plain for line in self._activity(session.account)],
        }

    def _begin(self, session: Session, approval: Secret | None, of: Of) -> datetime:
        """One approval, one copy; its owner is told."""
        now = self.clock()
        with self.database.begin() as tx:
            self.approvals.require(tx, approval, session, change("export", of=of), now)
            self.journal.record(
                tx,
                EventKind.DATA_EXPORTED,
                at=now,
                account=session.account,
                session=session.id,
                device=session.device,
                what=of,
            )
            self.notices.of_change(tx, session, DataExported, now, of=of)
        return now

    def _identity(self, account: AccountId, now: datetime) -> Plain:
        with self.database.read() as tx:
            holder = self.accounts.get(tx, account)
            return {
                "account": _only(holder, "id", "standing", "language", "created_at"),
                "addresses": [
                    {
                        "kind": each.identifier.kind,
                        "value": each.identifier.value,
                        "bound_at": each.bound_at,
                        "security_contact_until": each.contact_until,
                    }
                    for each in self.accounts.told(tx, account, now)
                ],
                "devices": [_only(each, *_OF_DEVICE) for each in self.devices.list(tx, account)],
                "sessions": [_only(each, *_OF_SESSION) for each in self.sessions.list_live(tx, account, now)],
                "api_keys": [_only(each, *_OF_API_KEY) for each in self.api_keys(tx, account)],
                "applications": [_only(each, *_OF_APPLICATION) for each in self.applications(tx, account)],
                "holds": [_only(each, *_OF_HOLD) for each in self.holds.of(tx, account, now)],
            }

    def _messages(self, account: AccountId) -> Iterator[Plain]:
        before: MessageId | None = None
        while True:
            page = self.sent.list(account, before=before)
            for each in page.items:
                yield {"at": each.sent_at, "kind": each.kind, "channel": each.channel, "reference": each.reference}
            if page.next is None:
                return
            before = page.next

    def _activity(self, account: AccountId) -> list[ActivityLine]:
        with self.database.read() as tx:
            names = {str(device.id): device.name for device in self.devices.list(tx, account)}
            return [_line(entry, names) for entry in self.recent.all(tx, account)]


def _line(entry: Entry, names: dict[str, str]) -> ActivityLine:
    facts = {name: value for name, value in entry.facts.items() if name != "country"}
    country = entry.facts.get("country")
    return ActivityLine(
        at=entry.at,
        kind=entry.kind,
        device=None if entry.device is None else names.get(entry.device, entry.device),
        country=None if country is None else str(country),
        network=entry.network,
        facts=facts,
    )


def _only(value: object, *names: str) -> Plain:
    return {name: getattr(value, name) for name in names}


def _authenticator(view: AuthenticatorView) -> Plain:
    standing = "senior" if view.senior else "junior"
    plain = {**_only(view, "id", "kind", "bound_at", "left", "closed_at"), "standing": standing}
    return plain if view.passkey is None else {**plain, **_only(view.passkey, *_OF_PASSKEY)}
