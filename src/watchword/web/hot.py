"""The hottest question, ``GET /api/v1/session``, answered from memory before guards and router."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from watchword.foundation.terms import ClientKind, SessionId
from watchword.sessions.sessions import Session, Sessions
from watchword.web.cookies import CookieNames
from watchword.web.edge.asgi import Scope
from watchword.web.edge.front import Credentials, Reply

PATH = "/api/v1/session"
_BEARER = b"bearer "
_MOST = 10_000


@dataclass(frozen=True, kw_only=True)
class QuickSession:
    sessions: Sessions
    names: CookieNames
    replies: dict[SessionId, tuple[Session, Reply]] = field(default_factory=dict)
    """Made once for a session as it was read."""
    _crumb: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_crumb", f"{self.names.session}=".encode())

    def __call__(self, _: Scope, credentials: Credentials) -> Reply | None:
        session = self._find(credentials)
        if session is None:
            return None
        kept = self.replies.get(session.id)
        if kept is None or kept[0] is not session:
            if len(self.replies) >= _MOST:
                self.replies.clear()
            kept = self.replies[session.id] = (session, _reply(session))
        return kept[1]

    def _find(self, credentials: Credentials) -> Session | None:
        """Exactly one credential, read as the API reads it; anything unusual goes the long way."""
        bearers = credentials.authorization
        if not bearers:
            token = self._cookie(credentials.cookies)
            return None if token is None else self.sessions.find_cached(token, ClientKind.BROWSER)
        if len(bearers) != 1 or bearers[0][: len(_BEARER)].lower() != _BEARER or not bearers[0].isascii():
            return None
        return self.sessions.find_cached(bearers[0][len(_BEARER) :].decode().strip(), ClientKind.APP)

    def _cookie(self, lines: Sequence[bytes]) -> str | None:
        """The one session cookie; of two the long way decides."""
        crumbs = (crumb.strip() for line in lines for crumb in line.split(b";"))
        found = [crumb[len(self._crumb) :] for crumb in crumbs if crumb.startswith(self._crumb)]
        return found[0].decode() if len(found) == 1 and found[0].isascii() else None


def _reply(session: Session) -> Reply:
    return Reply(b"application/json", session_json(session))


def session_json(session: Session) -> bytes:
    """The same body as the API's."""
    return json.dumps(
        {
            "account": session.account,
            "session": session.id,
            "device": session.device,
            "aal": int(session.aal),
            "amr": list(session.amr),
            "authenticated_at": session.authenticated_at.isoformat().replace("+00:00", "Z"),
            "expires_at": session.expires_at.isoformat().replace("+00:00", "Z"),
        },
        separators=(",", ":"),
    ).encode()
