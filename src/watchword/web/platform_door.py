"""The use cases of the hand-over that the edge calls. Wired in ``app``."""

from dataclasses import dataclass

from watchword.handover.api_keys.changes import ApiKeyChanges
from watchword.handover.api_keys.failures import Failures
from watchword.handover.api_keys.keys import ApiKeys
from watchword.handover.api_keys.verifying import ApiRequests
from watchword.handover.ended_sessions import EndedSessions
from watchword.handover.events import PlatformEvents
from watchword.handover.forwarding.forwarding import Forwarding
from watchword.handover.openid.room import OpenIdRoom
from watchword.handover.requests import ExitRequests
from watchword.handover.services import Services
from watchword.handover.session_tokens import SessionTokens
from watchword.handover.signing_keys import SigningKeys
from watchword.web.key_examples import Examples


@dataclass(frozen=True, kw_only=True)
class PlatformDoor:
    services: Services
    exit_requests: ExitRequests
    signing_keys: SigningKeys
    events: PlatformEvents
    ended_sessions: EndedSessions
    session_tokens: SessionTokens
    api_keys: ApiKeys
    api_key_changes: ApiKeyChanges
    api_requests: ApiRequests
    forwarding: Forwarding
    openid: OpenIdRoom
    api_key_failures: Failures
    examples: Examples
