"""Freezing and thawing: from the safe room, and by the link in an alert, which takes no session.

Opening the link changes nothing (RFC 9110 section 9.2.1), whoever opens it: mail scanners do. What freezes is a form
with a check for a human, sent from the page itself.
"""

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from watchword.foundation.errors import Busy, Gone, Throttled, Unacceptable
from watchword.foundation.secret import Secret
from watchword.gate.actions import change
from watchword.safeguards.freeze_link import LinkView
from watchword.sessions.sessions import Session
from watchword.web.clients import read_token
from watchword.web.pages import notices
from watchword.web.pages.frame import form_of, see
from watchword.web.pages.inside import Handler, Inside, RoomPages
from watchword.web.pages.steps import Steps
from watchword.web.sentences import refusal

Apart = Callable[[Request, Secret, Mapping[str, str]], Response]
_SOON = "2"
_LONGEST_PAYLOAD = 8192
_LONGEST_PASSPHRASE = 1024


@dataclass(frozen=True, kw_only=True)
class FreezePages(RoomPages):
    steps: Steps

    def routes(self) -> list[Route]:
        shown: list[tuple[str, Inside]] = [("/account/freeze", self._show)]
        taken: list[tuple[str, Inside]] = [("/account/freeze", self._freeze), ("/account/thaw", self._thaw)]
        return [
            *self._routes(shown, taken),
            Route("/frozen", self._plain("frozen.html"), methods=["GET"]),
            Route("/thawed", self._plain("thawed.html"), methods=["GET"]),
            Route("/freeze/{token}", self._apart(self._open), methods=["GET"]),
            Route("/freeze/{token}", self._apart(self._press), methods=["POST"]),
            Route("/freeze/{token}/challenge", self._apart(self._renew), methods=["GET"]),
        ]

    # -- in the safe room

    def _show(self, request: Request, _: Session, __: Mapping[str, str]) -> Response:
        return self._room(request, "freeze.html", "overview")

    def _freeze(self, _: Request, session: Session, __: Mapping[str, str]) -> Response:
        self.frame.door.freezing.by_holder(session)
        return self.after_freezing()

    def after_freezing(self) -> Response:
        """The session ended with it."""
        response = see("/frozen")
        self.frame.cookies.drop_session(response)
        response.headers["Clear-Site-Data"] = '"cache"'
        return response

    def _thaw(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        return self._begin_confirm(request, session, change("thaw"))

    # -- by the link

    def _apart(self, page: Apart) -> Handler:
        """For whoever holds the link: no session is looked for, and no cookie is set."""

        def enter(request: Request, form: Mapping[str, str]) -> Response:
            token = read_token(request.path_params["token"])
            try:
                if token is None:
                    raise Gone
                return page(request, token, form)
            except Gone:
                return self.frame.page(request, "freeze_link_over.html", http_status=410)

        async def handler(request: Request) -> Response:
            form = await form_of(request) if request.method == "POST" else {}
            return await run_in_threadpool(enter, request, form)

        return handler

    def _open(self, request: Request, token: Secret, _: Mapping[str, str]) -> Response:
        return self._link(request, self.frame.door.freeze_by_link.look(token))

    def _renew(self, _: Request, token: Secret, __: Mapping[str, str]) -> Response:
        """A new challenge, for a page that lay open too long."""
        return JSONResponse(dict(self.frame.door.freeze_by_link.look(token).challenge))

    def _press(self, request: Request, token: Secret, form: Mapping[str, str]) -> Response:
        links, words = self.frame.door.freeze_by_link, self.frame.words(request)
        payload = form.get("payload", "")[:_LONGEST_PAYLOAD]
        passphrase = Secret(form["passphrase"][:_LONGEST_PASSPHRASE]) if "passphrase" in form else None
        try:
            refused = links.press(token, payload, passphrase, self.frame.client(request))
        except Unacceptable as unacceptable:
            errors = {"passphrase": refusal(words, unacceptable.reason)}
            return self._link(request, links.look(token), status=422, errors=errors)
        except Throttled as throttled:
            wait = max(1, math.ceil((throttled.retry_at - self.frame.door.clock()).total_seconds()))
            notice = notices.too_often(words, wait)
            response = self._link(request, links.look(token), status=429, notice=notice)
            response.headers["Retry-After"] = str(wait)
            return response
        except Busy:
            response = self._link(request, links.look(token), status=503, notice=notices.busy(words))
            response.headers["Retry-After"] = _SOON
            return response
        if refused is None:
            return see("/frozen")
        if refused.reason == "human":
            return self._link(request, links.look(token), status=422, notice=notices.human_failed(words))
        return self._link(request, links.look(token), status=422, rejected=True)

    def _link(self, request: Request, view: LinkView, *, status: int = 200, **said: Any) -> Response:
        path = request.url.path
        facts = {"rejected": False, "errors": {}, "values": {}, "notice": None, **said}
        return self.frame.page(
            request,
            "freeze_link.html",
            http_status=status,
            path=path,
            human=self.steps.human(view.challenge, f"{path}/challenge"),
            already=view.already_frozen,
            asks_passphrase=view.asks_passphrase,
            **facts,
        )

    def _plain(self, template: str) -> Callable[[Request], Awaitable[Response]]:
        async def page(request: Request) -> Response:
            return self.frame.page(request, template)

        return page
