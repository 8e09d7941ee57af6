"""How an account stands before the gate: which class of second step is enrolled, and so which routes hold."""

from dataclasses import dataclass
from datetime import datetime

from watchword.accounts.accounts import DECOY, Account
from watchword.authenticators.message_code import MessageCodes
from watchword.authenticators.passphrase import Passphrases
from watchword.authenticators.totp import Totp
from watchword.devices.devices import Device
from watchword.foundation.terms import Purpose
from watchword.gate.actions import ends_with_new_passphrase, scope_of
from watchword.gate.passage import Passage
from watchword.gate.policy import App, Policy, Situation
from watchword.storage.database import Transaction


@dataclass(frozen=True, kw_only=True)
class Standings:
    policy: Policy
    totp: Totp
    codes: MessageCodes
    passphrases: Passphrases

    def app(self, tx: Transaction, account: Account, now: datetime) -> App:
        row = self.totp.find(tx, account.id)
        if row is None:
            return "none"
        if row["renews"]:
            return "senior"
        senior = self.policy.ages.is_senior(bound_at=row["bound_at"], account_created_at=account.created_at, now=now)
        return "senior" if senior else "junior"

    def situation(
        self, tx: Transaction, passage: Passage, account: Account, device: Device | None, now: datetime
    ) -> Situation:
        """Until a credential is proven it is the same for everybody (policy §5)."""
        if passage.purpose is not Purpose.CONFIRM and not passage.credential_proven:
            return Situation(purpose=passage.purpose, app="senior")
        if passage.purpose is Purpose.SIGN_UP:
            return Situation(purpose=Purpose.SIGN_UP)
        return Situation(
            purpose=passage.purpose,
            device="other" if device is None else "known",
            app=self.app(tx, account, now),
            message="on" if self.codes.is_opted_for(tx, account.id) else "off",
            risk=passage.risk or "low",
            scope=scope_of(passage.action),
            new_passphrase=self._needs_new_passphrase(tx, passage, account),
        )

    def shortest_passphrase(self, tx: Transaction, passage: Passage, account: Account, now: datetime) -> int:
        """Code points: fewer where an app is enrolled beside it and stays."""
        rules = self.policy.passphrases
        if passage.account in (None, DECOY) or ends_with_new_passphrase(passage.action):
            return rules.alone
        return rules.beside_second_step if self.app(tx, account, now) == "senior" else rules.alone

    def _needs_new_passphrase(self, tx: Transaction, passage: Passage, account: Account) -> bool:
        """Removing the last app leaves the passphrase alone: it must have the length for that (policy §3)."""
        if not ends_with_new_passphrase(passage.action):
            return False
        return not self.passphrases.stands_alone(tx, account.id)
