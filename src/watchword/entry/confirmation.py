"""Confirmation: what a passed passage gives is an approval for its one action, and nothing else.

Where the action says where value goes, that is recorded as named now, even while it is held (policy §6).
"""

from dataclasses import dataclass

from watchword.approvals.approvals import Approvals, from_senior_device
from watchword.devices.devices import Devices
from watchword.exits.destinations import Destinations
from watchword.exits.holds import Holds
from watchword.foundation.present import present
from watchword.foundation.terms import Cause
from watchword.gate.grants import ApprovalGrant, PassedPassage
from watchword.safeguards.notices import Notices
from watchword.safeguards.passkeys import PasskeyRoom
from watchword.safeguards.removal import CANCELLING, SecondStepRemoval
from watchword.storage.database import Transaction


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    approvals: Approvals
    destinations: Destinations
    removal: SecondStepRemoval
    passkeys: PasskeyRoom
    devices: Devices
    holds: Holds
    notices: Notices

    def __call__(self, tx: Transaction, passed: PassedPassage) -> ApprovalGrant:
        passage, account = passed.passage, present(passed.passage.account)
        if CANCELLING & set(passage.given):
            self.removal.cancel(tx, account, by="confirm", now=passed.now)
        if passage.passkey is not None:
            if passed.device is not None:
                self.devices.note_passkey(tx, passed.device, passed.now)
            self.passkeys.call_off_removals(tx, account, passage.passkey, passed.now)
        if passed.without_passkey:
            self.holds.place(tx, account, Cause.USED_APP_ON_PASSKEY_ACCOUNT, passed.now)
        self.destinations.name(
            tx,
            account,
            present(passage.action),
            from_senior_device=from_senior_device(passed, self.approvals.ages),
            session=passage.session,
            now=passed.now,
        )
        self.notices.of_codes_used(tx, passed)
        return self.approvals.issue(tx, passed)
