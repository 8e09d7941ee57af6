"""What tokens say (OpenID Connect Core section 2; RFC 9068; OpenID Connect Back-Channel Logout 1.0). Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from watchword.crypto.jose import encoded
from watchword.foundation.terms import Aal
from watchword.handover.openid.clients import Client
from watchword.sessions.sessions import Session

ID_TOKEN, ACCESS_TOKEN, LOGOUT_TOKEN = "JWT", "at+jwt", "logout+jwt"
"""``typ``: what tells one kind of token from the others (RFC 8725 section 3.11)."""
LIVES = timedelta(minutes=5)
LOGOUT_LIVES = timedelta(minutes=2)
_LOGGED_OUT = "http://schemas.openid.net/event/backchannel-logout"


def acr(level: Aal) -> str:
    return f"aal{int(level)}"


def reading(session: Session) -> dict[str, Any]:
    """``read_only``, true or not there: of a frozen account, for which nothing may be begun."""
    return {} if session.scope == "full" else {"read_only": True}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What both tokens of a grant are made of."""

    issuer: str
    client: Client
    session: Session
    subject: str
    sid: str
    scopes: Sequence[str]
    now: datetime
    jti: str

    @property
    def _common(self) -> dict[str, Any]:
        issued_at = int(self.now.timestamp())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": self.subject,
            "iat": issued_at,
            "exp": issued_at + int(LIVES.total_seconds()),
            "auth_time": int(self.session.authenticated_at.timestamp()),
            "acr": acr(self.session.aal),
            "amr": list(self.session.amr),
            "sid": self.sid,
        }
        if "account" in self.scopes:
            claims["account"] = self.session.account
        return claims | reading(self.session)

    def access_token(self) -> dict[str, Any]:
        return {
            **self._common,
            "aud": self.client.audience,
            "client_id": self.client.id,
            "scope": " ".join(self.scopes),
            "jti": self.jti,
        }

    def id_token(self, *, nonce: str | None, access_token: str) -> dict[str, Any]:
        claims = {**self._common, "aud": self.client.id, "at_hash": at_hash(access_token, self.client.id_token_alg)}
        return claims if nonce is None else {**claims, "nonce": nonce}


def logout_token(*, issuer: str, client: str, subject: str, sid: str, jti: str, now: datetime) -> Mapping[str, Any]:
    issued_at = int(now.timestamp())
    return {
        "iss": issuer,
        "sub": subject,
        "aud": client,
        "iat": issued_at,
        "exp": issued_at + int(LOGOUT_LIVES.total_seconds()),
        "jti": jti,
        "sid": sid,
        "events": {_LOGGED_OUT: {}},
    }


def at_hash(access_token: str, alg: str) -> str:
    """The left half of the hash that goes with the algorithm (OpenID Connect Core, 3.1.3.6)."""
    name = "sha512" if alg == "EdDSA" else "sha256"
    whole = hashlib.new(name, access_token.encode()).digest()
    return encoded(whole[: len(whole) // 2])
