"""The request that a proxy asks about, as proxies describe it. Read strictly: what is not plainly said is refused.

Two ways to say it are known. ``X-Original-URL`` (or ``X-Original-URI``, a path at the official host) with
``X-Original-Method``, for nginx: it shows nobody our answer and redirects by itself. ``X-Forwarded-Method``,
``-Proto``, ``-Host`` and ``-Uri``, all four, as Caddy sends them: it shows our answer as it is. Without either the
question is about the official host alone, and nobody is sent anywhere.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from watchword.handover.forwarding.addresses import Application, Applications

LONGEST_TARGET = 8192
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_HEADERS = (
    b"x-original-url",
    b"x-original-uri",
    b"x-original-method",
    b"x-forwarded-method",
    b"x-forwarded-proto",
    b"x-forwarded-host",
    b"x-forwarded-uri",
)
_ORIGINAL = frozenset({b"x-original-url", b"x-original-uri", b"x-original-method"})
_FORWARDED = frozenset({b"x-forwarded-method", b"x-forwarded-uri"})
_PLAIN = re.compile(rb"[!-~]+")
_TARGET = re.compile(r"/[!-~]*")
_URL = re.compile(r"(https?://[^/?#]+)(/.*)")

Headers = Iterable[tuple[bytes, bytes]]


class Malformed(Exception):
    """``reason`` is a word of ours: what could not be read. Nothing of what was sent is repeated."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Original:
    application: Application
    target: str
    """Path and query; empty: nobody said."""
    method: str
    shows_answers: bool
    """Whether the proxy gives our answer to the browser as it is."""


def read_original(headers: Headers, applications: Applications) -> Original:
    """Raises Malformed."""
    said: dict[bytes, str] = {}
    for name, value in headers:
        if name in _HEADERS:
            if name in said:
                raise Malformed("doubled")
            said[name] = _plain(value)
    if not said.keys().isdisjoint(_ORIGINAL):
        if not said.keys().isdisjoint(_FORWARDED):
            raise Malformed("two_ways")
        return _by_original(said, applications)
    if not said.keys().isdisjoint(_FORWARDED):
        return _by_forwarded(said, applications)
    official = _application(applications.official, applications)
    _require_same_host(said, official)
    return Original(application=official, target="", method="", shows_answers=False)


def _by_original(said: dict[bytes, str], applications: Applications) -> Original:
    url, uri = said.get(b"x-original-url"), said.get(b"x-original-uri")
    if (url is None) == (uri is None):
        raise Malformed("address")
    match = _URL.fullmatch(f"{applications.official}{uri}" if url is None else url)
    if match is None:
        raise Malformed("address")
    application = _application(match[1], applications)
    _require_same_host(said, application)
    method = said.get(b"x-original-method")
    return Original(
        application=application,
        target=_target(match[2] if uri is None else uri),
        method="" if method is None else _method(method),
        shows_answers=False,
    )


def _by_forwarded(said: dict[bytes, str], applications: Applications) -> Original:
    try:
        proto, host = said[b"x-forwarded-proto"], said[b"x-forwarded-host"]
        uri, method = said[b"x-forwarded-uri"], said[b"x-forwarded-method"]
    except KeyError:
        raise Malformed("address") from None
    application = _application(f"{proto}://{host}", applications)
    return Original(application=application, target=_target(uri), method=_method(method), shows_answers=True)


def _plain(value: bytes) -> str:
    if len(value) > LONGEST_TARGET or not _PLAIN.fullmatch(value):
        raise Malformed("octets")
    return value.decode("ascii")


def _application(origin: str, applications: Applications) -> Application:
    found = applications.find(origin)
    if found is None:
        raise Malformed("host")
    return found


def _require_same_host(said: dict[bytes, str], application: Application) -> None:
    """Where a proxy names host and scheme besides, they are the same ones."""
    scheme, _, host = application.origin.partition("://")
    if said.get(b"x-forwarded-host", host) != host or said.get(b"x-forwarded-proto", scheme) != scheme:
        raise Malformed("host")


def _target(text: str) -> str:
    if not _TARGET.fullmatch(text) or "#" in text:
        raise Malformed("address")
    return text


def _method(text: str) -> str:
    if text not in METHODS:
        raise Malformed("method")
    return text
