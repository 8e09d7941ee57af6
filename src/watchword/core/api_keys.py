"""API keys and the requests they sign, wired: each part once, for ``Platform``."""

from dataclasses import dataclass
from datetime import datetime

from watchword.core.ground import Ground
from watchword.core.safe_room import SafeRoom
from watchword.crypto.keyring import Mac
from watchword.delivery.messages.api_keys import ApiKeyChanged, ApiKeyEnding, ApiKeyLapsed, ApiKeysPaused
from watchword.foundation.terms import AccountId
from watchword.handover.api_keys.changes import ApiKeyChanges
from watchword.handover.api_keys.failures import Failures
from watchword.handover.api_keys.keys import ApiKeys
from watchword.handover.api_keys.known import KnownKeys
from watchword.handover.api_keys.replays import Replays
from watchword.handover.api_keys.store import ApiKeyStore, FailureStore, ReplayStore
from watchword.handover.api_keys.verifying import ApiRequests, milliseconds
from watchword.handover.api_keys.watch import KeyWatch
from watchword.handover.request_signing import HeaderNames
from watchword.safeguards.notices import Notices
from watchword.sessions.sessions import Session
from watchword.storage.database import Transaction


@dataclass(frozen=True, kw_only=True)
class ApiKeyRoom:
    keys: ApiKeys
    changes: ApiKeyChanges
    watch: KeyWatch
    requests: ApiRequests
    failures: Failures


@dataclass(frozen=True)
class _Telling:
    notices: Notices

    def __call__(self, tx: Transaction, session: Session, what: str, key: str, now: datetime) -> None:
        self.notices.of_change(tx, session, ApiKeyChanged, now, what=what, key=key)

    def paused(self, tx: Transaction, account: AccountId, count: int, now: datetime) -> None:
        self.notices.of_account(tx, account, ApiKeysPaused, now, count=count)

    def ending(self, tx: Transaction, account: AccountId, key: str, ends_at: datetime, now: datetime) -> None:
        self.notices.of_account(tx, account, ApiKeyEnding, now, key=key, ends_at=ends_at)

    def lapsed(self, tx: Transaction, account: AccountId, key: str, now: datetime) -> None:
        self.notices.of_account(tx, account, ApiKeyLapsed, now, key=key)


def api_key_room(near: SafeRoom, ground: Ground) -> ApiKeyRoom:
    database, keyring, clock = ground.database, ground.keyring, ground.clock
    store, telling = ApiKeyStore(keyring), _Telling(near.notices)
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
        tell=telling,
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
        nobody=Mac(ground.randomness.bytes(32)),
    )
    return ApiKeyRoom(
        keys=keys,
        changes=ApiKeyChanges(database=database, keys=keys, clock=clock),
        watch=KeyWatch(database=database, store=store, journal=near.journal, clock=clock, tell=telling),
        requests=requests,
        failures=Failures(
            database=database, store=FailureStore(), keys=store, requests=requests, randomness=ground.randomness
        ),
    )
