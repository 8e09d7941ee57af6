"""The guards in their order, from the outside in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from watchword.web.edge.addresses import ClientAddress, Network
from watchword.web.edge.asgi import App, Receive, Scope, Send
from watchword.web.edge.bodies import BodyLimit
from watchword.web.edge.hosts import HostGuard
from watchword.web.edge.metrics import RequestMetrics
from watchword.web.edge.paths import PathGuard
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


def guarded(app: App, plan: EdgePlan) -> App:
    """Every reply, the guards' own refusals too, carries the security headers and is logged."""
    scheme, _, host = plan.public_url.partition("://")
    https = scheme == "https"
    inner: App = BodyLimit(app=app)
    inner = SameOriginGuard(app=inner, origin=plan.public_url.encode())
    inner = PathGuard(app=inner)
    inner = ClientAddress(app=inner, proxies=plan.proxies, https=https, refuses_forwarding=plan.refuses_forwarding)
    inner = HostGuard(app=inner, host=host.encode(), applications=plan.applications)
    inner = RequestLog(app=inner, new_id=plan.new_request_id, metrics=plan.metrics, quiet=plan.quiet)
    inner = ResponseHeaders(app=inner, fixed=fixed_headers(human=plan.human, https=https))
    return _OnlyHttp(app=inner, lifespan=app)


@dataclass(frozen=True, kw_only=True)
class _OnlyHttp:
    app: App
    lifespan: App

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.app(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self.lifespan(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})
