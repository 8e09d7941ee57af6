"""Small bodies only, and only quick ones.

The whole body is read before a handler runs: it is at most some kilobytes, and so no handler holds a thread or a
transaction while somebody sends one byte a second. What was announced too long is refused unread.
"""

import asyncio
from dataclasses import dataclass

from watchword.web.edge.asgi import App, Message, Receive, Scope, Send, header_values, refuse

LIMIT = 64 * 1024
SECONDS = 10.0
_CLOSE = [(b"connection", b"close")]


class _Oversized(Exception):
    pass


class _Gone(Exception):
    pass


@dataclass(frozen=True, kw_only=True)
class BodyLimit:
    app: App
    limit: int = LIMIT
    seconds: float = SECONDS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _has_body(scope):
            await self.app(scope, receive, send)
            return
        try:
            body = await self._read(scope, receive)
        except _Oversized:
            await refuse(scope, send, 413, "too_large", "What was sent is too large.", _CLOSE)
        except TimeoutError:
            await refuse(scope, send, 408, "too_slow", "What was sent took too long to arrive.", _CLOSE)
        except _Gone:
            return
        else:
            await self.app(scope, _replay(body, receive), send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        announced = header_values(scope, b"content-length")
        if announced and (len(announced[0]) > 9 or int(announced[0]) > self.limit):
            raise _Oversized
        body = bytearray()
        async with asyncio.timeout(self.seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise _Gone
                body += message.get("body", b"")
                if len(body) > self.limit:
                    raise _Oversized
                if not message.get("more_body", False):
                    return bytes(body)


def _has_body(scope: Scope) -> bool:
    return any(
        (name == b"content-length" and value != b"0") or name == b"transfer-encoding"
        for name, value in scope["headers"]
    )


def _replay(body: bytes, receive: Receive) -> Receive:
    """Gives the body once, then whatever comes after it: the end of the connection."""
    pending: list[bytes] = [body]

    async def replayed() -> Message:
        if pending:
            return {"type": "http.request", "body": pending.pop(), "more_body": False}
        return await receive()

    return replayed
