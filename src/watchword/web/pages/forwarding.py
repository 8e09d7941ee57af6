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

from watchword.foundation.terms import Standing
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
    readers: bool
    """Whether a frozen holder may go on, too. It lets nobody in: the proxy's question does, each time."""

    @property
    def begin(self) -> str:
        """Our own address to go on from."""
        wish = {"return": self.goes_to.address, "browser": self.browser, **({"readers": "1"} if self.readers else {})}
        return f"{BEGIN}?{urlencode(wish, quote_via=quote, safe='')}"

    @property
    def cookie(self) -> str:
        kept = base64.urlsafe_b64encode(self.goes_to.address.encode()).rstrip(b"=").decode()
        return f"{self.browser}.{kept}{'.1' if self.readers else ''}"


@dataclass(frozen=True, kw_only=True)
class ForwardPages:
    frame: Frame
    forwarding: Forwarding

    def routes(self) -> list[Route]:
        handlers = {BEGIN: self._begin, CONTINUE: self._continue, STOPPED: self._stopped}
        return [Route(path, _on_a_thread(handler), methods=["GET"]) for path, handler in handlers.items()]

    def _begin(self, request: Request) -> Response:
        asked = request.query_params
        wish = self._read(asked.get("return", ""), asked.get("browser", ""), asked.get("readers", ""))
        if wish is None or len(asked.multi_items()) > 3:
            return self.frame.error(request, 404)
        session = self.frame.session(request)
        standing = None if session is None or session.scope == "full" else self.forwarding.standing(session.account)
        if session is None or standing is Standing.OPEN:  # thawed since: whoever signs in anew can do all
            response = self.frame.sign_in_first(request, then=CONTINUE)
            self.frame.cookies.set_forward(response, wish.cookie)
            return response
        if standing is not None and not (wish.readers and standing is Standing.FROZEN):
            return see(HOME)
        if wish.goes_to.application.shares_host:
            return see(wish.goes_to.address)
        code = self.forwarding.children.begin(session, wish.goes_to, wish.browser)
        return see(f"{wish.goes_to.application.origin}{OWN_PATHS}callback?code={code.reveal()}")

    def _continue(self, request: Request) -> Response:
        browser, _, rest = request.cookies.get(self.frame.cookies.names.forward, "").partition(".")
        kept, _, readers = rest.partition(".")
        wish = self._read(_decoded(kept), browser, readers)
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

    def _read(self, address: str, browser: str, readers: str) -> Wish | None:
        goes_to = self.forwarding.applications.read_return(address)
        if goes_to is None or readers not in ("", "1"):
            return None
        if goes_to.application.shares_host:
            return Wish(goes_to=goes_to, browser="", readers=bool(readers))
        return Wish(goes_to=goes_to, browser=browser, readers=bool(readers)) if _DIGEST.fullmatch(browser) else None


def _decoded(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return ""


def _on_a_thread(handler: Callable[[Request], Response]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return await run_in_threadpool(handler, request)

    return answer
