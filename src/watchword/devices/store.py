"""Rows of devices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import bindparam, update

from watchword.foundation.terms import AccountId, DeviceId
from watchword.storage.database import Transaction
from watchword.storage.schema import devices
from watchword.storage.trusted import Row, RowSigner, TrustedTable

_NOTE_VISIT = update(devices).where(devices.c.id == bindparam("device"))


@dataclass(frozen=True)
class DeviceStore:
    signer: RowSigner

    @cached_property
    def _devices(self) -> TrustedTable:
        return TrustedTable(table=devices, signer=self.signer)

    def add(self, tx: Transaction, row: Row) -> None:
        self._devices.insert(tx, row)

    def find(self, tx: Transaction, account: AccountId, token_digest: str) -> Row | None:
        return self._devices.find_by(tx, account_id=account, token_digest=token_digest, forgotten_at=None)

    def get_by_id(self, tx: Transaction, account: AccountId, device: DeviceId) -> Row | None:
        return self._devices.find_by(tx, account_id=account, id=device)

    def list_of_token(self, tx: Transaction, token_digest: str) -> Sequence[Row]:
        return self._devices.list_by(tx, token_digest=token_digest, forgotten_at=None)

    def list_of_account(self, tx: Transaction, account: AccountId) -> list[Row]:
        return self._devices.list(
            tx,
            devices.c.account_id == account,
            devices.c.forgotten_at.is_(None),
            order=devices.c.last_seen_at.desc(),
        )

    def is_known(self, tx: Transaction, token_digest: str) -> bool:
        return bool(self.list_of_token(tx, token_digest))

    def repoint(self, tx: Transaction, row: Row, token_digest: str) -> Row | None:
        return self._devices.change(tx, row, token_digest=token_digest)

    def forget(self, tx: Transaction, row: Row, at: datetime) -> Row | None:
        return self._devices.change(tx, row, forgotten_at=at)

    def note_passkey(self, tx: Transaction, row: Row, at: datetime) -> Row | None:
        return self._devices.change(tx, row, passkey_used_at=at)

    def note_visit(
        self, tx: Transaction, device: DeviceId, *, name: str, country: str | None, network: str, at: datetime
    ) -> None:
        seen = {"name": name, "country": country, "last_network": network, "last_seen_at": at}
        tx.run(_NOTE_VISIT, {"device": device, **seen})
