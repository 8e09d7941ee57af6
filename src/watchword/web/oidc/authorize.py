"""Where a client sends its user: signing in, agreeing, and back with a code.

After a form of ours the browser is not redirected to the client but shown a page that goes on by itself: a redirect
after a form is held to the page's ``form-action``, and ours names nobody but ourselves.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from watchword.foundation.languages import LANGUAGES, choose_language
from watchword.foundation.secret import Secret
from watchword.handover.openid.addresses import host_of
from watchword.handover.openid.asking import Fields, Unanswerable
from watchword.handover.openid.authorization import Answer, Frozen, NeedsConsent, NeedsSignIn, Outcome
from watchword.handover.openid.room import OpenIdRoom
from watchword.web.clients import read_token
from watchword.web.oidc import paths
from watchword.web.oidc.reading import Unreadable, fields_of, form_fields
from watchword.web.pages.frame import Frame, form_of, see


@dataclass(frozen=True, kw_only=True)
class AuthorizePages:
    frame: Frame
    openid: OpenIdRoom

    def routes(self) -> list[BaseRoute]:
        return [
            Route(paths.AUTHORIZE, self._begin, methods=["GET"]),
            Route(paths.AUTHORIZE, self._posted, methods=["POST"]),
            Route(paths.CONTINUE, self._resume, methods=["GET"]),
            Route(paths.CONTINUE, self._decide, methods=["POST"]),
        ]

    async def _posted(self, request: Request) -> Response:
        """Other sites may post here, without our cookies: the same is asked again with GET."""
        try:
            fields = await form_fields(request)
        except Unreadable:
            return await run_in_threadpool(self._stopped, request, Unanswerable(reason="unknown_request"))
        return see(f"{paths.AUTHORIZE}?{urlencode(list(_pairs(fields)))}")

    async def _begin(self, request: Request) -> Response:
        def begin() -> Response:
            try:
                fields = fields_of(request.url.query)
            except Unreadable:
                return self._stopped(request, Unanswerable(reason="unknown_request"))
            browser, session = self._browser(request), self.frame.session(request)
            seen = request.headers.get("sec-fetch-dest", "document") == "document"
            outcome = self.openid.authorization.begin(fields, browser, session, self.frame.client(request), seen=seen)
            if isinstance(outcome, Answer):
                return RedirectResponse(outcome.address, 303)
            return self._shown(request, outcome)

        return await run_in_threadpool(begin)

    async def _resume(self, request: Request) -> Response:
        def resume() -> Response:
            named = request.query_params.get("request", "")
            session = self.frame.session(request)
            outcome = self.openid.authorization.resume(named, self._browser(request), session)
            return self._done(request, outcome)

        return await run_in_threadpool(resume)

    async def _decide(self, request: Request) -> Response:
        form = await form_of(request)

        def decide() -> Response:
            named, browser = form.get("request", ""), self._browser(request)
            if form.get("do") != "agree":
                return self._done(request, self.openid.authorization.decline(named, browser))
            return self._done(request, self.openid.authorization.agree(named, browser, self.frame.session(request)))

        return await run_in_threadpool(decide)

    def _done(self, request: Request, outcome: Outcome) -> Response:
        """A step after a form of ours."""
        if isinstance(outcome, Answer):
            response: Response = self.frame.page(request, "openid_return.html", address=outcome.address)
            self.frame.cookies.drop_after(response)
            return response
        return self._shown(request, outcome)

    def _shown(self, request: Request, outcome: NeedsSignIn | NeedsConsent | Frozen | Unanswerable) -> Response:
        if isinstance(outcome, NeedsSignIn):
            response = see("/sign-in")
            self.frame.cookies.set_after(response, f"{paths.CONTINUE}?request={outcome.request}")
            self._choose_language(request, response, outcome.asked.ui_locales)
            return self._bound(response, outcome.browser)
        if isinstance(outcome, NeedsConsent):
            return self._bound(self._consent(request, outcome), outcome.browser)
        if isinstance(outcome, Frozen):
            return self.frame.page(
                request, "openid_frozen.html", http_status=403, name=outcome.client.name, address=outcome.address
            )
        return self._stopped(request, outcome)

    def _consent(self, request: Request, asked: NeedsConsent) -> Response:
        session = self.frame.session(request)
        who = "" if session is None else self.frame.door.overviews.identifier(session.account)
        return self.frame.page(
            request,
            "openid_consent.html",
            name=asked.client.name,
            site=host_of(asked.asked.redirect_uri),
            native=asked.client.sort == "native",
            scopes=asked.asked.scopes,
            request_id=asked.request,
            who=who,
        )

    def _stopped(self, request: Request, why: Unanswerable) -> Response:
        return self.frame.page(request, "openid_stopped.html", http_status=400, reason=why.reason)

    def _choose_language(self, request: Request, response: Response, wanted: str | None) -> None:
        """What the client says, where the person has chosen nothing here."""
        names = self.frame.cookies.names
        if wanted and request.cookies.get(names.language) not in LANGUAGES:
            self.frame.cookies.set_language(response, choose_language(wanted.replace(" ", ",")))

    def _browser(self, request: Request) -> Secret | None:
        return read_token(request.cookies.get(self.frame.cookies.names.openid))

    def _bound(self, response: Response, browser: Secret) -> Response:
        self.frame.cookies.set_openid(response, browser)
        return response


def _pairs(fields: Fields) -> list[tuple[str, str]]:
    return [(name, value) for name, values in fields.items() for value in values]
