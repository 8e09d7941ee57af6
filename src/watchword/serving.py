"""From settings to a running server: the house is started, the guards put around it, and one line says where it is."""

import asyncio
import gc
from collections.abc import Callable

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector

from watchword.app import House, start, web_application
from watchword.crypto.tokens import Randomness
from watchword.foundation.errors import WatchwordError
from watchword.handover.forwarding.addresses import Applications
from watchword.operating import has_begun
from watchword.settings import Settings, require_safe
from watchword.storage.installation import Installation
from watchword.web.edge import EdgePlan, guarded
from watchword.web.edge.addresses import ASKED_BY_PROXIES
from watchword.web.edge.asgi import App
from watchword.web.edge.logs import configure_logging
from watchword.web.edge.metrics import RequestMetrics
from watchword.web.edge.operations import Operations
from watchword.web.edge.response_headers import fixed_headers
from watchword.web.edge.server import Listening, ServerPlan, serve

HOT = frozenset({"/api/v1/session", "/api/v1/revocations", "/api/v1/api-requests/verify", *ASKED_BY_PROXIES})


def serve_house(
    settings: Settings, announce: Callable[[str], None], prepare: Callable[[House], None] = lambda _: None
) -> None:
    """Serves until a signal ends it. ``prepare`` is done before, with the opened house. Raises Misconfigured for
    anything unsafe."""
    require_safe(settings)
    configure_logging(settings.log_level, readable=settings.in_development)
    has_begun(settings)  # says so in a sentence when there is no database to reach
    house = start(settings)
    try:
        prepare(house)
        registry = new_registry()
        app = guarded(web_application(house), edge_plan(settings, registry))
        operations = operations_of(house, registry)

        def started(where: Listening) -> None:
            gc.collect()
            gc.freeze()  # what the start made lives as long as we do; no later collection need walk through it
            inner = " ".join(f"{host}:{port}" for host, port in where.operations)
            announce(f"{settings.brand} is served at {settings.public_url} (operations at {inner})")

        serve(app, operations, server_plan(settings), started)
    finally:
        house.close()


def edge_plan(settings: Settings, registry: CollectorRegistry) -> EdgePlan:
    return EdgePlan(
        public_url=settings.public_url,
        proxies=settings.trusted_proxies,
        refuses_forwarding=settings.in_development,
        applications=_application_hosts(settings),
        human=settings.human,
        new_request_id=Randomness().id,
        metrics=RequestMetrics(registry),
        quiet=HOT,
    )


def _application_hosts(settings: Settings) -> frozenset[bytes]:
    applications = Applications(official=settings.public_url, listed=settings.applications)
    return frozenset(application.host.encode() for application in applications.elsewhere())


def server_plan(settings: Settings) -> ServerPlan:
    return ServerPlan(
        host=settings.host,
        port=settings.port,
        operations_host=settings.operations_host,
        operations_port=settings.operations_port,
        asked_host=settings.forward_auth_host,
        asked_port=settings.forward_auth_port,
        tls_cert=settings.tls_cert,
        tls_key=settings.tls_key,
        connections=settings.connections,
        headers=fixed_headers(human=settings.human, https=settings.public_url.startswith("https:")),
    )


def operations_of(house: House, registry: CollectorRegistry) -> App:
    def answers() -> bool:
        try:
            return Installation(database=house.database).has_begun()
        except WatchwordError:
            return False

    async def ready() -> bool:
        return await asyncio.to_thread(answers)

    return Operations(ready=ready, registry=registry)


def new_registry() -> CollectorRegistry:
    """With the figures of the process itself."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry
