"""Rows of devices."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select, update

from watchword.foundation.terms import AccountId, DeviceId
from watchword.storage.database import Transaction
from watchword.storage.schema import devices
from watchword.storage.trusted import Row, RowSigner, TrustedTable


@dataclass(frozen=True)
class DeviceStore:
    signer: RowSigner

    @property
    def _devices(self) -> TrustedTable:
        return TrustedTable(table=devices, signer=self.signer)

    def add(self, tx: Transaction, row: Row) -> None:
        self._devices.insert(tx, row)

    def find(self, tx: Transaction, account: AccountId, token_digest: str) -> Row | None:
        return self._devices.find(
            tx,
            devices.c.account_id == account,
            devices.c.token_digest == token_digest,
            devices.c.forgotten_at.is_(None),
        )

    def get_by_id(self, tx: Transaction, account: AccountId, device: DeviceId) -> Row | None:
        return self._devices.find(tx, devices.c.account_id == account, devices.c.id == device)

    def list_of_token(self, tx: Transaction, token_digest: str) -> list[Row]:
        return self._devices.list(tx, devices.c.token_digest == token_digest, devices.c.forgotten_at.is_(None))

    def list_of_account(self, tx: Transaction, account: AccountId) -> list[Row]:
        return self._devices.list(
            tx,
            devices.c.account_id == account,
            devices.c.forgotten_at.is_(None),
            order=devices.c.last_seen_at.desc(),
        )

    def is_known(self, tx: Transaction, token_digest: str) -> bool:
        found = select(exists().where(devices.c.token_digest == token_digest, devices.c.forgotten_at.is_(None)))
        return bool(tx.connection.execute(found).scalar_one())

    def repoint(self, tx: Transaction, row: Row, token_digest: str) -> Row | None:
        return self._devices.change(tx, row, token_digest=token_digest)

    def forget(self, tx: Transaction, row: Row, at: datetime) -> Row | None:
        return self._devices.change(tx, row, forgotten_at=at)

    def note_visit(
        self, tx: Transaction, device: DeviceId, *, name: str, country: str | None, network: str, at: datetime
    ) -> None:
        tx.connection.execute(
            update(devices)
            .where(devices.c.id == device)
            .values(name=name, country=country, last_network=network, last_seen_at=at)
        )
