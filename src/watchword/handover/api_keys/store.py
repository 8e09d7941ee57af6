"""Rows of API keys, of requests remembered against replay, and of requests that were refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from watchword.foundation.terms import AccountId
from watchword.storage.database import Transaction
from watchword.storage.schema import api_key_failures, api_keys, request_replays
from watchword.storage.statements import insert_new, rows_where
from watchword.storage.trusted import Row, RowSigner, TrustedTable

_TOUCH = update(api_keys).where(api_keys.c.id == bindparam("key"))
_FORGET_REPLAYS = delete(request_replays).where(request_replays.c.expires_at < bindparam("before"))


@dataclass(frozen=True)
class ApiKeyStore:
    signer: RowSigner

    @cached_property
    def _keys(self) -> TrustedTable:
        return TrustedTable(table=api_keys, signer=self.signer)

    def add(self, tx: Transaction, row: Row) -> Row:
        return self._keys.insert(tx, row)

    def find(self, tx: Transaction, key: str) -> Row | None:
        """Deleted ones too."""
        return self._keys.find_by(tx, id=key)

    def find_of_account(self, tx: Transaction, account: AccountId, key: str, *, lock: bool = False) -> Row | None:
        return self._keys.find_by(tx, account_id=account, id=key, deleted_at=None, lock=lock)

    def list_live(self, tx: Transaction, account: AccountId, *, lock: bool = False) -> Sequence[Row]:
        """Those not deleted, the oldest first."""
        return self._keys.list_by(tx, order="bound_at", lock=lock, account_id=account, deleted_at=None)

    def list_ending(self, tx: Transaction, now: datetime, *, soon: timedelta, very_soon: timedelta) -> list[Row]:
        """Live ones that end soon and whose owner was not told, or only before they ended very soon."""
        columns = api_keys.c
        untold = columns.reminded_days.is_(None) | (
            (columns.expires_at < now + very_soon) & (columns.reminded_days > very_soon.days)
        )
        return self._keys.list(
            tx, columns.expires_at > now, columns.expires_at < now + soon, untold, columns.deleted_at.is_(None)
        )

    def list_idle(self, tx: Transaction, since: datetime) -> list[Row]:
        """Live ones that may move value from every network, and were neither confirmed nor used since then."""
        columns = api_keys.c
        unused = columns.last_used_at.is_(None) | (columns.last_used_at < since)
        moving = columns.permissions.like('%"trade"%') | columns.permissions.like('%"transfer"%')
        return self._keys.list(
            tx,
            columns.confirmed_at < since,
            unused,
            moving,
            columns.networks == "[]",
            columns.lapsed_at.is_(None),
            columns.deleted_at.is_(None),
        )

    def change(self, tx: Transaction, row: Row, **changes: Any) -> Row | None:
        return self._keys.change(tx, row, **changes)

    def touch(self, tx: Transaction, key: str, at: datetime, network: str) -> None:
        tx.run(_TOUCH, {"key": key, "last_used_at": at, "last_network": network})

    def page(self, tx: Transaction, *, after: str, count: int) -> list[Row]:
        """By id, over all accounts."""
        return self._keys.list(tx, api_keys.c.id > after, order=api_keys.c.id, at_most=count)

    def reseal(self, tx: Transaction, row: Row, sealed: str) -> Row | None:
        return self._keys.change(tx, row, secret_sealed=sealed)


@dataclass(frozen=True)
class FailureStore:
    """Not trusted: nothing is decided by it."""

    def add(self, tx: Transaction, row: Mapping[str, Any], *, keep: int) -> None:
        """Beside the newest ``keep`` of the owner's, or of the others', none of them stays."""
        insert_new(tx, api_key_failures, row)
        columns = api_key_failures.c
        alike = (columns.key_id == row["key_id"], columns.own.is_(row["own"]))
        newest = select(columns.id).where(*alike).order_by(columns.at.desc(), columns.id).limit(keep)
        tx.execute(delete(api_key_failures).where(*alike, columns.id.not_in(newest)))

    def list(self, tx: Transaction, key: str) -> list[dict[str, Any]]:
        """The newest first."""
        found = tx.rows(rows_where(api_key_failures, {"key_id": key}, order="at"), {"key_id": key})
        return found[::-1]


@dataclass(frozen=True)
class ReplayStore:
    """One statement for a whole batch, whoever was first wins: the row's id is what must not come twice."""

    def remember(self, tx: Transaction, batch: Mapping[str, datetime]) -> set[str]:
        """Those of the batch (id -> until when) that nobody had remembered."""
        insert = sqlite.insert if tx.dialect == "sqlite" else postgresql.insert
        statement = insert(request_replays).on_conflict_do_nothing().returning(request_replays.c.id)
        rows = [{"id": replay, "expires_at": until} for replay, until in sorted(batch.items())]
        return set(tx.execute(statement, rows).scalars())

    def forget(self, tx: Transaction, before: datetime) -> None:
        tx.run(_FORGET_REPLAYS, {"before": before})
