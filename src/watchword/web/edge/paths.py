"""One spelling for each path: an encoded slash, a doubled slash or a dot segment never reaches a handler.

Guards, limits and human verification hang on paths. A path that two parts of the house read differently is a way
around them, so what is not written plainly is not found. None of our paths needs percent-encoding.
"""

import re
from dataclasses import dataclass

from watchword.web.edge.asgi import App, Receive, Scope, Send, is_read_by_a_person, refuse, shown_instead
from watchword.web.oidc.paths import FROM_ANY_SITE

NO_PAGE = "/no-such-page"
"""There is none there, and the application says so in the reader's language."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_ALLOW = ", ".join(sorted(METHODS)).encode()
_PLAIN = re.compile(rb"/|(/(?!\.{1,2}(/|\Z))[A-Za-z0-9._~-]+)+")


@dataclass(frozen=True, kw_only=True)
class PathGuard:
    app: App

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in METHODS and not _is_preflight(scope):
            await refuse(scope, send, 405, "method_not_allowed", "This method is not taken.", [(b"allow", _ALLOW)])
        elif not is_plain(scope) and scope["method"] == "GET" and is_read_by_a_person(scope):
            await self.app(shown_instead(scope, NO_PAGE), receive, send)
        elif not is_plain(scope):
            await refuse(scope, send, 404, "not_found", "There is no such page.")
        else:
            await self.app(scope, receive, send)


def _is_preflight(scope: Scope) -> bool:
    """A browser asks before a page of another site may call one of the few addresses that are for all sites."""
    return scope["method"] == "OPTIONS" and scope["path"] in FROM_ANY_SITE


def is_plain(scope: Scope) -> bool:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return _PLAIN.fullmatch(raw) is not None and scope["path"].encode() == raw
