"""The guards in their order, from the outside in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from watchword.web.edge.addresses import ClientAddress, Network
from watchword.web.edge.asgi import App, Receive, Scope, Send
from watchword.web.edge.bodies import BodyLimit
from watchword.web.edge.front import Front, WithQuick
from watchword.web.edge.hosts import HostGuard
from watchword.web.edge.metrics import RequestMetrics
from watchword.web.edge.paths import PathGuard
from watchword.web.edge.protocol import AtOnce, PostedAtOnce
from watchword.web.edge.requests import RequestLog
from watchword.web.edge.response_headers import ResponseHeaders, fixed_headers
from watchword.web.edge.same_origin import SameOriginGuard


@dataclass(frozen=True, kw_only=True)
class EdgePlan:
    public_url: str
    """The official address as an origin: scheme, host, and port unless it is the scheme's own."""
    proxies: Sequence[Network] = ()
    refuses_forwarding: bool = False
    applications: frozenset[bytes] = frozenset()
    """The hosts of applications behind a proxy that we answer for under one path."""
    human: str = "altcha"
    new_request_id: Callable[[], str]
    metrics: RequestMetrics
    quiet: frozenset[str] = frozenset()
    """Paths so often asked that a good answer is not worth a line in the log."""


def guarded(app: App, plan: EdgePlan) -> "Guarded":
    """Every reply, the guards' own refusals too, carries the security headers and is logged; but a good answer of a
    quiet path is not, and may come before the guards."""
    scheme, _, host = plan.public_url.partition("://")
    https = scheme == "https"
    inner: App = BodyLimit(app=app)
    inner = SameOriginGuard(app=inner, origin=plan.public_url.encode())
    inner = PathGuard(app=inner)
    addresses = ClientAddress(app=inner, proxies=plan.proxies, https=https, refuses_forwarding=plan.refuses_forwarding)
    inner = HostGuard(app=addresses, host=host.encode(), applications=plan.applications)
    inner = RequestLog(app=inner, new_id=plan.new_request_id, metrics=plan.metrics, quiet=plan.quiet)
    fixed = fixed_headers(human=plan.human, https=https)
    inner = ResponseHeaders(app=inner, fixed=fixed)
    front = None
    if isinstance(app, WithQuick) and app.quick.keys() | app.posted.keys() <= plan.quiet:
        front = Front(
            app=inner,
            given=app,
            host=host.encode(),
            addresses=addresses,
            fixed=fixed,
            new_id=plan.new_request_id,
            metrics=plan.metrics,
        )
    if front is None:
        return Guarded(app=inner, lifespan=app)
    return Guarded(
        app=front, lifespan=app, at_once=front.at_once, posted_at_once=front.posted_at_once, posted=front.posted
    )


@dataclass(frozen=True, kw_only=True)
class Guarded:
    """Only HTTP."""

    app: App
    lifespan: App
    at_once: AtOnce | None = None
    """For a server that can write an answer without making a task for the request."""
    posted_at_once: PostedAtOnce | None = None
    posted: frozenset[bytes] = frozenset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.app(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self.lifespan(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})
