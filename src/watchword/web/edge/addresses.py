"""The client's address: the peer, or what our own proxies say.

Each proxy appends the address it was reached from to X-Forwarded-For, so only the right end can be trusted: the
client is the right-most hop that is not ours. Whatever stands further left anybody may have written.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import NamedTuple

from watchword.foundation.client import read_address
from watchword.web.edge.asgi import App, Receive, Scope, Send, header_values, refuse, state_of
from watchword.web.edge.hosts import APPLICATION_PATHS

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NOWHERE = ipaddress.ip_address("192.0.2.0")
"""Stands for a peer without an address, as a Unix socket or a test has. From the documentation block (RFC 5737)."""

FORWARDING = (
    b"forwarded",
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-port",
    b"x-forwarded-prefix",
    b"x-forwarded-proto",
    b"x-forwarded-server",
    b"x-real-ip",
)


ASKED_BY_PROXIES = frozenset({"/forward-auth", "/forward-auth/read-only"})


class Refused(NamedTuple):
    status: int
    code: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class ClientAddress:
    """Notes ``state["client_address"]``, and lets nothing in that came unencrypted where https is the address."""

    app: App
    proxies: Sequence[Network]
    https: bool
    refuses_forwarding: bool
    """Development has no proxy: who sends these headers wants to be somebody else."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self.judge(scope)
        if isinstance(found, Refused):
            await refuse(scope, send, *found)
            return
        if self.https:
            scope["scheme"] = "https"
        state_of(scope)["client_address"] = found
        await self.app(scope, receive, send)

    def judge(self, scope: Scope) -> "Address | Refused":
        """The client's address, or why it may not come as it does."""
        if self.refuses_forwarding and not _tells_of_another(scope) and _is_forwarded(scope):
            return Refused(400, "bad_request", "Forwarding headers are not taken here.")
        peer = _peer(scope)
        ours = _is_ours(peer, self.proxies)
        if self.https and not self._is_encrypted(scope, ours):
            return Refused(403, "https_only", "This site is served over https only.")
        try:
            return client_address(peer, _hops(scope), self.proxies) if ours else peer
        except ValueError:
            return Refused(400, "bad_request", "The forwarding header can't be read.")

    def _is_encrypted(self, scope: Scope, ours: bool) -> bool:
        """A proxy of ours answers for its side, unless it says itself that http is what it took."""
        if scope["scheme"] == "https":
            return True
        return ours and all(value.strip().lower() == b"https" for value in header_values(scope, b"x-forwarded-proto"))


def _is_forwarded(scope: Scope) -> bool:
    return any(name in FORWARDING for name, _ in scope["headers"])


def _tells_of_another(scope: Scope) -> bool:
    """Where such headers say what a proxy asks about, which is no claim of the sender's to be somebody."""
    path: str = scope["path"]
    return path in ASKED_BY_PROXIES or path.startswith(APPLICATION_PATHS)


def client_address(peer: Address, hops: Sequence[str], proxies: Sequence[Network]) -> Address:
    """Raises ValueError when a hop that counts is no address."""
    client = peer
    for hop in reversed(hops):
        if not _is_ours(client, proxies):
            break
        client = read_hop(hop)
    return client


def read_hop(text: str) -> Address:
    """An address as proxies write it: bare, with a port, or in brackets."""
    text = text.strip()
    if text.startswith("["):
        inside, bracket, port = text[1:].partition("]")
        if not bracket or (port and not _is_port(port.removeprefix(":"))):
            raise ValueError("not an address")
        return read_address(inside)
    host, colon, port = text.partition(":")
    if colon and _is_port(port):
        return read_address(host)
    return read_address(text)


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _hops(scope: Scope) -> list[str]:
    joined = b",".join(header_values(scope, b"x-forwarded-for")).decode("latin-1")
    return joined.split(",") if joined else []


def _peer(scope: Scope) -> Address:
    client = scope.get("client")
    return _read_peer(client[0]) if client else NOWHERE


@lru_cache(maxsize=4096)
def _read_peer(text: str) -> Address:
    try:
        return read_address(text)
    except ValueError:
        return NOWHERE


def _is_ours(address: Address, proxies: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in proxies)
