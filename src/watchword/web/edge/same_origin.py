"""Against cross-site request forgery: whatever a browser sends that may change something must come from our pages.

Fetch metadata says so where it is sent (W3C Fetch Metadata Request Headers); else the Origin header (RFC 6454). A
request with neither and without a cookie is not a browser's: it has no authority to borrow.
"""

from dataclasses import dataclass

from watchword.web.edge.asgi import (
    App,
    Receive,
    Scope,
    Send,
    header_values,
    is_read_by_a_person,
    refuse,
    shown_instead,
)
from watchword.web.oidc.paths import NO_COOKIE

ELSEWHERE = "/from-elsewhere"
"""A page that says so, with the same status: all that is left of the request is who reads it."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, kw_only=True)
class SameOriginGuard:
    app: App
    origin: bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in SAFE or scope["path"] in NO_COOKIE or self._is_ours(scope):
            await self.app(scope, receive, send)
        elif is_read_by_a_person(scope):
            await self.app(shown_instead(scope, ELSEWHERE), receive, send)
        else:
            await refuse(scope, send, 403, "cross_site", "This request did not come from this site.")

    def _is_ours(self, scope: Scope) -> bool:
        sites = header_values(scope, b"sec-fetch-site")
        origins = header_values(scope, b"origin")
        if len(sites) > 1 or len(origins) > 1:
            return False
        if sites:
            # Without a referrer a form of our own names its origin "null".
            return sites == [b"same-origin"] and origins in ([], [b"null"], [self.origin])
        if origins:
            return origins == [self.origin]
        return not header_values(scope, b"cookie")
