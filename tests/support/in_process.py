"""A client of an application in this process, by one step onto its event loop for each request."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import httpx2
from anyio.from_thread import BlockingPortal
from starlette.testclient import TestClient

from watchword.web.edge.asgi import App, Message, Scope


def client_in(loop: Callable[[], BlockingPortal], app: App, *, base_url: str, address: str) -> TestClient:
    """Starlette's own client takes eight steps, and an event loop of its own for each request. What the application
    raises is an empty 500."""
    client = TestClient(app, base_url=base_url, follow_redirects=False, raise_server_exceptions=False)
    client._transport = _OneStep(loop, app, address)
    return client


class _OneStep(httpx2.BaseTransport):
    def __init__(self, loop: Callable[[], BlockingPortal], app: App, address: str) -> None:
        self.loop, self.app, self.address = loop, app, address

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        status, headers, body = self.loop().call(self._ask, self._scope(request), request.read())
        content = b"" if request.method == "HEAD" else body
        return httpx2.Response(status, headers=headers, stream=httpx2.ByteStream(content), request=request)

    def _scope(self, request: httpx2.Request) -> Scope:
        url = request.url
        port = url.port or {"http": 80, "https": 443}[url.scheme]
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": url.scheme,
            "path": unquote(url.path),
            "raw_path": url.raw_path.split(b"?", 1)[0],
            "root_path": "",
            "query_string": url.query,
            "headers": [(name.lower().encode(), value.encode()) for name, value in request.headers.multi_items()],
            "client": (self.address, 50000),
            "server": (url.raw_host.decode("ascii"), port),
            "state": {},
        }

    async def _ask(self, scope: Scope, body: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        asked: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        answered, start, parts = asyncio.Event(), {"status": 500, "headers": []}, []

        async def receive() -> Message:
            if asked:
                return asked.pop()
            await answered.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                parts.append(message.get("body", b""))
                if not message.get("more_body", False):
                    answered.set()

        try:
            await self.app(scope, receive, send)
        except Exception:
            if not answered.is_set():
                return 500, [], b""
        status: Any = start["status"]
        headers: Any = start["headers"]
        return status, headers, b"".join(parts)
