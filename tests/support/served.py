"""The real server in a thread, and a socket to speak to it without any client library in between."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import uvloop

from watchword.web.edge.asgi import App
from watchword.web.edge.server import Listening, ServerPlan, run


@dataclass(kw_only=True)
class Served:
    port: int
    operations_port: int
    context: ssl.SSLContext | None = None
    stop: Callable[[], None] = field(repr=False)
    ended: threading.Event = field(repr=False, default_factory=threading.Event)
    """Set once nobody answers any more."""

    @property
    def host(self) -> bytes:
        return f"localhost:{self.port}".encode()

    def connect(self, port: int | None = None) -> socket.socket:
        plain = socket.create_connection(("127.0.0.1", port or self.port), timeout=10)
        if self.context is None or port:
            return plain
        return self.context.wrap_socket(plain, server_hostname="localhost")

    def send(self, request: bytes, *, port: int | None = None) -> bytes:
        """Everything the server answers until it closes; HOST stands for the right host."""
        with self.connect(port) as connection:
            connection.sendall(request.replace(b"HOST", self.host))
            return read_all(connection)

    def get(self, path: bytes = b"/", *headers: bytes, method: bytes = b"GET", body: bytes | None = None) -> "Reply":
        lines = [method + b" " + path + b" HTTP/1.1", b"Host: HOST", b"Connection: close", *headers]
        if body is not None:
            lines.append(b"Content-Length: %d" % len(body))
        return Reply(self.send(b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")))


class Reply:
    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        head, _, self.body = raw.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        self.status = int(first.split()[1]) if first else 0
        self.headers = [
            (n.decode().lower(), v.strip().decode()) for n, _, v in (line.partition(b":") for line in lines)
        ]

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def __getitem__(self, name: str) -> str:
        (value,) = self.all(name)
        return value


def read_all(connection: socket.socket) -> bytes:
    received = b""
    try:
        while piece := connection.recv(65536):
            received += piece
    except ConnectionResetError:
        pass
    return received


def statuses(raw: bytes) -> list[int]:
    """The status of each reply in what a connection gave."""
    return [int(line.split()[1]) for line in raw.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]


@contextmanager
def served(app: App, operations: App, *, context: ssl.SSLContext | None = None, **plan) -> Iterator[Served]:
    ready: list[Listening] = []
    failures: list[BaseException] = []
    told, ended = threading.Event(), threading.Event()
    loop = uvloop.new_event_loop()
    stopping = asyncio.Event()

    def started(where: Listening) -> None:
        ready.append(where)
        told.set()

    def work() -> None:
        asyncio.set_event_loop(loop)
        whole: dict[str, Any] = {"host": "127.0.0.1", "port": 0, "operations_host": "127.0.0.1", "operations_port": 0}
        inside = ServerPlan(**(whole | plan))
        try:
            loop.run_until_complete(run(app, operations, inside, started=started, stopping=stopping))
        except BaseException as failure:
            failures.append(failure)
        finally:
            loop.close()
            told.set()
            ended.set()

    thread = threading.Thread(target=work)
    thread.start()
    told.wait(20)
    if failures:
        raise failures[0]
    (_, port), (_, inner) = ready[0].public[0], ready[0].operations[0]

    def stop() -> None:
        with suppress(RuntimeError):  # it stopped before
            loop.call_soon_threadsafe(stopping.set)

    try:
        yield Served(port=port, operations_port=inner, context=context, stop=stop, ended=ended)
    finally:
        stop()
        thread.join(20)
    if failures:
        raise failures[0]
