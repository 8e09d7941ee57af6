"""A server to measure: ``watchword serve`` with nothing changed but where it lives and how often one may begin."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.machine import cores, on_core
from tests.support.app_user import AppUser, Memory
from tests.support.ports import free_port
from tests.support.post_office import PostOffice, open_post_office
from tests.support.process import Caller, ServerProcess

POLICY = """
[limits]
passages_network = 1000000
passages_everybody = 1000000
humans_network = 1000000
confirms_session = 1000000
messages_session_day = 1000000
"""
"""Numbers that a crowd from one address, or a busy session, would run into; the same statements run with any."""


@dataclass(frozen=True)
class Place:
    directory: Path
    office: PostOffice

    def server(self, *, module: str | None = None, **settings: Any) -> ServerProcess:
        policy = self.directory / "policy.toml"
        policy.write_text(POLICY)
        given: Mapping[str, object] = {
            "mode": "development",
            "data": self.directory / "var",
            "port": free_port(),
            "policy_file": policy,
            "smtp_host": "127.0.0.1",
            "smtp_port": self.office.port,
            "smtp_tls": "off",
            **settings,
        }
        if module is None:
            return ServerProcess(given)
        return ServerProcess(given, command=[sys.executable, "-m", module])

    def newcomer(self, server: ServerProcess, name: str) -> AppUser:
        """Somebody who has just signed up."""
        user = AppUser(f"{name}@example.org", Caller(server.port), self.office, Memory())
        user.sign_up()
        return user


@contextmanager
def place() -> Iterator[Place]:
    with TemporaryDirectory(prefix="ww-bench-") as directory, open_post_office() as office:
        yield Place(Path(directory), office)


@contextmanager
def running(server: ServerProcess, *, wait: bool = True) -> Iterator[ServerProcess]:
    """On the core for what is measured; who asks stays on the other. ``wait``: until it says that it serves."""
    measured, load = cores()
    with on_core(measured):
        server.start(wait=wait)
    try:
        with on_core(load):
            yield server
    finally:
        server.stop()
