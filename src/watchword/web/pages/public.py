"""Pages and files anybody may read: the front, guide, help, the manifest, well-known addresses, assets."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from watchword.foundation.languages import LANGUAGES
from watchword.web.edge.same_origin import ELSEWHERE
from watchword.web.pages.assets import Assets
from watchword.web.pages.frame import HOME, Frame, form_of, see
from watchword.web.pages.returning import own_path

_SECURITY_TXT_LIVES = timedelta(days=180)


@dataclass(frozen=True, kw_only=True)
class PublicPages:
    frame: Frame
    assets: Assets
    manifest: dict[str, str]
    """Plain name of an asset -> hashed name."""
    accent_css: str
    brand: str
    security_contact: str

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", self._front, methods=["GET"]),
            Route("/guide", self._to_read("guide.html"), methods=["GET"]),
            Route("/help", self._to_read("help.html"), methods=["GET"]),
            Route("/recover/done", self._plain("recover_done.html"), methods=["GET"]),
            Route(ELSEWHERE, self._elsewhere, methods=["GET"]),
            Route("/sign-out", self._home, methods=["GET"]),
            Route("/language", self._language, methods=["POST"]),
            Route("/accent.css", self._accent, methods=["GET"]),
            Route("/favicon.ico", self._icon, methods=["GET"]),
            Route("/manifest.webmanifest", self._manifest, methods=["GET"]),
            Route("/.well-known/change-password", self._change_password, methods=["GET"]),
            Route("/.well-known/security.txt", self._security_txt, methods=["GET"]),
            Route("/.well-known/passkey-endpoints", self._passkey_endpoints, methods=["GET"]),
            Route("/robots.txt", self._robots, methods=["GET"]),
            *self.assets.routes(),
        ]

    async def _front(self, _: Request) -> Response:
        return see("/sign-in")

    async def _home(self, _: Request) -> Response:
        """Signing out takes a form, so that no link can do it."""
        return see(HOME)

    async def _elsewhere(self, request: Request) -> Response:
        return await run_in_threadpool(lambda: self.frame.error(request, 403, elsewhere=True))

    async def _icon(self, _: Request) -> Response:
        """For browsers that ask for it unasked; the pages name a drawn one."""
        return Response(self.assets.by_name[self.manifest["icon-192.png"]].content, media_type="image/png")

    def _plain(self, template: str) -> Callable[[Request], Awaitable[Response]]:
        async def page(request: Request) -> Response:
            return self.frame.page(request, template)

        return page

    def _to_read(self, template: str) -> Callable[[Request], Awaitable[Response]]:
        def read(request: Request) -> Response:
            return self.frame.page(request, template, signed_in=self.frame.session(request) is not None)

        async def page(request: Request) -> Response:
            return await run_in_threadpool(read, request)

        return page

    async def _language(self, request: Request) -> Response:
        """Switches the language, and goes back to where it was asked: a path of ours, never an address."""
        form = await form_of(request)
        response = see(own_path(form.get("next", "")) or "/")
        if form.get("language") in LANGUAGES:
            self.frame.cookies.set_language(response, form["language"])
        return response

    async def _accent(self, _: Request) -> Response:
        return Response(self.accent_css, media_type="text/css")

    async def _manifest(self, _: Request) -> Response:
        icons = [
            _drawn(self.manifest["icon.svg"], "any", "image/svg+xml"),
            *(_drawn(self.manifest[f"icon-{size}.png"], f"{size}x{size}", "image/png") for size in (192, 512)),
            {**_drawn(self.manifest["icon-maskable-512.png"], "512x512", "image/png"), "purpose": "maskable"},
        ]
        content = {
            "id": "/",
            "name": self.brand,
            "short_name": self.brand,
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "icons": icons,
        }
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

    async def _passkey_endpoints(self, _: Request) -> Response:
        """A Well-Known URL for Relying Party Passkey Endpoints (W3C): where a password manager sends its user."""
        room = f"{self.frame.door.public_url}/account/sign-in"
        return Response(json.dumps({"enroll": room, "manage": room}), media_type="application/json")

    async def _robots(self, _: Request) -> Response:
        return PlainTextResponse("User-agent: *\nDisallow: /\n")


def _drawn(name: str, sizes: str, kind: str) -> dict[str, str]:
    return {"src": f"/assets/{name}", "sizes": sizes, "type": kind}
