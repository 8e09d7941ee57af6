"""What every page handler shares: the client, the session, rendering, the cookies."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from watchword.foundation.client import Client
from watchword.foundation.languages import Words, words_in
from watchword.foundation.terms import ClientKind
from watchword.handover.openid.authorization import NeedsSignIn
from watchword.sessions.sessions import Session
from watchword.web.api.bodies import read_json
from watchword.web.clients import browser_client, read_token
from watchword.web.cookies import Cookies
from watchword.web.door import Door
from watchword.web.oidc.paths import CONTINUE as OPENID_CONTINUE
from watchword.web.pages.notices import Done, done
from watchword.web.pages.returning import own_path
from watchword.web.rendering import Pages

HOME = "/account"
CONTINUE = "/forward/continue"
"""On to an application behind a proxy, after signing in."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    door: Door
    pages: Pages
    cookies: Cookies

    def client(self, request: Request) -> Client:
        return browser_client(request, self.cookies.names)

    def session(self, request: Request) -> Session | None:
        """The live session of this browser."""
        token = read_token(request.cookies.get(self.cookies.names.session))
        if token is None:
            return None
        return self.door.sessions.find(token, ClientKind.BROWSER, self.client(request))

    def words(self, request: Request) -> Words:
        return words_in(self.client(request).language)

    def page(self, request: Request, template: str, *, http_status: int = 200, **context: Any) -> HTMLResponse:
        language = self.client(request).language
        facts = {"here": _here(request), **context}
        return HTMLResponse(self.pages.render(template, language=language, **facts), http_status)

    def error(self, request: Request, status: int, **context: Any) -> HTMLResponse:
        """Where our own side failed, nothing more is asked of it: not even whether somebody is signed in."""
        signed_in = status < 500 and self.session(request) is not None
        facts = {"status": status, "signed_in": signed_in, "retry_at": None, **context}
        return self.page(request, "error.html", http_status=status, **facts)

    def sign_in_first(self, request: Request, *, then: str | None = None) -> Response:
        """To the sign-in page; a page that was looked for, or ``then``, is shown afterwards."""
        response = see("/sign-in")
        if request.method == "GET" and request.url.path != HOME:
            self.cookies.set_after(response, then or _here(request))
        return response

    def see_signed_in(self, request: Request) -> Response:
        """After signing in: the page looked for before, or the account's home."""
        response = see(self._after(request) or HOME)
        self.cookies.drop_after(response)
        return response

    def waiting(self, request: Request, session: Session | None) -> NeedsSignIn | None:
        """The request of a client that sent this browser to the sign-in page, while a sign-in is what it waits for:
        also of somebody who is signed in, but too long ago or by too little."""
        path, _, query = (self._after(request) or "").partition("?request=")
        if path != OPENID_CONTINUE:
            return None
        browser = read_token(request.cookies.get(self.cookies.names.openid))
        return self.door.platform.openid.authorization.look(query, browser, session)

    def _after(self, request: Request) -> str | None:
        wanted = own_path(request.cookies.get(self.cookies.names.after, "")) or ""
        ours = wanted == CONTINUE or wanted.startswith((f"{HOME}/", f"{OPENID_CONTINUE}?"))
        return wanted if ours else None

    def see_done(self, path: str, what: Done) -> Response:
        """The page that shows a change, which says once that it was made."""
        response = see(path)
        self.cookies.set_notice(response, what)
        return response

    def is_told(self, request: Request, what: Done) -> bool:
        return request.cookies.get(self.cookies.names.notice, "") == what

    def told(self, request: Request) -> dict[str, str] | None:
        """What was just done, if this page follows a change. Whoever shows it drops the cookie."""
        found = request.cookies.get(self.cookies.names.notice, "")
        return done(self.words(request), Done(found)) if found in set(Done) else None


def _here(request: Request) -> str:
    """The path to come back to, with its query where that is a plain one."""
    path = request.url.path
    return own_path(f"{path}?{request.url.query}") or path if request.url.query else path


def see(path: str) -> Response:
    """After a POST: go there with GET."""
    return RedirectResponse(path, 303)


def read_credential(text: str) -> dict[str, Any]:
    """What a page's script sent of a passkey: JSON in a field. Whatever else it is, it is no credential."""
    try:
        found = read_json(text.encode())
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


async def form_of(request: Request) -> Mapping[str, str]:
    """The fields of a form; of a repeated one the first, files and overlong names are left out."""
    form = await request.form(max_files=0, max_fields=20, max_part_size=16_384)
    fields: dict[str, str] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            fields.setdefault(name, value)
    return fields
