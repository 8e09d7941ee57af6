"""Runs what is served: uvicorn with httptools on uvloop, directly over TLS or behind our own proxy.

Uvicorn believes forwarding headers from this machine and names itself in each reply unless told otherwise; both are
off. One signal ends everything within two seconds, answers under way included.
"""

import asyncio
import contextlib
import errno
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import uvicorn
import uvloop

from watchword.foundation.errors import Misconfigured
from watchword.web.edge.asgi import App
from watchword.web.edge.guarded import Guarded
from watchword.web.edge.protocol import HEAD_SECONDS, NarrowProtocol

_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
_GRACE = 1
_NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


@dataclass(frozen=True, kw_only=True)
class ServerPlan:
    host: str
    port: int
    operations_host: str
    operations_port: int
    asked_host: str = "127.0.0.1"
    asked_port: int | None = None
    """Where our own proxies ask, if not at the public port."""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    connections: int = 1000
    head_seconds: float = HEAD_SECONDS
    """How long the head of a request may take to arrive."""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    """What every reply carries; for those that the server gives by itself."""


@dataclass(frozen=True, kw_only=True)
class Listening:
    """Where the server answers, once it does."""

    public: list[tuple[str, int]]
    operations: list[tuple[str, int]]
    asked: list[tuple[str, int]] = field(default_factory=list)


Started = Callable[[Listening], None]


def serve(app: App, operations: App, plan: ServerPlan, started: Started) -> None:
    """Serves until SIGINT or SIGTERM, then returns. Raises Misconfigured when it can't listen."""

    async def until_signal() -> None:
        stopping = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        await run(app, operations, plan, started=started, stopping=stopping)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(until_signal())


async def run(app: App, operations: App, plan: ServerPlan, *, started: Started, stopping: asyncio.Event) -> None:
    """Serves until ``stopping`` is set."""
    context = _tls_context(plan)
    public = listen(plan.host, plan.port)
    asked: list[socket.socket] = []
    try:
        if plan.asked_port is not None:
            asked = listen(plan.asked_host, plan.asked_port)
        inner = listen(plan.operations_host, plan.operations_port)
    except Misconfigured:
        _close([*public, *asked])
        raise
    servers = [
        _Server(_config(app, plan, plan.connections, context, lifespan="on")),
        _Server(_config(operations, plan, 64, None, lifespan="off")),
    ]
    sockets = [public, inner]
    if asked:
        servers.append(_Server(_config(app, plan, plan.connections, None, lifespan="off")))
        sockets.append(asked)
    where = Listening(public=_names(public), operations=_names(inner), asked=_names(asked))
    servers[0].after_start = lambda: started(where)
    stopper = asyncio.create_task(_stop(stopping, servers))
    try:
        await asyncio.gather(*(server.serve(its) for server, its in zip(servers, sockets, strict=True)))
    finally:
        stopper.cancel()
        _close([*public, *inner, *asked])


async def _stop(stopping: asyncio.Event, servers: list["_Server"]) -> None:
    await stopping.wait()
    for server in servers:
        server.should_exit = True


class _Server(uvicorn.Server):
    """Uvicorn's server, which leaves signals to us and says when it listens."""

    after_start: Callable[[], None] | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.after_start is not None:
            self.after_start()


def _config(
    app: App, plan: ServerPlan, connections: int, context: ssl.SSLContext | None, *, lifespan: Literal["on", "off"]
) -> uvicorn.Config:
    protocol: dict[str, object] = {"head_seconds": plan.head_seconds, "fixed": plan.headers}
    if isinstance(app, Guarded) and app.at_once is not None and app.posted_at_once is not None:
        protocol["at_once"], protocol["posted_at_once"] = staticmethod(app.at_once), staticmethod(app.posted_at_once)
        protocol["posted"] = app.posted
    return uvicorn.Config(
        app,
        http=type("Protocol", (NarrowProtocol,), protocol),
        ws="none",
        lifespan=lifespan,
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=connections,
        backlog=1024,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=_GRACE,
        ssl_context_factory=(lambda _config, _default: context) if context else None,
        reset_contextvars=True,
    )


def listen(host: str, port: int) -> list[socket.socket]:
    """A socket for each address the host has here: ``localhost`` is 127.0.0.1 and ::1."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        raise Misconfigured(f"{host} is not an address of this machine") from None
    sockets: list[socket.socket] = []
    for family, kind, protocol, _, address in dict.fromkeys(found):
        taken = sockets[0].getsockname()[1] if sockets else port
        try:
            sockets.append(_bound(socket.socket(family, kind, protocol), (address[0], taken, *address[2:])))
        except OSError as refused:
            if refused.errno in _NOT_HERE:
                continue
            _close(sockets)
            raise Misconfigured(f"can't listen on port {port} of {host}: {refused.strerror}") from None
    if not sockets:
        raise Misconfigured(f"{host} is not an address of this machine")
    return sockets


def _bound(opened: socket.socket, address: tuple[object, ...]) -> socket.socket:
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if opened.family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind(address)
        opened.setblocking(False)
    except OSError:
        opened.close()
        raise
    return opened


def _close(sockets: list[socket.socket]) -> None:
    for opened in sockets:
        opened.close()


def _names(sockets: list[socket.socket]) -> list[tuple[str, int]]:
    return [opened.getsockname()[:2] for opened in sockets]


def _tls_context(plan: ServerPlan) -> ssl.SSLContext | None:
    """TLS 1.2 with forward secrecy and authenticated encryption only, or 1.3 (NIST SP 800-52r2; RFC 9325)."""
    if plan.tls_cert is None or plan.tls_key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(plan.tls_cert, plan.tls_key, password=lambda: "")
    except (OSError, ssl.SSLError):
        raise Misconfigured("tls_cert and tls_key can't be read, or do not belong together") from None
    return context
