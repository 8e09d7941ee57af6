"""``make run``: the door with the desk beside it, ended by one signal; the door alone where the desk can't start."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.ports import free_port
from tests.support.process import ROOT

PATIENCE = 30.0


@contextmanager
def running(data: Path, port: int, desk: int) -> Iterator[subprocess.Popen[str]]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("WATCHWORD_", "EXCHANGE_"))}
    ours = {"WATCHWORD_MODE": "development", "WATCHWORD_DATA": str(data), "WATCHWORD_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.run"],
        cwd=ROOT,
        env={**clean, **ours, "EXCHANGE_PORT": str(desk)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def answers(port: int, path: str, host: str) -> int:
    """Once somebody listens there."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            return httpx.get(f"http://127.0.0.1:{port}{path}", headers={"Host": host}, trust_env=False).status_code
        except httpx.TransportError:
            continue
    raise AssertionError("nobody answers")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_one_signal_ends_both_and_the_next_start_makes_nothing_anew(tmp_path: Path) -> None:
    data, port, desk = tmp_path / "var", free_port(), free_port()
    secrets: list[str] = []
    for ending in (signal.SIGINT, signal.SIGTERM):
        with running(data, port, desk) as process:
            assert process.stdout is not None
            assert f"http://localhost:{port}" in process.stdout.readline()
            assert answers(desk, "/", f"trade.localhost:{desk}") == 200
            assert answers(desk, "/sign-in", f"trade.localhost:{desk}") == 303
            process.send_signal(ending)
            process.communicate(timeout=PATIENCE)
            assert process.returncode == 0
        assert is_free(desk)
        files = sorted((data / "exchange").iterdir())
        assert {path.stat().st_mode & 0o077 for path in files} == {0}
        secrets.append("".join(path.read_text() for path in files if path.suffix == ""))
    assert secrets[0] == secrets[1]


def test_the_desk_ends_with_the_door_however_that_ends(tmp_path: Path) -> None:
    port, desk = free_port(), free_port()
    with running(tmp_path / "var", port, desk) as process:
        assert answers(desk, "/", f"trade.localhost:{desk}") == 200
        process.kill()
        process.communicate(timeout=PATIENCE)
        until = time.monotonic() + PATIENCE
        while not is_free(desk):
            assert time.monotonic() < until


def test_where_the_port_is_taken_the_door_serves_and_says_so(tmp_path: Path) -> None:
    port = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with running(tmp_path / "var", port, taken.getsockname()[1]) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            assert f"http://localhost:{port}" in process.stdout.readline()
            said = process.stderr.readline()
            assert "the example platform is not served" in said
            assert f"port {taken.getsockname()[1]}" in said
            assert answers(port, "/sign-in", f"localhost:{port}") == 200
