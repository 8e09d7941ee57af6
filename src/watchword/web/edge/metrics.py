"""How many requests, how they ended, how long they took. For the operator's eyes, on a bind of its own."""

from bisect import bisect_left
from collections.abc import Iterator
from enum import StrEnum
from itertools import accumulate

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector


class Alarm(StrEnum):
    """A handler notes it as ``request.state.alarm``; the request's log line is followed by one of its own."""

    APPROVAL_MISMATCH = "approval_mismatch"
    """A service came with an approval that another action, account or session was confirmed for."""
    ROW_REFUSED = "row_refused"
    """A row is not as we signed it."""


_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class RequestMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._counted = _Counted()
        registry.register(self._counted)
        self._alarms = Counter(
            "watchword_alarms", "What no honest mistake brings about, by kind", ("alarm",), registry=registry
        )
        for kind in Alarm:
            self._alarms.labels(kind)
        self.note = self._counted.note

    def alarm(self, kind: "Alarm") -> None:
        self._alarms.labels(kind).inc()


class _Counted(Collector):
    """Plain numbers, written by the event loop alone, and made into metrics when somebody looks: a counter with a lock
    costs a quick answer a twentieth of its time."""

    def __init__(self) -> None:
        self._requests: dict[tuple[str, int], int] = {}
        self._slots = [0] * (len(_SECONDS) + 1)
        self._sum = 0.0

    def note(self, method: str, status: int, seconds: float) -> None:
        """``method`` is one of the closed list, so that no caller can make labels without end."""
        key = (method, status)
        self._requests[key] = self._requests.get(key, 0) + 1
        self._slots[bisect_left(_SECONDS, seconds)] += 1
        self._sum += seconds

    def collect(self) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            "watchword_requests", "Requests answered, by method and status", labels=("method", "status")
        )
        for (method, status), count in list(self._requests.items()):
            requests.add_metric((method, str(status)), count)
        yield requests
        bounds = [*map(str, _SECONDS), "+Inf"]
        slots = list(zip(bounds, accumulate(self._slots), strict=True))
        yield HistogramMetricFamily(
            "watchword_request_seconds", "Time to answer a request", buckets=slots, sum_value=self._sum
        )
