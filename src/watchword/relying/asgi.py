"""ASGI middleware: who sent this request stands in ``scope["watchword"]``, or the request goes no further.

    app.add_middleware(WatchwordSession, verifier=verifier)                          # every request needs a session
    app.add_middleware(WatchwordSession, verifier=verifier, open_to=("/", "/prices"))  # these paths are for everybody

A view that needs more than a session says so, and the middleware answers with the challenge of RFC 9470, by which a
client asks for a new sign-in:

    require(scope, aal=2, max_age=300)

Frozen and closed accounts, which only read, go no further, unless the verifier takes them. Then a view has to
know of them: ``scope["watchword"]`` is None, and only this gives them:

    require(scope, to_act=False)

Identity comes from a signed token and from nothing else: ``Watchword-…`` headers are taken out of every request, in
whatever spelling, so that nothing behind can believe them by mistake.
"""

import json
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any, final

from watchword.relying.errors import ReadOnly, RelyingError, StepUpNeeded, TokenRefused, Unavailable
from watchword.relying.identity import Identity, TokenKind
from watchword.relying.sessions import SessionVerifier

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

KEY = "watchword"
_FOUND = "watchword.found"
_OURS = b"watchword-"
_ASSERTION = b"watchword-assertion"
_NONE = "none"
_POLICY_VIOLATION = 1008


def require(scope: Scope, *, aal: int = 1, max_age: float | None = None, to_act: bool = True) -> Identity:
    """Who sent it, proven so well and so lately (``max_age`` in seconds). ``to_act``: to do more than look, cancel and
    reduce, which a frozen or closed account may not.

    Raises TokenRefused where nobody is known, StepUpNeeded, ReadOnly, Unavailable; the middleware answers all of them.
    """
    found: _Found | None = scope.get(_FOUND)
    if found is None:
        raise TokenRefused(_NONE)
    if found.identity is None:
        raise found.why
    if to_act and found.identity.read_only:
        raise ReadOnly("the account is frozen or closed")
    found.verifier.require_step_up(found.identity, aal=aal, max_age=max_age)
    return found.identity


@final
class _Found:
    def __init__(self, verifier: SessionVerifier, identity: Identity | None, why: RelyingError) -> None:
        self.verifier = verifier
        self.identity = identity
        self.why = why


@final
class WatchwordSession:
    """``open_to``: paths, exactly as the server gives them, that go on without a session; ``scope["watchword"]`` is
    None there for a stranger, as everywhere for who may only read. An assertion of the proxy is taken where the
    verifier takes that kind."""

    def __init__(self, app: App, verifier: SessionVerifier, *, open_to: Collection[str] = ()) -> None:
        self.app = app
        self.verifier = verifier
        self.open_to = frozenset(open_to)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        found = self._find(scope["headers"])
        acts = found.identity is not None and not found.identity.read_only
        inner = {
            **scope,
            KEY: found.identity if acts else None,
            _FOUND: found,
            "headers": _without_ours(scope["headers"]),
        }
        if found.identity is None and scope["path"] not in self.open_to:
            await _answer(scope, send, found.why)
            return
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(inner, receive, noting)
        except (TokenRefused, StepUpNeeded, ReadOnly, Unavailable) as refused:
            if begun:
                raise
            await _answer(scope, send, refused)

    def _find(self, headers: Collection[tuple[bytes, bytes]]) -> _Found:
        try:
            token, from_proxy = self._token(headers)
            identity = self.verifier.verify(token)
            if (identity.kind is TokenKind.ASSERTION) is not from_proxy:
                raise TokenRefused("kind")
        except RelyingError as refused:
            return _Found(self.verifier, None, refused)
        return _Found(self.verifier, identity, _nobody())

    def _token(self, headers: Collection[tuple[bytes, bytes]]) -> tuple[str, bool]:
        """The one token there is, and whether the proxy set it. Raises TokenRefused for none and for two."""
        bearers = [value for name, value in headers if name.lower() == b"authorization"]
        takes = TokenKind.ASSERTION in self.verifier.kinds
        asserted = [value for name, value in headers if takes and _plain(name) == _ASSERTION]
        if not bearers and not asserted:
            raise _nobody()
        if len(bearers) + len(asserted) != 1 or not (bearers + asserted)[0].isascii():
            raise TokenRefused("two_tokens")
        if asserted:
            return asserted[0].decode(), True
        scheme, _, token = bearers[0].decode().partition(" ")
        if scheme.lower() != "bearer":
            raise _nobody()
        return token.strip(), False


def _nobody() -> TokenRefused:
    return TokenRefused(_NONE)


def _plain(name: bytes) -> bytes:
    """An underscore becomes a dash on the way through CGI and WSGI, and so it counts as one."""
    return name.lower().replace(b"_", b"-")


def _without_ours(headers: Collection[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if not _plain(name).startswith(_OURS)]


async def _answer(scope: Scope, send: Send, refused: RelyingError) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        return
    status, code, title, more = _described(refused)
    body = json.dumps({"type": "about:blank", "title": title, "status": status, "code": code}).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *((name, value.encode()) for name, value in more),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _described(refused: RelyingError) -> tuple[int, str, str, list[tuple[bytes, str]]]:
    if isinstance(refused, StepUpNeeded):
        return 401, "step_up_needed", "Sign in again to go on.", [(b"www-authenticate", step_up_challenge(refused))]
    if isinstance(refused, ReadOnly):
        return 403, "read_only", "This session can only read.", []
    if isinstance(refused, TokenRefused):
        challenge = "Bearer" if refused.reason == _NONE else 'Bearer error="invalid_token"'
        return 401, "unauthenticated", "Sign in first.", [(b"www-authenticate", challenge)]
    return 503, "unavailable", "Nobody can be let in at the moment. Try again.", [(b"retry-after", "1")]


def step_up_challenge(needed: StepUpNeeded) -> str:
    """The value of ``WWW-Authenticate`` (RFC 9470, section 3)."""
    parts = [
        'Bearer error="insufficient_user_authentication"',
        'error_description="A stronger or a more recent sign-in is needed"',
    ]
    if needed.acr_values is not None:
        parts.append(f'acr_values="{needed.acr_values}"')
    if needed.max_age is not None:
        parts.append(f'max_age="{needed.max_age}"')
    return ", ".join(parts)
