"""What the guards share: ASGI's types, reading a header, a short refusal that echoes nothing."""

import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

API_PREFIX = "/api/"


def header_values(scope: Scope, name: bytes) -> list[bytes]:
    """Every value of a header, in order. ``name`` in lower case, as ASGI has it."""
    return [value for key, value in scope["headers"] if key == name]


def state_of(scope: Scope) -> dict[str, Any]:
    """What guards note for the handlers; Starlette shows it as ``request.state``."""
    state: dict[str, Any] = scope.setdefault("state", {})
    return state


def is_read_by_a_person(scope: Scope) -> bool:
    """Whether a page is better than a plain sentence."""
    if scope.get("path", "").startswith(API_PREFIX):
        return False
    return any(b"text/html" in value for value in header_values(scope, b"accept"))


def shown_instead(scope: Scope, path: str) -> Scope:
    """The same request as one for a page of ours, which says what is the matter."""
    return {**scope, "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b""}


async def refuse(
    scope: Scope, send: Send, status: int, code: str, sentence: str, headers: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    """A refusal in a sentence of ours: a problem document (RFC 9457) under /api/, plain text elsewhere."""
    if scope.get("path", "").startswith(API_PREFIX):
        kind = b"application/problem+json"
        problem = {"type": "about:blank", "title": sentence, "status": status, "code": code}
        body = json.dumps(problem).encode()
    else:
        kind = b"text/plain; charset=utf-8"
        body = f"{sentence}\n".encode()
    start = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})
