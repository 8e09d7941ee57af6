"""The trading passphrase from the security centre (policy §3, §4, §6): set, changed, or set anew after it closed.

All three are one change: confirmed like any, told to every address, and followed by a hold on exits.
"""

from dataclasses import dataclass
from datetime import datetime

from watchword.accounts.accounts import Accounts
from watchword.approvals.approvals import Approvals
from watchword.authenticators import trading_rules as rules
from watchword.authenticators.trading_passphrase import (
    NewTradingPassphrase,
    TradingPassphrases,
    TradingStanding,
    standing_of,
)
from watchword.crypto.tokens import Randomness
from watchword.delivery.messages.catalogue import TradingPassphraseSet
from watchword.exits.holds import Holds
from watchword.foundation.clock import Clock
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId, AuthenticatorId, Cause
from watchword.gate.actions import change
from watchword.gate.gate_limits import GateLimits
from watchword.limits.counters import Counters
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.safeguards.notices import Notices
from watchword.safeguards.tries import Tries
from watchword.sessions.sessions import Session
from watchword.storage.database import Database, Transaction


@dataclass(frozen=True, kw_only=True)
class TradingState:
    standing: TradingStanding
    since: datetime | None


@dataclass(frozen=True, kw_only=True)
class TradingPassphrase:
    database: Database
    accounts: Accounts
    trading: TradingPassphrases
    approvals: Approvals
    holds: Holds
    counters: Counters
    tries: Tries
    limits: GateLimits
    notices: Notices
    journal: Journal
    randomness: Randomness
    clock: Clock

    def state(self, account: AccountId) -> TradingState:
        with self.database.read() as tx:
            row = self.trading.find(tx, account)
            return TradingState(standing=standing_of(row), since=None if row is None else row["bound_at"])

    def confirmed_until(self, session: Session, approval: Secret | None) -> datetime | None:
        """How long the change may be made without another confirmation; None: not now. Spends nothing."""
        with self.database.read() as tx:
            return self.approvals.serves_until(tx, approval, session, change("trading_passphrase"), self.clock())

    def suggest(self, session: Session) -> Secret:
        """A random one that would be taken. Nothing is kept of it."""
        with self.database.read() as tx:
            return rules.suggest(self.randomness, self._holder(tx, session.account))

    def set(self, session: Session, approval: Secret | None, passphrase: Secret) -> None:
        """Raises ConfirmationRequired before anything else, Unacceptable with the reason, Throttled; none of them
        spends the approval."""
        now, action = self.clock(), change("trading_passphrase")
        with self.database.read() as tx:
            self.approvals.require_unspent(tx, approval, session, action, now)
        digits = rules.require_uncommon(passphrase.reveal())
        # Before the last five are looked at: who has an approval must not learn the present one from refusals.
        spent = self.tries.count(session, self.limits.new_trading_passphrase(session.account), "trading_passphrase")
        with self.database.read() as tx:
            rules.require_not_of(self._holder(tx, session.account), digits)
        new = self.trading.hash_new(session.account, digits, reserved=True)
        with self.database.begin() as tx:
            self.approvals.require(tx, approval, session, action, now)
            rules.require_not_of(self._holder(tx, session.account), digits)  # it may have been set while we hashed
            self.tries.give_back(tx, spent)
            self._bind(tx, session, new, digits, now)

    def _bind(self, tx: Transaction, session: Session, new: NewTradingPassphrase, digits: str, now: datetime) -> None:
        earlier = self.trading.bind(tx, new, digits, now)
        if earlier is not None:
            self.counters.end_runs(tx, [(self.limits.named.trading_in_row, AuthenticatorId(earlier["id"]))])
        cause = Cause.FIRST_TRADING_PASSPHRASE if earlier is None else Cause.TRADING_PASSPHRASE_CHANGED
        self.holds.place(tx, session.account, cause, now)
        self.journal.record(
            tx,
            EventKind.TRADING_PASSPHRASE_SET,
            at=now,
            account=session.account,
            session=session.id,
            device=session.device,
            by="holder",
            reset=earlier is not None,
        )
        self.notices.of_change(tx, session, TradingPassphraseSet, now, changed=earlier is not None)

    def _holder(self, tx: Transaction, account: AccountId) -> rules.Holder:
        return rules.Holder(
            identifiers=tuple(bound.identifier for bound in self.accounts.identifiers(tx, account)),
            used_before=lambda digits: self.trading.was_used(tx, account, digits),
        )
