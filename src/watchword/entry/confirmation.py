"""Confirmation: what a passed passage gives is an approval for its one action, and nothing else."""

from dataclasses import dataclass

from watchword.approvals.approvals import Approvals
from watchword.foundation.present import present
from watchword.gate.grants import ApprovalGrant, PassedPassage
from watchword.safeguards.notices import Notices
from watchword.safeguards.removal import CANCELLING, SecondStepRemoval
from watchword.storage.database import Transaction


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    approvals: Approvals
    removal: SecondStepRemoval
    notices: Notices

    def __call__(self, tx: Transaction, passed: PassedPassage) -> ApprovalGrant:
        if CANCELLING & set(passed.passage.given):
            self.removal.cancel(tx, present(passed.passage.account), by="confirm", now=passed.now)
        self.notices.of_codes_used(tx, passed)
        return self.approvals.issue(tx, passed)
