"""Which apps may take addresses of this host over: those under ``/app/``, and the passphrases and passkeys kept for it.

A native app that claims the address its answer goes to is the app it says it is: the system asks here before it opens
one (RFC 8252 section 7.2; Apple's Supporting Associated Domains; Google's Digital Asset Links).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from watchword.web.oidc import paths

_CLAIMED = "/app/*"
_LINKS = "delegate_permission/common.handle_all_urls"
_LOGIN = "delegate_permission/common.get_login_creds"


@dataclass(frozen=True, kw_only=True)
class Associations:
    apple: Sequence[str]
    """``TEAMID.bundle.id``"""
    android: Sequence[str]
    """``package:SHA-256`` of the certificate that signs it, in hexadecimal with colons."""

    def routes(self) -> list[BaseRoute]:
        return [
            Route(paths.APPLE, self._apple, methods=["GET"]),
            Route(paths.ANDROID, self._android, methods=["GET"]),
        ]

    async def _apple(self, _: Request) -> Response:
        apps = list(self.apple)
        links = [{"appIDs": apps, "components": [{"/": _CLAIMED}]}] if apps else []
        return JSONResponse({"applinks": {"details": links}, "webcredentials": {"apps": apps}})

    async def _android(self, _: Request) -> Response:
        return JSONResponse([_statement(*entry.split(":", 1)) for entry in self.android])


def _statement(package: str, fingerprint: str) -> dict[str, Any]:
    target = {"namespace": "android_app", "package_name": package, "sha256_cert_fingerprints": [fingerprint]}
    return {"relation": [_LINKS, _LOGIN], "target": target}
