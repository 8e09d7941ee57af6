"""API keys and the requests they sign, wired: each part once, for ``Platform``."""

from dataclasses import dataclass
from datetime import datetime

from watchword.core.ground import Ground
from watchword.core.safe_room import SafeRoom
from watchword.delivery.messages.api_keys import ApiKeyChanged
from watchword.handover.api_keys.keys import ApiKeys
from watchword.handover.api_keys.known import KnownKeys
from watchword.handover.api_keys.replays import Replays
from watchword.handover.api_keys.store import ApiKeyStore, ReplayStore
from watchword.handover.api_keys.verifying import ApiRequests, milliseconds
from watchword.handover.request_signing import HeaderNames
from watchword.safeguards.notices import Notices
from watchword.sessions.sessions import Session
from watchword.storage.database import Transaction


@dataclass(frozen=True, kw_only=True)
class ApiKeyRoom:
    keys: ApiKeys
    requests: ApiRequests


@dataclass(frozen=True)
class _Telling:
    notices: Notices

    def __call__(self, tx: Transaction, session: Session, what: str, key: str, now: datetime) -> None:
        self.notices.of_change(tx, session, ApiKeyChanged, now, what=what, key=key)


def api_key_room(near: SafeRoom, ground: Ground) -> ApiKeyRoom:
    database, keyring, clock = ground.database, ground.keyring, ground.clock
    store = ApiKeyStore(keyring)
    keys = ApiKeys(
        database=database,
        store=store,
        accounts=near.accounts,
        approvals=near.approvals,
        exits=near.exits,
        journal=near.journal,
        keyring=keyring,
        randomness=ground.randomness,
        clock=clock,
        tell=_Telling(near.notices),
    )
    requests = ApiRequests(
        database=database,
        store=store,
        known=KnownKeys(database=database, store=store, accounts=near.accounts, keyring=keyring),
        replays=Replays(database=database, store=ReplayStore()),
        keyring=keyring,
        clock=clock,
        names=HeaderNames.of(ground.api_header_prefix),
        started=milliseconds(clock()),
        nobody=ground.randomness.bytes(32),
    )
    return ApiKeyRoom(keys=keys, requests=requests)
