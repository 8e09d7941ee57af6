"""``GET /forward-auth``: may this request pass, and whose is it? Asked by the proxy in front of an application.

Answered from memory where it can be, before any router. 204 lets the request pass and says whose it is; 401 says that
nobody is signed in, with the address to sign in at in ``Location`` (a redirect for a proxy that shows our answer);
403 that the question is malformed or the session may not use applications. No other answer is ever good, and whatever
a client sends has no part in one: account, session and assurance come from the session's row alone.

Asked at ``READERS`` it lets frozen holders in too, and says so. That is the proxy's to choose for a location, by the
path of its question: what a header or a query said a client could say, wherever a configuration passes it on.

``Watchword-Cookie`` is the browser's Cookie header without what is ours. The proxy passes that on instead, so that no
application ever holds our cookie; which cookies are ours is known here and nowhere else.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool

from watchword.foundation.client import Client
from watchword.foundation.errors import Busy, Tampered
from watchword.foundation.secret import Secret
from watchword.foundation.terms import ClientKind, Standing
from watchword.handover.forwarding.addresses import OWN_PATHS, Application, Return
from watchword.handover.forwarding.forwarding import Forwarding
from watchword.sessions.sessions import Session
from watchword.web.cookies import CookieNames
from watchword.web.edge.asgi import App, Receive, Scope, Send, header_values, refuse, state_of
from watchword.web.edge.metrics import Alarm
from watchword.web.forward_original import Malformed, Original, read_original

PATH = "/forward-auth"
READERS = "/forward-auth/read-only"
BEGIN = "/forward/begin"
LONGEST_COOKIES = 12 * 1024
LONGEST_TOKEN = 128
_PRINTABLE = re.compile(rb"[ -~]*")
_READ = ("GET", "HEAD")
_Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, kw_only=True)
class _Jar:
    """The cookies of a request: which one names the session, and all that the application may see."""

    session: str | None
    others: str


@dataclass(frozen=True, kw_only=True)
class ForwardAuth:
    app: App
    forwarding: Forwarding
    names: CookieNames
    port: int | None = None
    """The one port that takes the question, and takes nothing else; None: every port takes it."""
    _ours: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ours", self.names.all)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asks = scope["path"] in (PATH, READERS)
        if self.port is not None and asks != _came_by(scope, self.port):
            await refuse(scope, send, 404, "not_found", "There is no such page.")
        elif asks:
            await self._reply(scope, send)
        else:
            await self.app(scope, receive, send)

    async def _reply(self, scope: Scope, send: Send) -> None:
        try:
            status, headers = await self._answer(scope)
        except Malformed as malformed:
            status, headers = 403, [(b"watchword-reason", malformed.reason.encode())]
        except Busy:
            status, headers = 503, [(b"watchword-reason", b"busy")]
        except Tampered:
            state_of(scope)["alarm"] = Alarm.ROW_REFUSED
            status, headers = 500, [(b"watchword-reason", b"failed")]
        if status != 204:
            headers.append((b"content-length", b"0"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _answer(self, scope: Scope) -> tuple[int, _Headers]:
        if scope["method"] != "GET":  # of a query, which Caddy takes over from the request, nothing is read
            raise Malformed("question")
        original, readers = read_original(scope["headers"], self.forwarding.applications), scope["path"] == READERS
        jar = self._cookies(scope, original.application)
        session = None if jar.session is None else await self._find(scope, jar.session, original.application)
        if session is not None and session.scope != "full":
            session = await self._reader(session, readers)
        if session is None:
            return self._nobody(scope, original, readers)
        return 204, await self._whose(session, original.application, jar)

    async def _reader(self, session: Session, readers: bool) -> Session | None:
        """A session that can only read, while the account is frozen, where the proxy asks for readers. Of an account
        that was thawed since it is nobody's: whoever signs in anew can do all. Raises Malformed."""
        standing = await run_in_threadpool(self.forwarding.standing, session.account)
        if standing is Standing.OPEN:
            return None
        if standing is not Standing.FROZEN or not readers:
            raise Malformed("read_only")
        return session

    async def _whose(self, session: Session, application: Application, jar: _Jar) -> _Headers:
        assertions = self.forwarding.assertions
        signed = assertions.find(session, application)
        if signed is None:
            signed = await run_in_threadpool(assertions.make, session, application)
        return [
            (b"watchword-account", session.account.encode()),
            (b"watchword-session", session.id.encode()),
            (b"watchword-aal", b"%d" % session.aal),
            (b"watchword-assertion", signed.encode()),
            # Empty where there is nothing: a proxy that passes on what is missing would pass on something of its own.
            (b"watchword-read-only", b"" if session.scope == "full" else b"1"),
            (b"watchword-cookie", jar.others.encode()),
        ]

    async def _find(self, scope: Scope, token: str, application: Application) -> Session | None:
        """The session of the browser, which the application's own cookie names on another host."""
        forwarding = self.forwarding
        if application.shares_host:
            found = forwarding.sessions.find_cached(token, ClientKind.BROWSER)
            if found is None:
                look: Callable[[], Session | None] = lambda: forwarding.sessions.find(  # noqa: E731
                    Secret(token), ClientKind.BROWSER, _client(scope)
                )
                found = await run_in_threadpool(look)
            return found
        found = forwarding.children.find_cached(token, application)
        if found is None:
            found = await run_in_threadpool(forwarding.children.find, Secret(token), application, _client(scope))
        return found

    def _cookies(self, scope: Scope, application: Application) -> _Jar:
        """Raises Malformed, also where two cookies claim to be the session's: of two no one is chosen."""
        sent = b"; ".join(header_values(scope, b"cookie"))
        if len(sent) > LONGEST_COOKIES or not _PRINTABLE.fullmatch(sent):
            raise Malformed("cookie")
        wanted = self.names.session if application.shares_host else self.names.child
        ours = self._ours if application.shares_host else self.names.at_applications
        sessions, others = [], []
        for crumb in (crumb.strip() for crumb in sent.decode("ascii").split(";")):
            name, _, value = crumb.partition("=")
            if name.strip() == wanted:
                sessions.append(value.strip())
            elif crumb and name.strip() not in ours:
                others.append(crumb)
        if len(sessions) > 1 or (sessions and not 0 < len(sessions[0]) <= LONGEST_TOKEN):
            raise Malformed("cookie")
        return _Jar(session=sessions[0] if sessions else None, others="; ".join(others))

    def _nobody(self, scope: Scope, original: Original, readers: bool) -> tuple[int, _Headers]:
        if not original.target or original.method not in _READ or not _is_navigation(scope):
            return 401, []
        goes_to = self.forwarding.applications.return_to(original.application, original.target)
        location = self.way_in(goes_to, readers).encode()
        return (302 if original.shows_answers else 401), [(b"location", location)]

    def way_in(self, goes_to: Return, readers: bool) -> str:
        """An application on another host is begun at that host, where the browser gets what binds it to its code."""
        if goes_to.application.shares_host:
            begin = f"{self.forwarding.applications.official}{BEGIN}"
        else:
            begin = f"{goes_to.application.origin}{OWN_PATHS}begin"
        return f"{begin}?return={quote(goes_to.address, safe='')}" + ("&readers=1" if readers else "")


def _came_by(scope: Scope, port: int) -> bool:
    server = scope.get("server")
    return server is not None and server[1] == port


def _is_navigation(scope: Scope) -> bool:
    """Whether a person looks at a page: only they are sent to sign in; a script gets the bare 401."""
    modes = header_values(scope, b"sec-fetch-mode")
    if modes:
        return modes == [b"navigate"]
    return any(b"text/html" in value for value in header_values(scope, b"accept"))


def _client(scope: Scope) -> Client:
    return Client(kind=ClientKind.BROWSER, address=scope["state"]["client_address"], agent="", language="en")
