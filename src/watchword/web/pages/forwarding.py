"""On to an application behind a proxy: the door signs in who comes from there, and sends them back.

Only to an address of the operator's list, checked anew at each step. A form of ours never ends at another site by a
redirect (our content policy forbids it, and Chromium follows that through redirects), so after a sign-in a page of
ours goes on by itself.
"""

import base64
import binascii
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.handover.forwarding.addresses import OWN_PATHS, Return
from watchword.handover.forwarding.forwarding import Forwarding
from watchword.web.forward_auth import BEGIN
from watchword.web.forward_callback import STOPPED
from watchword.web.pages.frame import CONTINUE, HOME, Frame, see

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Where a browser wants to go on to, and what binds it to its code there."""

    goes_to: Return
    browser: str
    """A digest; empty where the application shares our host and needs no code."""

    @property
    def begin(self) -> str:
        """Our own address to go on from."""
        return (
            f"{BEGIN}?{urlencode({'return': self.goes_to.address, 'browser': self.browser}, quote_via=quote, safe='')}"
        )

    @property
    def cookie(self) -> str:
        return f"{self.browser}.{base64.urlsafe_b64encode(self.goes_to.address.encode()).rstrip(b'=').decode()}"


@dataclass(frozen=True, kw_only=True)
class ForwardPages:
    frame: Frame
    forwarding: Forwarding

    def routes(self) -> list[Route]:
        handlers = {BEGIN: self._begin, CONTINUE: self._continue, STOPPED: self._stopped}
        return [Route(path, _on_a_thread(handler), methods=["GET"]) for path, handler in handlers.items()]

    def _begin(self, request: Request) -> Response:
        wish = self._read(request.query_params.get("return", ""), request.query_params.get("browser", ""))
        if wish is None or len(request.query_params.multi_items()) > 2:
            return self.frame.error(request, 404)
        session = self.frame.session(request)
        if session is None:
            response = self.frame.sign_in_first(request, then=CONTINUE)
            self.frame.cookies.set_forward(response, wish.cookie)
            return response
        if session.scope != "full":
            return see(HOME)
        if wish.goes_to.application.shares_host:
            return see(wish.goes_to.address)
        code = self.forwarding.children.begin(session, wish.goes_to, wish.browser)
        return see(f"{wish.goes_to.application.origin}{OWN_PATHS}callback?code={code.reveal()}")

    def _continue(self, request: Request) -> Response:
        browser, _, kept = request.cookies.get(self.frame.cookies.names.forward, "").partition(".")
        wish = self._read(_decoded(kept), browser)
        if wish is None:
            return see(HOME)
        if self.frame.session(request) is None:
            return self.frame.sign_in_first(request, then=CONTINUE)
        response = self.frame.page(request, "forward.html", wish=wish, host=wish.goes_to.application.host)
        self.frame.cookies.drop_forward(response)
        return response

    def _stopped(self, request: Request) -> Response:
        application = self.forwarding.applications.find(request.query_params.get("at", ""))
        if application is None:
            return self.frame.error(request, 404)
        return self.frame.page(request, "forward_stopped.html", origin=application.origin, host=application.host)

    def _read(self, address: str, browser: str) -> Wish | None:
        goes_to = self.forwarding.applications.read_return(address)
        if goes_to is None:
            return None
        if goes_to.application.shares_host:
            return Wish(goes_to=goes_to, browser="")
        return Wish(goes_to=goes_to, browser=browser) if _DIGEST.fullmatch(browser) else None


def _decoded(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return ""


def _on_a_thread(handler: Callable[[Request], Response]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return await run_in_threadpool(handler, request)

    return answer
