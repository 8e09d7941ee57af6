"""What clients call themselves: token, pushed requests, introspection, revocation, userinfo.

No cookie is looked at here, so the guard against other sites lets these paths pass, and pages of any site may call
those that an app without a server needs. Replies are JSON as RFC 6749 section 5 has it, refusals too.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from watchword.foundation.errors import Busy, Tampered, Throttled, WatchwordError
from watchword.foundation.secret import Secret
from watchword.handover.openid.asking import Fields
from watchword.handover.openid.authorization import Pushed
from watchword.handover.openid.claims import LIVES
from watchword.handover.openid.client_auth import Unknown
from watchword.handover.openid.clients import Client
from watchword.handover.openid.room import OpenIdRoom
from watchword.handover.openid.tokens import Issued, Refused
from watchword.handover.services import Services
from watchword.web.clients import app_client, read_token
from watchword.web.edge.metrics import Alarm
from watchword.web.oidc import paths
from watchword.web.oidc.reading import Unreadable, bearer_of, form_fields, shown_by, single

log = structlog.get_logger()

Answering = Callable[[Request, Fields], Response]
_SHORTEST_VERIFIER, _LONGEST_VERIFIER = 43, 128
"""RFC 7636 section 4.1."""


@dataclass(frozen=True, kw_only=True)
class ClientEndpoints:
    openid: OpenIdRoom
    services: Services

    def routes(self) -> list[BaseRoute]:
        return [
            Route(paths.TOKEN, self._answering(self._token), methods=["POST"]),
            Route(paths.PUSH, self._answering(self._push), methods=["POST"]),
            Route(paths.INTROSPECT, self._answering(self._introspect), methods=["POST"]),
            Route(paths.REVOKE, self._answering(self._revoke), methods=["POST"]),
            Route(paths.USERINFO, self._answering(self._userinfo), methods=["GET", "POST"]),
            *(Route(path, _preflight, methods=["OPTIONS"]) for path in sorted(paths.FROM_ANY_SITE)),
        ]

    def _token(self, request: Request, fields: Fields) -> Response:
        form = single(fields)
        client = self._client(request, form)
        if isinstance(client, Unknown):
            return _refused(request, client.error, client.why)
        of_here = self._require_given(request, client, form)
        match form.get("grant_type"):
            case "authorization_code":
                given = self._redeem(client, form)
            case "refresh_token":
                given = self._refresh(client, form)
            case None:
                given = Refused(error="invalid_request", why="grant_type is missing")
            case _:
                given = Refused(error="unsupported_grant_type", why="authorization_code or refresh_token")
        if isinstance(given, Issued):
            return _issued(given)
        if client.auth_method == "none" and given.error == "invalid_grant" and not of_here:
            self.openid.client_auth.count_failure(app_client(request))
        return _refused(request, given.error, given.why)

    def _require_given(self, request: Request, client: Client, form: Mapping[str, str]) -> bool:
        """Anybody can take the name of a client without a credential and send junk: from a network that sent too much
        of it, only what we gave is looked at further, and its holder hears what became of it. Raises Throttled."""
        if client.auth_method != "none" or not self.openid.client_auth.is_spent(app_client(request)):
            return False
        if not self.openid.desk.has_given(code=form.get("code"), refresh_token=form.get("refresh_token")):
            self.openid.client_auth.count_failure(app_client(request))
        return True

    def _redeem(self, client: Client, form: Mapping[str, str]) -> Issued | Refused:
        verifier = form.get("code_verifier", "")
        if "code" not in form or not _SHORTEST_VERIFIER <= len(verifier) <= _LONGEST_VERIFIER:
            return Refused(error="invalid_request", why="code and code_verifier are needed")
        return self.openid.desk.redeem(client, Secret(form["code"]), form.get("redirect_uri", ""), verifier)

    def _refresh(self, client: Client, form: Mapping[str, str]) -> Issued | Refused:
        if "refresh_token" not in form:
            return Refused(error="invalid_request", why="refresh_token is missing")
        scopes = form["scope"].split() if "scope" in form else None
        return self.openid.desk.refresh(client, Secret(form["refresh_token"]), scopes)

    def _push(self, request: Request, fields: Fields) -> Response:
        client = self._client(request, {name: values[0] for name, values in fields.items() if values[0]})
        if isinstance(client, Unknown):
            return _refused(request, client.error, client.why)
        pushed = self.openid.authorization.push(client, fields, app_client(request))
        if isinstance(pushed, Pushed):
            return JSONResponse({"request_uri": pushed.uri, "expires_in": int(pushed.lives.total_seconds())}, 201)
        fault = getattr(pushed, "error", "invalid_request"), getattr(pushed, "why", "redirect_uri is not registered")
        return _refused(request, *fault)

    def _introspect(self, request: Request, fields: Fields) -> Response:
        """For the client that holds the token or is its audience, and for the platform's services."""
        form = single(fields)
        if "token" not in form:
            return _refused(request, "invalid_request", "token is missing")
        if self._is_service(request):
            return JSONResponse(dict(self.openid.checks.introspect(form["token"], None)))
        client = self._client(request, form)
        if isinstance(client, Unknown):
            return _refused(request, client.error, client.why)
        if client.auth_method == "none":
            return _refused(request, "invalid_client", "a client without a credential asks nothing here")
        return JSONResponse(dict(self.openid.checks.introspect(form["token"], client)))

    def _revoke(self, request: Request, fields: Fields) -> Response:
        form = single(fields)
        client = self._client(request, form)
        if isinstance(client, Unknown):
            return _refused(request, client.error, client.why)
        if "token" not in form:
            return _refused(request, "invalid_request", "token is missing")
        self.openid.checks.revoke(form["token"], client)
        return Response(status_code=200)

    def _userinfo(self, request: Request, fields: Fields) -> Response:
        token = bearer_of(request, single(fields))
        if token is None:
            return JSONResponse({}, 401, {"WWW-Authenticate": "Bearer"})
        about = self.openid.checks.userinfo(token)
        if about is None:
            challenge = 'Bearer error="invalid_token", error_description="the access token is over"'
            return JSONResponse({"error": "invalid_token"}, 401, {"WWW-Authenticate": challenge})
        return JSONResponse(dict(about))

    def _client(self, request: Request, form: Mapping[str, str]) -> Client | Unknown:
        return self.openid.client_auth.find(shown_by(request, form), app_client(request))

    def _is_service(self, request: Request) -> bool:
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        token = read_token(text.strip()) if scheme.lower() == "bearer" else None
        return token is not None and self.services.find(token) is not None

    def _answering(self, answer: Answering) -> Callable[[Request], Awaitable[Response]]:
        async def handler(request: Request) -> Response:
            try:
                fields = await form_fields(request) if request.method == "POST" else {}
                response = await run_in_threadpool(answer, request, fields)
            except Unreadable:
                response = _refused(request, "invalid_request", "what was sent can't be read")
            except Throttled as failure:
                response = self._throttled(failure)
            except Busy:
                response = JSONResponse({"error": "temporarily_unavailable"}, 503, {"Retry-After": "2"})
            except WatchwordError as failure:
                log.error("an OpenID endpoint failed", kind=type(failure).__name__)
                if isinstance(failure, Tampered):
                    request.state.alarm = Alarm.ROW_REFUSED
                response = JSONResponse({"error": "server_error"}, 500)
            return _opened(request, response)

        return handler

    def _throttled(self, failure: Throttled) -> Response:
        """429, as RFC 9126 section 2.3 says of too many requests, with the word of RFC 6749 section 4.1.2.1."""
        wait = ceil((failure.retry_at - self.openid.authorization.clock()).total_seconds())
        return JSONResponse({"error": "temporarily_unavailable"}, 429, {"Retry-After": str(max(wait, 1))})


async def _preflight(request: Request) -> Response:
    headers = {
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Allow-Headers": "Authorization, Content-Type",
        "Access-Control-Max-Age": "600",
    }
    return _opened(request, Response(status_code=204, headers=headers))


def _opened(request: Request, response: Response) -> Response:
    """Pages of any site may read it: nothing here hangs on a cookie."""
    if request.url.path in paths.FROM_ANY_SITE:
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = "WWW-Authenticate"
    return response


def _issued(given: Issued) -> Response:
    body: dict[str, Any] = {
        "access_token": given.access_token.reveal(),
        "token_type": "Bearer",
        "expires_in": int(LIVES.total_seconds()),
        "scope": " ".join(given.scopes),
        "id_token": given.id_token.reveal(),
    }
    if given.refresh_token is not None:
        body["refresh_token"] = given.refresh_token.reveal()
    return JSONResponse(body, headers={"Pragma": "no-cache"})


def _refused(request: Request, error: str, why: str) -> Response:
    """401 for a client that did not show who it is, with the scheme it tried (RFC 6749 section 5.2)."""
    body = {"error": error, "error_description": why}
    if error != "invalid_client":
        return JSONResponse(body, 400)
    headers = {"WWW-Authenticate": 'Basic realm="clients"'} if "authorization" in request.headers else {}
    return JSONResponse(body, 401, headers)
