"""The operator's way for who lost passkeys, phone and codes (policy §9): announced everywhere, then seven days.

Any passkey, app or recovery code shown meanwhile cancels it: whoever holds the second step has not lost it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from watchword.authenticators.passkey.passkeys import Passkeys
from watchword.authenticators.passphrase import NewPassphrase, Passphrases
from watchword.authenticators.recovery_codes import RecoveryCodes
from watchword.authenticators.totp import Totp
from watchword.crypto.tokens import Randomness
from watchword.exits.holds import Holds
from watchword.exits.locks import Locks
from watchword.foundation.clock import Clock
from watchword.foundation.errors import Conflict, NotFound, WatchwordError
from watchword.foundation.terms import AccountId, Cause, ProofKind
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.safeguards.notices import Notices
from watchword.safeguards.store import RemovalStore
from watchword.sessions.sessions import Sessions
from watchword.storage.database import Database, Transaction

CANCELLING = frozenset({ProofKind.PASSKEY, ProofKind.TOTP, ProofKind.RECOVERY_CODE})
"""Whoever shows one of these holds the second step."""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class SecondStepRemoval:
    database: Database
    store: RemovalStore
    totp: Totp
    passkeys: Passkeys
    codes: RecoveryCodes
    passphrases: Passphrases
    sessions: Sessions
    holds: Holds
    passkey_only: Locks
    notices: Notices
    journal: Journal
    randomness: Randomness
    clock: Clock
    wait: timedelta

    def begin(self, account: AccountId) -> datetime:
        """Tells every address and gives when it takes effect. Raises NotFound without a second step, Conflict."""
        now = self.clock()
        with self.database.begin() as tx:
            if self.totp.find(tx, account) is None and not self.passkeys.list(tx, account):
                raise NotFound
            if self.store.find_open(tx, account) is not None:
                raise Conflict
            removal = self.randomness.id()
            due_at = now + self.wait
            row = {"id": removal, "account_id": account, "begun_at": now, "due_at": due_at}
            self.store.add(tx, {**row, "ended_at": None, "outcome": None})
            self.notices.removal_begun(tx, account, due_at, now)
            self.journal.record(
                tx,
                EventKind.REMOVAL_BEGUN,
                at=now,
                account=account,
                removal=removal,
                by="operator",
                wait_seconds=int(self.wait.total_seconds()),
            )
        return due_at

    def cancel(self, tx: Transaction, account: AccountId, *, by: str, now: datetime) -> bool:
        """Whether there was one to cancel."""
        row = self.store.find_open(tx, account)
        if row is None:
            return False
        if self.store.end(tx, row, at=now, outcome="cancelled") is None:
            raise Conflict
        self.journal.record(tx, EventKind.REMOVAL_CANCELLED, at=now, account=account, removal=row["id"], by=by)
        self.notices.removal_cancelled(tx, account, now)
        return True

    def complete_due(self) -> int:
        """Removes what was announced long enough ago; gives how many. One account in trouble stops no other."""
        now, done = self.clock(), 0
        with self.database.read() as tx:
            due = [AccountId(row["account_id"]) for row in self.store.list_due(tx, now)]
        for account in due:
            try:
                # A passphrase too short to stand alone ends with the app: recovery sets one that does.
                unusable = self.passphrases.hash_new(account, self.randomness.token())
                with self.database.begin() as tx:
                    self._complete(tx, account, unusable, now)
                done += 1
            except WatchwordError as trouble:
                log.error("a removal could not be completed", account=account, kind=type(trouble).__name__)
        return done

    def _complete(self, tx: Transaction, account: AccountId, unusable: NewPassphrase, now: datetime) -> None:
        row = self.store.find_open(tx, account)
        if row is None or row["due_at"] > now:
            return
        present = self.totp.find(tx, account)
        if present is not None:
            self.totp.remove(tx, present, now)
        for passkey in self.passkeys.list(tx, account):
            self.passkeys.remove(tx, passkey, now)
        self.passkey_only.end(tx, account, now, by="operator")
        self.codes.remove(tx, account, now)
        if not self.passphrases.stands_alone(tx, account):
            self.passphrases.bind(tx, replace(unusable, stands_alone=True), now)
        self.sessions.revoke_all(tx, account, now)
        if self.store.end(tx, row, at=now, outcome="done") is None:
            raise Conflict
        self.journal.record(tx, EventKind.REMOVAL_DONE, at=now, account=account, removal=row["id"], by="operator")
        self.holds.place(tx, account, Cause.SECOND_STEP_REMOVED_BY_OPERATOR, now)
        self.notices.removal_done(tx, account, now)
