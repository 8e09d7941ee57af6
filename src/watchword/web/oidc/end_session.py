"""Where a client sends its user to sign out (OpenID Connect RP-Initiated Logout 1.0)."""

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from watchword.handover.openid.asking import Fields
from watchword.handover.openid.room import OpenIdRoom
from watchword.handover.openid.signing_out import BadSigningOut, SigningOut
from watchword.sessions.sessions import Session
from watchword.web.oidc import paths
from watchword.web.oidc.reading import Unreadable, fields_of, form_fields
from watchword.web.pages.frame import Frame, see

CONFIRM = f"{paths.END_SESSION}/confirm"
_SIGNED_OUT = "/signed-out"


@dataclass(frozen=True, kw_only=True)
class EndSessionPages:
    frame: Frame
    openid: OpenIdRoom

    def routes(self) -> list[BaseRoute]:
        return [
            Route(paths.END_SESSION, self._asked, methods=["GET"]),
            Route(paths.END_SESSION, self._posted, methods=["POST"]),
            Route(CONFIRM, self._confirmed, methods=["POST"]),
        ]

    async def _posted(self, request: Request) -> Response:
        """Other sites may post here, without our cookies: the same is asked again with GET."""
        try:
            fields = await form_fields(request)
        except Unreadable:
            return await run_in_threadpool(self._bad, request)
        return see(f"{paths.END_SESSION}?{urlencode([(n, value) for n, values in fields.items() for value in values])}")

    async def _asked(self, request: Request) -> Response:
        def ask() -> Response:
            session = self.frame.session(request)
            found = self._read(request.url.query, session)
            if isinstance(found, BadSigningOut):
                return self._bad(request)
            if found.asks:
                name = None if found.client is None else found.client.name
                return self.frame.page(request, "openid_sign_out.html", name=name, asked=request.url.query)
            return self._out(RedirectResponse(found.to or _SIGNED_OUT, 303), session)

        return await run_in_threadpool(ask)

    async def _confirmed(self, request: Request) -> Response:
        """From our own page."""
        try:
            asked = (await form_fields(request)).get("asked", [""])[0]
        except Unreadable:
            asked = ""

        def sign_out() -> Response:
            session = self.frame.session(request)
            found = self._read(asked, session)
            if isinstance(found, BadSigningOut):
                return self._bad(request)
            if found.to is None:
                return self._out(see(_SIGNED_OUT), session)
            return self._out(self.frame.page(request, "openid_return.html", address=found.to), session)

        return await run_in_threadpool(sign_out)

    def _read(self, query: str, session: Session | None) -> SigningOut | BadSigningOut:
        try:
            fields: Fields = fields_of(query)
        except Unreadable:
            return BadSigningOut(reason="twice")
        return self.openid.logout.read(fields, session)

    def _out(self, response: Response, session: Session | None) -> Response:
        if session is not None:
            self.frame.door.sign_out(session)
        self.frame.cookies.drop_session(response)
        response.headers["Clear-Site-Data"] = '"cache"'
        return response

    def _bad(self, request: Request) -> Response:
        return self.frame.page(request, "openid_stopped.html", http_status=400, reason="sign_out")
