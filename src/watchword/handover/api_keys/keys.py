"""A holder's API keys (policy §3, §6): made by approval, shown once; what makes one stronger is confirmed like a new
one, what makes it weaker is free.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
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
from watchword.handover.api_keys.rules import check_passphrase, ends_at, is_withdrawing
from watchword.handover.api_keys.store import ApiKeyStore
from watchword.handover.api_keys.verifying import passphrase_digest
from watchword.handover.api_keys.view import ApiKeyView, said_of, view
from watchword.handover.request_signing import signed_passphrase
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.sessions.sessions import Session
from watchword.storage.database import Database, Transaction
from watchword.storage.trusted import Row

MOST = 50
"""Keys of one account."""
_DRAWN = 16
"""Bytes of a passphrase we draw: 22 letters."""


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
            row = self.store.find_of_account(tx, account, key)
        if row is None:
            raise NotFound
        return view(row, self.clock())

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
            stopped = self.stopped(tx, session, approval, action, action, account, now)
            if stopped is not None:
                return stopped
            if len(self.store.list_live(tx, account.id)) >= MOST:
                raise Conflict
            spent = self.approvals.require(tx, approval, session, action, now)
            made = self._add(tx, account, action, passphrase or self.randomness.token(_DRAWN), now)
            self.record(tx, EventKind.API_KEY_MADE, session, made.view, now, approval=spent.id, **said_of(made.view))
            self.tell(tx, session, "made", made.key[-6:], now)
            return made

    def pause(self, session: Session, key: str) -> ApiKeyView:
        """Free, and at once. Raises NotFound."""
        now = self.clock()
        with self.database.begin() as tx:
            row = self.row(tx, session.account, key)
            if row["paused_at"] is not None:
                return view(row, now)
            paused = view(self.write(tx, row, paused_at=now, paused_by="holder"), now)
            self.record(tx, EventKind.API_KEY_PAUSED, session, paused, now, by="holder")
            return paused

    def delete(self, session: Session, key: str) -> None:
        """Free, and for good: its secret is blanked. Raises NotFound."""
        now = self.clock()
        with self.database.begin() as tx:
            row = self.row(tx, session.account, key)
            found = view(row, now)
            self.write(tx, row, deleted_at=now, secret_sealed="", passphrase_digest="")
            self.record(tx, EventKind.API_KEY_DELETED, session, found, now, by="holder")
            self.tell(tx, session, "deleted", found.key[-6:], now)

    # -- parts

    def stopped(
        self,
        tx: Transaction,
        session: Session,
        approval: Secret | None,
        action: Action,
        as_new: Action,
        account: Account,
        now: datetime,
    ) -> Held | Refused | None:
        """A key that may move anything is an exit: freeze and holds stand before it (policy §6). ``as_new``: what was
        confirmed, as a new key would be."""
        row = self.approvals.require_unspent(tx, approval, session, action, now)
        if not is_exit(as_new):
            return None
        confirmed = self.exits.confirmed_now(tx, account, session.device, now)
        decision = self.exits.decide(tx, account, as_new, confirmed, now)
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
            action=as_new["kind"],
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

    def row(self, tx: Transaction, account: AccountId, key: str) -> Row:
        """Nobody else changes it before this transaction ends. Raises NotFound."""
        row = self.store.find_of_account(tx, account, key, lock=True)
        if row is None:
            raise NotFound
        return row

    def write(self, tx: Transaction, row: Row, **changes: Any) -> Row:
        changed = self.store.change(tx, row, **changes)
        if changed is None:
            raise Conflict
        return changed

    def record(
        self, tx: Transaction, kind: EventKind, session: Session, key: ApiKeyView, now: datetime, **facts: Any
    ) -> None:
        self.journal.record(
            tx, kind, at=now, account=session.account, session=session.id, device=session.device, key=key.id, **facts
        )
