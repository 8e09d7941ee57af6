"""The holder's destinations and allow-list, from the safe room. A change spends its approval, or nothing at all."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from watchword.accounts.accounts import Accounts
from watchword.approvals.approvals import Approvals
from watchword.delivery.messages import catalogue as of
from watchword.exits.decide import Allowed, Held, Refused, Running, longest, reason_of
from watchword.exits.destinations import Destination, Destinations
from watchword.exits.exits import Exits
from watchword.exits.holds import Holds
from watchword.exits.locks import Lock, Locks
from watchword.foundation.clock import Clock
from watchword.foundation.errors import Conflict, NotFound
from watchword.foundation.secret import Secret
from watchword.foundation.terms import Cause
from watchword.gate.actions import Action, change
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.safeguards.notices import Notices
from watchword.sessions.sessions import Session
from watchword.storage.database import Database, Transaction


@dataclass(frozen=True, kw_only=True)
class Places:
    """What the holder reads: where their value may go, and what waits."""

    destinations: list[Destination]
    allow_list: Lock | None
    now: datetime


@dataclass(frozen=True, kw_only=True)
class DestinationChoices:
    database: Database
    accounts: Accounts
    approvals: Approvals
    exits: Exits
    destinations: Destinations
    allow_lists: Locks
    holds: Holds
    notices: Notices
    journal: Journal
    clock: Clock

    def read(self, session: Session) -> Places:
        with self.database.read() as tx:
            return Places(
                destinations=self.destinations.list(tx, self.accounts.get(tx, session.account)),
                allow_list=self.allow_lists.find(tx, session.account),
                now=self.clock(),
            )

    def waiting(self, session: Session) -> tuple[Running, ...]:
        """The holds that run, each cause once, the longest first."""
        with self.database.read() as tx:
            return longest([*self.exits.running(tx, session.account, self.clock())])

    def get(self, session: Session, destination: str) -> Destination:
        """Raises NotFound."""
        with self.database.read() as tx:
            return self.destinations.get(tx, self.accounts.get(tx, session.account), destination)

    def allow(self, session: Session, approval: Secret | None, action: Action) -> Destination | Held | Refused:
        """Puts the destination of a confirmed ``allow_destination`` on the list; a new entry is an exit, and waits
        like one. What held or refused it is given back, and its event is kept. Raises ConfirmationRequired."""
        now = self.clock()
        with self.database.begin() as tx:
            account = self.accounts.get(tx, session.account, lock=True)
            row = self.approvals.require_unspent(tx, approval, session, action, now)
            confirmed = self.exits.confirmed_now(tx, account, session.device, now)
            decision = self.exits.decide(tx, account, action, confirmed, now)
            found = self.destinations.find_id(tx, account.id, action)
            if not isinstance(decision, Allowed):
                self._refused(tx, session, row["id"], decision, now)
                return decision
            if found is None:  # it was removed since it was confirmed
                raise NotFound
            self.approvals.require(tx, approval, session, action, now)
            if self.destinations.enlist(tx, account.id, found, now):
                self._record(tx, EventKind.DESTINATION_LISTED, session, now, destination=found, action="withdraw")
                self.notices.of_change(tx, session, of.DestinationListed, now)
            return self.destinations.get(tx, account, found)

    def remove(self, session: Session, approval: Secret | None, destination: str) -> None:
        """Off the list, and forgotten. Raises NotFound, ConfirmationRequired."""
        now = self.clock()
        with self.database.begin() as tx:
            present_one = self.destinations.get(tx, self.accounts.get(tx, session.account), destination)
            action = change("remove_destination", destination=present_one.id)
            self.approvals.require(tx, approval, session, action, now)
            self.destinations.remove(tx, session.account, destination)
            self._record(
                tx, EventKind.DESTINATION_REMOVED, session, now, destination=destination, action=present_one.kind
            )
            self.notices.of_change(tx, session, of.DestinationRemoved, now)

    def switch_list(self, session: Session, approval: Secret | None, *, enabled: bool) -> Lock | None:
        """On: it begins 72 h from now. Off: at once, and with a hold if it was in effect; before, nothing was
        weakened. Raises ConfirmationRequired, Conflict when it is on already."""
        now = self.clock()
        with self.database.begin() as tx:
            self.approvals.require(tx, approval, session, change("allow_list", enabled=enabled), now)
            if enabled:
                begun = self.allow_lists.begin(tx, session.account, now)
                self.notices.of_change(tx, session, of.AllowListBegun, now, effective_at=begun.effective_at)
                return begun
            ended = self.allow_lists.end(tx, session.account, now)
            if ended is None:
                raise Conflict
            if ended.is_in_effect(now):
                self.holds.place(tx, session.account, Cause.LIST_WEAKENED, now)
            self.notices.of_change(tx, session, of.AllowListEnded, now)
            return None

    def _refused(
        self, tx: Transaction, session: Session, approval: str, decision: Held | Refused, now: datetime
    ) -> None:
        self._record(
            tx,
            EventKind.EXIT_REFUSED,
            session,
            now,
            approval=approval,
            action="allow_destination",
            reason=reason_of(decision),
        )

    def _record(self, tx: Transaction, kind: EventKind, session: Session, now: datetime, **facts: Any) -> None:
        self.journal.record(
            tx, kind, at=now, account=session.account, session=session.id, device=session.device, **facts
        )
