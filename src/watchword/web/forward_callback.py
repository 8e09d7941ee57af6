"""What we answer at an application's own host: ``/.watchword/begin`` and ``/.watchword/callback``, and nothing else
there.

The proxy hands us these two paths of each application on a host of its own. ``begin`` leaves something drawn with the
browser, in a cookie of that host, and sends it to the door with a digest of it; ``callback`` takes the code that the
door gave back, together with that cookie, and sets the application's session cookie. No page of ours is drawn under a
name that is not ours: what goes wrong is told at the door.
"""

import hashlib
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from watchword.foundation.clock import Clock
from watchword.foundation.errors import Busy, Tampered
from watchword.foundation.secret import Secret
from watchword.handover.forwarding.addresses import OWN_PATHS, Application
from watchword.handover.forwarding.forwarding import Forwarding
from watchword.web.clients import read_token
from watchword.web.cookies import Cookies
from watchword.web.edge.asgi import App, Receive, Scope, Send, header_values, refuse
from watchword.web.edge.metrics import Alarm
from watchword.web.forward_auth import BEGIN

STOPPED = "/forward/stopped"
_TOKEN_LENGTH = 43


@dataclass(frozen=True, kw_only=True)
class ForwardCallback:
    app: App
    forwarding: Forwarding
    cookies: Cookies
    clock: Clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(OWN_PATHS):
            await self.app(scope, receive, send)
            return
        application = self._application(scope)
        if application is None or scope["method"] != "GET":
            await refuse(scope, send, 404, "not_found", "There is no such page.")
            return
        request = Request(scope)
        match scope["path"].removeprefix(OWN_PATHS):
            case "begin":
                response = self._begin(request, application)
            case "callback":
                response = await run_in_threadpool(self._callback, request, application)
            case _:
                await refuse(scope, send, 404, "not_found", "There is no such page.")
                return
        await response(scope, receive, send)

    def _application(self, scope: Scope) -> Application | None:
        scheme = self.forwarding.applications.official.partition(":")[0]
        host = b"".join(header_values(scope, b"host")).decode("latin-1").lower()
        found = self.forwarding.applications.find(f"{scheme}://{host}")
        return None if found is None or found.shares_host else found

    def _begin(self, request: Request, application: Application) -> Response:
        goes_to = self.forwarding.applications.read_return(_only(request, "return") or "")
        if goes_to is None or goes_to.application != application:
            return self._stopped(application)
        # What is there already is kept, so that two tabs that begin at once both arrive.
        kept = self._kept(request) or self.forwarding.children.randomness.token()
        readers = {"readers": "1"} if _only(request, "readers") == "1" else {}
        wish = {"return": goes_to.address, "browser": browser_digest(kept), **readers}
        query = urlencode(wish, quote_via=quote, safe="")
        response = RedirectResponse(f"{self.forwarding.applications.official}{BEGIN}?{query}", 303)
        self.cookies.set_child_state(response, kept)
        return response

    def _callback(self, request: Request, application: Application) -> Response:
        code, kept = read_token(_only(request, "code")), self._kept(request)
        if code is None:
            return self._stopped(application)
        try:
            # From a browser that began nothing it is taken all the same, so that it serves no more.
            began = "" if kept is None else browser_digest(kept)
            redeemed = self.forwarding.children.redeem(code, application, began)
        except Busy:
            return self._stopped(application)
        except Tampered:
            request.state.alarm = Alarm.ROW_REFUSED
            return self._stopped(application)
        if redeemed is None:
            return self._stopped(application)
        response = RedirectResponse(redeemed.address, 303)
        self.cookies.set_child(response, redeemed.token, redeemed.expires_at, self.clock())
        return response

    def _stopped(self, application: Application) -> Response:
        """To the door, which says what happened; never on by itself, so that nobody is sent round in circles."""
        query = urlencode({"at": application.origin}, quote_via=quote, safe="")
        return RedirectResponse(f"{self.forwarding.applications.official}{STOPPED}?{query}", 303)

    def _kept(self, request: Request) -> Secret | None:
        """What ``begin`` left with this browser: exactly one cookie, of the shape that we write."""
        wanted = f"{self.cookies.names.child_state}="
        crumbs = (crumb.strip() for line in request.headers.getlist("cookie") for crumb in line.split(";"))
        found = [crumb.removeprefix(wanted) for crumb in crumbs if crumb.startswith(wanted)]
        if len(found) != 1 or len(found[0]) != _TOKEN_LENGTH:
            return None
        return read_token(found[0])


def browser_digest(kept: Secret) -> str:
    """What the door is told of it: 256 random bits need no key."""
    return hashlib.sha256(kept.reveal().encode()).hexdigest()


def _only(request: Request, name: str) -> str | None:
    """A parameter that is there once."""
    found = (
        parse_qs(request.url.query, keep_blank_values=True, max_num_fields=8).get(name, []) if request.url.query else []
    )
    return found[0] if len(found) == 1 else None
