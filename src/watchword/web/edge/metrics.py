"""How many requests, how they ended, how long they took. For the operator's eyes, on a bind of its own."""

from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Histogram


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
        self._requests = Counter(
            "watchword_requests", "Requests answered, by method and status", ("method", "status"), registry=registry
        )
        self._seconds = Histogram(
            "watchword_request_seconds", "Time to answer a request", registry=registry, buckets=_SECONDS
        )
        self._alarms = Counter(
            "watchword_alarms", "What no honest mistake brings about, by kind", ("alarm",), registry=registry
        )
        for kind in Alarm:
            self._alarms.labels(kind)
        self._counters: dict[tuple[str, int], Counter] = {}

    def alarm(self, kind: "Alarm") -> None:
        self._alarms.labels(kind).inc()

    def note(self, method: str, status: int, seconds: float) -> None:
        """``method`` is one of the closed list, so that no caller can make labels without end."""
        counter = self._counters.get((method, status))
        if counter is None:
            counter = self._requests.labels(method, str(status))
            self._counters[method, status] = counter
        counter.inc()
        self._seconds.observe(seconds)
