"""Who calls the JSON API: an app with a Bearer token, a browser with its cookie, or a service of the platform with
its credential. Never one as the other.
"""

from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from watchword.foundation.secret import Secret
from watchword.foundation.terms import ClientKind
from watchword.handover.services import Service, Services
from watchword.safeguards.freezing import Freezing
from watchword.sessions.sessions import Session, Sessions
from watchword.web.api.problems import ReadOnly, Unauthenticated
from watchword.web.clients import app_client, browser_client, read_token
from watchword.web.cookies import CookieNames


@dataclass(frozen=True)
class Callers:
    sessions: Sessions
    names: CookieNames
    freezing: Freezing

    def require(self, request: Request) -> Session:
        """Raises Unauthenticated."""
        session = self._find(request)
        if session is None:
            raise Unauthenticated
        return session

    def require_full(self, request: Request) -> Session:
        """Raises Unauthenticated, or ReadOnly for the session of a frozen or closed account."""
        session = self.require(request)
        if session.scope != "full":
            raise ReadOnly
        return session

    def require_putting_out(self, request: Request) -> Session:
        """For what a frozen account does too: thaw, and put others out. Raises Unauthenticated, ReadOnly."""
        session = self.require(request)
        if session.scope != "full" and self.freezing.view(session.account) is None:
            raise ReadOnly
        return session

    def approval(self, request: Request) -> Secret | None:
        return read_token(request.headers.get("approval"))

    def _find(self, request: Request) -> Session | None:
        if request.headers.getlist("authorization"):
            token = _bearer(request)
            return None if token is None else self.sessions.find(token, ClientKind.APP, app_client(request))
        token = read_token(request.cookies.get(self.names.session))
        if token is None:
            return None
        return self.sessions.find(token, ClientKind.BROWSER, browser_client(request, self.names))


@dataclass(frozen=True)
class ServiceCallers:
    """For the addresses of the platform's services: a session's token or cookie opens none of them."""

    services: Services

    def require(self, request: Request) -> Service:
        """Raises Unauthenticated."""
        token = _bearer(request)
        service = None if token is None else self.services.find(token)
        if service is None:
            raise Unauthenticated
        return service

    async def admit(self, request: Request) -> None:
        """For who asks again and again: from memory where it was looked up within the last second. Raises
        Unauthenticated."""
        token = _bearer(request)
        if token is None or self.services.find_cached(token.reveal()) is None:
            await run_in_threadpool(self.require, request)


def _bearer(request: Request) -> Secret | None:
    """The token of the one Authorization header there is."""
    headers = request.headers.getlist("authorization")
    if len(headers) != 1:
        return None
    scheme, _, text = headers[0].partition(" ")
    return read_token(text.strip()) if scheme.lower() == "bearer" else None
