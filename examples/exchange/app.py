"""The desk put together: settings, a clock and a source of tokens in, an ASGI application out."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from examples.exchange.account import AccountPages
from examples.exchange.bots import Bots
from examples.exchange.door import Door
from examples.exchange.entering import Entering
from examples.exchange.leaving import LeavingPages
from examples.exchange.payouts import Action, Payouts
from examples.exchange.public import PublicPages
from examples.exchange.settings import Settings
from examples.exchange.signing_in import SignIns
from examples.exchange.store import Store
from examples.exchange.trading import Trading
from examples.exchange.web import HERE, Guards, Pages

log = logging.getLogger("exchange")
_EVERY = 2.0
"""Seconds between two looks at what is under way."""


def paper_carrier(key: str, action: Action) -> str:  # noqa: ARG001 -- nobody is sent anything
    """Sends nothing anywhere. A real one hands the key on, so that the network's side knows a repetition too."""
    return f"paper-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What is open while it runs."""

    store: Store
    door: Door
    trading: Trading
    payouts: Payouts
    sign_ins: SignIns
    app: Starlette


def open_desk(settings: Settings, *, clock: Callable[[], datetime], new_token: Callable[[], str]) -> Desk:
    store, door, pages = Store(settings.data / "desk.db"), Door(settings, clock), Pages(settings, clock)
    trading = Trading(store=store, clock=clock, new_id=new_token)
    back = f"{settings.url}/payouts/"
    payouts = Payouts(store=store, approvals=door.approvals, carrier=paper_carrier, clock=clock, back=back)
    sign_ins = SignIns(store=store, door=door, clock=clock, new_token=new_token)
    entering = Entering(pages=pages, sign_ins=sign_ins)
    public = PublicPages(pages=pages, entering=entering)
    account = AccountPages(
        pages=pages, entering=entering, public=public, store=store, trading=trading, new_id=new_token
    )
    leaving = LeavingPages(pages=pages, entering=entering, store=store, payouts=payouts, new_id=new_token)
    bots = Bots(pages=pages, entering=entering, store=store, trading=trading, door=door)

    async def not_found(request: Request, _: Exception) -> Response:
        return pages.show(request, "error.html", status=404, error="not_found")

    app = Starlette(
        routes=[
            Mount("/static", StaticFiles(directory=HERE / "static")),
            *entering.routes(),
            *public.routes(),
            *account.routes(),
            *leaving.routes(),
            *bots.routes(),
        ],
        middleware=[Middleware(BaseHTTPMiddleware, dispatch=Guards(settings=settings))],
        exception_handlers={404: not_found, 405: not_found},
        lifespan=_running(door, store, payouts),
    )
    app.router.redirect_slashes = False
    return Desk(store=store, door=door, trading=trading, payouts=payouts, sign_ins=sign_ins, app=app)


def _running(door: Door, store: Store, payouts: Payouts) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        door.start()
        going_on = asyncio.create_task(_every(payouts.go_on))
        yield
        going_on.cancel()
        await run_in_threadpool(door.stop)
        store.close()

    return lifespan


async def _every(chore: Callable[[], None]) -> None:
    """A chore that fails is done again: nothing of it may be lost because something else was amiss."""
    while True:
        try:
            await run_in_threadpool(chore)
        except Exception as failed:
            log.error("payouts were not gone on with: %s", type(failed).__name__)
        await asyncio.sleep(_EVERY)
