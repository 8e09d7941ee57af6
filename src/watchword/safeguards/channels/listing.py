"""The operator's list of official channels: a TOML file, one ``[[channel]]`` for each.

What every installation has stands on it without being listed: the official address, the sender of mail, the sender of
SMS.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from watchword.foundation.errors import Misconfigured


class ChannelKind(StrEnum):
    ADDRESS = "address"
    """A web address. A bare one (``https://host``) stands for every page under it, one with a path for itself."""
    DOMAIN = "domain"
    """A host name and every name under it."""
    EMAIL = "email"
    PHONE = "phone"
    SMS = "sms"
    """A number or name that SMS comes from."""
    HANDLE = "handle"
    """A name at another house: ``place`` says where."""
    APP = "app"
    """An app's id in the store that ``place`` names."""


_HOST = r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]"
_SHAPES = {
    ChannelKind.ADDRESS: re.compile(rf"https?://(?:{_HOST}|localhost|\[[0-9a-f:]+\]|[0-9.]+)(?::[0-9]+)?(?:/[!-~]*)?"),
    ChannelKind.DOMAIN: re.compile(_HOST),
    ChannelKind.EMAIL: re.compile(r"\S+@[A-Za-z0-9.-]+"),
    ChannelKind.PHONE: re.compile(r"\+[1-9][0-9]{5,14}"),
    ChannelKind.SMS: re.compile(r"\S(?:.{0,38}\S)?"),
    ChannelKind.HANDLE: re.compile(r"@?[\w.-]{1,64}"),
    ChannelKind.APP: re.compile(r"[!-~]{1,128}"),
}
_NEEDS_PLACE = (ChannelKind.HANDLE, ChannelKind.APP)
_FIELDS = {"kind", "value", "place", "note"}
_LONGEST_TEXT = 120
MOST = 200


@dataclass(frozen=True, kw_only=True)
class Channel:
    """Raises Misconfigured, naming what is wrong with it."""

    kind: ChannelKind
    value: str
    place: str = ""
    """Of a handle or an app: which house or store it is at."""
    note: str = ""
    """What it is for, in the operator's words."""

    def __post_init__(self) -> None:
        if not _SHAPES[self.kind].fullmatch(self.value):
            raise Misconfigured(f"channel {self.value!r}: it is not written as a channel of kind {self.kind} is")
        if self.kind in _NEEDS_PLACE and not self.place:
            raise Misconfigured(f"channel {self.value!r}: a {self.kind} needs its place")
        for text in (self.place, self.note):
            if len(text) > _LONGEST_TEXT or not text.isprintable() or text != text.strip():
                raise Misconfigured(f"channel {self.value!r}: place and note are short, plain texts on one line")


def read_channels(path: Path | None, own: Sequence[Channel] = ()) -> tuple[Channel, ...]:
    """``own`` first, then those of the file. Raises Misconfigured for a file that can't be used as a whole."""
    listed = [] if path is None else [_channel(entry) for entry in _entries(path)]
    found: dict[tuple[ChannelKind, str, str], Channel] = {}
    for channel in (*own, *listed):
        key = (channel.kind, channel.value.casefold(), channel.place.casefold())
        if key in found and channel in listed and found[key] not in own:
            raise Misconfigured(f"channel {channel.value!r}: it is listed twice")
        found[key] = channel  # what the file says of one of our own comes with its note
    if len(found) > MOST:
        raise Misconfigured(f"more than {MOST} official channels are none that people could check")
    return tuple(found.values())


def _entries(path: Path) -> list[Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as unreadable:
        raise Misconfigured(f"the list of channels {path} can't be read: {unreadable.strerror}") from None
    except ValueError as unreadable:  # of TOML and of UTF-8
        raise Misconfigured(f"the list of channels {path} is no TOML: {unreadable}") from None
    if set(content) - {"channel"} or not isinstance(content.get("channel", []), list):
        raise Misconfigured(f"the list of channels {path} holds [[channel]] entries and nothing else")
    entries: list[Any] = content.get("channel", [])
    return entries


def _channel(entry: Any) -> Channel:
    if not isinstance(entry, Mapping) or set(entry) - _FIELDS or not all(isinstance(it, str) for it in entry.values()):
        raise Misconfigured("a channel has kind and value, and may have place and note: texts all of them")
    if entry.get("kind") not in set(ChannelKind) or "value" not in entry:
        raise Misconfigured(f"a channel's kind is one of {', '.join(ChannelKind)}, and it has a value")
    return Channel(**{**entry, "kind": ChannelKind(entry["kind"])})
