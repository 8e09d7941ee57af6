"""One line in the log for each request, and no way for a failure to show what it failed on.

Neither query strings nor addresses are logged, nor anything that a person sent: of a path only what is ours and short,
since ids and one-use tokens are long, and nothing of a path that was not found. What a handler notes as
``request.state.waited`` was spent waiting for news, and is no time to answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import structlog

from watchword.web.edge.asgi import App, Message, Receive, Scope, Send, refuse, state_of
from watchword.web.edge.metrics import RequestMetrics
from watchword.web.edge.paths import METHODS

_log = structlog.get_logger("watchword.requests")
_LONG = 24
_CLIENT_LEFT = 499


class ReplyCutShort(Exception):
    """Tells the server to drop the connection; says nothing of why, which is in the log."""


@dataclass(frozen=True, kw_only=True)
class RequestLog:
    app: App
    new_id: Callable[[], str]
    metrics: RequestMetrics
    quiet: frozenset[str] = frozenset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = self.new_id()
        state_of(scope)["request_id"] = request_id
        started = perf_counter()
        status, finished = 0, False

        async def noting(message: Message) -> None:
            nonlocal status, finished
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"request-id", request_id.encode())]
            await send(message)
            finished = message["type"] == "http.response.body" and not message.get("more_body", False)

        try:
            await self.app(scope, receive, noting)
        except Exception as failure:
            _log.error("request_failed", request=request_id, exc_info=failure)
            if status and not finished:
                raise ReplyCutShort from None
            if not status:
                await refuse(scope, noting, 500, "failed", "Something went wrong on our side. Please try again.")
        finally:
            spent = perf_counter() - started - state_of(scope).get("waited", 0)
            self._note(scope, request_id, status or _CLIENT_LEFT, spent)
            alarm = state_of(scope).get("alarm")
            if alarm is not None:
                self.metrics.alarm(alarm)
                _log.warning("alarm", request=request_id, alarm=alarm)

    def _note(self, scope: Scope, request_id: str, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        self.metrics.note(method, status, seconds)
        if status < 400 and scope["path"] in self.quiet:
            return
        _log.info(
            "request",
            request=request_id,
            method=method,
            path=shown_path(scope["path"], status),
            status=status,
            ms=round(seconds * 1000, 1),
        )


def shown_path(path: str, status: int) -> str:
    if status in (400, 404, 421):
        return "…"
    return "/".join(part if len(part) < _LONG else "…" for part in path.split("/"))
