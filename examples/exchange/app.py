"""The desk put together: settings and a clock in, an ASGI application out."""

from collections.abc import Callable
from datetime import datetime

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from examples.exchange.public import PublicPages
from examples.exchange.settings import Settings
from examples.exchange.web import HERE, Guards, Pages


def application(settings: Settings, clock: Callable[[], datetime]) -> Starlette:
    pages = Pages(settings, clock)
    public = PublicPages(pages=pages)
    app = Starlette(
        routes=[Mount("/static", StaticFiles(directory=HERE / "static")), *public.routes()],
        middleware=[Middleware(BaseHTTPMiddleware, dispatch=Guards(settings=settings))],
    )
    app.router.redirect_slashes = False
    return app
