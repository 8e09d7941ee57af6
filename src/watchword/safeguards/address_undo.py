"""A replaced address takes the account back: what was bound since goes, and all exits wait (policy §1).

It runs inside the recovery that began with that address, so the passphrase is new and every session has ended.
"""

from dataclasses import dataclass
from datetime import datetime

from watchword.accounts.accounts import Account, Accounts
from watchword.accounts.addresses import BoundIdentifier
from watchword.accounts.stamps.stamps import Stamps
from watchword.authenticators.passkey.passkeys import Passkeys
from watchword.authenticators.store import AuthenticatorStore
from watchword.devices.devices import Devices
from watchword.exits.destinations import Destinations
from watchword.exits.holds import Holds
from watchword.exits.locks import Locks
from watchword.foundation.errors import Conflict
from watchword.foundation.terms import AuthenticatorKind, Cause, PassageId
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.safeguards.notices import Notices, Where
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row

_BY = "security_contact"


@dataclass(frozen=True, kw_only=True)
class AddressUndo:
    accounts: Accounts
    authenticators: AuthenticatorStore
    passkeys: Passkeys
    devices: Devices
    destinations: Destinations
    stamps: Stamps
    holds: Holds
    passkey_only: Locks
    notices: Notices
    journal: Journal

    def find(
        self, tx: Transaction, account: Account, identifier_digest: str | None, now: datetime
    ) -> BoundIdentifier | None:
        """The security contact that a recovery began with; None: it began with an address that is bound."""
        return self.accounts.find_contact(tx, account, identifier_digest, now)

    def __call__(
        self,
        tx: Transaction,
        account: Account,
        contact: BoundIdentifier,
        *,
        passage: PassageId,
        where: Where,
        now: datetime,
    ) -> None:
        since = self.accounts.replaced_at(tx, contact)
        self.holds.place(tx, account.id, Cause.ADDRESS_RESTORED, now, account_created_at=account.created_at)
        # Before anything goes: those whose address is dropped hear it too.
        stamped = self.stamps.set_at(tx, account.id) is not None
        self.notices.address_restored(tx, account.id, where, now, stamp_removed=stamped)
        dropped = contact.replaced_by
        self.accounts.restore_identifier(tx, account, contact, now)
        self._drop_authenticators(tx, account, since, now)
        self._drop_devices(tx, account, since, now)
        self._drop_destinations(tx, account, since, now)
        if stamped:
            self._drop_stamp(tx, account, passage, now)
        self.journal.record(
            tx,
            EventKind.IDENTIFIER_RESTORED,
            at=now,
            account=account.id,
            passage=passage,
            identifier_kind=contact.identifier.kind,
            identifier=contact.id,
            replaces=dropped,
        )

    def _drop_authenticators(self, tx: Transaction, account: Account, since: datetime, now: datetime) -> None:
        """All but the passphrase, which this recovery has just set."""
        listed = [row for row in self.authenticators.list_active(tx, account.id) if row["bound_at"] > since]
        for row in (*listed, *self.authenticators.list_pending(tx, account.id)):
            if row["kind"] != AuthenticatorKind.PASSPHRASE:
                self._drop(tx, account, row, now)
        for passkey in self.passkeys.drop_since(tx, account.id, since, now):
            self._note(tx, account, passkey["id"], AuthenticatorKind.PASSKEY, now)
        only = self.passkey_only.find(tx, account.id)
        if only is not None and (only.begun_at > since or not self.passkeys.list(tx, account.id)):
            self.passkey_only.end(tx, account.id, now, by=_BY)

    def _drop(self, tx: Transaction, account: Account, row: Row, now: datetime) -> None:
        if self.authenticators.change(tx, row, state="removed", removed_at=now, verifier="") is None:
            raise Conflict
        self._note(tx, account, row["id"], row["kind"], now)

    def _note(self, tx: Transaction, account: Account, authenticator: str, kind: str, now: datetime) -> None:
        self.journal.record(
            tx,
            EventKind.AUTHENTICATOR_REMOVED,
            at=now,
            account=account.id,
            authenticator=authenticator,
            authenticator_kind=kind,
            by=_BY,
            reason="address_restored",
        )

    def _drop_devices(self, tx: Transaction, account: Account, since: datetime, now: datetime) -> None:
        for device in self.devices.drop_since(tx, account.id, since, now):
            self.journal.record(tx, EventKind.DEVICE_REMOVED, at=now, account=account.id, removed=device.id, by=_BY)

    def _drop_stamp(self, tx: Transaction, account: Account, passage: PassageId, now: datetime) -> None:
        """However old it is: our mail to the address that goes now has shown it."""
        self.stamps.remove(tx, account.id)
        self.journal.record(
            tx, EventKind.STAMP_SET, at=now, account=account.id, passage=passage, replaces=True, removed=True
        )

    def _drop_destinations(self, tx: Transaction, account: Account, since: datetime, now: datetime) -> None:
        for each in self.destinations.list(tx, account):
            if each.named_at > since or (each.listed_at is not None and each.listed_at > since):
                self.destinations.remove(tx, account.id, each.id)
                self.journal.record(
                    tx, EventKind.DESTINATION_REMOVED, at=now, account=account.id, destination=each.id, by=_BY
                )
