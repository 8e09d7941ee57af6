"""``GET /api/v1/session`` against a constant reply of the same server, in requests a second of server processor time.

Who asks is slower than who answers, so time that passes says little; the server's own processor time does not care.
"""

import sys
from collections.abc import Mapping
from http.client import HTTPConnection
from statistics import median

from bench.figures import Figure
from bench.machine import cpu_seconds
from bench.setting import Place, place, running
from tests.support.ports import free_port
from tests.support.process import ServerProcess

ROUNDS = 5
REQUESTS = 3_000
PATH = "/api/v1/session"


def measure() -> list[Figure]:
    with place() as here, running(here.server()) as server:
        user = here.newcomer(server, "holder")
        bearer = user.bearer
        with running(_constant(here, "bare")) as bare, running(_constant(here, "guarded")) as behind:
            rounds = [(_rate(server, bearer), _rate(behind, {}), _rate(bare, {})) for _ in range(ROUNDS)]
    session, guards, nothing = (median(rates) for rates in zip(*rounds, strict=True))
    return [
        Figure(
            name="session check / constant reply behind the same guards",
            value=median(one / two for one, two, _ in rounds),
            note=f"median of {ROUNDS} rounds",
        ),
        Figure(name="session check / bare constant reply", value=median(one / three for one, _, three in rounds)),
        Figure(name="session checks a processor second", value=session),
        Figure(name="constant replies behind guards a processor second", value=guards),
        Figure(name="bare constant replies a processor second", value=nothing),
    ]


def _constant(here: Place, how: str) -> ServerProcess:
    data = here.directory / how
    data.mkdir()
    return ServerProcess({"port": free_port(), "data": data / "var"}, [sys.executable, "-m", "bench.constant", how])


def _rate(server: ServerProcess, headers: Mapping[str, str]) -> float:
    connection = HTTPConnection("localhost", server.port)
    _ask(connection, headers, 200)
    begun = cpu_seconds(server.pid)
    _ask(connection, headers, REQUESTS)
    spent = cpu_seconds(server.pid) - begun
    connection.close()
    return REQUESTS / spent


def _ask(connection: HTTPConnection, headers: Mapping[str, str], count: int) -> None:
    for _ in range(count):
        connection.request("GET", PATH, headers=dict(headers))
        reply = connection.getresponse()
        reply.read()
        assert reply.status == 200, reply.status
