"""Gathers what a check-up looks at: the account as it stands now."""

from dataclasses import dataclass

from watchword.accounts.accounts import Account, Accounts
from watchword.accounts.stamps.stamps import Stamps
from watchword.authenticators.recovery_codes import RecoveryCodes
from watchword.authenticators.trading_passphrase import TradingPassphrases
from watchword.devices.devices import Devices
from watchword.foundation.ages import Ages
from watchword.foundation.clock import Clock
from watchword.foundation.terms import AccountId, DeviceId, IdentifierKind
from watchword.gate.standing import Standings
from watchword.safeguards.check_up import Facts
from watchword.storage.database import Database, Transaction


@dataclass(frozen=True, kw_only=True)
class CheckUps:
    database: Database
    accounts: Accounts
    standings: Standings
    codes: RecoveryCodes
    trading: TradingPassphrases
    stamps: Stamps
    devices: Devices
    ages: Ages
    clock: Clock

    def facts(self, account: AccountId, *, device: DeviceId) -> Facts:
        """``device``: the present one, which nobody need review."""
        with self.database.read() as tx:
            holder = self.accounts.get(tx, account)
            kinds = {bound.identifier.kind for bound in self.accounts.identifiers(tx, account)}
            return Facts(
                passkey=self.standings.ranks(tx, holder, self.clock()).enrolled,
                app=self.standings.app(tx, holder, self.clock()),
                codes_left=self.codes.left(tx, account),
                trading_passphrase=self.trading.find(tx, account) is not None,
                anti_phishing_code=self.stamps.set_at(tx, account) is not None,
                email=IdentifierKind.EMAIL in kinds,
                unfamiliar_devices=self._unfamiliar(tx, holder, device),
            )

    def _unfamiliar(self, tx: Transaction, holder: Account, present: DeviceId) -> int:
        now = self.clock()
        return sum(
            not self.ages.is_senior(bound_at=device.bound_at, account_created_at=holder.created_at, now=now)
            for device in self.devices.list(tx, holder.id)
            if device.id != present
        )
