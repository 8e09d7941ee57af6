"""An API key as its owner reads it: no secret is in it."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_network
from typing import Any

from watchword.foundation.terms import ApiKeyId
from watchword.handover.api_keys.key_text import write_key
from watchword.handover.api_keys.known import idle
from watchword.storage.trusted import Row


class KeyState(StrEnum):
    WORKS = "works"
    WAITS = "waits"
    """It may withdraw, and its first three days are not over."""
    PAUSED = "paused"
    IDLE = "idle"
    """It lost trading."""
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class ApiKeyView:
    id: ApiKeyId
    key: str
    """What clients send."""
    name: str
    profile: str
    permissions: tuple[str, ...]
    networks: tuple[str, ...]
    state: KeyState
    paused_by: str | None
    bound_at: datetime
    works_from: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    last_network: str | None


def view(row: Row, now: datetime) -> ApiKeyView:
    return ApiKeyView(
        id=ApiKeyId(row["id"]),
        key=write_key(row["id"]),
        name=row["name"],
        profile=row["profile"],
        permissions=tuple(json.loads(row["permissions"])),
        networks=tuple(json.loads(row["networks"])),
        state=_state(row, now),
        paused_by=row["paused_by"],
        bound_at=row["bound_at"],
        works_from=row["works_from"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
        last_network=row["last_network"],
    )


def said_of(key: ApiKeyView) -> dict[str, Any]:
    """What the record says of a key."""
    days = None if key.expires_at is None else (key.expires_at - key.bound_at).days
    return {"permissions": ",".join(key.permissions), "networks": len(key.networks), "ends_in_days": days}


def _state(row: Row, now: datetime) -> KeyState:
    if row["expires_at"] is not None and row["expires_at"] <= now:
        return KeyState.ENDED
    if row["paused_at"] is not None:
        return KeyState.PAUSED
    if now < row["works_from"]:
        return KeyState.WAITS
    networks = tuple(ip_network(each) for each in json.loads(row["networks"]))
    permissions = frozenset(json.loads(row["permissions"]))
    is_idle = idle(permissions, networks, row["confirmed_at"], row["last_used_at"], now)
    return KeyState.IDLE if row["lapsed_at"] is not None or is_idle else KeyState.WORKS
