"""The hottest route, ``GET /api/v1/session``, answered from memory before any router. A miss goes the long way."""

import json
from dataclasses import dataclass, field

from watchword.foundation.terms import ClientKind, SessionId
from watchword.sessions.sessions import Session, Sessions
from watchword.web.cookies import CookieNames
from watchword.web.edge.asgi import App, Receive, Scope, Send

PATH = "/api/v1/session"
_BEARER = b"bearer "
_MOST = 10_000


@dataclass(frozen=True, kw_only=True)
class HotSession:
    app: App
    sessions: Sessions
    names: CookieNames
    bodies: dict[SessionId, tuple[Session, bytes]] = field(default_factory=dict)
    """Made once for a session as it was read."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        session = self._find(scope)
        if session is None:
            await self.app(scope, receive, send)
            return
        body = self._body(session)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _body(self, session: Session) -> bytes:
        kept = self.bodies.get(session.id)
        if kept is None or kept[0] is not session:
            if len(self.bodies) >= _MOST:
                self.bodies.clear()
            kept = self.bodies[session.id] = (session, session_json(session))
        return kept[1]

    def _find(self, scope: Scope) -> Session | None:
        """Exactly one credential, read as the API reads it; anything unusual goes the long way."""
        bearers = [value for name, value in scope["headers"] if name == b"authorization"]
        if bearers:
            if len(bearers) != 1 or not bearers[0].lower().startswith(_BEARER) or not bearers[0].isascii():
                return None
            return self.sessions.find_cached(bearers[0][len(_BEARER) :].decode().strip(), ClientKind.APP)
        token = self._cookie(scope)
        return None if token is None else self.sessions.find_cached(token, ClientKind.BROWSER)

    def _cookie(self, scope: Scope) -> str | None:
        """The one session cookie; of two the long way decides."""
        wanted = f"{self.names.session}=".encode()
        crumbs = (crumb.strip() for name, value in scope["headers"] if name == b"cookie" for crumb in value.split(b";"))
        found = [crumb[len(wanted) :] for crumb in crumbs if crumb.startswith(wanted)]
        return found[0].decode() if len(found) == 1 and found[0].isascii() else None


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
