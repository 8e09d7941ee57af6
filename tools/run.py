"""What ``make run`` starts: the door, and in development the example platform beside it, as a child that ends with it.

The example is registered the way an operator would do it: a client of OpenID Connect and a service, whose secrets lie
under the data directory in files that nobody else may read. Where it can't start, the door serves all the same and a
line says so.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from watchword.app import House
from watchword.commands.plainly import plainly
from watchword.foundation.errors import Misconfigured, NotFound
from watchword.foundation.secret import Secret
from watchword.handover.openid.clients import Registration
from watchword.serving import serve_house
from watchword.settings import load_settings
from watchword.web.edge.server import listen

ROOT = Path(__file__).resolve().parent.parent
SERVICE = "desk"
_LIVES_ON = 3
"""Seconds that it may take to end."""


@plainly
def main() -> None:
    port = _desk_port() if os.environ.get("WATCHWORD_MODE") == "development" else None
    if port is not None:
        os.environ |= _leading_to(port) | os.environ  # what is set already stands
    settings = load_settings()
    with ExitStack() as beside:
        environments: list[dict[str, str]] = []

        def prepare(house: House) -> None:
            if port is not None:
                environments.append(register(house, port))

        def announce(line: str) -> None:
            """The door comes first: the desk is started once it serves."""
            click.echo(line)
            for environment in environments:
                beside.enter_context(running(environment))
                click.echo(f"Start trading leads to the example platform, {environment['EXCHANGE_URL']}")

        serve_house(settings, announce, prepare)


def _desk_port() -> int | None:
    """The one after the door's, or EXCHANGE_PORT; None where it can't be had."""
    named = os.environ.get("EXCHANGE_PORT")
    try:
        port = int(named) if named else int(os.environ.get("WATCHWORD_PORT") or "8080") + 1
        for socket in listen("127.0.0.1", port):
            socket.close()
    except (Misconfigured, ValueError, OverflowError) as why:
        click.echo(f"the example platform is not served ({why}); EXCHANGE_PORT names another port for it", err=True)
        return None
    return port


def _leading_to(port: int) -> dict[str, str]:
    """The settings of the door that the example needs."""
    desk = address_of(port)
    return {
        "WATCHWORD_PLATFORM_URL": f"{desk}/sign-in",
        "WATCHWORD_RETURN_ADDRESSES": f"{SERVICE}={desk}/payouts/",
        "WATCHWORD_API_HEADER_PREFIX": "KC-API",
    }


def address_of(port: int) -> str:
    return f"http://trade.localhost:{port}"


@contextmanager
def running(environment: dict[str, str]) -> Iterator[None]:
    """The desk as a process of its own. It knows its own settings and secrets, and none of the door's."""
    child = subprocess.Popen(
        [sys.executable, "-m", "examples.exchange"], cwd=ROOT, env=environment, stdin=subprocess.PIPE
    )
    try:
        yield
    finally:
        assert child.stdin is not None
        child.stdin.close()
        try:
            child.wait(_LIVES_ON)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def register(house: House, port: int) -> dict[str, str]:
    """Client and service, if they are not registered yet; gives the environment that the desk is started with."""
    data = house.settings.data / "exchange"
    data.mkdir(mode=0o700, exist_ok=True)
    client = _client(house, data, port)
    _service(house, data / "service")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WATCHWORD_", "EXCHANGE_"))}
    return kept | {
        "EXCHANGE_URL": address_of(port),
        "EXCHANGE_PORT": str(port),
        "EXCHANGE_DOOR": house.settings.public_url,
        "EXCHANGE_DATA": str(data),
        "EXCHANGE_CLIENT_ID": client,
        "EXCHANGE_ENDS_WITH_STDIN": "yes",
    }


def registration(port: int) -> Registration:
    desk = address_of(port)
    return Registration(
        name="Paper Desk",
        redirect_uris=(f"{desk}/sign-in/done",),
        logout_uris=(f"{desk}/signed-out",),
        backchannel_uri=f"http://127.0.0.1:{port}/door/logout",
        scopes=("openid", "account", "offline_access"),
        first_party=True,
        understands_read_only=True,
    )


def _client(house: House, data: Path, port: int) -> str:
    clients, said, secret = house.core.openid.clients, registration(port), data / "client-secret"
    try:
        known = clients.get(said.name)
    except NotFound:
        made = clients.add(said)
        assert made.secret is not None
        _write(secret, made.secret)
        return made.id
    if known.redirect_uris != (*said.redirect_uris,) or not known.understands_read_only:
        clients.change(known.id, said)
    if not secret.exists():
        _write(secret, clients.rotate_secret(known.id))
    return known.id


def _service(house: House, path: Path) -> None:
    services = house.core.services
    if path.exists() and services.find(Secret(path.read_text().strip())) is not None:
        return
    try:
        _write(path, services.rotate(SERVICE))
    except NotFound:
        _write(path, services.add(SERVICE))


def _write(path: Path, secret: Secret) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(secret.reveal())


if __name__ == "__main__":
    main()
