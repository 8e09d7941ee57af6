"""The official address: a request that names another host is not for us (RFC 9110, section 7.2 and 15.5.20).

An application behind a proxy has its own name. Of it we take two paths under ``/.watchword/``, where the proxy hands
us the two steps by which a browser gets its cookie there, and nothing else.

Nothing is redirected and nothing echoed: a wrong name in a reply is how poisoned links and caches begin. People get a
bare sentence: under a name that is not ours no page of ours is drawn, so that nobody learns to trust one there.
"""

from dataclasses import dataclass

from watchword.web.edge.asgi import App, Receive, Scope, Send, header_values, refuse

APPLICATION_PATHS = "/.watchword/"
APPLICATION_STEPS = frozenset({b"/.watchword/begin", b"/.watchword/callback"})


@dataclass(frozen=True, kw_only=True)
class HostGuard:
    app: App
    host: bytes
    """Host and, unless it is the scheme's own, port: exactly what a browser sends."""
    applications: frozenset[bytes] = frozenset()
    """Those of the listed applications on other hosts, written the same way."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        named = header_values(scope, b"host")
        if len(named) != 1 or not named[0]:
            await refuse(scope, send, 400, "bad_request", "A request names exactly one host.")
        elif named[0].lower() != self.host and not self._is_application(scope, named[0].lower()):
            await refuse(scope, send, 421, "misdirected", "This is not the address of this site.")
        else:
            await self.app(scope, receive, send)

    def _is_application(self, scope: Scope, host: bytes) -> bool:
        """Only a plain look at one of these paths: a page that says what else is wrong would be one of ours."""
        plain = scope["method"] == "GET" and scope.get("raw_path", b"") in APPLICATION_STEPS
        return plain and host in self.applications
