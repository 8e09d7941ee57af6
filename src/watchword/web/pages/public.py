"""Pages and files anybody may read: the front, guide, help, the manifest, well-known addresses, assets."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from watchword.foundation.languages import LANGUAGES
from watchword.web.pages.frame import Frame, form_of, see

_SECURITY_TXT_LIVES = timedelta(days=180)


@dataclass(frozen=True, kw_only=True)
class PublicPages:
    frame: Frame
    assets: Path
    manifest: dict[str, str]
    """Plain name of an asset -> hashed name."""
    accent_css: str
    brand: str
    security_contact: str

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", self._front, methods=["GET"]),
            Route("/guide", self._plain("guide.html"), methods=["GET"]),
            Route("/help", self._plain("help.html"), methods=["GET"]),
            Route("/recover/done", self._plain("recover_done.html"), methods=["GET"]),
            Route("/language", self._language, methods=["POST"]),
            Route("/accent.css", self._accent, methods=["GET"]),
            Route("/manifest.webmanifest", self._manifest, methods=["GET"]),
            Route("/.well-known/change-password", self._change_password, methods=["GET"]),
            Route("/.well-known/security.txt", self._security_txt, methods=["GET"]),
            Route("/robots.txt", self._robots, methods=["GET"]),
            Mount("/assets", StaticFiles(directory=self.assets)),
        ]

    async def _front(self, _: Request) -> Response:
        return see("/sign-in")

    def _plain(self, template: str) -> Callable[[Request], Awaitable[Response]]:
        async def page(request: Request) -> Response:
            return self.frame.page(request, template)

        return page

    async def _language(self, request: Request) -> Response:
        """Switches the language, and goes back to where it was asked: a path of ours, never an address."""
        form = await form_of(request)
        back = form.get("next", "/")
        safe = back.startswith("/") and not back.startswith("//") and "\\" not in back and back.isprintable()
        response = see(back if safe and len(back) < 200 else "/")
        if form.get("language") in LANGUAGES:
            self.frame.cookies.set_language(response, form["language"])
        return response

    async def _accent(self, _: Request) -> Response:
        return Response(self.accent_css, media_type="text/css")

    async def _manifest(self, _: Request) -> Response:
        icons = [
            {"src": f"/assets/{self.manifest['icon.svg']}", "sizes": "any", "type": "image/svg+xml"},
            *(
                {"src": f"/assets/{self.manifest[name]}", "sizes": f"{size}x{size}", "type": "image/png"}
                for size in (192, 512)
                if (name := f"icon-{size}.png") in self.manifest
            ),
        ]
        names = {"name": self.brand, "short_name": self.brand}
        content = {**names, "start_url": "/", "scope": "/", "display": "standalone", "icons": icons}
        return Response(json.dumps(content), media_type="application/manifest+json")

    async def _change_password(self, _: Request) -> Response:
        """A Well-Known URL for Changing Passwords (W3C)."""
        return see("/account/passphrase")

    async def _security_txt(self, _: Request) -> Response:
        """RFC 9116."""
        if not self.security_contact:
            return PlainTextResponse("Nobody is named yet.\n", 404)
        expires = (self.frame.door.clock() + _SECURITY_TXT_LIVES).strftime("%Y-%m-%dT00:00:00Z")
        address = f"{self.frame.door.public_url}/.well-known/security.txt"
        lines = [
            f"Contact: {self.security_contact}",
            f"Expires: {expires}",
            "Preferred-Languages: en, zh",
            f"Canonical: {address}",
        ]
        return PlainTextResponse("\n".join(lines) + "\n")

    async def _robots(self, _: Request) -> Response:
        return PlainTextResponse("User-agent: *\nDisallow: /\n")
