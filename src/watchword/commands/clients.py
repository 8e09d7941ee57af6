"""`watchword clients`: the applications that sign people in here."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from watchword.commands.plainly import plainly
from watchword.crypto.jose import ALGORITHMS
from watchword.foundation.errors import Conflict, Misconfigured, NotFound, Unacceptable
from watchword.foundation.secret import Secret
from watchword.handover.openid.clients import SCOPES, Client, Clients, Registration
from watchword.operating import opened
from watchword.settings import load_settings

F = TypeVar("F", bound=Callable[..., Any])

_SENTENCES = {
    "client_name": "a name has 1 to 60 letters, as people read it",
    "client_address": (
        "an address is whole, https, without fragment or wildcard; a native app may also register "
        "http://127.0.0.1/… or http://[::1]/…"
    ),
    "client_scope": f"scopes are {', '.join(SCOPES)}",
    "client_audience": "an audience is a short name or an address",
    "client_keys": "--auth private_key_jwt takes --jwks, a file with a JWK Set of public keys; nothing else does",
    "client_algorithm": "ID tokens are signed with ES256 or EdDSA; RS256 needs the setting openid_rs256",
    "no_secret": "this client has no secret",
}


@click.group("clients")
def clients() -> None:
    """The applications that sign people in here (OpenID Connect). NAME is what people read, or the client's id."""


def _described(command: F) -> F:
    """The options that describe a client."""
    options = (
        click.option("--redirect-uri", "redirect_uris", multiple=True, help="Where an answer may go. More than once."),
        click.option("--logout-uri", "logout_uris", multiple=True, help="Where a browser may go after signing out."),
        click.option("--backchannel-uri", help="Is told when a session ends."),
        click.option("--scope", "scopes", multiple=True, help=f"What it may ask for: {', '.join(SCOPES)}."),
        click.option("--audience", help="The audience of its access tokens; by default its id."),
        click.option("--auth", "auth_method", type=click.Choice(["secret", "private_key_jwt", "none"])),
        click.option("--jwks", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Its public keys."),
        click.option("--id-token-alg", type=click.Choice(ALGORITHMS), help="What its ID tokens are signed with."),
        click.option("--native/--web", default=None, help="An app on people's devices; by default without a secret."),
        click.option("--first-party/--third-party", default=None, help="First-party: nobody is asked for consent."),
        click.option(
            "--understands-read-only/--no-read-only",
            default=None,
            help="Whether frozen holders may enter: it lets them look, cancel and reduce, and nothing else.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@clients.command("add")
@click.argument("name")
@_described
@plainly
def clients_add(name: str, **said: Any) -> None:
    """Register NAME; print its id and, this once, its secret."""
    with _desk() as desk:
        made = desk.add(_registration(None, {"name": name, **said}))
    click.echo(f"client_id = {made.id}")
    _tell(made.secret)


@clients.command("change")
@click.argument("name")
@click.option("--name", "new_name", help="What people read from now on.")
@_described
@plainly
def clients_change(name: str, new_name: str | None, **said: Any) -> None:
    """Replace what is said of NAME; what no option names stays."""
    with _desk() as desk:
        client = desk.get(name)
        secret = desk.change(client.id, _registration(client, {"name": new_name, **said}))
    click.echo("changed")
    _tell(secret)


@clients.command("rotate-secret")
@click.argument("name")
@plainly
def clients_rotate_secret(name: str) -> None:
    """Print a new secret for NAME. The old one ends at once."""
    with _desk() as desk:
        secret = desk.rotate_secret(desk.get(name).id)
    _tell(secret)


@clients.command("revoke")
@click.argument("name")
@plainly
def clients_revoke(name: str) -> None:
    """NAME signs nobody in any more, and its tokens end."""
    with _desk() as desk:
        desk.revoke(desk.get(name).id)
    click.echo("revoked")


@clients.command("list")
@plainly
def clients_list() -> None:
    """Name every client with what is registered of it."""
    with _desk() as desk:
        for client in desk.list():
            state = f"since {client.made_at:%Y-%m-%d}"
            state += "" if client.revoked_at is None else f", revoked {client.revoked_at:%Y-%m-%d}"
            own = ", first-party" if client.first_party else ""
            own += ", understands read-only" if client.understands_read_only else ""
            click.echo(f"{client.name}  {client.id}  {client.sort}{own}, {client.auth_method}, {state}")
            click.echo(f"    scopes {' '.join(client.scopes)}; audience {client.audience}; {client.id_token_alg}")
            for meaning, uris in _addresses(client):
                click.echo(f"    {meaning}  {uris}")


def _addresses(client: Client) -> Iterator[tuple[str, str]]:
    yield from (("redirect", uri) for uri in client.redirect_uris)
    yield from (("logout", uri) for uri in client.logout_uris)
    if client.backchannel_uri is not None:
        yield "back-channel", client.backchannel_uri


def _registration(client: Client | None, said: dict[str, Any]) -> Registration:
    """What was said over what stands, over the defaults."""
    native = said.pop("native")
    jwks: Path | None = said.pop("jwks")
    given = {name: value for name, value in said.items() if value not in (None, ())}
    if native is not None:
        given["sort"] = "native" if native else "web"
    if jwks is not None:
        given["jwks"] = jwks.read_text(encoding="utf-8")
        given.setdefault("auth_method", "private_key_jwt")
    if client is None:
        if native:
            given.setdefault("auth_method", "none")
        return Registration(**{"redirect_uris": (), **given})
    return Registration(**{**_standing(client, given), **given})


def _standing(client: Client, given: dict[str, Any]) -> dict[str, Any]:
    keeps_keys = given.get("auth_method", client.auth_method) == "private_key_jwt" and client.jwks
    return {
        "name": client.name,
        "sort": client.sort,
        "redirect_uris": client.redirect_uris,
        "logout_uris": client.logout_uris,
        "backchannel_uri": client.backchannel_uri,
        "scopes": client.scopes,
        "audience": None if client.audience == client.id else client.audience,
        "auth_method": client.auth_method,
        "jwks": json.dumps({"keys": client.jwks}) if keeps_keys else None,
        "id_token_alg": client.id_token_alg,
        "first_party": client.first_party,
        "understands_read_only": client.understands_read_only,
    }


def _tell(secret: Secret | None) -> None:
    if secret is not None:
        click.echo(f"client_secret = {secret.reveal()}")


@contextmanager
def _desk() -> Iterator[Clients]:
    with opened(load_settings()) as house:
        try:
            yield house.core.openid.clients
        except NotFound:
            raise Misconfigured("there is no client of that name") from None
        except Conflict:
            raise Misconfigured("there is a client of that name") from None
        except Unacceptable as unacceptable:
            raise Misconfigured(_SENTENCES[unacceptable.reason]) from None
