"""Spending an approval for something of value: what a service of the platform asks before it lets anything out.

Everything has to match what was confirmed. Freeze, holds, list and cap are looked at, and spent, in the transaction
that spends the approval (policy §6), under a lock on the account: of two who ask at once the second sees what the
first has spent. A refusal commits, with its event, and spends nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from watchword.accounts.accounts import Account, Accounts
from watchword.approvals.approvals import Approvals
from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.exits.decide import Allowed, Confirmed, Held, Refused, reason_of
from watchword.exits.exits import Exits
from watchword.exits.store import SpendingStore
from watchword.foundation.clock import Clock
from watchword.foundation.errors import Conflict, NotFound, Tampered
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId, ServiceId, SessionId, Standing
from watchword.gate.actions import Action, canonical, is_exit
from watchword.gate.alarms import Alarms
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.sessions.sessions import Sessions
from watchword.storage.database import Database, Transaction
from watchword.storage.trusted import Row

CHANGED = frozenset({"account", "session", "action", "no_exit"})
"""What no honest mistake brings about: its owner is told."""
_ENDED_BY_FREEZING = frozenset({"expired", "session_over"})


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a service asks to spend. ``action`` is canonical."""

    service: ServiceId
    approval: Secret
    account: AccountId
    session: SessionId
    action: Action
    idempotency_key: str


@dataclass(frozen=True, kw_only=True)
class Spent:
    """It may go. The same answer comes again for the same key."""

    approval: str
    spent_at: datetime
    works_from: datetime
    """Later than ``spent_at`` for an API key that may withdraw."""


@dataclass(frozen=True, kw_only=True)
class NotConfirmed:
    """Nothing was confirmed that fits; ``why`` goes to the record only."""

    why: str


@dataclass(frozen=True, kw_only=True)
class Stop:
    """It was let out, but the account was frozen or closed since."""

    reason: Literal["frozen", "closed"]


Answer = Spent | NotConfirmed | Stop | Held | Refused


@dataclass(frozen=True, kw_only=True)
class Spending:
    database: Database
    accounts: Accounts
    approvals: Approvals
    sessions: Sessions
    exits: Exits
    store: SpendingStore
    alarms: Alarms
    journal: Journal
    keyring: Keyring
    randomness: Randomness
    clock: Clock

    def consume(self, asked: Asked) -> Answer:
        """Only ``Spent`` lets it go. Raises Conflict when the key was used for something else, Tampered."""
        now = self.clock()
        try:
            with self.database.begin() as tx:
                return self._consume(tx, asked, now)
        except Tampered as refused:
            with self.database.begin() as tx:
                self.journal.record(tx, EventKind.ROW_REFUSED, at=now, table=refused.table, row=refused.row_id)
            raise

    def _consume(self, tx: Transaction, asked: Asked, now: datetime) -> Answer:
        account = self._account(tx, asked.account)
        if account is None:
            return self._not_confirmed(tx, asked, None, "account", now)
        approval = self.approvals.find(tx, asked.approval, asked.service)
        known = self.store.find(tx, self._key_digest(asked))
        if known is not None:
            return self._again(tx, asked, account, approval, known, now)
        why = self._mismatch(tx, asked, approval, now)
        if why in _ENDED_BY_FREEZING and account.standing is not Standing.OPEN:
            why = None  # it was confirmed: the service is told what stands in its way
        if approval is None or why is not None:
            return self._not_confirmed(tx, asked, approval, why or "unknown", now)
        decision = self.exits.decide(tx, account, asked.action, self._confirmed(tx, account, approval, now), now)
        if not isinstance(decision, Allowed):
            return self._refused(tx, asked, approval, decision, now)
        if not self.approvals.spend(tx, approval, asked.action, asked.service, now):
            return self._not_confirmed(tx, asked, approval, "spent", now)
        return self._spend(tx, asked, approval, decision, now)

    def _account(self, tx: Transaction, account_id: AccountId) -> Account | None:
        try:
            account = self.accounts.get(tx, account_id, lock=True)
        except NotFound:
            return None
        return None if account.is_decoy else account

    def _mismatch(self, tx: Transaction, asked: Asked, approval: Row | None, now: datetime) -> str | None:
        """The first thing that is not as it was confirmed: a word for the record."""
        if approval is None:
            return "unknown"
        found = {
            "account": approval["account_id"] != asked.account,
            "session": approval["session_id"] != asked.session,
            "action": approval["action"] != canonical(asked.action),
            "no_exit": not is_exit(asked.action) or asked.action["kind"] == "allow_destination",
            "spent": approval["spent_at"] is not None,
            "expired": approval["expires_at"] <= now,
        }
        wrong = next((why for why, is_wrong in found.items() if is_wrong), None)
        if wrong is None and self.sessions.find_live(tx, asked.account, asked.session, now) is None:
            return "session_over"
        return wrong

    def _confirmed(self, tx: Transaction, account: Account, approval: Row, now: datetime) -> Confirmed:
        passkey = approval["passkey_id"]
        return Confirmed(
            by_second_step=bool(approval["by_second_step"]),
            by_senior_passkey=passkey is not None and self.exits.is_senior_passkey(tx, account, passkey, now),
            by_senior=passkey is None and approval["by_senior_class"] and self.exits.is_senior_app(tx, account, now),
            from_senior_device=bool(approval["from_senior_device"]),
        )

    def _spend(self, tx: Transaction, asked: Asked, approval: Row, allowed: Allowed, now: datetime) -> Spent:
        action = asked.action
        row = {
            "id": self.randomness.id(),
            "account_id": asked.account,
            "service_id": asked.service,
            "approval_id": approval["id"],
            "key_digest": self._key_digest(asked),
            "action": canonical(action),
            "session_id": asked.session,
            "asset": action.get("asset"),
            "amount": action.get("amount"),
            "under_cap": allowed.under_cap,
            "spent_at": now,
        }
        self.store.add(tx, row)
        self._record(tx, EventKind.EXIT_ALLOWED, asked, approval, now, destination=self._destination(tx, asked))
        return self._spent(row, action)

    def _spent(self, row: Row, action: Action) -> Spent:
        withdraws = "withdraw" in action.get("permissions", ())
        wait = self.exits.rules.api_key_begins if withdraws else None
        works_from = row["spent_at"] if wait is None else row["spent_at"] + wait
        return Spent(approval=row["approval_id"], spent_at=row["spent_at"], works_from=works_from)

    def _again(
        self, tx: Transaction, asked: Asked, account: Account, approval: Row | None, known: Row, now: datetime
    ) -> Answer:
        """Asked with a key that was used: the same answer, unless the account was frozen since."""
        same = (
            approval is not None
            and known["approval_id"] == approval["id"]
            and known["account_id"] == asked.account
            and known["session_id"] == asked.session
            and known["action"] == canonical(asked.action)
        )
        if approval is None or not same:
            raise Conflict
        frozen = self.store.was_frozen_since(tx, account.id, known["spent_at"])
        if frozen or account.standing is not Standing.OPEN:
            reason: Literal["frozen", "closed"] = "closed" if account.standing is Standing.CLOSED else "frozen"
            self._record(tx, EventKind.EXIT_STOPPED, asked, approval, now, reason=reason)
            return Stop(reason=reason)
        return self._spent(known, asked.action)

    def _not_confirmed(
        self, tx: Transaction, asked: Asked, approval: Row | None, why: str, now: datetime
    ) -> NotConfirmed:
        """The event belongs to whose approval it was, whoever was named."""
        self.journal.record(
            tx,
            EventKind.APPROVAL_REFUSED,
            at=now,
            account=None if approval is None else approval["account_id"],
            session=None if approval is None else approval["session_id"],
            approval=None if approval is None else approval["id"],
            action=asked.action["kind"],
            reason=why,
            service=asked.service,
        )
        if approval is not None and why in CHANGED:
            self.alarms.of_refusal(tx, AccountId(approval["account_id"]), None, "changed", now)
        return NotConfirmed(why=why)

    def _refused(
        self, tx: Transaction, asked: Asked, approval: Row, decision: Held | Refused, now: datetime
    ) -> Held | Refused:
        facts = {"destination": self._destination(tx, asked), "reason": reason_of(decision)}
        self._record(tx, EventKind.EXIT_REFUSED, asked, approval, now, **facts)
        self.alarms.of_refusal(tx, asked.account, None, "held", now)
        return decision

    def _record(
        self, tx: Transaction, kind: EventKind, asked: Asked, approval: Row, now: datetime, **facts: Any
    ) -> None:
        self.journal.record(
            tx,
            kind,
            at=now,
            account=asked.account,
            session=asked.session,
            approval=approval["id"],
            action=asked.action["kind"],
            service=asked.service,
            **facts,
        )

    def _destination(self, tx: Transaction, asked: Asked) -> str | None:
        return self.exits.destinations.find_id(tx, asked.account, asked.action)

    def _key_digest(self, asked: Asked) -> str:
        return self.keyring.digest("exit_spending", asked.service, asked.idempotency_key)
