"""Rows of copies. A row belongs to an account, or, before there was one, to an address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, insert, or_, select

from watchword.foundation.terms import AccountId, MessageId
from watchword.storage.database import Transaction
from watchword.storage.schema import message_copies
from watchword.storage.trusted import Row

_TABLE = message_copies
_ADD = insert(_TABLE)


@dataclass(frozen=True, kw_only=True)
class Owner:
    """Whose copies are looked at: those sent to the account, or to one of its addresses while nobody had it."""

    account: AccountId
    address_digests: Sequence[str]

    @property
    def condition(self) -> ColumnElement[bool]:
        unowned = and_(_TABLE.c.account_id.is_(None), _TABLE.c.address_digest.in_(self.address_digests))
        return or_(_TABLE.c.account_id == self.account, unowned)


class CopyStore:
    def add(self, tx: Transaction, row: Row) -> None:
        tx.run(_ADD, row)

    def find(self, tx: Transaction, owner: Owner, message: MessageId) -> Row | None:
        found = tx.execute(select(_TABLE).where(owner.condition, _TABLE.c.id == message)).one_or_none()
        return None if found is None else found._asdict()

    def find_by_reference(self, tx: Transaction, owner: Owner, reference: str) -> Row | None:
        """The newest, should two ever have drawn the same."""
        named = select(_TABLE).where(owner.condition, _TABLE.c.reference == reference)
        found = tx.execute(named.order_by(_TABLE.c.sent_at.desc()).limit(1)).one_or_none()
        return None if found is None else found._asdict()

    def list(self, tx: Transaction, owner: Owner, *, before: Row | None, count: int) -> Sequence[Row]:
        """The newest first."""
        statement = select(_TABLE).where(owner.condition)
        if before is not None:
            earlier = and_(_TABLE.c.sent_at == before["sent_at"], _TABLE.c.id < before["id"])
            statement = statement.where(or_(_TABLE.c.sent_at < before["sent_at"], earlier))
        newest = statement.order_by(_TABLE.c.sent_at.desc(), _TABLE.c.id.desc()).limit(count)
        return [row._asdict() for row in tx.execute(newest)]

    def forget(self, tx: Transaction, before: datetime) -> int:
        return tx.execute(delete(_TABLE).where(_TABLE.c.sent_at < before)).rowcount
