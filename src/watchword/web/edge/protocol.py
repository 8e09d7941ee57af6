"""HTTP/1.1 as we take it: uvicorn's httptools protocol, made narrower (RFC 9112).

llhttp refuses a request with both Content-Length and Transfer-Encoding, doubled lengths and folded headers. What it
leaves open is closed here: heads without end, heads that never end, a target that names another site, transfer codings
that nobody here decodes.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from watchword.web.edge.asgi import Receive, Scope, Send, refuse

HEAD_BYTES = 16 * 1024
HEAD_COUNT = 64
HEAD_SECONDS = 10.0

AtOnce = Callable[[Scope], bytes | None]
"""The head after its first line, and the body, of a good answer (200); None: the application answers."""
PostedAtOnce = Callable[[Scope, bytes], bytes | None]
"""The same of a POST, with its whole body."""


class _Refused(Exception):
    pass


class _Answered:
    """Stands for the request that was answered at once, where uvicorn looks at how far it has come."""

    response_complete = True
    message_event = asyncio.Event()


_ANSWERED = cast(RequestResponseCycle, _Answered())


class NarrowProtocol(HttpToolsProtocol):
    head_seconds = HEAD_SECONDS
    fixed: Sequence[tuple[bytes, bytes]] = ()
    """What every reply carries; here for those that no guard sees."""
    at_once: AtOnce | None = None
    """Asked before a task is made for the request: of the time that a small answer takes most goes there."""
    posted_at_once: PostedAtOnce | None = None
    posted: frozenset[bytes] = frozenset()
    """The paths that it is asked about. Such a request is held until all that arrived at once is read, no longer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = True
        self._head_bytes = 0
        self._named_bytes = 0
        self._status = 400
        self._deadline: asyncio.TimerHandle | None = None
        self._held: list[bytes] | None = None
        """What came of the body of the request that is held."""
        self._is_whole = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._held is not None:
            self._settle(self._held)
        if self._in_head and self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self._status = 431
            self.send_400_response("Request head too large.")

    def on_message_begin(self) -> None:
        if self._held is not None:  # another request came with it
            self._let_go(self._held)
        super().on_message_begin()
        if not self._in_head:
            self._begin_head()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > HEAD_BYTES // 2:
            self._refuse(414)

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._named_bytes += len(name) + len(value)
        if len(self.headers) > HEAD_COUNT or self._named_bytes > HEAD_BYTES:
            self._refuse(431)

    def on_headers_complete(self) -> None:
        self._end_head()
        if not self.url.startswith(b"/"):
            self._refuse(400)  # absolute-form names a site of its own beside the Host header
        if self.parser.get_http_version() not in ("1.0", "1.1"):
            self._refuse(505)
        codings = [value.lower() for name, value in self.headers if name == b"transfer-encoding"]
        if codings and (codings != [b"chunked"] or self.parser.get_http_version() == "1.0"):
            self._refuse(501)
        if self._is_crowded():
            self.app, self.limit_concurrency = self._turn_away, None  # for this one request: it closes afterwards
        elif self._is_answered():
            return
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._held is None:
            super().on_body(body)
        else:
            self._held.append(body)

    def on_message_complete(self) -> None:
        if self._held is None:
            super().on_message_complete()
        else:
            self._is_whole = True

    def _is_answered(self) -> bool:
        """Answered, or held until its body is there."""
        method = self.parser.get_method()
        if method == b"GET":
            asked = None if self.at_once is None else self._ordinary("GET")
            return asked is not None and self.at_once is not None and self._write(self.at_once(asked))
        if method == b"POST" and self.url in self.posted and self._ordinary("POST") is not None:
            self._held, self._is_whole = [], False
            return True
        return False

    def _settle(self, held: list[bytes]) -> None:
        """All that arrived is read: answers the held request, or lets it go its way."""
        if self.transport.is_closing():
            self._held = None
        elif self._is_whole and self.posted_at_once is not None:
            answer = self.posted_at_once(cast(Scope, self.scope), b"".join(held))
            if answer is None:
                self._let_go(held)
            else:
                self._held = None
                self._write(answer)
        else:
            self._let_go(held)

    def _let_go(self, held: list[bytes]) -> None:
        """As if it were read only now."""
        self._held = None
        super().on_headers_complete()
        for piece in held:
            super().on_body(piece)
        if self._is_whole:
            super().on_message_complete()

    def _ordinary(self, method: str) -> Scope | None:
        """Of an ordinary request on a connection that stays, when nothing is under way on it or waits to be sent."""
        parser, cycle = self.parser, cast(RequestResponseCycle | None, self.cycle)
        if (
            parser.get_http_version() != "1.1"
            or not parser.should_keep_alive()
            or parser.should_upgrade()
            or self.expect_100_continue
            or (cycle is not None and not cycle.response_complete)
            or self.flow.write_paused
            or self.transport.is_closing()
        ):
            return None
        raw_path, _, query = self.url.partition(b"?")
        if not raw_path.isascii() or b"%" in raw_path or b"#" in self.url:
            return None
        asked = cast(Scope, self.scope)
        asked.update(method=method, path=raw_path.decode(), raw_path=raw_path, query_string=query)
        return asked

    def _write(self, answer: bytes | None) -> bool:
        if answer is None:
            return False
        always = b"".join([b"%b: %b\r\n" % header for header in self.server_state.default_headers])
        self.transport.write(b"".join((STATUS_LINE[200], always, answer)))
        self.cycle = _ANSWERED
        self.on_response_complete()
        return True

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 -- its words are not ours
        """Says which status, and not a word of what was sent."""
        lines = [(b"content-length", b"0"), (b"cache-control", b"no-store"), (b"connection", b"close"), *self.fixed]
        head = b"".join(b"%b: %b\r\n" % line for line in lines)
        self.transport.write(STATUS_LINE[self._status] + head + b"\r\n")
        self.transport.close()

    def _is_crowded(self) -> bool:
        most = self.limit_concurrency
        return most is not None and max(len(self.connections), len(self.tasks)) >= most

    async def _turn_away(self, scope: Scope, _: Receive, send: Send) -> None:
        self.logger.warning("more connections than are taken")
        headers = [(b"connection", b"close"), (b"retry-after", b"2"), (b"cache-control", b"no-store"), *self.fixed]
        await refuse(scope, send, 503, "busy", "Many people are at the door. Try again in a few seconds.", headers)

    def _refuse(self, status: int) -> None:
        self._status = status
        raise _Refused

    def _begin_head(self) -> None:
        self._in_head = True
        self._head_bytes = 0
        self._named_bytes = 0
        self._deadline = self.loop.call_later(self.head_seconds, self._too_slow)

    def _end_head(self) -> None:
        self._in_head = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
