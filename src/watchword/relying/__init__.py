"""The client library for what stands behind Watchword: a trading application, its gateways, its withdrawal workers.

Importing it takes in nothing of the server. It needs httpx and joserfc.

``SessionVerifier``   who sent this request: signed tokens checked here, revoked sessions refused within a second
``WatchwordSession``  the same as ASGI middleware
``Approvals``         what may leave an account: preview, ask, consume, and look again before broadcasting
``ApiRequests``       whether a request that a customer's program signed is good
``Events``            what happened to accounts, from a cursor that you keep

Errors are one tree, in ``errors``. Nothing here logs, and no ``repr`` shows a token.
"""

from watchword.relying.api_requests import ApiCaller, ApiRequests, target_of
from watchword.relying.approvals import (
    Approvals,
    Decision,
    Exit,
    ExitRequest,
    Hold,
    Spent,
)
from watchword.relying.asgi import WatchwordSession, require
from watchword.relying.clock import Clock, system_clock
from watchword.relying.connection import Connection
from watchword.relying.errors import (
    CallRefused,
    CursorLost,
    ExitHeld,
    ExitRefused,
    ExitStopped,
    NotConfirmed,
    NotKnown,
    ReadOnly,
    RelyingError,
    RequestRejected,
    SessionEnded,
    StepUpNeeded,
    TokenRefused,
    Unavailable,
)
from watchword.relying.events import Event, EventPage, Events
from watchword.relying.identity import Identity, TokenKind
from watchword.relying.sessions import SessionVerifier

__all__ = [
    "ApiCaller",
    "ApiRequests",
    "Approvals",
    "CallRefused",
    "Clock",
    "Connection",
    "CursorLost",
    "Decision",
    "Event",
    "EventPage",
    "Events",
    "Exit",
    "ExitHeld",
    "ExitRefused",
    "ExitRequest",
    "ExitStopped",
    "Hold",
    "Identity",
    "NotConfirmed",
    "NotKnown",
    "ReadOnly",
    "RelyingError",
    "RequestRejected",
    "SessionEnded",
    "SessionVerifier",
    "Spent",
    "StepUpNeeded",
    "TokenKind",
    "TokenRefused",
    "Unavailable",
    "WatchwordSession",
    "require",
    "system_clock",
    "target_of",
]
