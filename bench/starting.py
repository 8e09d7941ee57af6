"""At rest: memory of an idle server, and the time from its start to its first answer over data that is there."""

from http.client import HTTPConnection
from statistics import median
from time import perf_counter

from bench.figures import Figure
from bench.machine import memory_mib
from bench.setting import place
from tests.support.process import ServerProcess

STARTS = 5
TARGET_SECONDS = 3.0


def measure() -> list[Figure]:
    with place() as here:
        server = here.server()
        _start(server)  # makes keys and database
        server.stop()
        seconds, memory = [], []
        for _ in range(STARTS):
            seconds.append(_start(server))
            memory.append(memory_mib(server.pid))
            server.stop()
    return [
        Figure(name="warm start to the first page", value=median(seconds), unit="s", less_than=TARGET_SECONDS),
        Figure(name="memory once it answered", value=median(memory), unit="MiB"),
    ]


def _start(server: ServerProcess) -> float:
    begun = perf_counter()
    server.start()
    connection = HTTPConnection("localhost", server.port)
    connection.request("GET", "/sign-in")
    assert connection.getresponse().status == 200
    connection.close()
    return perf_counter() - begun
