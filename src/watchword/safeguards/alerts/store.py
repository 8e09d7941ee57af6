"""Rows of security alerts. Nothing trusts them: they tell, and what they tell stands in the record too."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, exists, func, insert, select, update

from watchword.accounts.accounts import DECOY
from watchword.foundation.terms import AccountId, Standing
from watchword.storage.database import Transaction
from watchword.storage.schema import accounts, security_alerts
from watchword.storage.trusted import Row

_alerts = security_alerts.c


class AlertStore:
    def add(self, tx: Transaction, row: Row) -> None:
        tx.execute(insert(security_alerts).values(**row))

    def find(self, tx: Transaction, account: AccountId, alert: str) -> Row | None:
        found = select(security_alerts).where(_alerts.account_id == account, _alerts.id == alert)
        row = tx.execute(found).mappings().one_or_none()
        return None if row is None else dict(row)

    def page(self, tx: Transaction, account: AccountId, *, before: Row | None, count: int) -> Sequence[Row]:
        """The newest first; ``before`` is the last row of the page before."""
        found = select(security_alerts).where(_alerts.account_id == account)
        if before is not None:
            at, last = before["raised_at"], before["id"]
            found = found.where((_alerts.raised_at < at) | and_(_alerts.raised_at == at, _alerts.id < last))
        found = found.order_by(_alerts.raised_at.desc(), _alerts.id.desc()).limit(count)
        return [dict(row) for row in tx.execute(found).mappings()]

    def count_unread(self, tx: Transaction, account: AccountId) -> int:
        unread = select(func.count()).select_from(security_alerts).where(*_unread(account))
        return int(tx.execute(unread).scalar_one())

    def acknowledge(self, tx: Transaction, account: AccountId, alert: str, at: datetime) -> bool:
        """Whether it was unread until now."""
        changed = update(security_alerts).where(*_unread(account), _alerts.id == alert).values(acknowledged_at=at)
        return tx.execute(changed).rowcount == 1

    def acknowledge_all(self, tx: Transaction, account: AccountId, at: datetime) -> int:
        changed = update(security_alerts).where(*_unread(account)).values(acknowledged_at=at)
        return tx.execute(changed).rowcount

    def list_unreviewed(self, tx: Transaction, since: datetime, kind: str, *, most: int) -> list[AccountId]:
        """Open accounts older than that in which nothing was acknowledged since, nor that kind of alert raised."""
        theirs = _alerts.account_id == accounts.c.id
        looked = exists().where(theirs, _alerts.acknowledged_at > since)
        reminded = exists().where(theirs, _alerts.kind == kind, _alerts.raised_at > since)
        found = (
            select(accounts.c.id)
            .where(accounts.c.id != DECOY, accounts.c.standing == Standing.OPEN, accounts.c.created_at < since)
            .where(~looked, ~reminded)
            .order_by(accounts.c.id)
            .limit(most)
        )
        return [AccountId(account) for account in tx.execute(found).scalars()]

    def forget(self, tx: Transaction, account: AccountId, before: datetime) -> int:
        old = and_(_alerts.account_id == account, _alerts.raised_at < before)
        return tx.execute(delete(security_alerts).where(old)).rowcount


def _unread(account: AccountId) -> tuple[Any, ...]:
    return (_alerts.account_id == account, _alerts.acknowledged_at.is_(None))
