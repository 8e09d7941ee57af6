"""Rows of clients, of requests to sign somebody in, and of what they gave."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, exists, or_, select, update

from watchword.foundation.errors import Tampered
from watchword.foundation.terms import AccountId, SessionId
from watchword.storage.database import Transaction
from watchword.storage.schema import (
    clients,
    openid_assertions,
    openid_codes,
    openid_consents,
    openid_grants,
    openid_logouts,
    openid_refresh_tokens,
    openid_requests,
)
from watchword.storage.trusted import Row, RowSigner, TrustedTable


@dataclass(frozen=True)
class ClientStore:
    signer: RowSigner

    @cached_property
    def _clients(self) -> TrustedTable:
        return TrustedTable(table=clients, signer=self.signer)

    def add(self, tx: Transaction, row: Row) -> None:
        """Raises Conflict when the name is taken by one that is not revoked."""
        self._clients.insert(tx, row)

    def find(self, tx: Transaction, client: str, *, lock: bool = False) -> Row | None:
        return self._clients.find_by(tx, id=client, lock=lock)

    def find_named(self, tx: Transaction, name: str) -> Row | None:
        return self._clients.find_by(tx, name=name, revoked_at=None)

    def list_all(self, tx: Transaction) -> Sequence[Row]:
        return self._clients.list_by(tx, order="made_at")

    def change(self, tx: Transaction, row: Row, **columns: Any) -> Row | None:
        return self._clients.change(tx, row, **columns)


@dataclass(frozen=True)
class RequestStore:
    signer: RowSigner

    @cached_property
    def _requests(self) -> TrustedTable:
        return TrustedTable(table=openid_requests, signer=self.signer, witnessed=False)

    def add(self, tx: Transaction, row: Row) -> None:
        self._requests.insert(tx, row)

    def find(self, tx: Transaction, request: str) -> Row | None:
        return self._requests.find_by(tx, id=request)

    def find_pushed(self, tx: Transaction, uri_digest: str) -> Row | None:
        return self._requests.find_by(tx, uri_digest=uri_digest)

    def change(self, tx: Transaction, row: Row, **columns: Any) -> Row | None:
        return self._requests.change(tx, row, **columns)

    def forget(self, tx: Transaction, before: datetime) -> None:
        _forget(tx, openid_requests, before)


@dataclass(frozen=True)
class GrantStore:
    """Grants, and the codes and refresh tokens that belong to them."""

    signer: RowSigner

    @cached_property
    def _grants(self) -> TrustedTable:
        return TrustedTable(table=openid_grants, signer=self.signer, witnessed=False)

    @cached_property
    def _codes(self) -> TrustedTable:
        return TrustedTable(table=openid_codes, signer=self.signer, witnessed=False)

    @cached_property
    def _refreshes(self) -> TrustedTable:
        return TrustedTable(table=openid_refresh_tokens, signer=self.signer, witnessed=False)

    def add(self, tx: Transaction, row: Row) -> None:
        self._grants.insert(tx, row)

    def find(self, tx: Transaction, grant: str) -> Row | None:
        return self._grants.find_by(tx, id=grant)

    def list_of_session(self, tx: Transaction, account: AccountId, session: SessionId) -> Sequence[Row]:
        return self._grants.list_by(tx, account_id=account, session_id=session, order="id")

    def list_of_client(self, tx: Transaction, account: AccountId, client: str) -> Sequence[Row]:
        return self._grants.list_by(tx, account_id=account, client_id=client, ended_at=None, order="id")

    def change(self, tx: Transaction, row: Row, **columns: Any) -> Row | None:
        return self._grants.change(tx, row, **columns)

    def add_code(self, tx: Transaction, row: Row) -> None:
        self._codes.insert(tx, row)

    def find_code(self, tx: Transaction, digest: str) -> Row | None:
        return self._codes.find_by(tx, code_digest=digest, lock=True)

    def has_code(self, tx: Transaction, digest: str) -> bool:
        return self._codes.find_by(tx, code_digest=digest) is not None

    def redeem_code(self, tx: Transaction, row: Row, at: datetime) -> bool:
        return self._codes.change(tx, row, redeemed_at=at) is not None

    def add_refresh(self, tx: Transaction, row: Row) -> None:
        self._refreshes.insert(tx, row)

    def find_refresh(self, tx: Transaction, digest: str, *, lock: bool = False) -> Row | None:
        return self._refreshes.find_by(tx, token_digest=digest, lock=lock)

    def use_refresh(self, tx: Transaction, row: Row, at: datetime) -> bool:
        return self._refreshes.change(tx, row, used_at=at) is not None

    def forget(self, tx: Transaction, before: datetime) -> None:
        for table in (openid_codes, openid_refresh_tokens, openid_grants):
            _forget(tx, table, before)


@dataclass(frozen=True)
class ConsentStore:
    signer: RowSigner

    @cached_property
    def _consents(self) -> TrustedTable:
        return TrustedTable(table=openid_consents, signer=self.signer)

    def add(self, tx: Transaction, row: Row) -> None:
        self._consents.insert(tx, row)

    def find(self, tx: Transaction, account: AccountId, client: str) -> Row | None:
        return self._consents.find_by(tx, account_id=account, client_id=client, withdrawn_at=None)

    def list_all(self, tx: Transaction, account: AccountId) -> Sequence[Row]:
        return self._consents.list_by(tx, account_id=account, order="given_at")

    def list_live(self, tx: Transaction, account: AccountId) -> Sequence[Row]:
        return self._consents.list_by(tx, account_id=account, withdrawn_at=None, order="given_at")

    def change(self, tx: Transaction, row: Row, **columns: Any) -> Row | None:
        return self._consents.change(tx, row, **columns)


@dataclass(frozen=True)
class AssertionStore:
    signer: RowSigner

    @cached_property
    def _assertions(self) -> TrustedTable:
        return TrustedTable(table=openid_assertions, signer=self.signer, witnessed=False)

    def spend(self, tx: Transaction, assertion: str, expires_at: datetime) -> None:
        """Raises Conflict where it was spent before."""
        self._assertions.insert(tx, {"id": assertion, "expires_at": expires_at})

    def forget(self, tx: Transaction, before: datetime) -> None:
        _forget(tx, openid_assertions, before)


def _due(now: datetime, but: Sequence[str]) -> ColumnElement[bool]:
    logouts = openid_logouts.c
    return and_(
        logouts.state == "queued",
        logouts.next_attempt_at <= now,
        or_(logouts.leased_until.is_(None), logouts.leased_until <= now),
        logouts.client_id.not_in(but),
    )


@dataclass(frozen=True)
class LogoutStore:
    """As in the outbox of messages, the count of attempts is the fence: who settles a row names the attempt it
    claimed, by the digest of the row as it was then."""

    signer: RowSigner

    @cached_property
    def _logouts(self) -> TrustedTable:
        return TrustedTable(table=openid_logouts, signer=self.signer, witnessed=False)

    def add(self, tx: Transaction, row: Row) -> None:
        self._logouts.insert(tx, row)

    def has_due(self, tx: Transaction, now: datetime, *, but: Sequence[str]) -> bool:
        return bool(tx.execute(select(exists().where(_due(now, but)))).scalar_one())

    def claim(
        self, tx: Transaction, *, most: int, now: datetime, until: datetime, but: Sequence[str]
    ) -> tuple[list[Row], list[str]]:
        """At most ``most`` of those due for other clients than ``but``, and the ids of rows that are not as we wrote
        them: these are out of the way from then on, so that they hold up no other. Who loses a race gets fewer."""
        due = select(openid_logouts.c.id).where(_due(now, but)).order_by(openid_logouts.c.next_attempt_at).limit(most)
        claimed, refused = [], []
        for logout in tx.execute(due).scalars().all():
            try:
                row = self._logouts.find_by(tx, id=logout)
            except Tampered:
                tx.execute(update(openid_logouts).where(openid_logouts.c.id == logout).values(state="refused"))
                refused.append(logout)
                continue
            ours = row and self._logouts.change(tx, row, attempts=row["attempts"] + 1, leased_until=until)
            if ours is not None:
                claimed.append(ours)
        return claimed, refused

    def settle(self, tx: Transaction, row: Row, *, to: str, at: datetime) -> bool:
        """``to`` with the time of the next attempt, where one follows; whether it was still ours to say."""
        return self._logouts.change(tx, row, state=to, next_attempt_at=at, leased_until=None) is not None

    def forget(self, tx: Transaction, before: datetime) -> None:
        _forget(tx, openid_logouts, before)


def _forget(tx: Transaction, table: Table, before: datetime) -> None:
    tx.execute(delete(table).where(table.c.expires_at < before))
