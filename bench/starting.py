"""How soon a server that was set up before answers, and how much memory it holds before and after some work."""

import socket
from statistics import median
from time import perf_counter, sleep

from bench.figures import Figure
from bench.machine import cpu_seconds, memory_mib
from bench.setting import Place, place, running
from bench.sign_in import sign_in_for
from tests.support.process import ServerProcess

STARTS = 5
MOST_SECONDS = 3
"""The second start has no more."""
ALONE = 0.7
"""Share of the core from which on the clock says something: a start waits for its files too."""


def measure() -> list[Figure]:
    with place() as here:
        first = _start(here)
        starts = [_start(here) for _ in range(STARTS)]
        with running(here.server()) as server:
            idle = memory_mib(server.pid)
            users = [here.newcomer(server, f"user{number}") for number in range(4)]
            sign_in_for(2.0, users, server)
            worked = memory_mib(server.pid)
    seconds, processor = (median(each[which] for each in starts) for which in (0, 1))
    return [
        Figure(
            name="warm start: from the command to the first answer",
            value=seconds,
            unit="s",
            less_than=MOST_SECONDS if processor >= ALONE * seconds else None,
            note=f"median of {STARTS}" + ("" if processor >= ALONE * seconds else "; not judged: others had the core"),
        ),
        Figure(name="   of it processor time", value=processor, unit="s", less_than=MOST_SECONDS),
        Figure(name="the first start: database and keys are made", value=first[0], unit="s"),
        Figure(name="idle memory", value=idle, unit="MiB", note="resident"),
        Figure(name="memory after two seconds of sign-ins", value=worked, unit="MiB", note="19 MiB of it one hash"),
    ]


def _start(here: Place) -> tuple[float, float]:
    """Seconds by the clock, and of processor time."""
    server = here.server()
    begun = perf_counter()
    with running(server, wait=False):
        _first_answer(server)
        return perf_counter() - begun, cpu_seconds(server.pid)


def _first_answer(server: ServerProcess) -> None:
    request = f"GET /sign-in HTTP/1.1\r\nHost: localhost:{server.port}\r\nConnection: close\r\n\r\n".encode()
    while True:
        try:
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
                connection.sendall(request)
                assert connection.recv(64).startswith(b"HTTP/1.1 200")
                return
        except ConnectionRefusedError:
            sleep(0.005)
