"""A short-lived signed token that says whose session this is, for a platform on our host and for apps.

The platform checks it by itself (``watchword.relying``) and asks us nothing; what it hears is that the session ended.
So a token lives no longer than its session, names one audience of the operator's list, and is good for nothing with
us.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchword.crypto.tokens import Randomness
from watchword.foundation.clock import Clock
from watchword.foundation.errors import Unacceptable
from watchword.foundation.secret import Secret
from watchword.handover.signing_keys import SigningKeys
from watchword.sessions.sessions import Session

TYP = "watchword-session+jwt"
LIVES = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class SessionToken:
    token: Secret
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class SessionTokens:
    keys: SigningKeys
    audiences: Collection[str]
    issuer: str
    randomness: Randomness
    clock: Clock

    def issue(self, session: Session, audience: str) -> SessionToken:
        """Raises Unacceptable for an audience that the operator did not list."""
        if audience not in self.audiences:
            raise Unacceptable("unknown_audience", "audience")
        issued = int(self.clock().timestamp())
        expires = min(issued + int(LIVES.total_seconds()), int(session.expires_at.timestamp()))
        claims = {
            "iss": self.issuer,
            "sub": session.account,
            "aud": audience,
            "sid": session.id,
            "account": session.account,
            "aal": int(session.aal),
            "acr": f"aal{int(session.aal)}",
            "amr": list(session.amr),
            "auth_time": int(session.authenticated_at.timestamp()),
            "iat": issued,
            "exp": expires,
            "jti": self.randomness.id(),
        }
        if session.scope != "full":
            claims["read_only"] = True
        token = Secret(self.keys.sign(TYP, claims))
        return SessionToken(token=token, expires_at=datetime.fromtimestamp(expires, self.clock().tzinfo))
