"""`watchword serve` as an operator starts and ends it: a process of its own, a signal, an exit status."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.http.test_edge_guards import certificate
from tests.support.served import Reply, read_all

COMMAND = [sys.executable, "-c", "from watchword.cli import main; main()", "serve"]


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@contextmanager
def serving(**settings: object) -> Iterator[subprocess.Popen[str]]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WATCHWORD_")}
    environment = clean | {f"WATCHWORD_{name.upper()}": str(value) for name, value in settings.items()}
    process = subprocess.Popen(
        COMMAND, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def ask(port: int, path: str, host: str, context: ssl.SSLContext | None = None) -> Reply:
    connection: socket.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
    if context is not None:
        connection = context.wrap_socket(connection, server_hostname="localhost")
    with connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return Reply(read_all(connection))


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_with_nothing_set_and_one_signal_ends_it_cleanly(tmp_path, ending):
    port = free_port()
    with serving(mode="development", data=tmp_path / "var", port=port) as process:
        line = first_line(process)
        assert f"http://localhost:{port}" in line
        operations = int(line.rpartition(":")[2].strip(")\n"))
        assert ask(port, "/sign-in", f"localhost:{port}").status == 200
        assert ask(port, "/sign-in", "evil.example").status == 421
        assert ask(operations, "/healthz", "any").body == b"alive\n"
        assert ask(operations, "/readyz", "any").body == b"ready\n"
        assert b"process_resident_memory_bytes" in ask(operations, "/metrics", "any").body
        begun = time.monotonic()
        process.send_signal(ending)
        _, errors = process.communicate(timeout=10)
        assert time.monotonic() - begun < 2
    assert process.returncode == 0
    assert "Traceback" not in errors
    assert stat_mode(tmp_path / "var" / "keys") == 0o600


def stat_mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_unsafe_settings_stop_the_start_and_say_what_to_do(tmp_path):
    with serving(data=tmp_path / "var") as process:
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "watchword: public_url: The official address is not set." in errors
    assert "Traceback" not in errors
    assert not (tmp_path / "var").exists()


def test_a_taken_port_is_a_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with serving(mode="development", data=tmp_path / "var", port=taken.getsockname()[1]) as process:
            _, errors = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "watchword: can't listen on port" in errors


@pytest.fixture
def production(tmp_path):
    cert, key = certificate(tmp_path)
    keys = tmp_path / "keys"
    environment = os.environ | {"WATCHWORD_DATA": str(tmp_path / "var")}
    made = [sys.executable, "-c", "from watchword.cli import main; main()", "keys", "init", str(keys)]
    subprocess.run(made, env=environment, check=True, capture_output=True, timeout=20)
    port = free_port()
    return {
        "public_url": f"https://localhost:{port}",
        "port": port,
        "data": tmp_path / "var",
        "key_file": keys,
        "tls_cert": cert,
        "tls_key": key,
        "smtp_host": "127.0.0.1",
        "smtp_port": 9,
        "smtp_tls": "off",
        "sender": "door@door.example",
        "operations_port": free_port(),
    }


def test_production_serves_https_with_hsts_and_host_cookies_and_without_the_mailbox(production, tmp_path):
    with serving(**production) as process:
        assert production["public_url"] in first_line(process)
        context = ssl.create_default_context(cafile=production["tls_cert"])
        host = f"localhost:{production['port']}"
        reply = ask(production["port"], "/sign-in", host, context)
        assert reply.status == 200
        assert "max-age" in reply["strict-transport-security"]
        for cookie in reply.all("set-cookie"):
            assert cookie.startswith("__Host-")
            assert "; secure" in cookie.lower()
            assert "; httponly" in cookie.lower()
        assert ask(production["port"], "/dev/mailbox", host, context).status == 404
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    for line in filter(None, errors.splitlines()):
        assert json.loads(line)["event"]


def test_production_never_opens_what_development_began(production, tmp_path):
    port = free_port()
    settings = {"data": production["data"], "key_file": production["key_file"]}
    with serving(mode="development", port=port, **settings) as process:
        first_line(process)
    with serving(**production) as process:
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "another mode" in errors


def test_a_port_of_its_own_takes_the_question_of_proxies_and_nothing_else(tmp_path):
    port, own = free_port(), free_port()
    with serving(mode="development", data=tmp_path / "var", port=port, forward_auth_port=own) as process:
        first_line(process)
        host = f"localhost:{port}"
        assert ask(own, "/forward-auth", host).status == 401
        assert ask(own, "/forward-auth", "elsewhere.example").status == 421
        assert ask(port, "/forward-auth", host).status == 404
        for path in ("/sign-in", "/", "/api/v1/session", "/.well-known/jwks.json", "/no-such-page"):
            assert ask(own, path, host).status == 404, path
        assert ask(port, "/sign-in", host).status == 200
