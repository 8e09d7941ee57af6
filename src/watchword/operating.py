"""For one command, beside a running server or without one: the house opened but not started, and its check-up."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from watchword.app import build_core
from watchword.core import Core
from watchword.crypto.keyring import read_key_file
from watchword.crypto.tokens import Randomness
from watchword.exits.causes import exit_rules_from, looser_exit_rules
from watchword.foundation.clock import system_clock
from watchword.foundation.errors import Misconfigured, WatchwordError
from watchword.gate.policy import Policy
from watchword.gate.policy_file import load_policy, loosenings
from watchword.safeguards.operator import OperatorDesk
from watchword.safeguards.resealing import Resealing
from watchword.settings import Settings, unsafe, weak
from watchword.storage.database import open_database
from watchword.storage.installation import Installation


@dataclass(frozen=True, kw_only=True)
class Opened:
    core: Core
    desk: OperatorDesk
    resealing: Resealing


@contextmanager
def opened(settings: Settings) -> Iterator[Opened]:
    """Raises Misconfigured when nothing was ever served from this database, or by another mode or other keys."""
    if not has_begun(settings):
        raise Misconfigured("nothing was served from this database yet")
    randomness = Randomness()
    keyring = read_key_file(settings.key_file, randomness)
    database = open_database(settings.database_url)
    try:
        Installation(database=database).claim(mode=settings.mode, key_digest=keyring.digest("installation"))
        core, pool = build_core(settings, database, keyring, system_clock, randomness)
        try:
            yield Opened(core=core, desk=_desk(core), resealing=_resealing(core))
        finally:
            pool.close()
    finally:
        database.close()


def findings(settings: Settings) -> Iterator[str]:
    """What the doctor names: each weak or missing setting with its remedy, and whatever does not fit together."""
    yield from map(str, unsafe(settings))
    yield from map(str, weak(settings))
    try:
        yield from (
            f"policy_file: {sentence}. Go back to the default."
            for sentence in loosened(load_policy(settings.policy_file))
        )
    except WatchwordError as refused:
        yield f"policy_file: {refused}."
    try:
        if settings.key_file.is_file():
            read_key_file(settings.key_file)
            if has_begun(settings):
                with opened(settings):
                    pass
    except WatchwordError as refused:
        yield f"key_file, database_url: {refused}."


def loosened(policy: Policy) -> list[str]:
    """What this policy lets pass or out that ours would not, a sentence each. Raises Misconfigured."""
    return [*loosenings(policy), *looser_exit_rules(exit_rules_from(policy.exits))]


def has_begun(settings: Settings) -> bool:
    """Whether anything was ever served from the database. A look makes no database."""
    scheme, _, path = settings.database_url.partition(":///")
    if scheme == "sqlite" and not Path(path).exists():
        return False
    database = open_database(settings.database_url)
    try:
        return Installation(database=database).has_begun()
    finally:
        database.close()


def _desk(core: Core) -> OperatorDesk:
    return OperatorDesk(
        database=core.ground.database,
        accounts=core.accounts,
        sessions=core.sessions,
        overviews=core.overviews,
        journal=core.journal,
        phones=core.ground.phones,
        clock=core.ground.clock,
    )


def _resealing(core: Core) -> Resealing:
    return Resealing(
        database=core.ground.database,
        accounts=core.accounts.store,
        authenticators=core.authenticators,
        destinations=core.exits.destinations.store,
        stamps=core.stamps.store,
        api_keys=core.api_keys.store,
        keyring=core.ground.keyring,
        journal=core.journal,
        clock=core.ground.clock,
    )
