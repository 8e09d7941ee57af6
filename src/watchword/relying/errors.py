"""The one error tree of the library. No message holds a token, a credential or what a customer sent.

RelyingError
├── TokenRefused       not a token to act on; ``reason`` is for your log, never for who sent it
│   └── SessionEnded   it was good, and its session is over
├── StepUpNeeded       the session is live, but not proven well or lately enough (RFC 9470)
├── ReadOnly           the account is frozen or closed: it reads, cancels and reduces
├── Unavailable        nothing can be said: the door does not answer, or was not heard in time. Act as for a refusal
├── NotKnown           no such account, session or approval
├── NotConfirmed       no approval fits this exit
├── ExitHeld           it was confirmed and waits; ``opens_at`` says until when
├── ExitRefused        it can't go; ``reason`` says why
├── ExitStopped        it was let out, and the account was frozen or closed since: don't broadcast it
├── RequestRejected    a signed API request that is not good; ``body`` goes back to the client with status 401
├── CursorLost         the cursor of the events stands nowhere in the record, which was put back to an older copy
└── CallRefused        the door does not take the call: a revoked credential, or an action it does not know
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watchword.relying.approvals import Hold


class RelyingError(Exception):
    """Root of all that this library raises on purpose."""


class TokenRefused(RelyingError):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SessionEnded(TokenRefused):
    def __init__(self) -> None:
        super().__init__("session_ended")


class StepUpNeeded(RelyingError):
    """``acr_values`` and ``max_age`` (seconds) are what to ask for in a new sign-in."""

    def __init__(self, acr_values: str | None, max_age: int | None) -> None:
        super().__init__("the session is not proven well or lately enough")
        self.acr_values = acr_values
        self.max_age = max_age


class ReadOnly(RelyingError):
    pass


class Unavailable(RelyingError):
    pass


class NotKnown(RelyingError):
    pass


class NotConfirmed(RelyingError):
    pass


class ExitHeld(RelyingError):
    def __init__(self, opens_at: datetime | None, holds: "Sequence[Hold]") -> None:
        super().__init__("the exit waits")
        self.opens_at = opens_at
        self.holds = holds


class ExitRefused(RelyingError):
    def __init__(self, reason: str | None) -> None:
        super().__init__("the exit can't go")
        self.reason = reason


class ExitStopped(RelyingError):
    def __init__(self, reason: str | None) -> None:
        super().__init__("the account was frozen or closed since")
        self.reason = reason


class RequestRejected(RelyingError):
    """``code`` and ``message`` are for the client; there is nothing secret in them."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message

    @property
    def body(self) -> bytes:
        """In JSON, as client libraries of the scheme read it."""
        return json.dumps({"code": self.code, "msg": self.message}).encode()


class CursorLost(RelyingError):
    pass


class CallRefused(RelyingError):
    """``status`` is HTTP's, ``code`` the stable word of the door's problem document."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
