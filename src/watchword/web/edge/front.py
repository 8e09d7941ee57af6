"""Before the guards: the few questions that are asked most, answered from memory in one pass over the headers.

Only what every guard would let through unchanged is answered here: a GET of a plain path, one Host header that is
ours to the letter, no body, a client that may come as it does; or a POST as programs send it, with no trace of a
browser, whose small body came whole with its head. Anything else, and any answer but a good one, goes the long way
through the guards themselves, which decide and say why. The reply is the same to the byte but for its request id:
security headers, no-store, metrics. Tests send both ways whatever Hypothesis thinks of.

To plug in, make a ``Quick`` or a ``QuickPost`` and put it into the table of ``WithQuick``; nothing else knows of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from time import perf_counter
from typing import NamedTuple

from watchword.web.edge.addresses import FORWARDING, ClientAddress, Refused
from watchword.web.edge.asgi import App, Receive, Scope, Send
from watchword.web.edge.bodies import LIMIT
from watchword.web.edge.metrics import RequestMetrics
from watchword.web.edge.response_headers import NO_STORE

Header = tuple[bytes, bytes]


class Reply:
    """A good answer (200)."""

    def __init__(self, kind: bytes, body: bytes) -> None:
        """``kind``: its Content-Type."""
        self.headers: tuple[Header, ...] = ((b"content-length", b"%d" % len(body)), (b"content-type", kind))
        self.head = _lines(self.headers)
        self.body = body


class Credentials(NamedTuple):
    """Every value of these headers, in order, as sent."""

    authorization: Sequence[bytes]
    cookies: Sequence[bytes]


Quick = Callable[[Scope, Credentials], Reply | None]
"""Looks in memory alone, in the event loop, and changes nothing. None: the long way decides."""


QuickPost = Callable[[Credentials, bytes], Reply | None]
"""The same of a POST, with its whole body."""


@dataclass(frozen=True, kw_only=True)
class WithQuick:
    """An application, and what of it can be answered before the guards: by path, for GET and for POST."""

    app: App
    quick: Mapping[str, Quick]
    posted: Mapping[str, QuickPost] = field(default_factory=dict)
    apart: int | None = None
    """A port at which nothing of this is served."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


_HOST, _AUTHORIZATION, _COOKIE, _FORWARDING, _LENGTH, _ELSE = range(6)
_ITS_LENGTH = len(str(LIMIT))
_READ = {
    b"host": _HOST,
    b"authorization": _AUTHORIZATION,
    b"cookie": _COOKIE,
    b"content-length": _ELSE,
    b"transfer-encoding": _ELSE,
    **dict.fromkeys(FORWARDING, _FORWARDING),
}
"""What the guards, and those who answer, look at. Of a GET they look at nothing else."""
_READ_POSTED = {
    **_READ,
    b"content-length": _LENGTH,
    b"cookie": _ELSE,
    b"origin": _ELSE,
    b"sec-fetch-site": _ELSE,
}
"""Of a POST they look at where it came from too."""


@dataclass(frozen=True, kw_only=True)
class Front:
    app: App
    """The guards, and all that is behind them."""
    given: WithQuick
    host: bytes
    addresses: ClientAddress
    fixed: tuple[Header, ...]
    new_id: Callable[[], str]
    metrics: RequestMetrics
    _quick: Mapping[bytes, tuple[str, Quick]] = field(init=False)
    _posted: Mapping[bytes, tuple[str, QuickPost]] = field(init=False)
    _may_come: Callable[[str, str, str, tuple[Header, ...]], bool] = field(init=False)
    _tail: tuple[Header, ...] = field(init=False)
    _end: bytes = field(init=False)

    def __post_init__(self) -> None:
        table = {path.encode(): (path, quick) for path, quick in self.given.quick.items()}
        posted = {path.encode(): (path, quick) for path, quick in self.given.posted.items()}
        object.__setattr__(self, "_quick", table)
        object.__setattr__(self, "_posted", posted)
        object.__setattr__(self, "_may_come", lru_cache(maxsize=4096)(self._admits))
        object.__setattr__(self, "_tail", (NO_STORE, *self.fixed))
        object.__setattr__(self, "_end", b"\r\n" + _lines(self._tail) + b"\r\n")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        found = self._quick.get(scope.get("raw_path") or b"")
        reply = None if found is None else self._answer(scope, *found)
        if reply is None:
            await self.app(scope, receive, send)
            return
        headers = [*reply.headers, (b"request-id", self.new_id().encode()), *self._tail]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})
        self.metrics.note("GET", 200, perf_counter() - started)

    def at_once(self, scope: Scope) -> bytes | None:
        """The same as bytes, without the first line, for a server that asks before it makes a task of the request."""
        started = perf_counter()
        found = self._quick.get(scope["raw_path"])
        reply = None if found is None else self._answer(scope, *found)
        if reply is None:
            return None
        answer = b"".join((reply.head, b"request-id: ", self.new_id().encode(), self._end, reply.body))
        self.metrics.note("GET", 200, perf_counter() - started)
        return answer

    @property
    def posted(self) -> frozenset[bytes]:
        """The paths that ``posted_at_once`` may know an answer for."""
        return frozenset(self._posted)

    def posted_at_once(self, scope: Scope, body: bytes) -> bytes | None:
        """As ``at_once``, of a POST whose whole body came with its head."""
        started = perf_counter()
        found = self._posted.get(scope["raw_path"])
        if found is None or scope["path"] != found[0] or scope["method"] != "POST" or len(body) > LIMIT:
            return None
        credentials = self._read(scope, _READ_POSTED)
        reply = None if credentials is None else found[1](credentials, body)
        if reply is None:
            return None
        answer = b"".join((reply.head, b"request-id: ", self.new_id().encode(), self._end, reply.body))
        self.metrics.note("POST", 200, perf_counter() - started)
        return answer

    def _answer(self, scope: Scope, path: str, quick: Quick) -> Reply | None:
        if scope["method"] != "GET" or scope["path"] != path:
            return None
        credentials = self._read(scope, _READ)
        return None if credentials is None else quick(scope, credentials)

    def _read(self, scope: Scope, kinds: Mapping[bytes, int]) -> Credentials | None:
        """The one pass. None: a guard would have something to say, or at least to look at."""
        found: tuple[list[Header], ...] = ([], [], [], [], [], [])
        for header in scope["headers"]:
            kind = kinds.get(header[0])
            if kind is not None:
                found[kind].append(header)
        hosts, authorization, cookies, forwarding, lengths, more = found
        if more or any(len(length) > _ITS_LENGTH for _, length in lengths):
            return None
        if len(hosts) != 1 or hosts[0][1] != self.host:
            return None
        client, server = scope.get("client"), scope.get("server")
        if client is None or (self.given.apart is not None and server is not None and server[1] == self.given.apart):
            return None
        if not self._may_come(client[0], scope["scheme"], scope["path"], tuple(forwarding)):
            return None
        return Credentials([value for _, value in authorization], [value for _, value in cookies])

    def _admits(self, client: str, scheme: str, path: str, forwarding: tuple[Header, ...]) -> bool:
        """As the guard says, which looks at nothing else; it is asked once for those who keep coming."""
        scope: Scope = {"client": (client, 0), "scheme": scheme, "path": path, "headers": forwarding}
        return not isinstance(self.addresses.judge(scope), Refused)


def _lines(headers: Sequence[Header]) -> bytes:
    return b"".join([b"%b: %b\r\n" % header for header in headers])
