"""A service of the platform asks for one exit to be confirmed in the holder's own browser (policy §6).

The service keeps the approval's token from the beginning on, and gives the browser nothing but an address. In it the
request lies sealed for one account and session: opened in another it is nothing. What the holder confirms becomes an
approval for the token that the service has, so no token ever passes the browser, and one request is confirmed once.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from watchword.approvals.approvals import Approvals
from watchword.crypto.keyring import Keyring, Unsealable
from watchword.crypto.tokens import Randomness
from watchword.foundation.clock import Clock
from watchword.foundation.errors import NotFound, Unacceptable
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId, ClientKind, ServiceId, SessionId
from watchword.gate.actions import Action, is_exit
from watchword.handover.returning import ReturnAddresses, may_return
from watchword.handover.services import Service
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.sessions.sessions import Session, Sessions
from watchword.storage.database import Database, Transaction
from watchword.storage.trusted import Row

State = Literal["waiting", "confirmed", "spent", "over"]
_LABEL = "exit_request"


@dataclass(frozen=True, kw_only=True)
class MadeRequest:
    """For the service: the token it consumes with, and what the holder's browser is sent to."""

    approval: Secret
    sealed: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class ExitRequest:
    """As the holder's browser brought it: nobody but us can have made it."""

    service: ServiceId
    name: str
    """Of the service, as the operator named it."""
    action: Action
    approval_digest: str
    expires_at: datetime
    state: State
    serves_until: datetime | None
    """How long the approval serves, once there is one."""
    back: str | None
    """Where the holder may go on at the service, if it said so and the operator lists it."""


@dataclass(frozen=True, kw_only=True)
class ExitRequests:
    database: Database
    approvals: Approvals
    sessions: Sessions
    journal: Journal
    keyring: Keyring
    randomness: Randomness
    clock: Clock
    lifetime: timedelta
    """How long the page can be opened."""
    returns: ReturnAddresses

    def make(
        self, service: Service, account: AccountId, session: SessionId, action: Action, back: str | None = None
    ) -> MadeRequest:
        """Raises NotFound where that account has no such live session in a browser, Unacceptable for what no service
        consumes, and for an address to go back to that the operator does not list for this one."""
        if not is_exit(action) or action["kind"] == "allow_destination":
            raise Unacceptable("unknown_action", "action")
        if back is not None and not may_return(self.returns, service.name, back):
            raise Unacceptable("return_address", "return_to")
        now, token = self.clock(), self.randomness.token()
        with self.database.begin() as tx:
            found = self.sessions.find_live(tx, account, session, now)
            if found is None or found.client_kind is not ClientKind.BROWSER:
                raise NotFound
            self.journal.record(
                tx,
                EventKind.EXIT_ASKED,
                at=now,
                account=account,
                session=session,
                action=action["kind"],
                service=service.id,
            )
        content = {
            "service": service.id,
            "name": service.name,
            "action": action,
            "approval": self.approvals.digest_for(service.id, token),
            "until": (now + self.lifetime).isoformat(),
            "back": back,
        }
        sealed = self.keyring.seal(json.dumps(content, separators=(",", ":")).encode(), _LABEL, account, session)
        return MadeRequest(approval=token, sealed=sealed, expires_at=now + self.lifetime)

    def read(self, session: Session, sealed: str) -> ExitRequest:
        """Raises NotFound for what we did not seal for this account and session."""
        try:
            content = json.loads(self.keyring.unseal(sealed, _LABEL, session.account, session.id))
        except Unsealable:
            raise NotFound from None
        with self.database.read() as tx:
            approval = self.approvals.find_handed(tx, content["approval"])
        until = datetime.fromisoformat(content["until"])
        return ExitRequest(
            service=ServiceId(content["service"]),
            name=content["name"],
            action=content["action"],
            approval_digest=content["approval"],
            expires_at=until,
            state=self._state(approval, until),
            serves_until=None if approval is None else approval["expires_at"],
            back=self._back(content),
        )

    def hand_over(self, session: Session, sealed: str, confirmed: Secret, action: Action) -> None:
        """What was confirmed just now serves the service that asked for it. Raises NotFound, Conflict where the same
        request was confirmed before, ConfirmationRequired where another action was confirmed."""
        request, now = self.read(session, sealed), self.clock()
        if request.action != action:
            raise NotFound
        with self.database.begin() as tx:
            row = self.approvals.require_unspent(tx, confirmed, session, action, now)
            self._give(tx, row, request, now)

    def state(self, service: Service, approval: Secret) -> State:
        """For the service, by the token it has: whether asking to consume is worth it."""
        digest = self.approvals.digest_for(service.id, approval)
        with self.database.read() as tx:
            return self._state(self.approvals.find_handed(tx, digest), None)

    def _back(self, content: Mapping[str, Any]) -> str | None:
        """Asked anew: what the operator took off the list meanwhile is shown to nobody."""
        back: str | None = content.get("back")
        return back if back is not None and may_return(self.returns, content["name"], back) else None

    def _give(self, tx: Transaction, row: Row, request: ExitRequest, now: datetime) -> None:
        self.approvals.hand_over(tx, row, request.approval_digest)
        self.journal.record(
            tx,
            EventKind.APPROVAL_HANDED_OVER,
            at=now,
            account=row["account_id"],
            session=row["session_id"],
            approval=row["id"],
            action=request.action["kind"],
            service=request.service,
        )

    def _state(self, approval: Row | None, until: datetime | None) -> State:
        now = self.clock()
        if approval is None:
            return "over" if until is not None and until <= now else "waiting"
        if approval["spent_at"] is not None:
            return "spent"
        return "confirmed" if approval["expires_at"] > now else "over"
