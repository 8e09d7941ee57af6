"""Our session check beside those of better-auth, fastapi-users and django-allauth: by processor time, on one core.

Each runs in its fastest documented production setting, from a lock of its own, installed under ``var/peers`` by this
part. They take turns with ours. What they do not do is said beside each figure: the comparison is of the price of a
check, not of the checks.
"""

import http.client
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import sleep

from bench.figures import Figure
from bench.machine import cores, cpu_seconds, on_core, with_children
from bench.session import SESSION, crowd, request_for
from bench.setting import place, running
from tests.support.ports import free_port
from tools.build_assets import node_command

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "bench" / "peers"
INSTALLED = ROOT / "var" / "peers"
PYTHON = INSTALLED / "python"
NODE = INSTALLED / "node"
ROUNDS = 3
SECONDS = 2.0
SETTING_UP = 240
PASSWORD = "seven purple lanterns drift slowly"
EMAIL = "bench@example.com"
Headers = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Peer:
    name: str
    command: Callable[[int], list[str]]
    path: str
    enter: Callable[[int], Headers]
    """Signs somebody up; gives what their session check carries."""
    lacks: str


def measure() -> list[Figure]:
    _install()
    with ExitStack() as running_beside, TemporaryDirectory(prefix="ww-bench-") as data:
        here = running_beside.enter_context(place())
        ours = running_beside.enter_context(running(here.server()))
        user = here.newcomer(ours, "user")
        asked: dict[str, tuple[int, int, bytes]] = {
            "watchword": (ours.pid, ours.port, request_for(ours.port, SESSION, user.bearer))
        }
        for peer in PEERS:
            pid, port = running_beside.enter_context(_running(peer, Path(data) / peer.name))
            asked[peer.name] = (pid, port, request_for(port, peer.path, peer.enter(port)))
        with on_core(cores()[1]):
            rates = _rates(asked)
    ours_rate = rates.pop("watchword")
    figures = [Figure(name="watchword: session checks a processor second", value=median(ours_rate))]
    for peer in PEERS:
        theirs = rates[peer.name]
        times = median(one / other for one, other in zip(ours_rate, theirs, strict=True))
        figures.append(Figure(name=f"{peer.name}: checks a processor second", value=median(theirs)))
        figures.append(Figure(name=f"   ours over {peer.name}'s", value=times, unit="times", note=peer.lacks))
    return figures


def _rates(asked: Mapping[str, tuple[int, int, bytes]]) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {name: [] for name in asked}
    for number in range(ROUNDS + 1):
        for name, (pid, port, request) in asked.items():
            before = _spent(pid)
            count = crowd(SECONDS if number else 0.5, port, request)
            if number:  # the first round warms up
                rates[name].append(count / (_spent(pid) - before))
    return rates


def _spent(pid: int) -> float:
    return sum(cpu_seconds(each) for each in with_children(pid))


# -- the peers


def _better_auth(_: int) -> list[str]:
    return [*node_command("node"), str(NODE / "better_auth_server.mjs")]


def _fastapi_users(port: int) -> list[str]:
    served = ["--app-dir", str(HERE), "--port", str(port), "--http", "httptools", "--loop", "uvloop", "--no-access-log"]
    return [str(PYTHON / "bin" / "python"), "-m", "uvicorn", "fastapi_users_server:app", *served]


def _django_allauth(port: int) -> list[str]:
    served = ["--chdir", str(HERE), "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", "4"]
    return [str(PYTHON / "bin" / "python"), "-m", "gunicorn", "django_allauth_server:application", *served]


def _enter_better_auth(port: int) -> Headers:
    given = {"email": EMAIL, "password": PASSWORD, "name": "Bench"}
    headers, _ = _post(port, "/api/auth/sign-up/email", json.dumps(given), origin=f"http://localhost:{port}")
    crumbs = [value.partition(";")[0] for name, value in headers if name.lower() == "set-cookie"]
    return {"Cookie": "; ".join(crumbs)}


def _enter_fastapi_users(port: int) -> Headers:
    _post(port, "/register", json.dumps({"email": EMAIL, "password": PASSWORD}))
    form = f"username={EMAIL}&password={PASSWORD.replace(' ', '+')}"
    _, answer = _post(port, "/login", form, kind="application/x-www-form-urlencoded")
    return {"Authorization": f"Bearer {answer['access_token']}"}


def _enter_django_allauth(port: int) -> Headers:
    given = json.dumps({"email": EMAIL, "password": PASSWORD})
    _, answer = _post(port, "/_allauth/app/v1/auth/signup", given)
    return {"X-Session-Token": answer["meta"]["session_token"]}


def _post(
    port: int, path: str, body: str, *, kind: str = "application/json", origin: str | None = None
) -> tuple[list[tuple[str, str]], dict]:  # type: ignore[type-arg]
    connection = http.client.HTTPConnection("localhost", port, timeout=20)
    headers = {"Content-Type": kind} | ({} if origin is None else {"Origin": origin})
    connection.request("POST", path, body, headers)
    reply = connection.getresponse()
    answer = reply.read()
    connection.close()
    if reply.status >= 300:
        raise RuntimeError(f"{path}: {reply.status}")
    return reply.getheaders(), json.loads(answer)


PEERS = (
    Peer(
        name="better-auth",
        command=_better_auth,
        path="/api/auth/get-session",
        enter=_enter_better_auth,
        lacks="its cookie is believed for five minutes, revoked or not",
    ),
    Peer(
        name="fastapi-users",
        command=_fastapi_users,
        path="/session",
        enter=_enter_fastapi_users,
        lacks="its token can't be revoked",
    ),
    Peer(
        name="django-allauth",
        command=_django_allauth,
        path="/_allauth/app/v1/auth/session",
        enter=_enter_django_allauth,
        lacks="its sessions end with the process",
    ),
)


@contextmanager
def _running(peer: Peer, data: Path) -> Iterator[tuple[int, int]]:
    data.mkdir()
    port = free_port()
    environment = {**os.environ, "PEER_DATA": str(data), "PEER_PORT": str(port)}
    with on_core(cores()[0]):
        process = subprocess.Popen(
            peer.command(port), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    try:
        _wait(peer, process, port)
        yield process.pid, port
    finally:
        process.terminate()
        process.wait(20)


def _wait(peer: Peer, process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"{peer.name} did not start")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/nothing", headers={"Host": f"localhost:{port}"})
            connection.getresponse().read()
            return
        except OSError:
            sleep(0.1)
    raise RuntimeError(f"{peer.name} does not answer")


# -- from their locks


def _install() -> None:
    """Each once, until its lock changes."""
    lists = (ROOT / "requirements" / "peers.txt", HERE / "package-lock.json")
    stamp, wanted = INSTALLED / "stamp", "".join(each.read_text() for each in lists)
    if not (stamp.exists() and stamp.read_text() == wanted):
        shutil.rmtree(INSTALLED, ignore_errors=True)
        NODE.mkdir(parents=True)
        _run(sys.executable, "-m", "venv", PYTHON)
        uv = ROOT / ".venv" / "bin" / "uv"
        _run(uv, "pip", "sync", "--quiet", "--require-hashes", "--python", PYTHON / "bin" / "python", lists[0])
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, NODE / name)
        quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--legacy-peer-deps")
        _run(*node_command("npm"), "ci", *quiet, at=NODE)
        stamp.write_text(wanted)
    shutil.copy(HERE / "better_auth_server.mjs", NODE / "better_auth_server.mjs")


def _run(*command: object, at: Path = ROOT) -> None:
    subprocess.run([str(part) for part in command], cwd=at, check=True, timeout=SETTING_UP)
