"""A note, outside the database, of how far the record had come.

The chain alone can't show that its newest events were cut off together with the head; a file the database's
writer can't reach can (policy §11). It is written every minute, and never moved back.
"""

import json
import os
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from watchword.crypto.keyring import Keyring
from watchword.foundation.clock import Clock
from watchword.foundation.errors import Tampered
from watchword.record.chain import moment_text
from watchword.record.store import RecordStore
from watchword.storage.database import Database

_LABEL = "record anchor"
_SHAPE = {"seq": int, "mac": str, "at": str, "anchor_mac": str}


@dataclass(frozen=True, kw_only=True)
class Anchor:
    seq: int
    mac: str
    at: datetime


def read_anchor(path: Path, keyring: Keyring) -> Anchor | None:
    """None when there is no file. Raises Tampered when it isn't ours."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return _parsed(content, keyring)
    except ValueError:
        raise Tampered("the anchor file", path.name) from None


def _parsed(content: bytes, keyring: Keyring) -> Anchor:
    found = json.loads(content)
    if not isinstance(found, dict) or {name: type(value) for name, value in found.items()} != _SHAPE:
        raise ValueError
    anchor = Anchor(seq=found["seq"], mac=found["mac"], at=datetime.fromisoformat(found["at"]))
    if (
        anchor.at.tzinfo is None
        or not found["anchor_mac"].isascii()
        or not keyring.digests_match(_mac(anchor, keyring), found["anchor_mac"])
    ):
        raise ValueError
    return anchor


def _mac(anchor: Anchor, keyring: Keyring) -> str:
    return keyring.digest(_LABEL, str(anchor.seq), anchor.mac, moment_text(anchor.at))


@dataclass(frozen=True, kw_only=True)
class DropAnchor:
    """Called every minute by whoever serves, and once at a clean end."""

    database: Database
    store: RecordStore
    keyring: Keyring
    clock: Clock
    path: Path

    def __call__(self) -> Anchor:
        """Raises Tampered, and leaves the file alone, if the record no longer holds what it was anchored at.

        Else a tail that was cut off would grow anew and the next anchor would cover the cut.
        """
        last = read_anchor(self.path, self.keyring)
        with self.database.read() as tx:
            head = self.store.head(tx)
            if head is None:
                raise Tampered("record_head", "1")
            if last is not None and last.seq > 0 and self.store.mac_at(tx, last.seq) != last.mac:
                raise Tampered("events", str(last.seq))
        anchor = Anchor(seq=head.seq, mac=head.mac, at=self.clock())
        _write(self.path, anchor, self.keyring)
        return anchor


def _write(path: Path, anchor: Anchor, keyring: Keyring) -> None:
    """All or nothing, and on the disk when it returns."""
    content = {"seq": anchor.seq, "mac": anchor.mac, "at": moment_text(anchor.at), "anchor_mac": _mac(anchor, keyring)}
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(json.dumps(content) + "\n")
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
