"""Which addresses a client may be answered at (RFC 9700 section 2.1; RFC 8252), and building the answer. Pure.

Addresses are compared letter by letter with those that were registered. One thing alone is looked past: the port of a
native app's loopback address, which the app can't know beforehand (RFC 8252 section 7.3).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Literal
from urllib.parse import urlencode, urlsplit

ClientSort = Literal["web", "native"]

_LONGEST = 1024
_PLAIN = re.compile(r"[!$&'()*+,;=:@/?%A-Za-z0-9._~\[\]-]+")
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\])(:\d{1,5})?(?=[/?]|\Z)")
_OF_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def may_be_registered(uri: str, sort: ClientSort, *, development: bool) -> bool:
    """An absolute https address without fragment, user or wildcard. A native app also registers a loopback address by
    number; development alone takes http for names of this machine."""
    if len(uri) > _LONGEST or not _PLAIN.fullmatch(uri) or "*" in uri:
        return False
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.password is not None or port == 0 or "\\" in uri:
        return False
    if any(step in (".", "..") for step in parts.path.split("/")):
        return False
    if parts.scheme == "https":
        return True
    if parts.scheme != "http":
        return False
    return (sort == "native" and _LOOPBACK.match(uri) is not None) or (development and _is_here(host))


def matches(given: str, registered: Iterable[str], sort: ClientSort) -> bool:
    known = tuple(registered)
    if given in known:
        return True
    if sort != "native" or _LOOPBACK.match(given) is None or not may_be_registered(given, sort, development=False):
        return False
    return _without_port(given) in {_without_port(uri) for uri in known if _LOOPBACK.match(uri)}


def is_loopback(uri: str) -> bool:
    """Whether it is a native app's on this machine, which no name certifies."""
    return _LOOPBACK.match(uri) is not None


def answered(uri: str, answer: Mapping[str, str | None]) -> str:
    """The registered address with the answer added to its query (RFC 6749 section 4.1.2)."""
    query = urlencode({name: value for name, value in answer.items() if value is not None})
    return f"{uri}{'&' if '?' in uri else '?'}{query}"


def host_of(uri: str) -> str:
    """For people to read."""
    return urlsplit(uri).netloc


def _is_here(host: str) -> bool:
    return host in _OF_THIS_MACHINE or host.endswith(".localhost")


def _without_port(uri: str) -> str:
    return _LOOPBACK.sub(r"http://\1", uri)
