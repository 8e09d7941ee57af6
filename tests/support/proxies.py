"""Real proxies from Debian in front of a house, and an application that says what it was sent.

The configurations are those under ``deploy/``, word for word; only ports and the paths of files are put in.
"""

import json
import shutil
import signal
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.forwarding import APPLICATION, DOOR
from tests.support.ports import free_port
from tests.support.served import Reply, read_all
from watchword.foundation.clock import system_clock

DEPLOY = Path(__file__).parents[2] / "deploy"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PATIENCE = 20
"""Seconds."""


@dataclass(kw_only=True)
class Application:
    """Answers with what it was sent, and keeps all of it."""

    port: int
    seen: list[dict[str, Any]] = field(default_factory=list)

    @property
    def wire(self) -> str:
        """Everything that ever reached it."""
        return json.dumps(self.seen)


@contextmanager
def application() -> Iterator[Application]:
    seen: list[dict[str, Any]] = []

    class Echo(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            found = {
                "method": self.command,
                "target": self.path,
                "headers": [[name, value] for name, value in self.headers.items()],
                "body": body.decode("latin-1"),
            }
            seen.append(found)
            told = json.dumps(found).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(told)

        def log_message(self, format: str, *args: Any) -> None: ...

    for method in METHODS:
        setattr(Echo, f"do_{method}", Echo.answer)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Application(port=server.server_address[1], seen=seen)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def certificate(directory: Path) -> tuple[Path, Path]:
    """One for both names, signed by itself: certificate and key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "watchword test")])
    names = [x509.DNSName(origin.partition("://")[2]) for origin in (DOOR, APPLICATION)]
    begin = system_clock()
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin - timedelta(hours=1))
        .not_valid_after(begin + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    cert, private, both = directory / "cert.pem", directory / "key.pem", directory / "both.pem"
    cert.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(secret)
    both.write_bytes(cert.read_bytes() + secret)
    return cert, private


@dataclass(kw_only=True)
class Proxy:
    """Where a browser reaches it; it ends TLS for both names."""

    port: int
    certificate: Path

    @cached_property
    def _trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate))

    def send(self, request: bytes, name: str) -> bytes:
        """Everything it answers until it closes."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        with plain, self._trusting.wrap_socket(plain, server_hostname=name) as connection:
            connection.sendall(request)
            return read_all(connection)

    def get(
        self,
        url: str,
        headers: Sequence[tuple[str, str]] | Mapping[str, str] = (),
        *,
        method: str = "GET",
        cookies: str = "",
        body: bytes = b"",
    ) -> Reply:
        host, _, path = url.partition("://")[2].partition("/")
        lines = [f"{method} /{path} HTTP/1.1", f"Host: {host}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in (headers.items() if isinstance(headers, Mapping) else headers)]
        lines += [f"Cookie: {cookies}"] if cookies else []
        lines += [f"Content-Length: {len(body)}"] if body else []
        return Reply(self.send("\r\n".join([*lines, "", ""]).encode("latin-1") + body, host))


def written(source: Path, target: Path, *put_in: tuple[str, object]) -> Path:
    """The documented file with ports and paths put in, each of which has to be there."""
    text = source.read_text()
    for old, new in put_in:
        assert old in text, (source.name, old)
        text = text.replace(old, str(new))
    target.parent.mkdir(exist_ok=True)
    target.write_text(text)
    return target


@contextmanager
def running(command: Sequence[object], directory: Path, port: int, certificate: Path) -> Iterator[Proxy]:
    """A proxy as a process of its own, which is ended with the block."""
    with (directory / "log").open("w+") as log:
        process = subprocess.Popen(
            [*map(str, command)], cwd=directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            _wait(process, port, directory / "log")
            yield Proxy(port=port, certificate=certificate)
        finally:
            process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE / 4)
            if process.poll() is None:
                process.kill()
                process.wait(PATIENCE)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    pause = threading.Event()
    for _ in range(PATIENCE * 20):
        if process.poll() is not None:
            break
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        pause.wait(0.05)
    raise AssertionError(log.read_text())


def program(name: str) -> str:
    """Debian keeps servers where only root's path leads."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    assert found, f"{name} is missing: python3 tools/setup.py --tests installs it"
    return found


_NGINX = """\
daemon off;
master_process off;
pid nginx.pid;
error_log stderr warn;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
    include watchword/watchword.conf;
}}
"""


@contextmanager
def nginx(directory: Path, *, port: int, door: int, question: int, upstream: int) -> Iterator[Proxy]:
    cert, key = certificate(directory)
    own = directory / "watchword"
    for name in ("ask.conf", "question.conf", "let-in.conf", "let-in-readers.conf", "identity.conf"):
        written(DEPLOY / "nginx" / name, own / name)
    written(
        DEPLOY / "nginx" / "watchword.conf",
        own / "watchword.conf",
        ("listen 443", f"listen 127.0.0.1:{port}"),
        ("127.0.0.1:8080", f"127.0.0.1:{door}"),
        ("127.0.0.1:8081", f"127.0.0.1:{question}"),
        ("127.0.0.1:9000", f"127.0.0.1:{upstream}"),
        ("/etc/ssl/watchword/cert.pem", cert),
        ("/etc/ssl/watchword/key.pem", key),
    )
    (directory / "nginx.conf").write_text(_NGINX.format())
    command = [program("nginx"), "-p", directory, "-c", directory / "nginx.conf", "-e", "stderr"]
    with running(command, directory, port, cert) as proxy:
        yield proxy


_CADDY = """\
{{
	admin off
	auto_https off
	http_port {plain}
	https_port {port}
	default_bind 127.0.0.1
	skip_install_trust
	storage file_system {storage}
}}
import Caddyfile.documented
"""


@contextmanager
def caddy(directory: Path, *, port: int, door: int, question: int, upstream: int) -> Iterator[Proxy]:
    cert, key = certificate(directory)
    written(
        DEPLOY / "caddy" / "Caddyfile",
        directory / "Caddyfile.documented",
        ("127.0.0.1:8080", f"127.0.0.1:{door}"),
        ("127.0.0.1:8081", f"127.0.0.1:{question}"),
        ("127.0.0.1:9000", f"127.0.0.1:{upstream}"),
        ("/etc/ssl/watchword/cert.pem", cert),
        ("/etc/ssl/watchword/key.pem", key),
    )
    (directory / "Caddyfile").write_text(_CADDY.format(port=port, plain=free_port(), storage=directory / "storage"))
    command = [program("caddy"), "run", "--config", directory / "Caddyfile", "--adapter", "caddyfile"]
    with running(command, directory, port, cert) as proxy:
        yield proxy


@contextmanager
def haproxy(directory: Path, *, port: int, door: int, question: int, upstream: int) -> Iterator[Proxy]:
    cert, _ = certificate(directory)
    script = written(DEPLOY / "haproxy" / "watchword.lua", directory / "watchword.lua")
    configuration = written(
        DEPLOY / "haproxy" / "haproxy.cfg",
        directory / "haproxy.cfg",
        ("bind :443", f"bind 127.0.0.1:{port}"),
        ("127.0.0.1:8080", f"127.0.0.1:{door}"),
        ("127.0.0.1:8081", f"127.0.0.1:{question}"),
        ("127.0.0.1:9000", f"127.0.0.1:{upstream}"),
        ("/etc/ssl/watchword/both.pem", directory / "both.pem"),
        ("/etc/haproxy/watchword.lua", script),
    )
    with running([program("haproxy"), "-db", "-f", configuration], directory, port, cert) as proxy:
        yield proxy
