"""Who calls the JSON API: an app with a Bearer token, or a browser with its cookie. Never one as the other."""

from dataclasses import dataclass

from starlette.requests import Request

from watchword.foundation.secret import Secret
from watchword.foundation.terms import ClientKind
from watchword.sessions.sessions import Session, Sessions
from watchword.web.api.problems import ReadOnly, Unauthenticated
from watchword.web.clients import app_client, browser_client, read_token
from watchword.web.cookies import CookieNames


@dataclass(frozen=True)
class Callers:
    sessions: Sessions
    names: CookieNames

    def require(self, request: Request) -> Session:
        """Raises Unauthenticated."""
        session = self._find(request)
        if session is None:
            raise Unauthenticated
        return session

    def require_full(self, request: Request) -> Session:
        """Raises Unauthenticated, or ReadOnly for the session of a closed account."""
        session = self.require(request)
        if session.scope != "full":
            raise ReadOnly
        return session

    def approval(self, request: Request) -> Secret | None:
        return read_token(request.headers.get("approval"))

    def _find(self, request: Request) -> Session | None:
        headers = request.headers.getlist("authorization")
        if headers:
            scheme, _, text = headers[0].partition(" ")
            token = read_token(text.strip()) if scheme.lower() == "bearer" and len(headers) == 1 else None
            return None if token is None else self.sessions.find(token, ClientKind.APP, app_client(request))
        token = read_token(request.cookies.get(self.names.session))
        if token is None:
            return None
        return self.sessions.find(token, ClientKind.BROWSER, browser_client(request, self.names))
