"""Rows of the outbox.

A worker claims a row by a guarded UPDATE that writes a lease and counts the attempt. The count is the fence: who
reports on a row names the attempt it claimed, so a worker that came back from the dead overwrites nobody.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, delete, exists, insert, or_, select, update

from watchword.delivery.state import WAITING, Delivery, MessageState
from watchword.foundation.terms import MessageId
from watchword.storage.database import Transaction
from watchword.storage.schema import outbox
from watchword.storage.trusted import Row

_ADD = insert(outbox)
_STATE = select(outbox.c.state, outbox.c.changed_at).where(outbox.c.id == bindparam("message"))


class OutboxStore:
    def add(self, tx: Transaction, row: Row) -> None:
        tx.run(_ADD, row)

    def find_state(self, tx: Transaction, message: MessageId) -> Delivery | None:
        found = tx.rows(_STATE, {"message": message})
        return Delivery(state=MessageState(found[0]["state"]), at=found[0]["changed_at"]) if found else None

    def has_work(self, tx: Transaction, now: datetime) -> bool:
        """Whether anything is due or past its time."""
        return bool(tx.execute(select(exists().where(or_(_due(now), _over(now))))).scalar_one())

    def expire(self, tx: Transaction, now: datetime) -> list[Row]:
        """Ends what nobody took in time; gives what it ended."""
        ended = tx.execute(
            update(outbox)
            .where(_over(now))
            .values(state=MessageState.EXPIRED, changed_at=now, body_sealed=None, leased_until=None)
            .returning(*outbox.columns)
        ).mappings()
        return [dict(row) for row in ended]

    def claim(self, tx: Transaction, *, most: int, now: datetime, until: datetime) -> list[Row]:
        """At most ``most`` of those due, the oldest first. Who loses a race for one gets fewer."""
        due = select(outbox.c.id).where(_due(now)).order_by(outbox.c.next_attempt_at, outbox.c.id).limit(most)
        claimed = tx.execute(
            update(outbox)
            .where(outbox.c.id.in_(due), _due(now))
            .values(leased_until=until, attempts=outbox.c.attempts + 1)
            .returning(*outbox.columns)
        ).mappings()
        rows: list[Row] = [dict(row) for row in claimed]
        return sorted(rows, key=lambda row: (row["next_attempt_at"], row["created_at"], row["id"]))

    def settle(self, tx: Transaction, claimed: Row, state: MessageState, now: datetime) -> bool:
        """Ends a claimed message, and blanks its body. Whether the claim was still ours."""
        return self._settle(tx, claimed, state=state, changed_at=now, body_sealed=None, leased_until=None)

    def postpone(self, tx: Transaction, claimed: Row, until: datetime, now: datetime) -> bool:
        """Lets a claimed message wait for its next attempt. Whether the claim was still ours."""
        return self._settle(
            tx, claimed, state=MessageState.DEFERRED, changed_at=now, next_attempt_at=until, leased_until=None
        )

    def forget(self, tx: Transaction, before: datetime) -> int:
        ended = and_(outbox.c.state.not_in(WAITING), outbox.c.changed_at < before)
        return tx.execute(delete(outbox).where(ended)).rowcount

    def _settle(self, tx: Transaction, claimed: Row, **values: Any) -> bool:
        ours = and_(outbox.c.id == claimed["id"], outbox.c.attempts == claimed["attempts"], outbox.c.state.in_(WAITING))
        return tx.execute(update(outbox).where(ours).values(**values)).rowcount == 1


def _unclaimed(now: datetime) -> ColumnElement[bool]:
    lease_over = or_(outbox.c.leased_until.is_(None), outbox.c.leased_until <= now)
    return and_(outbox.c.state.in_(WAITING), lease_over)


def _due(now: datetime) -> ColumnElement[bool]:
    return and_(_unclaimed(now), outbox.c.next_attempt_at <= now, outbox.c.expires_at > now)


def _over(now: datetime) -> ColumnElement[bool]:
    return and_(_unclaimed(now), outbox.c.expires_at <= now)
