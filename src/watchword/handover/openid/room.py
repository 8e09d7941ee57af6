"""The use cases of the OpenID provider, wired to each other."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from watchword.accounts.accounts import Accounts
from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.delivery.bell import Bell
from watchword.foundation.clock import Clock
from watchword.gate.gate_limits import GateLimits
from watchword.handover.openid.authorization import Authorization
from watchword.handover.openid.checking import TokenChecks
from watchword.handover.openid.client_auth import ClientAuth
from watchword.handover.openid.clients import Clients
from watchword.handover.openid.consents import Consents
from watchword.handover.openid.courier import LogoutCourier
from watchword.handover.openid.grants import Grants
from watchword.handover.openid.logouts import Logouts
from watchword.handover.openid.signing_out import ClientLogout
from watchword.handover.openid.store import (
    AssertionStore,
    ClientStore,
    ConsentStore,
    GrantStore,
    LogoutStore,
    RequestStore,
)
from watchword.handover.openid.subjects import Subjects
from watchword.handover.openid.tokens import TokenDesk
from watchword.handover.signing_keys import SigningKeys
from watchword.limits.counters import Counters
from watchword.record.journal import Journal
from watchword.sessions.sessions import Sessions
from watchword.storage.database import Database, Transaction

_KEPT = timedelta(days=2)
TOKEN = "/openid/token"
"""The path of the token endpoint, which assertions of clients may name as their audience."""


@dataclass(frozen=True, kw_only=True)
class OpenIdNeeds:
    """What the rooms around it give."""

    database: Database
    keyring: Keyring
    randomness: Randomness
    clock: Clock
    journal: Journal
    accounts: Accounts
    sessions: Sessions
    keys: SigningKeys
    counters: Counters
    limits: GateLimits
    request_lifetime: timedelta


@dataclass(frozen=True, kw_only=True)
class OpenIdRoom:
    clients: Clients
    client_auth: ClientAuth
    authorization: Authorization
    desk: TokenDesk
    checks: TokenChecks
    consents: Consents
    grants: Grants
    logout: ClientLogout
    courier: LogoutCourier
    requests: RequestStore
    assertions: AssertionStore

    def forget(self, tx: Transaction, now: datetime) -> None:
        """What is over, and says nothing any more; grants stay a while, so that a late replay is still seen."""
        self.requests.forget(tx, now)
        self.assertions.forget(tx, now)
        self.grants.store.forget(tx, now - _KEPT)
        self.courier.store.forget(tx, now - _KEPT)


def openid_room(near: OpenIdNeeds) -> OpenIdRoom:
    clients = Clients(
        database=near.database,
        store=ClientStore(near.keyring),
        journal=near.journal,
        keyring=near.keyring,
        randomness=near.randomness,
        clock=near.clock,
        algorithms=near.keys.algorithms,
        # Production is served over https only, so this is development, on this machine alone.
        development=not near.keys.issuer.startswith("https:"),
    )
    logouts = Logouts(store=LogoutStore(near.keyring), randomness=near.randomness, bell=Bell())
    grants = Grants(
        store=GrantStore(near.keyring),
        clients=clients,
        sessions=near.sessions,
        accounts=near.accounts,
        logouts=logouts,
        journal=near.journal,
        randomness=near.randomness,
    )
    consents = Consents(
        database=near.database,
        store=ConsentStore(near.keyring),
        clients=clients,
        grants=grants,
        journal=near.journal,
        randomness=near.randomness,
        clock=near.clock,
    )
    return _desks(near, clients, grants, consents, logouts)


def _desks(near: OpenIdNeeds, clients: Clients, grants: Grants, consents: Consents, logouts: Logouts) -> OpenIdRoom:
    subjects, assertions, requests = Subjects(near.keyring), AssertionStore(near.keyring), RequestStore(near.keyring)
    desk = TokenDesk(
        database=near.database,
        grants=grants,
        sessions=near.sessions,
        subjects=subjects,
        keys=near.keys,
        keyring=near.keyring,
        randomness=near.randomness,
        clock=near.clock,
        issuer=near.keys.issuer,
    )
    return OpenIdRoom(
        clients=clients,
        client_auth=ClientAuth(
            database=near.database,
            clients=clients,
            assertions=assertions,
            counters=near.counters,
            limits=near.limits,
            keyring=near.keyring,
            clock=near.clock,
            audiences=(near.keys.issuer, near.keys.issuer + TOKEN),
        ),
        authorization=_authorization(near, requests, consents, subjects),
        desk=desk,
        checks=TokenChecks(
            database=near.database,
            grants=grants,
            desk=desk,
            subjects=subjects,
            keys=near.keys,
            accounts=near.accounts,
            clock=near.clock,
        ),
        consents=consents,
        grants=grants,
        logout=ClientLogout(database=near.database, clients=clients, subjects=subjects, keys=near.keys),
        courier=_courier(near, clients, subjects, logouts),
        requests=requests,
        assertions=assertions,
    )


def _authorization(near: OpenIdNeeds, requests: RequestStore, consents: Consents, subjects: Subjects) -> Authorization:
    return Authorization(
        database=near.database,
        requests=requests,
        clients=consents.clients,
        consents=consents,
        grants=consents.grants,
        subjects=subjects,
        keys=near.keys,
        counters=near.counters,
        limits=near.limits,
        keyring=near.keyring,
        randomness=near.randomness,
        clock=near.clock,
        issuer=near.keys.issuer,
        lifetime=near.request_lifetime,
    )


def _courier(near: OpenIdNeeds, clients: Clients, subjects: Subjects, logouts: Logouts) -> LogoutCourier:
    return LogoutCourier(
        database=near.database,
        store=logouts.store,
        clients=clients,
        subjects=subjects,
        keys=near.keys,
        journal=near.journal,
        randomness=near.randomness,
        clock=near.clock,
        bell=logouts.bell,
    )
