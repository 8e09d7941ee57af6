"""A holder's API keys (policy §3, §6): made by approval, shown once; what makes one stronger is confirmed like a new
one, what makes it weaker is free.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from watchword.accounts.accounts import Account, Accounts
from watchword.approvals.approvals import Approvals
from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.exits.decide import Allowed, Held, Refused, reason_of
from watchword.exits.exits import Exits
from watchword.foundation.clock import Clock
from watchword.foundation.errors import Conflict, NotFound, Unacceptable
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId, ApiKeyId
from watchword.gate.actions import Action, is_exit
from watchword.handover.api_keys.key_text import write_key, write_secret
from watchword.handover.api_keys.known import LABEL
from watchword.handover.api_keys.rules import check_passphrase, is_withdrawing
from watchword.handover.api_keys.store import ApiKeyStore
from watchword.handover.api_keys.verifying import passphrase_digest
from watchword.handover.api_keys.view import ApiKeyView, view
from watchword.handover.request_signing import signed_passphrase
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.sessions.sessions import Session
from watchword.storage.database import Database, Transaction
from watchword.storage.trusted import Row

MOST = 50
"""Keys of one account."""
_DRAWN = 15
"""Bytes of a passphrase we draw: 20 letters."""


class TellKey(Protocol):
    """Tells the owner, in the same transaction. ``what``: made, widened, resumed, deleted."""

    def __call__(self, tx: Transaction, session: Session, what: str, key: str, now: datetime) -> None: ...


@dataclass(frozen=True, kw_only=True)
class MadeKey:
    """Shown once: the secret and the passphrase are kept nowhere that can be read."""

    view: ApiKeyView
    key: str
    secret: Secret
    passphrase: Secret


@dataclass(frozen=True, kw_only=True)
class ApiKeys:
    database: Database
    store: ApiKeyStore
    accounts: Accounts
    approvals: Approvals
    exits: Exits
    journal: Journal
    keyring: Keyring
    randomness: Randomness
    clock: Clock
    tell: TellKey

    def list(self, account: AccountId) -> Sequence[ApiKeyView]:
        """The oldest first."""
        with self.database.read() as tx:
            return self.list_in(tx, account)

    def list_in(self, tx: Transaction, account: AccountId) -> Sequence[ApiKeyView]:
        now = self.clock()
        return [view(row, now) for row in self.store.list_live(tx, account)]

    def get(self, account: AccountId, key: str) -> ApiKeyView:
        """Raises NotFound."""
        with self.database.read() as tx:
            return view(self._row(tx, account, key), self.clock())

    def make(
        self, session: Session, approval: Secret | None, action: Action, passphrase: Secret | None = None
    ) -> MadeKey | Held | Refused:
        """``action``: a confirmed ``create_api_key``. Without a passphrase one is drawn. What held or refused it is
        given back, and its event is kept. Raises ConfirmationRequired, Unacceptable, Conflict past ``MOST``."""
        if action["public_key"] is not None:  # the profile for it is not built
            raise Unacceptable("public_key", "public_key")
        if passphrase is not None:
            check_passphrase(passphrase)
        now = self.clock()
        with self.database.begin() as tx:
            account = self.accounts.get(tx, session.account, lock=True)
            stopped = self._stopped(tx, session, approval, action, account, now)
            if stopped is not None:
                return stopped
            if len(self.store.list_live(tx, account.id)) >= MOST:
                raise Conflict
            spent = self.approvals.require(tx, approval, session, action, now)
            made = self._add(tx, account, action, passphrase or self.randomness.token(_DRAWN), now)
            self._record(tx, EventKind.API_KEY_MADE, session, made.view, now, approval=spent.id, **_rights(made.view))
            self.tell(tx, session, "made", made.key[-6:], now)
            return made

    def pause(self, session: Session, key: str) -> ApiKeyView:
        """Free, and at once. Raises NotFound."""
        now = self.clock()
        with self.database.begin() as tx:
            row = self._row(tx, session.account, key, lock=True)
            if row["paused_at"] is not None:
                return view(row, now)
            paused = view(self._change(tx, row, paused_at=now, paused_by="holder"), now)
            self._record(tx, EventKind.API_KEY_PAUSED, session, paused, now, by="holder")
            return paused

    def delete(self, session: Session, key: str) -> None:
        """Free, and for good: its secret is blanked. Raises NotFound."""
        now = self.clock()
        with self.database.begin() as tx:
            row = self._row(tx, session.account, key, lock=True)
            found = view(row, now)
            self._change(tx, row, deleted_at=now, secret_sealed="", passphrase_digest="")
            self._record(tx, EventKind.API_KEY_DELETED, session, found, now, by="holder")
            self.tell(tx, session, "deleted", found.key[-6:], now)

    # -- parts

    def _stopped(
        self,
        tx: Transaction,
        session: Session,
        approval: Secret | None,
        action: Action,
        account: Account,
        now: datetime,
    ) -> Held | Refused | None:
        """A key that may move anything is an exit: freeze and holds stand before it (policy §6)."""
        row = self.approvals.require_unspent(tx, approval, session, action, now)
        if not is_exit(action):
            return None
        confirmed = self.exits.confirmed_now(tx, account, session.device, now)
        decision = self.exits.decide(tx, account, action, confirmed, now)
        if isinstance(decision, Allowed):
            return None
        self.journal.record(
            tx,
            EventKind.EXIT_REFUSED,
            at=now,
            account=session.account,
            session=session.id,
            device=session.device,
            approval=row["id"],
            action=action["kind"],
            reason=reason_of(decision),
        )
        return decision

    def _add(self, tx: Transaction, account: Account, action: Action, passphrase: Secret, now: datetime) -> MadeKey:
        key = ApiKeyId(self.randomness.id())
        secret = write_secret(self.randomness.id() + self.randomness.id())
        sent = signed_passphrase(secret.encode(), passphrase.reveal())
        row = {
            "id": key,
            "account_id": account.id,
            "profile": "hmac",
            "name": action["name"],
            "secret_sealed": self.keyring.seal(secret.encode(), LABEL, account.id, key),
            "passphrase_digest": passphrase_digest(self.keyring, account.id, key, sent),
            "permissions": json.dumps(action["permissions"]),
            "networks": json.dumps(action["networks"]),
            "bound_at": now,
            "confirmed_at": now,
            "works_from": self._works_from(action, now),
            "expires_at": ends_at(action["expiry"], now),
            "paused_at": None,
            "paused_by": None,
            "lapsed_at": None,
            "deleted_at": None,
            "last_used_at": None,
            "last_network": None,
            "reminded_days": None,
        }
        made = self.store.add(tx, row)
        return MadeKey(view=view(made, now), key=write_key(key), secret=Secret(secret), passphrase=passphrase)

    def _works_from(self, action: Action, now: datetime) -> datetime:
        return now + self.exits.rules.api_key_begins if is_withdrawing(action["permissions"]) else now

    def _row(self, tx: Transaction, account: AccountId, key: str, *, lock: bool = False) -> Row:
        row = self.store.find_of_account(tx, account, key, lock=lock)
        if row is None:
            raise NotFound
        return row

    def _change(self, tx: Transaction, row: Row, **changes: Any) -> Row:
        changed = self.store.change(tx, row, **changes)
        if changed is None:
            raise Conflict
        return changed

    def _record(
        self, tx: Transaction, kind: EventKind, session: Session, key: ApiKeyView, now: datetime, **facts: Any
    ) -> None:
        self.journal.record(
            tx, kind, at=now, account=session.account, session=session.id, device=session.device, key=key.id, **facts
        )


def ends_at(expiry: int | str, now: datetime) -> datetime | None:
    return None if expiry == "never" else now + timedelta(days=int(expiry))


def _rights(key: ApiKeyView) -> dict[str, Any]:
    """What the record says of a key."""
    days = None if key.expires_at is None else (key.expires_at - key.bound_at).days
    return {"permissions": ",".join(key.permissions), "networks": len(key.networks), "ends_in_days": days}
