"""A place in the record, as a service keeps it: the number of the last event it has seen, and the end of its code.

The record numbers its events without a gap, in the order in which they are committed: whoever writes one has locked the
head. So what is behind a cursor never changes, and what comes after it is all that is new. The code tells a record that
was put back to an older copy and went on from there: its events have other codes, and the cursor fits none of them.
"""

import hmac
import re
from dataclasses import dataclass
from datetime import datetime

from watchword.record.store import Head, Link, RecordStore, Row
from watchword.storage.database import Transaction

LONGEST = 40
_CODE = 12
_TEXT = re.compile(rf"([1-9]\d{{0,17}})\.([0-9a-f]{{{_CODE}}})", re.ASCII)


@dataclass(frozen=True)
class Cursor:
    seq: int
    code: str

    def __str__(self) -> str:
        return f"{self.seq}.{self.code}" if self.seq else "0"

    @classmethod
    def at(cls, place: Head | Link) -> "Cursor":
        return cls(place.seq, place.mac[-_CODE:])

    @classmethod
    def of(cls, row: Row) -> "Cursor":
        return cls(row["seq"], row["mac"][-_CODE:])


BEGINNING = Cursor(0, "")


def read_cursor(text: str) -> Cursor | None:
    """None for what is no cursor of ours."""
    if text == "0":
        return BEGINNING
    found = _TEXT.fullmatch(text)
    return None if found is None else Cursor(int(found[1]), found[2])


def stands_at(store: RecordStore, tx: Transaction, cursor: Cursor) -> datetime | None:
    """When the event was written that the cursor stands at; None where this record has no such event."""
    link = store.link_at(tx, cursor.seq)
    if link is None or not hmac.compare_digest(link.mac[-_CODE:], cursor.code):
        return None
    return link.at
