"""Changes of a key: weaker is free, wider is confirmed like a new one, and so is using a paused one again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from watchword.exits.decide import Held, Refused
from watchword.foundation.clock import Clock
from watchword.foundation.errors import NotFound, Unacceptable
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId
from watchword.gate.actions import Action, change, read_action
from watchword.handover.api_keys.keys import ApiKeys
from watchword.handover.api_keys.rules import Rights, agrees, ends_at, is_wider, is_withdrawing
from watchword.handover.api_keys.view import ApiKeyView, said_of, view
from watchword.record.catalogue import EventKind
from watchword.sessions.sessions import Session
from watchword.storage.database import Database, Transaction
from watchword.storage.trusted import Row


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is None stays as it is."""

    name: str | None = None
    permissions: Sequence[str] | None = None
    networks: Sequence[str] | None = None
    expiry: int | str | None = None


@dataclass(frozen=True, kw_only=True)
class ApiKeyChanges:
    database: Database
    keys: ApiKeys
    clock: Clock

    def change(self, session: Session, approval: Secret | None, key: str, wish: Wish) -> ApiKeyView | Held | Refused:
        """Raises NotFound, Unacceptable for what no key may be, ConfirmationRequired for what makes it wider."""
        now = self.clock()
        with self.database.begin() as tx:
            account = self.keys.accounts.get(tx, session.account, lock=True)
            row = self.keys.row(tx, account.id, key)
            action, new = _wished(row, wish, now)
            if not is_wider(new, _rights(row)):
                return self._write(tx, session, row, action["name"], new, now)
            as_new = read_action({"kind": "create_api_key", **_of_new(action, new), "public_key": None})
            stopped = self.keys.stopped(tx, session, approval, action, as_new, account, now)
            if stopped is not None:
                return stopped
            spent = self.keys.approvals.require(tx, approval, session, action, now)
            return self._write(tx, session, row, action["name"], new, now, approval=spent.id)

    def to_confirm(self, account: AccountId, key: str, wish: Wish) -> Action | None:
        """What has to be confirmed before it is done; None: nothing. Raises NotFound, Unacceptable."""
        with self.database.read() as tx:
            row = self.keys.store.find_of_account(tx, account, key)
        if row is None:
            raise NotFound
        action, new = _wished(row, wish, self.clock())
        return action if is_wider(new, _rights(row)) else None

    def resume(self, session: Session, approval: Secret | None, key: str) -> ApiKeyView:
        """Lets a paused key work again, and one that lost trading trade. Raises NotFound, ConfirmationRequired."""
        now = self.clock()
        with self.database.begin() as tx:
            row = self.keys.row(tx, session.account, key)
            action = change("unpause_api_key", key=row["id"], name=row["name"])
            spent = self.keys.approvals.require(tx, approval, session, action, now)
            fresh = {"paused_at": None, "paused_by": None, "lapsed_at": None, "confirmed_at": now}
            resumed = view(self.keys.write(tx, row, **fresh), now)
            self.keys.record(tx, EventKind.API_KEY_RESUMED, session, resumed, now, approval=spent.id)
            self.keys.tell(tx, session, "resumed", resumed.key[-6:], now)
            return resumed

    def _write(
        self,
        tx: Transaction,
        session: Session,
        row: Row,
        name: str,
        new: Rights,
        now: datetime,
        *,
        approval: str | None = None,
    ) -> ApiKeyView:
        """``approval``: it became wider by it. A key that may withdraw then waits like a new one."""
        values: dict[str, Any] = {
            "name": name,
            "permissions": json.dumps(list(new.permissions)),
            "networks": json.dumps(list(new.networks)),
            "expires_at": new.expires_at,
        }
        if approval is not None:
            values |= {"confirmed_at": now, "lapsed_at": None}
            if is_withdrawing(new.permissions):
                values["works_from"] = now + self.keys.exits.rules.api_key_begins
        if new.expires_at != row["expires_at"]:
            values["reminded_days"] = None
        changed = view(self.keys.write(tx, row, **values), now)
        facts: dict[str, Any] = {"wider": approval is not None, "relabelled": name != row["name"], "approval": approval}
        self.keys.record(tx, EventKind.API_KEY_CHANGED, session, changed, now, **facts, **said_of(changed))
        if approval is not None:
            self.keys.tell(tx, session, "widened", changed.key[-6:], now)
        return changed


def _wished(row: Row, wish: Wish, now: datetime) -> tuple[Action, Rights]:
    """All that the key will be, as it is confirmed where it has to be. Raises Unacceptable."""
    action = change(
        "widen_api_key",
        key=row["id"],
        name=row["name"] if wish.name is None else wish.name,
        permissions=json.loads(row["permissions"]) if wish.permissions is None else [*wish.permissions],
        networks=json.loads(row["networks"]) if wish.networks is None else [*wish.networks],
        expiry=wish.expiry,
    )
    new = Rights(
        permissions=action["permissions"],
        networks=action["networks"],
        expires_at=_rights(row).expires_at if wish.expiry is None else ends_at(wish.expiry, now),
    )
    if not agrees(new):
        raise Unacceptable("api_key", "permissions")
    return action, new


def _of_new(action: Action, new: Rights) -> dict[str, Any]:
    """The same as a new key, for the holds that would stand before it."""
    expiry = "never" if new.expires_at is None else 30
    return {name: action[name] for name in ("name", "permissions", "networks")} | {"expiry": expiry}


def _rights(row: Row) -> Rights:
    return Rights(
        permissions=json.loads(row["permissions"]),
        networks=json.loads(row["networks"]),
        expires_at=row["expires_at"],
    )
