"""The carrier of development: each message becomes a file in ``<data>/mailbox``, for its owner to read.

E-mail as ``<time>-<count>-<id>.eml``, SMS as ``….sms.json`` with ``to``, ``text`` and ``at``; the names sort by time.
"""

import asyncio
import itertools
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from watchword.delivery.carriers import HANDED_OVER, Handover, Parcel
from watchword.delivery.messages.house import House
from watchword.delivery.messages.render import Mail
from watchword.delivery.mime import compose


@dataclass(frozen=True, kw_only=True)
class Mailbox:
    directory: Path
    house: House
    _count: Iterator[int] = field(default_factory=lambda: itertools.count(1), repr=False)

    async def hand_over(self, parcel: Parcel) -> Handover:
        # Counted before the thread hop, so that messages of one moment keep their order.
        name = f"{parcel.created_at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}-{next(self._count):06}-{parcel.id}"
        await asyncio.to_thread(self._write, name, parcel)
        return HANDED_OVER

    def _write(self, name: str, parcel: Parcel) -> None:
        if isinstance(parcel.body, Mail):
            suffix, content = ".eml", compose(parcel, parcel.body, self.house).as_bytes()
        else:
            suffix = ".sms.json"
            facts = {"to": parcel.address, "text": parcel.body.text, "at": _instant(parcel.created_at)}
            content = json.dumps(facts, ensure_ascii=False, indent=2).encode() + b"\n"
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self.directory / f".{name}.part"
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
        # Whoever watches the directory sees whole files only.
        part.replace(self.directory / f"{name}{suffix}")


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
