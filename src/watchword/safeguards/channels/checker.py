"""Is this ours? Compares what somebody was given with the list: exactly, and then by looks. Pure.

What can be read in two ways (a name before an ``@`` in an address, a backslash, a letter that only looks like one of
ours) is never "ours".
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from watchword.safeguards.channels.likeness import Piece, compare, foreign_signs, likeness, skeletons, slips, visible
from watchword.safeguards.channels.listing import Channel, ChannelKind

LONGEST = 256
Answer = Literal["ours", "alike", "not_ours"]

_WEB = re.compile(
    r"(?:(?P<scheme>https?)://)?(?P<host>[a-z0-9.-]+|\[[0-9a-f:]+\])(?::(?P<port>[0-9]{1,5}))?(?P<rest>[/?#][!-~]*)?",
    re.IGNORECASE,
)
_HOST_ENDS = re.compile(r"[/?#\\]")
_PORTS = {"https": "443", "http": "80"}
_PHONE_SEPARATORS = re.compile(r"[\s().\-/\u2010-\u2015]")
_FEWEST_DIGITS, _SAME_END = 6, 7
_SHORTEST_LABEL = 5


@dataclass(frozen=True, kw_only=True)
class Verdict:
    answer: Answer
    channel: Channel | None
    """Which one it is, or looks like."""
    pieces: tuple[Piece, ...] = ()
    """``alike``: the name as it really reads, marked where it is not ours."""
    signs: tuple[tuple[str, str], ...] = ()
    """Letters in it that no eye tells apart, each with its Unicode name."""


_UNKNOWN = Verdict(answer="not_ours", channel=None)


def check(text: str, channels: Sequence[Channel], *, brand: str) -> Verdict | None:
    """None when nothing was asked."""
    claim = text.strip()[:LONGEST]
    if not claim:
        return None
    for channel in channels:
        if _is(claim, channel):
            return Verdict(answer="ours", channel=channel)
    typed = skeletons(_read(claim))
    ranked = [(score, place) for place, channel in enumerate(channels) for score in _scores(claim, typed, channel)]
    if not ranked:
        named = likeness(typed, skeletons(brand)) is not None and len(brand) >= _SHORTEST_LABEL
        return _alike(claim, channels[0], brand) if named and channels else _UNKNOWN
    _, place = min(ranked)
    return _alike(claim, channels[place], _core(channels[place]))


def _alike(claim: str, channel: Channel, ours: str) -> Verdict:
    shown = _number(claim) if _is_number(channel) else _read(claim)
    host = _HOST_ENDS.split(shown, maxsplit=1)[0]
    if "/" not in ours and host != ours and likeness(skeletons(host), skeletons(ours)) is not None:
        shown = host  # what follows a host may differ from page to page, and says nothing
    pieces = compare(shown, ours)
    seen = tuple(replace(piece, text=visible(piece.text)) for piece in pieces)
    return Verdict(answer="alike", channel=channel, pieces=seen, signs=foreign_signs(pieces))


# -- exactly


def _is(claim: str, channel: Channel) -> bool:
    match channel.kind:
        case ChannelKind.ADDRESS:
            return _is_address(claim, channel.value)
        case ChannelKind.DOMAIN:
            web = _WEB.fullmatch(claim)
            host = "" if web is None else _host(web)
            return host == channel.value or host.endswith(f".{channel.value}")
        case ChannelKind.EMAIL:
            return claim.casefold().removeprefix("mailto:") == channel.value.casefold()
        case ChannelKind.PHONE:
            return _number(claim) == channel.value
        case ChannelKind.SMS:
            return channel.value in (claim, _number(claim)) or claim.casefold() == channel.value.casefold()
        case ChannelKind.HANDLE:
            return claim.removeprefix("@").casefold() == channel.value.removeprefix("@").casefold()
        case ChannelKind.APP:
            return claim == channel.value


def _is_address(claim: str, value: str) -> bool:
    web, ours = _WEB.fullmatch(claim), _WEB.fullmatch(value)
    if web is None or ours is None:
        return False
    scheme = ours["scheme"].lower()
    if (web["scheme"] or scheme).lower() != scheme:
        return False
    if (_host(web), web["port"] or _PORTS[scheme]) != (_host(ours), ours["port"] or _PORTS[scheme]):
        return False
    bare = (ours["rest"] or "").rstrip("/")
    return not bare or (web["rest"] or "").rstrip("/") == bare


def _host(web: re.Match[str]) -> str:
    return web["host"].lower().removesuffix(".")


def _number(claim: str) -> str:
    """In E.164, or nothing."""
    digits = _PHONE_SEPARATORS.sub("", claim.removeprefix("tel:"))
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    return digits if re.fullmatch(r"\+?[0-9]+", digits, re.ASCII) else ""


# -- by looks


def _is_number(channel: Channel) -> bool:
    return channel.kind is ChannelKind.PHONE or (channel.kind is ChannelKind.SMS and channel.value.startswith("+"))


def _scores(claim: str, typed: frozenset[str], channel: Channel) -> Iterator[int]:
    if _is_number(channel):
        yield from _like_number(claim, channel.value)
        return
    for ours, further in _names(channel):
        score = likeness(typed, skeletons(ours))
        if score is not None:
            yield score + further


def _like_number(claim: str, ours: str) -> Iterator[int]:
    typed = _number(claim)
    if len(typed) < _FEWEST_DIGITS:
        return
    made = slips(typed.removeprefix("+"), ours.removeprefix("+"), 2)
    if made <= 2:
        yield made
    elif typed[-_SAME_END:] == ours[-_SAME_END:]:
        yield 3


def _names(channel: Channel) -> Iterator[tuple[str, int]]:
    """What of it may be imitated, and how much further off that is than the whole."""
    core = _core(channel)
    yield core, 0
    if channel.kind in (ChannelKind.ADDRESS, ChannelKind.DOMAIN, ChannelKind.EMAIL):
        host = core.partition("@")[2] or core.partition("/")[0]
        yield host, 1
        label = max(host.split(".")[:-1] or [host], key=len)
        if len(label) >= _SHORTEST_LABEL:
            yield label, 2


def _core(channel: Channel) -> str:
    """What people see of it."""
    match channel.kind:
        case ChannelKind.ADDRESS:
            return channel.value.partition("://")[2].rstrip("/")
        case ChannelKind.HANDLE:
            return channel.value.removeprefix("@")
    return channel.value


def _read(claim: str) -> str:
    """As a person reads it: without what stands before the name, and with the letters that an ``xn--`` name stands
    for, instead of their code."""
    bare = re.sub(r"^(?:https?|mailto|tel):(?://)?|^www\.|^@", "", claim, flags=re.IGNORECASE).rstrip("/")
    return re.sub(r"xn--[a-z0-9-]+", lambda label: _decoded(label[0]), bare, flags=re.IGNORECASE)


def _decoded(label: str) -> str:
    try:
        decoded = label[4:].encode("ascii").decode("punycode")
    except ValueError:
        return label
    return decoded if all(unicodedata.category(sign)[0] in "LMN" or sign == "-" for sign in decoded) else label
