"""One house served three ways, which must answer the same bytes alike: at once where it may; before the guards, but as
an application, as where the server asks nobody at once; and by the long way alone.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from prometheus_client import CollectorRegistry

from tests.support.acts import session_of
from tests.support.house import Person
from tests.support.served import Served, served
from tests.support.visitor import without_worker
from watchword.app import House, web_application
from watchword.serving import edge_plan, operations_of
from watchword.web.edge import EdgePlan, guarded

_ITS_OWN = re.compile(rb"(request-id|date): [^\r]*")


@dataclass
class Ways:
    short: Served
    before: Served
    long: Served
    registries: list[CollectorRegistry]
    host: bytes
    token: bytes

    def ask(self, request: bytes) -> bytes:
        """What they all answer, until the connection ends."""
        whole = request.replace(b"HOST", self.host).replace(b"TOKEN", self.token)
        answers = [_ITS_OWN.sub(rb"\1: own", way.send(whole)) for way in (self.short, self.before, self.long)]
        assert answers[0] == answers[2], whole
        assert answers[1] == answers[2], whole
        return answers[0]


@contextmanager
def ways(person: Person, **plan: object) -> Iterator[Ways]:
    session_of(person)  # so that it lies in memory, where time does not pass
    house, registries = person.house, [CollectorRegistry() for _ in range(3)]
    plans = [replace(edge_plan(house.settings, registry), **plan) for registry in registries]  # type: ignore[arg-type]
    with ExitStack() as open_servers:
        short, before, long = (open_servers.enter_context(_way(house, kind, its)) for kind, its in enumerate(plans))
        host = plans[0].public_url.partition("://")[2].encode()
        yield Ways(short, before, long, registries=registries, host=host, token=person.session.encode())


@contextmanager
def _way(house: House, kind: int, plan: EdgePlan) -> Iterator[Served]:
    inner = web_application(house)
    inner = replace(inner, app=without_worker(inner.app))
    if kind == 2:
        inner = replace(inner, quick={}, posted={})
    app = guarded(inner, plan)
    operations = operations_of(house, plan.metrics.registry)
    with served(app if kind == 0 else replace(app, at_once=None), operations) as found:
        yield found


def requests_counted(registry: CollectorRegistry) -> dict[tuple[str, str], float]:
    (family,) = (each for each in registry.collect() if each.name == "watchword_requests")
    return {
        (sample.labels["method"], sample.labels["status"]): sample.value
        for sample in family.samples
        if sample.name.endswith("_total")
    }
