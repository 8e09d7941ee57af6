"""Coming in and going out: the routes that talk with the door, and who may see a page."""

import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from examples.exchange.door import NotBelieved
from examples.exchange.signing_in import SESSION_LIVES, SIGN_IN_LIVES, Holder, SignIns
from examples.exchange.web import Pages, language_of
from watchword.relying import RelyingError, Unavailable

Form = Mapping[str, str]
Inside = Callable[[Request, Holder, Form], Response]
Handler = Callable[[Request], Awaitable[Response]]
_OWN_PATH = re.compile(r"/(?!/)[A-Za-z0-9/_-]{0,80}")


def see(path: str) -> Response:
    """After a POST: the page that shows what came of it."""
    return RedirectResponse(path, 303)


@dataclass(frozen=True, kw_only=True)
class Entering:
    pages: Pages
    sign_ins: SignIns

    def routes(self) -> list[Route]:
        return [
            Route("/sign-in", self._begin),
            Route("/sign-in/done", self._finish),
            Route("/sign-out", self.inside(self._leave), methods=["POST"]),
            Route("/sign-out-everywhere", self.inside(self._leave_everywhere), methods=["POST"]),
            Route("/signed-out", self._signed_out),
            Route("/door/logout", self._told, methods=["POST"]),
        ]

    def inside(self, page: Inside) -> Handler:
        """For those signed in; others are led to the door and back."""

        def enter(request: Request, form: Form) -> Response:
            try:
                holder = self.sign_ins.find(request.cookies.get(self._session, ""))
                if holder is None:
                    here = request.url.path if request.method == "GET" else "/"
                    return RedirectResponse(f"/sign-in?next={here}", 303)
                request.state.holder = holder
                return page(request, holder, form)
            except RelyingError:
                return self._away(request)

        async def handler(request: Request) -> Response:
            return await run_in_threadpool(enter, request, await _form(request))

        return handler

    def open(self, page: Callable[[Request], Response]) -> Handler:
        """For everybody, while the door is away too; the page still knows who is signed in."""

        def enter(request: Request) -> Response:
            try:
                request.state.holder = self.sign_ins.find(request.cookies.get(self._session, ""))
            except Unavailable:
                request.state.holder = None
            return page(request)

        async def handler(request: Request) -> Response:
            return await run_in_threadpool(enter, request)

        return handler

    def _begin(self, request: Request) -> Response:
        wanted = request.query_params.get("next", "/balances")
        path = wanted if _OWN_PATH.fullmatch(wanted) else "/balances"
        try:
            browser, address = self.sign_ins.begin(next_path=path, language=language_of(request))
        except (Unavailable, NotBelieved):
            return self._away(request)
        response = RedirectResponse(address, 303)
        self._set(response, self._signing_in, browser, int(SIGN_IN_LIVES.total_seconds()))
        return response

    def _finish(self, request: Request) -> Response:
        try:
            token, path = self.sign_ins.finish(request.query_params, request.cookies.get(self._signing_in, ""))
        except Unavailable:
            return self._away(request)
        except (NotBelieved, RelyingError):
            return self.pages.show(request, "error.html", status=400, error="not_signed_in")
        self.sign_ins.forget(request.cookies.get(self._session, ""))
        response = see(path)
        self._set(response, self._session, token, int(SESSION_LIVES.total_seconds()))
        self._set(response, self._signing_in, "", 0)
        return response

    def _leave(self, request: Request, _: Holder, __: Form) -> Response:
        """The desk alone; the door keeps its session."""
        token = request.cookies.get(self._session, "")
        tokens = self.sign_ins.tokens(token)
        self.sign_ins.forget(token)
        if tokens is not None:
            with suppress(Unavailable, NotBelieved):  # it is over here in any case, and soon there
                self.sign_ins.door.revoke(tokens)
        return self._out("/signed-out")

    def _leave_everywhere(self, request: Request, _: Holder, __: Form) -> Response:
        """The door ends its session, and tells every platform that has one of it."""
        token = request.cookies.get(self._session, "")
        tokens = self.sign_ins.tokens(token)
        address = "/signed-out" if tokens is None else self.sign_ins.door.sign_out_address(tokens)
        self.sign_ins.forget(token)
        return self._out(address)

    def _out(self, address: str) -> Response:
        response = see(address)
        self._set(response, self._session, "", 0)
        response.headers["Clear-Site-Data"] = '"cache"'
        return response

    def _signed_out(self, request: Request) -> Response:
        return self.pages.show(request, "signed_out.html")

    async def _told(self, request: Request) -> Response:
        """Back-Channel Logout 1.0, section 2.8: from the door, not from a browser."""
        form = await _form(request)
        try:
            await run_in_threadpool(self.sign_ins.end, form.get("logout_token", ""))
        except Unavailable:
            return PlainTextResponse("", 503)
        except NotBelieved:
            return PlainTextResponse("", 400)
        return PlainTextResponse("", 200)

    def _away(self, request: Request) -> Response:
        return self.pages.show(request, "error.html", status=503, error="door_away")

    @property
    def _session(self) -> str:
        return self._named("desk")

    @property
    def _signing_in(self) -> str:
        return self._named("signing-in")

    def _named(self, name: str) -> str:
        return f"__Host-{name}" if self.pages.settings.https else name

    def _set(self, response: Response, name: str, value: str, seconds: int) -> None:
        secure = self.pages.settings.https
        response.set_cookie(name, value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax")


async def _form(request: Request) -> Form:
    if request.method != "POST":
        return {}
    async with request.form(max_files=0, max_fields=20, max_part_size=16_384) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}
