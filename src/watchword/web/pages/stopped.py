"""When a page can't be given: what happened and what to do, in the reader's language."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from watchword.foundation.errors import Busy, Conflict, Gone, NotFound, NotPossible, Tampered, Throttled
from watchword.web.confirming import why_not
from watchword.web.edge.metrics import Alarm
from watchword.web.pages.frame import Frame

log = structlog.get_logger()
_SOON = "2"


@dataclass(frozen=True)
class Stopped:
    frame: Frame

    def handlers(self) -> Mapping[Any, Callable[..., Any]]:
        return {
            HTTPException: self._refused,
            Throttled: self._throttled,
            Busy: self._busy,
            NotPossible: self._not_possible,
            NotFound: self._status(404),
            Gone: self._status(410),
            Conflict: self._status(410),
            Exception: self._failed,
        }

    async def _refused(self, request: Request, error: HTTPException) -> Response:
        status = error.status_code if error.status_code in (404, 405, 413) else 400
        response = await self._say(request, status)
        response.headers.update(error.headers or {})
        return response

    async def _throttled(self, request: Request, error: Throttled) -> Response:
        response = await self._say(request, 429, retry_at=error.retry_at)
        wait = (error.retry_at - self.frame.door.clock()).total_seconds()
        response.headers["Retry-After"] = str(max(1, math.ceil(wait)))
        return response

    async def _busy(self, request: Request, _: Busy) -> Response:
        response = await self._say(request, 503)
        response.headers["Retry-After"] = _SOON
        return response

    async def _not_possible(self, request: Request, error: NotPossible) -> Response:
        why = why_not(self.frame.words(request), error.reason)
        return await run_in_threadpool(
            lambda: self.frame.page(request, "not_possible.html", http_status=403, why=why, until=error.until)
        )

    def _status(self, status: int) -> Callable[..., Any]:
        async def stopped(request: Request, _: Exception) -> Response:
            return await self._say(request, status)

        return stopped

    async def _failed(self, request: Request, error: Exception) -> Response:
        log.error("request failed", kind=type(error).__name__)
        if isinstance(error, Tampered):
            request.state.alarm = Alarm.ROW_REFUSED
        return await self._say(request, 500)

    async def _say(self, request: Request, status: int, **facts: Any) -> Response:
        """Off the event loop: the page asks whether somebody is signed in."""
        return await run_in_threadpool(lambda: self.frame.error(request, status, **facts))
