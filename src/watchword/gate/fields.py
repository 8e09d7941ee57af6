"""What a field of an action may hold (policy §6). Each reader gives the canonical value or raises ValueError. Pure."""

import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

Reader = Callable[[Any], Any]

_AMOUNT = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?")
_MOST_DIGITS = 36
_WORD = re.compile(r"[\x21-\x7e]+")
_LINE = re.compile(r"[\x20-\x7e]*")
_MOST_NETWORKS = 20
_NETWORK = re.compile(r"[0-9A-Fa-f.:/]+", re.ASCII)
"""No zone behind a percent sign: it may be any text, and the network is spelled out in messages."""
_WIDEST = {4: 8, 6: 16}
"""By version, the shortest prefix: twenty of those are still a small part of all addresses."""
_MAPPED = IPv6Network("::ffff:0:0/96")


def amount(value: Any) -> str:
    """A canonical decimal above zero: no sign, no exponent, no zeros that say nothing. One value has one text."""
    text = _text(value, most=_MOST_DIGITS + 1)
    digits = text.replace(".", "", 1)
    if not _AMOUNT.fullmatch(text) or len(digits) > _MOST_DIGITS or not digits.strip("0"):
        raise ValueError("an amount")
    return text


def word(most: int) -> Reader:
    """Printable ASCII without a space: what is compared to the letter."""

    def read(value: Any) -> str:
        text = _text(value, most=most)
        if not _WORD.fullmatch(text):
            raise ValueError("printable ASCII without spaces")
        return text

    return read


def name(most: int) -> Reader:
    """Printable ASCII; single spaces inside, so that two names that look alike are one."""

    def read(value: Any) -> str:
        text = _text(value, most=most)
        if not _LINE.fullmatch(text) or not text or text != text.strip(" ") or "  " in text:
            raise ValueError("printable ASCII")
        return text

    return read


def memo(value: Any) -> str | None:
    """None: no memo. That is another destination than an empty one."""
    if value is None:
        return None
    text = _text(value, most=256)
    if not _LINE.fullmatch(text):
        raise ValueError("printable ASCII")
    return text


def flag(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError("true or false")
    return value


def one_of(*choices: Any) -> Reader:
    def read(value: Any) -> Any:
        if not any(type(value) is type(choice) and value == choice for choice in choices):
            raise ValueError("one of a closed list")
        return value

    return read


def some_of(*choices: str) -> Reader:
    """A set, written in the order of the choices."""

    def read(value: Any) -> list[str]:
        given = _texts(value)
        if not given or not set(given) <= set(choices) or len(set(given)) != len(given):
            raise ValueError("some of a closed list, each once")
        return [choice for choice in choices if choice in given]

    return read


def networks(value: Any) -> list[str]:
    """Addresses and ranges, in one spelling and order; none: no limit."""
    given = _texts(value)
    found = {network(text) for text in given}
    if len(found) != len(given):
        raise ValueError("each once")
    return [str(each) for each in sorted(found, key=lambda each: (each.version, int(each[0]), each.prefixlen))]


def network(text: str) -> IPv4Network | IPv6Network:
    """Raises for bits beyond the mask, for a range so wide that it limits nothing, and for IPv4 written as IPv6: a
    client's address is never read as that."""
    if not _NETWORK.fullmatch(text):
        raise ValueError("an address or a range")
    found = ip_network(text)
    if found.prefixlen < _WIDEST[found.version]:
        raise ValueError("a range that limits something")
    if isinstance(found, IPv6Network) and found.subnet_of(_MAPPED):
        raise ValueError("IPv4 in its own spelling")
    return found


def or_none(reader: Reader) -> Reader:
    return lambda value: None if value is None else reader(value)


def _text(value: Any, *, most: int) -> str:
    if type(value) is not str or len(value) > most:
        raise ValueError(f"text of at most {most} characters")
    return value


def _texts(value: Any) -> list[str]:
    if type(value) is not list or len(value) > _MOST_NETWORKS:
        raise ValueError("a list of at most 20 texts")
    return [_text(each, most=64) for each in value]
