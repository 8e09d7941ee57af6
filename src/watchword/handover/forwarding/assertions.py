"""A short signed assertion of who a request comes from, for applications that don't believe bare headers.

A JWS (RFC 7515) of typ ``watchword-assertion+jwt`` that serves for 30 seconds, for one audience: the application's
origin.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from watchword.foundation.clock import Clock
from watchword.foundation.terms import SessionId
from watchword.handover.forwarding.addresses import Application
from watchword.sessions.sessions import Session

TYPE = "watchword-assertion+jwt"
LIVES = timedelta(seconds=30)
GIVEN_AGAIN_FOR = timedelta(seconds=10)
"""A signature costs more than all else of an answer; what is left then is enough for a request on its way."""
_MOST = 10_000

Sign = Callable[[str, Mapping[str, Any]], str]
"""From type and claims to a compact JWS."""


@dataclass(frozen=True, kw_only=True)
class Assertions:
    sign: Sign
    issuer: str
    clock: Clock
    _kept: dict[tuple[SessionId, str], tuple[Session, datetime, str]] = field(default_factory=dict)

    def find(self, session: Session, application: Application) -> str | None:
        """One signed a moment ago for the session as it is; None: it has to be made."""
        kept = self._kept.get((session.id, application.origin))
        if kept is None or (kept[0] is not session and kept[0] != session) or self.clock() >= kept[1]:
            return None
        return kept[2]

    def make(self, session: Session, application: Application) -> str:
        now = self.clock()
        issued = int(now.timestamp())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": application.origin,
            "sub": session.account,
            "sid": session.id,
            "aal": int(session.aal),
            "amr": list(session.amr),
            "auth_time": int(session.authenticated_at.timestamp()),
            "iat": issued,
            "exp": issued + int(LIVES.total_seconds()),
        }
        if session.scope != "full":
            claims["read_only"] = True  # of a frozen or closed account: it reads, cancels and reduces
        signed = self.sign(TYPE, claims)
        if len(self._kept) >= _MOST:
            self._kept.clear()
        self._kept[session.id, application.origin] = (session, now + GIVEN_AGAIN_FOR, signed)
        return signed
