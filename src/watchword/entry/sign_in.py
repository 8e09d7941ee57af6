"""Sign-in: what a passed passage gives: a session, and a device that is known from now on.

It also ends what somebody else may have begun: a recovery, or a removal of the second step, when the person
showed a passkey, an app or a recovery code.
"""

from dataclasses import dataclass
from datetime import datetime

from watchword.authenticators.store import AuthenticatorStore
from watchword.devices.devices import Admitted, Device, Devices
from watchword.exits.holds import Holds
from watchword.foundation.terms import AccountId, Cause
from watchword.gate.grants import PassedPassage, SessionGrant
from watchword.gate.recoveries import Recoveries
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.safeguards.notices import Notices, Where
from watchword.safeguards.passkeys import PasskeyRoom
from watchword.safeguards.removal import CANCELLING, SecondStepRemoval
from watchword.sessions.sessions import Opened, Sessions
from watchword.storage.database import Transaction


@dataclass(frozen=True, kw_only=True)
class SignIn:
    devices: Devices
    sessions: Sessions
    holds: Holds
    authenticators: AuthenticatorStore
    passkeys: PasskeyRoom
    recoveries: Recoveries
    removal: SecondStepRemoval
    notices: Notices
    journal: Journal

    def __call__(self, tx: Transaction, passed: PassedPassage) -> SessionGrant:
        passage, now = passed.passage, passed.now
        account = passed.account
        admitted = self.devices.admit(tx, account.id, passed.client, now, known=self._known(tx, passed))
        opened = self.sessions.open(tx, passed, admitted.device, account.standing)
        self._record(tx, passed, admitted, opened)
        if CANCELLING & set(passage.given):
            self._end_what_others_began(tx, passed, account.id)
        shown = passage.passkey
        if shown is not None:
            self.devices.note_passkey(tx, admitted.device, now)
            self.passkeys.call_off_removals(tx, account.id, shown, now)
        if passed.without_passkey:
            self.holds.place(tx, account.id, Cause.USED_APP_ON_PASSKEY_ACCOUNT, now)
        if passed.route.mailbox_lost:
            self.holds.place(tx, account.id, Cause.MAILBOX_LOST, now)
        self.notices.of_codes_used(tx, passed)
        where = Where(device=admitted.device.name, country=admitted.device.country)
        if admitted.is_new:
            self.notices.new_device(tx, account.id, where, now)
        elif admitted.moved:
            self.notices.new_place(tx, account.id, where, now)
        return SessionGrant(token=opened.token, device_token=admitted.token, expires_at=opened.session.expires_at)

    def _known(self, tx: Transaction, passed: PassedPassage) -> Device | None:
        """As the gate found it, unless this answer came with another token than the passage began with."""
        digest = self.devices.digest(passed.client.device_token)
        if digest == passed.passage.device_digest:
            return passed.device
        return self.devices.find_known(tx, passed.account.id, digest)

    def _end_what_others_began(self, tx: Transaction, passed: PassedPassage, account: AccountId) -> None:
        """A recovery ends only by what was bound before it began: a thief's app ends no recovery of the owner."""
        self.recoveries.end_all(tx, account, passed.now, begun_after=self._shown_since(tx, passed, account))
        self.removal.cancel(tx, account, by="sign_in", now=passed.now)

    def _shown_since(self, tx: Transaction, passed: PassedPassage, account: AccountId) -> datetime:
        """Since when the earliest passkey, app or set of codes that was shown is bound."""
        shown = {proof.authenticator for proof in passed.passage.proofs if proof.kind in CANCELLING}
        rows = [*self.authenticators.list_active(tx, account), *self.passkeys.passkeys.list(tx, account)]
        earliest: datetime = min(row["bound_at"] for row in rows if row["id"] in shown)
        return earliest

    def _record(self, tx: Transaction, passed: PassedPassage, admitted: Admitted, opened: Opened) -> None:
        session = opened.session
        self.journal.record(
            tx,
            EventKind.SIGNED_IN,
            at=passed.now,
            account=session.account,
            passage=passed.passage.id,
            session=session.id,
            device=session.device,
            network=passed.client.network,
            aal=int(session.aal),
            amr=",".join(session.amr),
            client=session.client_kind,
            country=admitted.device.country,
            new_device=admitted.is_new,
            new_place=admitted.moved,
            scope=session.scope,
        )
