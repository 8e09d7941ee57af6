"""`watchword serve` as a process of its own, which can be killed, and somebody who calls its JSON API."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
WATCHWORD = [sys.executable, "-c", "from watchword.cli import main; main()"]
PATIENCE = 30
"""Seconds."""


class Gone(Exception):
    """The server went away before it answered."""


def environment(settings: Mapping[str, object]) -> dict[str, str]:
    """Of a process that knows these settings and no others."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WATCHWORD_")}
    return clean | {f"WATCHWORD_{name.upper()}": str(value) for name, value in settings.items()}


@dataclass
class ServerProcess:
    settings: Mapping[str, object]
    command: list[str] = field(default_factory=lambda: [*WATCHWORD, "serve"])
    line: str = ""
    """What it said once it served."""
    _process: subprocess.Popen[str] | None = None

    @property
    def port(self) -> int:
        return int(str(self.settings["port"]))

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self, *, wait: bool = True) -> None:
        """``wait``: until it serves."""
        log = (Path(str(self.settings["data"])).parent / "log").open("a")
        with log:
            self._process = subprocess.Popen(
                self.command,
                env=environment(self.settings),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        if not wait:
            return
        assert self._process.stdout is not None
        self.line = self._process.stdout.readline()
        assert self.line, Path(log.name).read_text()

    def kill(self) -> None:
        """As a power cut would: nothing in it runs any more."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.communicate(timeout=PATIENCE)
            self._process = None


@dataclass
class Caller:
    """An app: one connection, kept open."""

    port: int
    agent: str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    _connection: HTTPConnection | None = None

    def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """Status, and what came as JSON. Raises Gone."""
        if self._connection is None:
            self._connection = HTTPConnection("localhost", self.port, timeout=PATIENCE)
        sent = {"User-Agent": self.agent, "Content-Type": "application/json", **(headers or {})}
        try:
            self._connection.request(method, f"/api/v1{path}", None if body is None else json.dumps(body), sent)
            reply = self._connection.getresponse()
            content = reply.read()
        except (HTTPException, OSError) as cut:
            self.close()
            raise Gone from cut
        return reply.status, json.loads(content) if content else None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
