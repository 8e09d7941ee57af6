"""The arithmetic of the chain: each event's code covers its content and the code of the event before it.

Whoever lacks the key can neither write an event nor change, drop or reorder one without breaking a link.
Pure; the same figures when writing and when verifying.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from watchword.crypto.keyring import Keyring

GENESIS = ""
"""What stands before the first event."""

_COLUMNS = ("kind", "account_id", "passage_id", "session_id", "device_id", "network", "facts", "witness")

EventRow = Mapping[str, Any]
"""A row of ``events``: facts and witness are the texts as stored."""


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonical(value: object) -> str:
    return _encode(value)


def moment_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def content_of(row: EventRow) -> bytes:
    """All of the row but its code, unambiguously."""
    return canonical([row["seq"], moment_text(row["at"]), *(row[column] for column in _COLUMNS)]).encode()


def link(keyring: Keyring, previous: str, row: EventRow) -> str:
    """The code of the row that follows an event with the code ``previous``."""
    return keyring.chain_mac(previous, content_of(row))


def links(keyring: Keyring, previous: str, row: EventRow) -> bool:
    mac = row["mac"]
    try:
        return isinstance(mac, str) and keyring.chain_matches(previous, content_of(row), mac)
    except TypeError:  # SQLite keeps whatever was put there: a value of another type was never ours
        return False
