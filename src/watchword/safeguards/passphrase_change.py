"""A new sign-in passphrase, confirmed. Every other session ends and every address is told."""

from dataclasses import dataclass
from datetime import datetime

from watchword.accounts.accounts import Accounts
from watchword.approvals.approvals import Approvals
from watchword.authenticators.passphrase import Passphrases
from watchword.authenticators.passphrase_rules import PassphraseRulebook, normalise
from watchword.delivery.messages.catalogue import PassphraseChanged
from watchword.exits.holds import Holds
from watchword.foundation.clock import Clock
from watchword.foundation.errors import Unacceptable
from watchword.foundation.secret import Secret
from watchword.foundation.terms import Cause
from watchword.gate.actions import change
from watchword.gate.policy import PassphraseRules
from watchword.gate.standing import Standings
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.safeguards.notices import Notices
from watchword.sessions.sessions import Session, Sessions
from watchword.storage.database import Database, Transaction


@dataclass(frozen=True, kw_only=True)
class PassphraseChange:
    database: Database
    accounts: Accounts
    passphrases: Passphrases
    rulebook: PassphraseRulebook
    rules: PassphraseRules
    standings: Standings
    approvals: Approvals
    sessions: Sessions
    holds: Holds
    notices: Notices
    journal: Journal
    clock: Clock

    def shortest(self, session: Session) -> int:
        """Code points a new passphrase needs."""
        with self.database.read() as tx:
            return self.rules.beside_second_step if self._is_app_enrolled(tx, session) else self.rules.alone

    def _is_app_enrolled(self, tx: Transaction, session: Session) -> bool:
        return self.standings.has_second_step(tx, self.accounts.get(tx, session.account), self.clock())

    def confirmed_until(self, session: Session, approval: Secret | None) -> datetime | None:
        """How long the change may be made without another confirmation; None: not now. Spends nothing."""
        with self.database.read() as tx:
            return self.approvals.serves_until(tx, approval, session, change("passphrase"), self.clock())

    def __call__(self, session: Session, approval: Secret | None, passphrase: Secret) -> None:
        """Raises ConfirmationRequired before anything else, Unacceptable with the reason."""
        now, action = self.clock(), change("passphrase")
        with self.database.read() as tx:
            self.approvals.require_unspent(tx, approval, session, action, now)
            names = [bound.identifier.value for bound in self.accounts.identifiers(tx, session.account)]
        self.rulebook.check(normalise(passphrase.reveal()), shortest=self.shortest(session), identifiers=names)
        self.rulebook.check_breached(normalise(passphrase.reveal()))
        new = self.passphrases.hash_new(session.account, passphrase)
        with self.database.begin() as tx:
            spent = self.approvals.require(tx, approval, session, action, now)
            if not new.stands_alone and not self._is_app_enrolled(tx, session):  # it went while we hashed
                raise Unacceptable("too_short", "new_passphrase")
            self.passphrases.bind(tx, new, now)
            ended = self.sessions.revoke_all(tx, session.account, now, but=session.id)
            self.journal.record(
                tx,
                EventKind.PASSPHRASE_CHANGED,
                at=now,
                account=session.account,
                session=session.id,
                device=session.device,
                by="holder",
                stands_alone=new.stands_alone,
            )
            if ended:
                self.journal.record(
                    tx, EventKind.SESSION_REVOKED, at=now, account=session.account, reason="passphrase", count=ended
                )
            with_app = spent.by_second_step and spent.by_senior_class
            cause = Cause.PASSPHRASE_CHANGED_WITH if with_app else Cause.PASSPHRASE_CHANGED_WITHOUT
            self.holds.place(tx, session.account, cause, now)
            self.notices.of_change(tx, session, PassphraseChanged, now)
