"""Sessions checked in a platform's own process, by ``watchword.relying``, beside a running door that it listens to.

Each check is given a token in a string of its own, as a request brings it. Counted against the processor time of the
whole process, so that the two threads that listen count too.
"""

import subprocess
from statistics import median
from time import perf_counter, process_time

from bench.figures import Figure
from bench.setting import place, running
from tests.support.app_user import AppUser
from tests.support.process import WATCHWORD, ServerProcess, environment
from watchword.relying import Connection, SessionEnded, SessionVerifier

AUDIENCE = "bench"
TOKENS = 200
CHECKS = 400_000
ROUNDS = 5


def measure() -> list[Figure]:
    with place() as here, running(here.server(session_audiences=AUDIENCE)) as server:
        user = here.newcomer(server, "user")
        tokens = [_token(user) for _ in range(TOKENS)]
        connection = Connection(url=f"http://localhost:{server.port}", credential=_credential(server))
        with connection, SessionVerifier(connection, audience=AUDIENCE) as verifier:
            first = process_time()
            for token in tokens:
                verifier.verify(token)
            first = TOKENS / (process_time() - first)
            rates = [_round(verifier, tokens) for _ in range(ROUNDS)]
            ended = _until_refused(verifier, tokens[0], user)
    return [
        Figure(name="checks of a token seen before, a processor second", value=median(rates), at_least=1_000_000),
        Figure(name="the slowest of the rounds", value=min(rates)),
        Figure(name="tokens checked for the first time, a processor second", value=first),
        Figure(name="from the end of a session to its refusal", value=ended * 1000, unit="ms", less_than=1000),
    ]


def _round(verifier: SessionVerifier, tokens: list[str]) -> float:
    brought = [f"{token} "[:-1] for _ in range(CHECKS // 10 // TOKENS) for token in tokens]
    verify, spent = verifier.verify, 0.0
    for _ in range(10):
        began = process_time()
        for token in brought:
            verify(token)
        spent += process_time() - began
    return 10 * len(brought) / spent


def _until_refused(verifier: SessionVerifier, token: str, user: AppUser) -> float:
    """Seconds, from the door's answer on."""
    status, _ = user.caller.call("DELETE", "/session", headers=user.bearer)
    assert status == 204
    began = perf_counter()
    while True:
        try:
            verifier.verify(token)
        except SessionEnded:
            return perf_counter() - began


def _token(user: AppUser) -> str:
    status, made = user.caller.call("POST", "/session/token", {"audience": AUDIENCE}, user.bearer)
    assert status == 200
    return str(made["token"])


def _credential(server: ServerProcess) -> str:
    command = [*WATCHWORD, "services", "add", "bench"]
    made = subprocess.run(command, env=environment(server.settings), capture_output=True, text=True, check=True)
    return made.stdout.strip()
