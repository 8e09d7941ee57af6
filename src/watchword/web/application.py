"""The ASGI application: pages and JSON API behind the hot route. The guards of ``web.edge`` stand around it."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount

from watchword.foundation.errors import Throttled
from watchword.web.api.application import json_api
from watchword.web.door import Door
from watchword.web.edge.asgi import App
from watchword.web.hot import HotSession
from watchword.web.pages.account import AccountPages
from watchword.web.pages.confirmed import Confirmed
from watchword.web.pages.frame import Frame
from watchword.web.pages.passages import PassagePages
from watchword.web.pages.steps import Steps

log = structlog.get_logger()
Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, kw_only=True)
class Faces:
    """Everything the application serves besides the API."""

    frame: Frame
    steps: Steps
    others: Sequence[BaseRoute]


@asynccontextmanager
async def _nothing(_: Starlette) -> AsyncIterator[None]:
    yield


def application(door: Door, faces: Faces, lifespan: Lifespan = _nothing) -> App:
    frame = faces.frame
    rooms = AccountPages(frame=frame)
    passages = PassagePages(frame=frame, steps=faces.steps, confirmed=Confirmed(frame=frame, rooms=rooms))

    async def missing(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        return frame.error(request, status if status in (400, 404, 405, 413) else 400)

    async def throttled(request: Request, error: Exception) -> Response:
        assert isinstance(error, Throttled)
        return frame.error(request, 429, retry_at=error.retry_at)

    async def failed(request: Request, error: Exception) -> Response:
        log.error("request failed", kind=type(error).__name__)
        return frame.error(request, 500)

    inner = Starlette(
        routes=[*passages.routes(), *rooms.routes(), *faces.others, Mount("/api/v1", json_api(door))],
        exception_handlers={HTTPException: missing, Throttled: throttled, Exception: failed},
        lifespan=lifespan,
    )
    inner.router.redirect_slashes = False
    return HotSession(app=inner, sessions=door.sessions, names=frame.cookies.names)
