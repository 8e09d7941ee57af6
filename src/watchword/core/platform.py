"""The hand-over: what the platform behind the door uses."""

from datetime import datetime

from watchword.core.api_keys import api_key_room
from watchword.core.forwarding import forwarding_room
from watchword.core.ground import Ground
from watchword.core.safe_room import SafeRoom
from watchword.delivery.bell import Bell
from watchword.foundation.terms import AccountId, SessionId
from watchword.handover.ended_sessions import EndedSessions
from watchword.handover.events import PlatformEvents
from watchword.handover.openid.room import OpenIdNeeds, openid_room
from watchword.handover.requests import ExitRequests
from watchword.handover.services import Services
from watchword.handover.session_tokens import SessionTokens
from watchword.handover.signing_keys import SigningKeys
from watchword.handover.store import ServiceStore, SigningKeyStore
from watchword.record.store import RecordStore
from watchword.sessions.sessions import SessionEnding
from watchword.storage.database import Transaction


class Platform(SafeRoom):
    """Each attribute is a use case."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._build_services(ground)
        self._build_signing_keys(ground)
        self._build_feeds(ground)
        room = api_key_room(self, ground)
        self.api_keys, self.api_key_changes, self.api_requests = room.keys, room.changes, room.requests
        self.key_watch, self.api_key_failures = room.watch, room.failures
        self.forwarding = forwarding_room(self, ground)
        self.children = self.forwarding.children
        self._build_openid(ground)
        self.endings: tuple[SessionEnding, ...] = (
            self.ended_sessions.note,
            self.children.ended,
            self.openid.grants.session_ended,
        )

    def _session_ended(self, tx: Transaction, account: AccountId, session: SessionId, now: datetime) -> None:
        for ending in self.endings:
            ending(tx, account, session, now)

    def _build_services(self, ground: Ground) -> None:
        self.services = Services(
            database=ground.database,
            store=ServiceStore(ground.keyring),
            journal=self.journal,
            keyring=ground.keyring,
            randomness=ground.randomness,
            clock=ground.clock,
        )
        self.exit_requests = ExitRequests(
            database=ground.database,
            approvals=self.approvals,
            sessions=self.sessions,
            journal=self.journal,
            keyring=ground.keyring,
            randomness=ground.randomness,
            clock=ground.clock,
            lifetime=ground.policy.lifetimes.passage,
            returns=ground.return_addresses,
        )

    def _build_signing_keys(self, ground: Ground) -> None:
        self.signing_keys = SigningKeys(
            database=ground.database,
            store=SigningKeyStore(ground.keyring),
            journal=self.journal,
            keyring=ground.keyring,
            randomness=ground.randomness,
            clock=ground.clock,
            issuer=ground.public_url,
            algorithms=ground.signing_algorithms,
        )
        self.session_tokens = SessionTokens(
            keys=self.signing_keys,
            audiences=ground.session_audiences,
            issuer=ground.public_url,
            randomness=ground.randomness,
            clock=ground.clock,
        )

    def _build_feeds(self, ground: Ground) -> None:
        self.platform_events = PlatformEvents(database=ground.database, store=RecordStore())
        self.ended_sessions = EndedSessions(
            database=ground.database, store=RecordStore(), journal=self.journal, clock=ground.clock, bell=Bell()
        )

    def _build_openid(self, ground: Ground) -> None:
        self.openid = openid_room(
            OpenIdNeeds(
                database=ground.database,
                keyring=ground.keyring,
                randomness=ground.randomness,
                clock=ground.clock,
                journal=self.journal,
                accounts=self.accounts,
                sessions=self.sessions,
                keys=self.signing_keys,
                counters=self.counters,
                limits=self.limits,
                request_lifetime=ground.policy.lifetimes.passage,
            )
        )
