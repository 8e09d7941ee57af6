"""The operator's commands. Each reads the settings, calls one use case and prints; none decides anything.

Exit status: 0 all is well, 1 something was found, 2 it could not be done.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from watchword.commands.clients import clients
from watchword.commands.plainly import plainly
from watchword.crypto.keyring import Keyring, read_key_file, write_key_file
from watchword.crypto.tokens import Randomness
from watchword.exits.causes import exit_rules_from
from watchword.exits.causes import plain as plain_exits
from watchword.foundation.errors import (
    Conflict,
    Misconfigured,
    NotFound,
    NotPossible,
    Unacceptable,
)
from watchword.foundation.terms import AccountId
from watchword.gate.policy_file import default_text, load_policy
from watchword.limits.named import limits_from
from watchword.limits.numbers import plain as plain_limit
from watchword.operating import Opened, findings, has_begun, loosened, opened
from watchword.record.verify import VerifyRecord
from watchword.risk.numbers import plain as plain_rules
from watchword.risk.numbers import rules_from
from watchword.serving import serve_house
from watchword.settings import Settings, load_settings, settings_table
from watchword.storage.database import Database, open_database
from watchword.storage.migrate import migrate as bring_up_to_date


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="watchword")
def main() -> None:
    """The secure entry of a digital-asset platform. Settings come from WATCHWORD_… variables, or from the TOML file
    that WATCHWORD_SETTINGS names; `watchword settings` shows them all."""


main.add_command(clients)


@main.command()
@click.option("--host", help="The address that requests are taken at.")
@click.option("--port", type=int, help="The port that requests are taken at.")
@click.option("--tls-cert", type=click.Path(path_type=Path), help="The certificate chain, to serve https directly.")
@click.option("--tls-key", type=click.Path(path_type=Path), help="The key of that certificate.")
@plainly
def serve(host: str | None, port: int | None, tls_cert: Path | None, tls_key: Path | None) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    found = load_settings(host=host, port=port, tls_cert=tls_cert, tls_key=tls_key)
    serve_house(found, click.echo)


@main.command()
@plainly
def settings() -> None:
    """Print each setting with its value, source and meaning."""
    for line in settings_table(load_settings()):
        click.echo(f"{line.name} = {line.value}\n    {line.meaning} [{line.source}]")


@main.group()
def policy() -> None:
    """Who may pass after which proofs, how often, and when not yet."""


@policy.command("show")
@plainly
def policy_show() -> None:
    """Print the policy, the operator's changes, and what they loosen."""
    file = load_settings().policy_file
    found = load_policy(file)
    click.echo(default_text())
    if file is not None:
        click.echo(f"# Changed by {file}:\n\n{file.read_text(encoding='utf-8')}")
    click.echo("# The limits, as they stand:")
    for limit in limits_from(found.limits):
        click.echo(f"# {limit.name}: {', '.join(f'{figure} {value}' for figure, value in plain_limit(limit).items())}")
    click.echo("\n# What raises the level of risk, and the work that a level asks for:")
    for name, value in plain_rules(rules_from(found.risk)).items():
        click.echo(f"# {name}: {value}")
    click.echo("\n# How long exits wait, and which:")
    for name, said in plain_exits(exit_rules_from(found.exits)).items():
        click.echo(f"# {name}: {said}")
    for sentence in loosened(found):
        click.echo(f"# looser than the default: {sentence}")


@main.command()
@plainly
def migrate() -> None:
    """Bring the database to the newest schema. `serve` does the same at its start."""
    with _database(load_settings()) as database:
        click.echo("migrated" if bring_up_to_date(database) else "nothing to do")


@main.command()
@plainly
def doctor() -> None:
    """Name every weak or missing setting with its remedy; fail if there is one."""
    found = list(findings(load_settings()))
    for finding in found:
        click.echo(f"- {finding}")
    click.echo(f"{len(found)} to mend" if found else "all is well")
    sys.exit(1 if found else 0)


@main.group()
def keys() -> None:
    """The key file. Whoever has it and the database has everything: keep a copy apart from both."""


@keys.command("init")
@click.argument("path", required=False, type=click.Path(path_type=Path, dir_okay=False))
@plainly
def keys_init(path: Path | None) -> None:
    """Make a key file (mode 0600), at PATH or where the settings say. Never over one, nor for a database with rows."""
    found = load_settings()
    if has_begun(found):
        click.echo("watchword: the database was begun with other keys, which new ones can't open", err=True)
        sys.exit(2)
    target = path or found.key_file
    try:
        write_key_file(target, Keyring.create(Randomness()), only_new=True)
    except FileExistsError:
        click.echo(f"watchword: {target} is there already", err=True)
        sys.exit(2)
    except OSError as refused:
        click.echo(f"watchword: {target} can't be written: {refused.strerror}", err=True)
        sys.exit(2)
    click.echo(f"made {target}")


@keys.command("rotate")
@plainly
def keys_rotate() -> None:
    """Add a new root key. What the earlier ones sealed still opens; restart every server that uses the file."""
    path, randomness = load_settings().key_file, Randomness()
    rotated = read_key_file(path).rotated(randomness)
    write_key_file(path, rotated)
    click.echo(f"new values are sealed with version {rotated.newest} after a restart")


@keys.command("reseal")
@plainly
def keys_reseal() -> None:
    """Seal every address and app secret again with the newest root, once every server uses it."""
    with opened(load_settings()) as house:
        click.echo(f"sealed again: {house.resealing() + house.core.signing_keys.reseal()}")


@main.group("signing-keys")
def signing_keys() -> None:
    """The keys that sign tokens for the platform; their public halves stand in /.well-known/jwks.json."""


@signing_keys.command("list")
@plainly
def signing_keys_list() -> None:
    """Name every key: which signs, which is next, which is retired and how long it still verifies."""
    with opened(load_settings()) as house:
        for key in house.core.signing_keys.list():
            until = "" if key.leaves_at is None else f", in the set until {key.leaves_at:%Y-%m-%d %H:%M} UTC"
            click.echo(f"{key.kid}  {key.alg}  {key.state}, made {key.made_at:%Y-%m-%d %H:%M} UTC{until}")


@signing_keys.command("rotate")
@click.option("--at-once", is_flag=True, help="Also if the next key stands in the set for less than an hour.")
@click.option("--compromised", is_flag=True, help="Take the present key out of the set: what it signed is void.")
@plainly
def signing_keys_rotate(at_once: bool, compromised: bool) -> None:
    """Sign with the next keys from now on. `serve` does it by itself every 90 days."""
    with opened(load_settings()) as house:
        try:
            house.core.signing_keys.rotate(at_once=at_once, compromised=compromised)
        except NotPossible as early:
            wait = f"{early.until:%H:%M} UTC" if early.until else "later"
            raise Misconfigured(f"the next key is too new: try again at {wait}, or with --at-once") from None
    click.echo("rotated")


@main.group()
def record() -> None:
    """The record: every step, in a keyed chain."""


@record.command("verify")
@click.option(
    "--anchor", type=click.Path(path_type=Path), help="An anchor kept elsewhere, instead of the settings' own."
)
@plainly
def record_verify(anchor: Path | None) -> None:
    """Follow the whole chain and name the first row that is not as it was written."""
    found = load_settings()
    keyring = read_key_file(found.key_file)
    with _database(found) as database:
        verdict = VerifyRecord(database=database, keyring=keyring, path=anchor or found.anchor_file)()
    if not verdict.anchored:
        click.echo("no anchor was found: a cut tail may not show", err=True)
    if verdict.ok:
        click.echo(f"{verdict.events} events, all as they were written")
        return
    click.echo(f"first bad row: {verdict.first_bad} ({verdict.reason})")
    sys.exit(1)


@main.group()
def services() -> None:
    """The platform's own programs: what they may ask of this house, each with a credential of its own."""


@services.command("add")
@click.argument("name")
@plainly
def services_add(name: str) -> None:
    """Make a credential for NAME and print it: this once, and never again."""
    with opened(load_settings()) as house:
        try:
            token = house.core.services.add(name)
        except Unacceptable:
            raise Misconfigured("a name has small letters, digits and dashes, and begins with a letter") from None
        except Conflict:
            raise Misconfigured("there is a service of that name") from None
    click.echo(token.reveal())


@services.command("rotate")
@click.argument("name")
@plainly
def services_rotate(name: str) -> None:
    """Print a new credential for NAME. The old one ends at once."""
    with _service_named() as house:
        click.echo(house.core.services.rotate(name).reveal())


@services.command("revoke")
@click.argument("name")
@plainly
def services_revoke(name: str) -> None:
    """End the credential of NAME at once."""
    with _service_named() as house:
        house.core.services.revoke(name)
    click.echo("revoked")


@services.command("list")
@plainly
def services_list() -> None:
    """Name every service, and since when it is known."""
    with opened(load_settings()) as house:
        for service in house.core.services.list():
            state = "" if service.revoked_at is None else f", revoked {service.revoked_at:%Y-%m-%d}"
            click.echo(f"{service.name}  since {service.made_at:%Y-%m-%d}{state}")


@contextmanager
def _service_named() -> Iterator[Opened]:
    with opened(load_settings()) as house:
        try:
            yield house
        except NotFound:
            raise Misconfigured("there is no service of that name") from None


@main.group()
def accounts() -> None:
    """Look at an account, freeze or close it, or help somebody who lost phone and codes. WHO is an id, an e-mail or a
    phone."""


@accounts.command("show")
@click.argument("who")
@plainly
def accounts_show(who: str) -> None:
    """Print what protects an account, without addresses or secrets. The look is in the record."""
    with _found(who) as (house, account):
        sheet = house.desk.show(account)
    click.echo(f"account {sheet.account.id}, {sheet.account.standing}, since {sheet.account.created_at:%Y-%m-%d}")
    for identifier in sheet.identifiers:
        click.echo(f"  address  {identifier}")
    for authenticator in sheet.authenticators:
        age = "senior" if authenticator.senior else "junior"
        left = "" if authenticator.left is None else f", {authenticator.left} left"
        click.echo(f"  {authenticator.kind}  since {authenticator.bound_at:%Y-%m-%d}, {age}{left}")
    for device in sheet.devices:
        click.echo(f"  device  {device.name}, last seen {device.last_seen_at:%Y-%m-%d}")
    click.echo(f"  sessions  {sheet.sessions}")


@accounts.command("close")
@click.argument("who")
@click.confirmation_option(prompt="A closed account can't be opened again. Close it?")
@plainly
def accounts_close(who: str) -> None:
    """Close an account: its sessions end, and whoever signs in afterwards can only read."""
    with _found(who) as (house, account):
        try:
            ended = house.desk.close(account)
        except Conflict:
            raise Misconfigured("this account is closed already") from None
    click.echo(f"closed; {ended} sessions ended")


@accounts.command("freeze")
@click.argument("who")
@plainly
def accounts_freeze(who: str) -> None:
    """Freeze an account: its sessions end, nothing leaves it, nothing in it changes. Only `accounts thaw` undoes it."""
    with _found(who) as (house, account):
        try:
            ended = house.core.freezing.by_operator(account)
        except Conflict:
            raise Misconfigured("this account is closed") from None
    click.echo(f"frozen; {ended} sessions ended")


@accounts.command("thaw")
@click.argument("who")
@click.option("--of-revoked-services", is_flag=True, help="End the freezes of services that were revoked, instead.")
@plainly
def accounts_thaw(who: str, of_revoked_services: bool) -> None:
    """End the freeze that `accounts freeze` made. What the holder or a service froze they thaw themselves; a service
    that was revoked can't, and no other can in its place."""
    with _found(who) as (house, account):
        freezing = house.core.freezing
        revoked = [service.id for service in house.core.services.list() if service.revoked_at is not None]
        try:
            if of_revoked_services:
                is_open = freezing.thaw_left_behind(account, revoked)
            else:
                is_open = freezing.thaw_by_operator(account)
        except Conflict:
            by = "no service that was revoked" if of_revoked_services else "no operator"
            raise Misconfigured(f"{by} froze this account") from None
    click.echo("thawed" if is_open else "thawed; it stays frozen, for others froze it too")


@accounts.command("remove-second-step")
@click.argument("who")
@plainly
def accounts_remove_second_step(who: str) -> None:
    """Begin to remove the app and recovery codes, for somebody who lost both. Every address is told; after seven days
    the running server does it, unless somebody shows the app or a code until then."""
    with _found(who) as (house, account):
        try:
            due_at = house.core.removal.begin(account)
        except NotFound:
            raise Misconfigured("this account has no authenticator app") from None
        except Conflict:
            raise Misconfigured("this was begun already") from None
    click.echo(f"begun; it takes effect on {due_at:%Y-%m-%d at %H:%M} UTC unless the app or a code is shown before")


@contextmanager
def _found(who: str) -> Iterator[tuple[Opened, AccountId]]:
    with opened(load_settings()) as house:
        try:
            account = house.desk.find(who)
        except NotFound:
            raise Misconfigured("there is no such account") from None
        yield house, account


@contextmanager
def _database(found: Settings) -> Iterator[Database]:
    database = open_database(found.database_url)
    try:
        yield database
    finally:
        database.close()
