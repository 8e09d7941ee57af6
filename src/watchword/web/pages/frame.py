"""What every page handler shares: the client, the session, rendering, the cookies."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from watchword.foundation.client import Client
from watchword.foundation.terms import ClientKind
from watchword.sessions.sessions import Session
from watchword.web.clients import browser_client, read_token
from watchword.web.cookies import Cookies
from watchword.web.door import Door
from watchword.web.rendering import Pages


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

    def page(self, request: Request, template: str, *, http_status: int = 200, **context: Any) -> HTMLResponse:
        language = self.client(request).language
        content = self.pages.render(template, language=language, here=request.url.path, **context)
        return HTMLResponse(content, http_status)

    def error(self, request: Request, status: int, **context: Any) -> HTMLResponse:
        facts = {"status": status, "signed_in": self.session(request) is not None, "retry_at": None, **context}
        return self.page(request, "error.html", http_status=status, **facts)


def see(path: str) -> Response:
    """After a POST: go there with GET."""
    return RedirectResponse(path, 303)


async def form_of(request: Request) -> Mapping[str, str]:
    """The fields of a form; of a repeated one the first, files and overlong names are left out."""
    form = await request.form(max_files=0, max_fields=20, max_part_size=16_384)
    fields: dict[str, str] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            fields.setdefault(name, value)
    return fields
