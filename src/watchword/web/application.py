"""The ASGI application: pages and JSON API behind the hot route. The guards of ``web.edge`` stand around it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount

from watchword.web.door import Door
from watchword.web.edge.asgi import App
from watchword.web.edge.front import WithQuick
from watchword.web.forward_auth import ForwardAuth
from watchword.web.forward_callback import ForwardCallback
from watchword.web.hot import PATH as SESSION
from watchword.web.hot import QuickSession
from watchword.web.hot_verify import PATH as VERIFY
from watchword.web.hot_verify import HotVerify
from watchword.web.oidc.authorize import AuthorizePages
from watchword.web.oidc.discovery import Discovery
from watchword.web.oidc.end_session import EndSessionPages
from watchword.web.oidc.endpoints import ClientEndpoints
from watchword.web.pages.account import AccountPages
from watchword.web.pages.alerts import AlertPages
from watchword.web.pages.applications import ApplicationPages
from watchword.web.pages.asked import AskedPages
from watchword.web.pages.check_up import CheckUpPages
from watchword.web.pages.confirmed import Confirmed
from watchword.web.pages.devices import DevicePages
from watchword.web.pages.exits import ExitPages
from watchword.web.pages.forwarding import ForwardPages
from watchword.web.pages.frame import Frame
from watchword.web.pages.freezing import FreezePages
from watchword.web.pages.keys import KeyPages
from watchword.web.pages.messages import MessagePages
from watchword.web.pages.own import OwnPages
from watchword.web.pages.passages import PassagePages
from watchword.web.pages.passkeys import PasskeyPages
from watchword.web.pages.steps import Steps
from watchword.web.pages.stopped import Stopped
from watchword.web.pages.trading import TradingPages
from watchword.web.replay_batch import ReplayBatch
from watchword.web.when_asked import WhenAsked

SETTLED = timedelta(seconds=1)
"""From the start to what nobody waits for yet: it would take the processor from the first answer."""

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, kw_only=True)
class Faces:
    """Everything the application serves besides the API."""

    frame: Frame
    steps: Steps
    others: Sequence[BaseRoute]
    asked_port: int | None = None
    """Where our own proxies ask, if not at the public port."""


@asynccontextmanager
async def _nothing(_: Starlette) -> AsyncIterator[None]:
    yield


def application(door: Door, faces: Faces, lifespan: Lifespan = _nothing) -> WithQuick:
    frame = faces.frame
    rooms = AccountPages(frame=frame)
    passages = PassagePages(frame=frame, steps=faces.steps, confirmed=Confirmed(frame=frame, rooms=rooms))

    others = (AlertPages, TradingPages, ExitPages, AskedPages, CheckUpPages, MessagePages, OwnPages, ApplicationPages)
    more = [route for pages in (*others, KeyPages, PasskeyPages) for route in pages(frame=frame).routes()]
    freezing = FreezePages(frame=frame, steps=faces.steps)
    more += ForwardPages(frame=frame, forwarding=door.platform.forwarding).routes()
    more += [*freezing.routes(), *DevicePages(frame=frame, freezing=freezing).routes()]

    api = WhenAsked(lambda: _json_api(door))
    inner = Starlette(
        routes=[
            Mount("/api/v1", api),
            *passages.routes(),
            *rooms.routes(),
            *more,
            *openid_routes(frame),
            *faces.others,
        ],
        exception_handlers=Stopped(frame).handlers(),
        lifespan=_with(api, lifespan),
    )
    inner.router.redirect_slashes = False
    platform = door.platform
    verify = HotVerify(
        app=inner,
        services=platform.services,
        requests=platform.api_requests,
        failures=platform.api_key_failures,
        batch=ReplayBatch(platform.api_requests.replays, door.clock),
    )
    forwarding = platform.forwarding
    outer: App = ForwardCallback(app=verify, forwarding=forwarding, cookies=frame.cookies, clock=door.clock)
    outer = ForwardAuth(app=outer, forwarding=forwarding, names=frame.cookies.names, port=faces.asked_port)
    quick = {SESSION: QuickSession(sessions=door.sessions, names=frame.cookies.names)}
    return WithQuick(app=outer, quick=quick, posted={VERIFY: verify.at_once}, apart=faces.asked_port)


def _json_api(door: Door) -> App:
    from watchword.web.api.application import json_api  # noqa: PLC0415 - see WhenAsked

    return json_api(door)


async def _soon(api: WhenAsked) -> None:
    await asyncio.sleep(SETTLED.total_seconds())
    await api.ready()


def _with(api: WhenAsked, lifespan: Lifespan) -> Lifespan:
    """The API is made once whoever waited for the start has been answered."""

    @asynccontextmanager
    async def both(app: Starlette) -> AsyncIterator[None]:
        async with lifespan(app):
            making = asyncio.create_task(_soon(api))
            yield
            making.cancel()
            await asyncio.gather(making, return_exceptions=True)

    return both


def openid_routes(frame: Frame) -> list[BaseRoute]:
    platform = frame.door.platform
    return [
        *Discovery(keys=platform.signing_keys).routes(),
        *ClientEndpoints(openid=platform.openid, services=platform.services).routes(),
        *AuthorizePages(frame=frame, openid=platform.openid).routes(),
        *EndSessionPages(frame=frame, openid=platform.openid).routes(),
    ]
