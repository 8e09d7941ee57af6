"""What the operator's machines ask, on a bind of its own: is it alive, is it ready, how is it doing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from watchword.web.edge.asgi import Receive, Scope, Send

_TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, kw_only=True)
class Operations:
    """``/healthz``: the process answers. ``/readyz``: its database does too. ``/metrics``: for Prometheus."""

    ready: Callable[[], Awaitable[bool]]
    registry: CollectorRegistry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 -- ASGI's signature
        if scope["type"] != "http":
            return
        status, kind, body = await self._answer(scope)
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        headers += [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope) -> tuple[int, str, bytes]:
        if scope["method"] not in ("GET", "HEAD"):
            return 405, _TEXT, b"method not taken\n"
        match scope["path"]:
            case "/healthz":
                return 200, _TEXT, b"alive\n"
            case "/readyz":
                return (200, _TEXT, b"ready\n") if await self.ready() else (503, _TEXT, b"not ready\n")
            case "/metrics":
                return 200, CONTENT_TYPE_LATEST, generate_latest(self.registry)
            case _:
                return 404, _TEXT, b"not found\n"
