"""Rows of passkeys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import bindparam, literal_column, select, update

from watchword.foundation.terms import AccountId, AuthenticatorId
from watchword.storage.database import Transaction
from watchword.storage.schema import passkeys
from watchword.storage.trusted import Row, RowSigner, TrustedTable

_BLANK: dict[str, Any] = {column.name: None for column in passkeys.columns if column.nullable}
_OF_ACCOUNT = passkeys.c.account_id == bindparam("account")
# Written out: were it a parameter, SQLite would prepare the statement anew each time, as it decides on an index.
_IS_ACTIVE = passkeys.c.state == literal_column("'active'")
_LIST_ACTIVE = select(passkeys).where(_OF_ACCOUNT, _IS_ACTIVE).order_by(passkeys.c.bound_at, passkeys.c.id)
_RENAME = update(passkeys).where(passkeys.c.id == bindparam("passkey"))


@dataclass(frozen=True)
class PasskeyStore:
    signer: RowSigner

    @cached_property
    def _passkeys(self) -> TrustedTable:
        return TrustedTable(table=passkeys, signer=self.signer)

    def add(self, tx: Transaction, **row: Any) -> None:
        self._passkeys.insert(tx, {**_BLANK, **row})

    def list_active(self, tx: Transaction, account: AccountId) -> Sequence[Row]:
        """The oldest first."""
        return self._passkeys.read(tx, _LIST_ACTIVE, account=account)

    def list_pending(self, tx: Transaction, account: AccountId) -> Sequence[Row]:
        return self._passkeys.list_by(tx, account_id=account, state="pending")

    def find(self, tx: Transaction, account: AccountId, passkey: AuthenticatorId, *, lock: bool = False) -> Row | None:
        return self._passkeys.find_by(tx, account_id=account, id=passkey, lock=lock)

    def find_credential(self, tx: Transaction, credential_id: str, *, lock: bool = False) -> Row | None:
        """Whosever it is, and in whatever state."""
        return self._passkeys.find_by(tx, credential_id=credential_id, lock=lock)

    def change(self, tx: Transaction, row: Row, **changes: Any) -> Row | None:
        return self._passkeys.change(tx, row, **changes)

    def rename(self, tx: Transaction, passkey: AuthenticatorId, name: str) -> None:
        tx.run(_RENAME, {"passkey": passkey, "name": name})

    def list_due(self, tx: Transaction, now: datetime) -> list[Row]:
        return self._passkeys.list(tx, passkeys.c.removal_due_at <= now, passkeys.c.state == "active")
