"""The record's rows: events, the head of the chain, and the trusted rows it bears witness of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, insert, select, update

from watchword.foundation.terms import AccountId
from watchword.storage.database import Transaction
from watchword.storage.schema import events, metadata, record_head
from watchword.storage.trusted import signed_content

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Head:
    seq: int
    mac: str


@dataclass(frozen=True, kw_only=True)
class Link:
    """One event's place in the chain."""

    seq: int
    mac: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A table whose rows the record bears witness of."""

    table: Table

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def whole(self) -> bool:
        """Whether every row is in the record, or only some are."""
        return bool(self.table.info["witnessed"])

    def content(self, row: Row) -> dict[str, Any]:
        """What the row's digest covers."""
        return signed_content(self.table, row)


WATCHED = tuple(Watched(table=table) for table in metadata.sorted_tables if table.info.get("trusted"))


_HEAD = select(record_head.c.seq, record_head.c.mac).where(record_head.c.id == 1)
_LOCKED_HEAD = _HEAD.with_for_update()
_MOVE_HEAD = update(record_head).where(record_head.c.id == 1)
_APPEND = insert(events)
_PAGE = select(events).where(events.c.seq > bindparam("after")).order_by(events.c.seq).limit(bindparam("count"))
_MAC_AT = select(events.c.mac).where(events.c.seq == bindparam("seq"))
_LINK = select(events.c.seq, events.c.mac, events.c.at)
_LINK_AT = _LINK.where(events.c.seq == bindparam("seq"))
_LINK_BEFORE = (
    _LINK.where(events.c.at < bindparam("moment", type_=events.c.at.type)).order_by(events.c.seq.desc()).limit(1)
)
_NEWEST_OF_KIND = (
    select(events.c.seq)
    .where(events.c.kind == bindparam("event_kind"), events.c.seq > bindparam("after"))
    .order_by(events.c.seq.desc())
    .limit(1)
)


class RecordStore:
    """One statement a method."""

    def lock_head(self, tx: Transaction) -> Head | None:
        """The newest link; on PostgreSQL others wait for it until this transaction ends."""
        held: Head | None = tx.held(record_head.name)
        return held or _head(tx.rows(_LOCKED_HEAD, {}))

    def head(self, tx: Transaction) -> Head | None:
        return _head(tx.rows(_HEAD, {}))

    def move_head(self, tx: Transaction, new: Head) -> None:
        """For whoever has locked it."""
        tx.run(_MOVE_HEAD, {"seq": new.seq, "mac": new.mac})
        tx.hold(record_head.name, new)

    def append(self, tx: Transaction, rows: Sequence[Row]) -> None:
        tx.run(_APPEND, rows)

    def page(self, tx: Transaction, after: int, count: int) -> list[Row]:
        """Events, the oldest first."""
        return list(tx.rows(_PAGE, {"after": after, "count": count}))

    def mac_at(self, tx: Transaction, seq: int) -> str | None:
        found = tx.rows(_MAC_AT, {"seq": seq})
        return found[0]["mac"] if found else None

    def link_at(self, tx: Transaction, seq: int) -> Link | None:
        return _link(tx.rows(_LINK_AT, {"seq": seq}))

    def link_before(self, tx: Transaction, moment: datetime) -> Link | None:
        """The newest event that is older than that. Walks from the end: meant for the last minutes."""
        return _link(tx.rows(_LINK_BEFORE, {"moment": moment}))

    def newest_of_kind(self, tx: Transaction, kind: str, *, after: int) -> int | None:
        """Its ``seq``. Walks all that came after: meant for what has just come."""
        found = tx.rows(_NEWEST_OF_KIND, {"event_kind": kind, "after": after})
        return found[0]["seq"] if found else None

    def of_kinds(self, tx: Transaction, kinds: Sequence[str], *, after: int, count: int) -> list[Row]:
        """The oldest first."""
        statement = select(events).where(events.c.seq > after, events.c.kind.in_(kinds))
        found = tx.execute(statement.order_by(events.c.seq).limit(count))
        return [row._asdict() for row in found]

    def of_account(
        self, tx: Transaction, account: AccountId, kinds: Sequence[str], *, before: int | None, count: int
    ) -> list[Row]:
        """The newest first."""
        statement = select(events).where(events.c.account_id == account, events.c.kind.in_(kinds))
        if before is not None:
            statement = statement.where(events.c.seq < before)
        found = tx.execute(statement.order_by(events.c.seq.desc()).limit(count))
        return [row._asdict() for row in found]

    def watched_page(self, tx: Transaction, watched: Watched, after: str, count: int) -> list[Row]:
        """Rows by id, not checked."""
        table = watched.table
        statement = select(table).where(table.c.id > after).order_by(table.c.id).limit(count)
        return [row._asdict() for row in tx.execute(statement)]


def _head(found: Sequence[Row]) -> Head | None:
    return Head(**found[0]) if found else None


def _link(found: Sequence[Row]) -> Link | None:
    return Link(**found[0]) if found else None
