"""Is the record whole, and do the trusted rows stand as it last saw them?

An edit, a swap, a gap or a cut tail breaks a link of the chain, its head, or the anchor outside the database.
A trusted row that was edited does not match its own digest; one that was deleted, put back from an old copy
or slipped in does not match the last digest the chain holds for it.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from watchword.crypto.keyring import Keyring
from watchword.foundation.errors import Tampered
from watchword.record.anchor import Anchor, read_anchor
from watchword.record.chain import GENESIS, links
from watchword.record.store import WATCHED, RecordStore, Row, Watched
from watchword.storage.database import Database, Transaction

PAGE = 1000


@dataclass(frozen=True, kw_only=True)
class Verdict:
    ok: bool
    first_bad: str | None
    """The first bad row, as "events 17" or "devices 01h…"."""
    reason: str | None
    events: int
    """How many events hold."""
    anchored: bool
    """Whether an anchor was at hand; without one a cut tail may not show."""


@dataclass(frozen=True, kw_only=True)
class VerifyRecord:
    database: Database
    keyring: Keyring
    path: Path
    """The anchor file."""

    def __call__(self) -> Verdict:
        try:
            anchor = read_anchor(self.path, self.keyring)  # before the snapshot, so that it can't be ahead of it
        except Tampered:
            reason = "changed, or not ours"
            return Verdict(ok=False, first_bad="the anchor file", reason=reason, events=0, anchored=False)
        with self.database.read() as tx:
            return verify_record(tx, self.keyring, anchor)


class _BrokenError(Exception):
    def __init__(self, where: str, reason: str) -> None:
        super().__init__(where, reason)
        self.where = where
        self.reason = reason


@dataclass(kw_only=True)
class _Walk:
    """How far the chain was followed, and what it says of the trusted rows."""

    seq: int = 0
    mac: str = GENESIS
    witnessed: dict[tuple[str, str], str | None] = field(default_factory=dict)


def verify_record(tx: Transaction, keyring: Keyring, anchor: Anchor | None) -> Verdict:
    """Reads the whole record, from one snapshot if ``tx`` comes from ``database.read()``."""
    walk = _Walk()
    broken: _BrokenError | None = None
    try:
        _follow(RecordStore(), tx, keyring, walk, anchor)
        _compare(RecordStore(), tx, keyring, walk.witnessed)
    except _BrokenError as found:
        broken = found
    return Verdict(
        ok=broken is None,
        first_bad=None if broken is None else broken.where,
        reason=None if broken is None else broken.reason,
        events=walk.seq,
        anchored=anchor is not None,
    )


def _follow(store: RecordStore, tx: Transaction, keyring: Keyring, walk: _Walk, anchor: Anchor | None) -> None:
    for row in _events(store, tx, walk):
        where = f"events {walk.seq + 1}"
        if row["seq"] != walk.seq + 1:
            raise _BrokenError(where, "missing: a row was deleted or renumbered")
        if not links(keyring, walk.mac, row):
            raise _BrokenError(where, "changed, moved, or not ours")
        walk.seq, walk.mac = row["seq"], row["mac"]
        if anchor is not None and anchor.seq == walk.seq and anchor.mac != walk.mac:
            raise _BrokenError(where, "not what the anchor saw: the record was cut and went on from there")
        for table, row_id, digest in json.loads(row["witness"]):
            walk.witnessed[table, row_id] = digest
    _check_end(store, tx, walk, anchor)


def _check_end(store: RecordStore, tx: Transaction, walk: _Walk, anchor: Anchor | None) -> None:
    head = store.head(tx)
    missing = f"events {walk.seq + 1}"
    if anchor is not None and anchor.seq > walk.seq:
        raise _BrokenError(missing, f"missing: the tail was cut, the anchor saw {anchor.seq} events")
    if head is None:
        raise _BrokenError("record_head 1", "missing")
    if head.seq > walk.seq:
        raise _BrokenError(missing, f"missing: the tail was cut, the head counts {head.seq} events")
    if (head.seq, head.mac) != (walk.seq, walk.mac):
        raise _BrokenError("record_head 1", "changed: it is not the end of the chain")


def _events(store: RecordStore, tx: Transaction, walk: _Walk) -> Iterator[Row]:
    after = -(2**62)  # below the first possible row, so that one slipped in before it shows too
    while page := _page(partial(store.page, tx, after), f"events {walk.seq + 1}"):
        yield from page
        after = page[-1]["seq"]


def _watched(store: RecordStore, tx: Transaction, watched: Watched) -> Iterator[Row]:
    after = ""
    while page := _page(partial(store.watched_page, tx, watched, after), f"{watched.name} after {after}"):
        yield from page
        after = page[-1]["id"]


def _page(fetch: Callable[[int], list[Row]], where: str) -> list[Row]:
    """The next rows; one alone where one of them can't be read: SQLite keeps a date that is none."""
    try:
        return fetch(PAGE)
    except (TypeError, ValueError):
        pass
    try:
        return fetch(1)
    except (TypeError, ValueError):
        raise _BrokenError(where, "can't be read") from None


def _compare(
    store: RecordStore, tx: Transaction, keyring: Keyring, witnessed: dict[tuple[str, str], str | None]
) -> None:
    for watched in WATCHED:
        for row in _watched(store, tx, watched):
            _compare_row(keyring, watched, row, witnessed)
    for (name, row_id), digest in witnessed.items():
        if digest is not None:
            raise _BrokenError(f"{name} {row_id}", "missing: the row was deleted")


def _compare_row(keyring: Keyring, watched: Watched, row: Row, witnessed: dict[tuple[str, str], str | None]) -> None:
    """Takes the row off ``witnessed``."""
    where = f"{watched.name} {row['id']}"
    if not keyring.row_matches(watched.name, watched.content(row), row["row_digest"]):
        raise _BrokenError(where, "changed: the row does not match its own digest")
    key = (watched.name, row["id"])
    if key not in witnessed and watched.whole:
        raise _BrokenError(where, "slipped in: the record never saw the row")
    last = witnessed.pop(key, None)
    if last is None and watched.whole:
        raise _BrokenError(where, "put back: the record saw the row deleted")
    if last is not None and last != row["row_digest"]:
        raise _BrokenError(where, "an old copy: the record saw the row change since")
