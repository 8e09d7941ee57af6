"""The house opened for one command, beside a running server or without one. Nothing is started."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from watchword.app import build_core
from watchword.core import Core
from watchword.crypto.keyring import read_key_file
from watchword.crypto.tokens import Randomness
from watchword.foundation.clock import system_clock
from watchword.foundation.errors import Misconfigured
from watchword.safeguards.operator import OperatorDesk
from watchword.settings import Settings
from watchword.storage.database import open_database
from watchword.storage.installation import Installation


@dataclass(frozen=True, kw_only=True)
class Opened:
    core: Core
    desk: OperatorDesk


@contextmanager
def opened(settings: Settings) -> Iterator[Opened]:
    """Raises Misconfigured when nothing was ever served from this database, or by another mode or other keys."""
    randomness = Randomness()
    keyring = read_key_file(settings.key_file, randomness)
    database = open_database(settings.database_url)
    try:
        installation = Installation(database=database)
        if not installation.has_begun():
            raise Misconfigured("nothing was served from this database yet")
        installation.claim(mode=settings.mode, key_digest=keyring.digest("installation"))
        core, pool = build_core(settings, database, keyring, system_clock, randomness)
        try:
            yield Opened(core=core, desk=_desk(core))
        finally:
            pool.close()
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
