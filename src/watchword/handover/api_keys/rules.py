"""What a key may be, and when a change makes it wider. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network

from watchword.foundation.errors import Unacceptable
from watchword.foundation.secret import Secret

_PASSPHRASE = re.compile(r"[!-~]{7,32}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Rights:
    permissions: Sequence[str]
    networks: Sequence[str]
    """None: from anywhere."""
    expires_at: datetime | None


def check_passphrase(passphrase: Secret) -> None:
    """7 to 32 printable ASCII characters without spaces. Raises Unacceptable."""
    if not _PASSPHRASE.fullmatch(passphrase.reveal()):
        raise Unacceptable("api_key_passphrase", "passphrase")


def is_withdrawing(permissions: Iterable[str]) -> bool:
    return "withdraw" in permissions


def only_reads(permissions: Iterable[str]) -> bool:
    return set(permissions) <= {"read"}


def ends_at(expiry: int | str, now: datetime) -> datetime | None:
    return None if expiry == "never" else now + timedelta(days=int(expiry))


def is_wider(new: Rights, old: Rights) -> bool:
    """Whether anything can be done with it that could not be done before: from elsewhere and later too."""
    if not set(new.permissions) <= set(old.permissions):
        return True
    if old.expires_at is not None and (new.expires_at is None or new.expires_at > old.expires_at):
        return True
    return bool(old.networks) and not _lies_within(new.networks, old.networks)


def agrees(rights: Rights) -> bool:
    """A key that withdraws names its networks; one that does more than read ends some day."""
    if is_withdrawing(rights.permissions) and not rights.networks:
        return False
    return rights.expires_at is not None or only_reads(rights.permissions)


def _lies_within(new: Sequence[str], old: Sequence[str]) -> bool:
    outer = [ip_network(each) for each in old]
    return bool(new) and all(any(_is_part(ip_network(each), other) for other in outer) for each in new)


def _is_part(inner: IPv4Network | IPv6Network, outer: IPv4Network | IPv6Network) -> bool:
    if isinstance(inner, IPv4Network) and isinstance(outer, IPv4Network):
        return inner.subnet_of(outer)
    return isinstance(inner, IPv6Network) and isinstance(outer, IPv6Network) and inner.subnet_of(outer)
