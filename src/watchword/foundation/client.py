"""Who calls, as the edge saw it: kind of client, address, networks, user agent, language, device token."""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from watchword.foundation.secret import Secret
from watchword.foundation.terms import ClientKind


@dataclass(frozen=True, kw_only=True)
class Client:
    kind: ClientKind
    address: IPv4Address | IPv6Address
    agent: str
    """The User-Agent header, at most 400 characters; empty when none was sent."""
    language: str
    """A language the product speaks: ``en`` or ``zh-Hans``."""
    device_token: Secret | None = None

    @property
    def network(self) -> str:
        """The /24 (IPv4) or /64 (IPv6) the address lies in."""
        return _network(self.address, 24 if self.address.version == 4 else 64)

    @property
    def wide_network(self) -> str | None:
        """The /48 of an IPv6 address; IPv4 has none."""
        if self.address.version == 4:
            return None
        return _network(self.address, 48)


@lru_cache(maxsize=4096)
def _network(address: IPv4Address | IPv6Address, prefix: int) -> str:
    return str(ip_network((address, prefix), strict=False))


def read_address(text: str) -> IPv4Address | IPv6Address:
    """Parses an address; an IPv4-mapped IPv6 address is IPv4. Raises ValueError."""
    address = ip_address(text)
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
