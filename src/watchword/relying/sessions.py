"""Who sent this request, told in this process: a signed token is checked once and then found in memory.

A session that ends is heard of from the door within a moment, and its tokens are refused from then on. When the door
has not been heard for two seconds, nothing is believed any more: a session might have ended meanwhile.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, final

from watchword.relying.clock import Clock, system_clock
from watchword.relying.connection import Connection
from watchword.relying.errors import ReadOnly, StepUpNeeded, TokenRefused, Unavailable
from watchword.relying.identity import Identity, TokenKind
from watchword.relying.keys import KeySet
from watchword.relying.loop import Loop
from watchword.relying.memory import MOST_TOKENS, TAIL, Memory
from watchword.relying.revocations import Revocations

JWKS = "/.well-known/jwks.json"
BELIEVED_FOR = 2.0
_LEEWAY = 5
"""Seconds by which the door's clock may be ahead of ours."""
_KEYS_EVERY = 60.0
_KEYS_FOR = 900.0
_KEYS_AGAIN = 5.0
ACR = {"aal1": 1, "aal2": 2}


@dataclass(frozen=True)
class _Keys:
    found: KeySet = field(default_factory=KeySet)
    until: float = float("-inf")


@final
class SessionVerifier:
    """``connection`` authenticates the feed. ``audience`` is who you are: the audience that the operator set for you,
    or your client id. ``issuer`` is the door's public address, where the connection goes another way. ``kinds`` are
    the kinds of token that you take, ``aal`` is the least that every request needs. ``read_only``: you take sessions of
    frozen and closed accounts too, look at ``identity.read_only`` each time, and let nothing begin in them.

    Start it before use, or use it in a ``with``. ``verify`` asks nobody and never waits, so that it serves in a thread
    and in an event loop alike.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        audience: str,
        issuer: str | None = None,
        kinds: Iterable[TokenKind] = (TokenKind.SESSION,),
        aal: int = 1,
        read_only: bool = False,
        clock: Clock = system_clock,
        believed_for: float = BELIEVED_FOR,
        most_tokens: int = MOST_TOKENS,
    ) -> None:
        self.issuer = issuer or connection.url
        self.audience = audience
        self.kinds = frozenset(kinds)
        self._aal = aal
        self._takes_readers = read_only
        self._clock = clock
        self._monotonic = clock.monotonic
        self._connection = connection
        self._memory = memory = Memory(most_tokens=most_tokens)
        self._find = memory.kept.get
        self._keys = _Keys()
        self._asked_for_keys = float("-inf")
        self._revocations = Revocations(connection=connection, memory=memory, clock=clock, believed_for=believed_for)
        self._loops = (
            Loop("watchword-revocations", self._revocations.turn),
            Loop("watchword-keys", self._fetch_keys),
        )

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self, *, within: float = 10.0) -> Self:
        """Returns once the door was heard. Raises Unavailable when it is not within so many seconds; it is listened for
        on all the same, so an application may start without it and refuse until it comes."""
        for loop in self._loops:
            loop.start()
        for loop in self._loops:
            if not loop.succeeded.wait(within):
                raise Unavailable("the door was not heard")
        return self

    def stop(self) -> None:
        """From now on everything is refused."""
        for loop in self._loops:
            loop.stop()
        for loop in self._loops:
            loop.join(self._connection.timeout + 1)
        self._memory.fresh_until = float("-inf")

    def hears(self) -> bool:
        """Whether it can tell anything now; for your readiness check."""
        return self._monotonic() < self._memory.fresh_until

    def verify(self, token: str, *, aal: int = 1, max_age: float | None = None) -> Identity:
        """Who is behind it. ``aal`` and ``max_age`` (seconds since it was proven) are what this one request needs.

        Raises TokenRefused, SessionEnded, StepUpNeeded, ReadOnly; Unavailable when the door was not heard for two
        seconds.
        """
        kept = self._find(token[TAIL:])
        if kept is not None and kept[0] == token:
            now = self._monotonic()
            if now < self._memory.fresh_until and now < kept[1]:
                identity = kept[2]
                if max_age is None and identity.aal >= aal:
                    return identity
                return self._require(identity, aal, max_age)
        return self._require(self._check(token), aal, max_age)

    def require_step_up(self, identity: Identity, *, aal: int = 1, max_age: float | None = None) -> None:
        """For an identity that was verified before, where one action needs more. Raises StepUpNeeded."""
        self._require(identity, aal, max_age)

    def _require(self, identity: Identity, aal: int, max_age: float | None) -> Identity:
        age = self._clock.now() - identity.authenticated_at.timestamp()
        low, late = identity.aal < max(aal, self._aal), max_age is not None and age > max_age
        if low or late:
            wanted = max(aal, self._aal)
            raise StepUpNeeded(f"aal{wanted}" if wanted > 1 else None, None if max_age is None else int(max_age))
        return identity

    def _check(self, token: str) -> Identity:
        now = self._monotonic()
        if now >= self._memory.fresh_until or now >= self._keys.until:
            raise Unavailable("the door was not heard lately")
        try:
            typ, claims = self._keys.found.read(token)
        except TokenRefused as refused:
            if refused.reason == "unknown_key":
                self._ask_for_keys(now)
            raise
        kind = self._kind(typ)
        expires = self._require_meant_for_us(claims)
        identity = _identity(kind, claims)
        if identity.read_only and not self._takes_readers:
            raise ReadOnly("the account is frozen or closed")
        self._require(identity, 1, None)  # what every request needs, before it is remembered as good
        self._memory.keep(token, now + expires - self._clock.now(), claims["iat"], identity)
        return identity

    def _kind(self, typ: str) -> TokenKind:
        """``application/`` before it means the same (RFC 7515, section 4.1.9)."""
        plain = typ.lower().removeprefix("application/")
        if plain not in self.kinds:
            raise TokenRefused("kind")
        return TokenKind(plain)

    def _require_meant_for_us(self, claims: Mapping[str, Any]) -> float:
        """Until when it is good."""
        audience = claims.get("aud")
        if claims.get("iss") != self.issuer:
            raise TokenRefused("issuer")
        if self.audience not in (audience if isinstance(audience, list) else [audience]):
            raise TokenRefused("audience")
        now, issued, expires = self._clock.now(), _time(claims, "iat"), _time(claims, "exp")
        if max(issued, _time(claims, "nbf") if "nbf" in claims else issued) > now + _LEEWAY:
            raise TokenRefused("not_yet")
        if expires <= now:
            raise TokenRefused("expired")
        if expires - issued > self._revocations.covers:
            # An ending would be forgotten before the token is over.
            raise TokenRefused("too_long")
        return expires

    def _ask_for_keys(self, now: float) -> None:
        """A key may be new. Not for each token that names one: anybody can make those."""
        if now - self._asked_for_keys >= _KEYS_AGAIN:
            self._asked_for_keys = now
            self._loops[1].wake()

    def _fetch_keys(self) -> float:
        asked = self._monotonic()
        found = KeySet.of(self._connection.public(JWKS))
        before = self._keys
        self._keys = _Keys(found, asked + _KEYS_FOR)
        if any(found.keys.get(name) is None for name in before.found.keys):
            self._memory.forget()
        return _KEYS_EVERY


def _time(claims: Mapping[str, Any], name: str) -> float:
    """Seconds since 1970. Raises TokenRefused for what is no time."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 2**40:
        raise TokenRefused("claims")
    return float(value)


def _identity(kind: TokenKind, claims: Mapping[str, Any]) -> Identity:
    """Raises TokenRefused for claims that are not as we write them."""
    subject, session, amr = claims.get("sub"), claims.get("sid"), claims.get("amr", [])
    account = claims.get("account") if kind is not TokenKind.ASSERTION else subject
    aal = claims.get("aal") if kind is not TokenKind.ACCESS else ACR.get(str(claims.get("acr")))
    if kind is TokenKind.ACCESS and account is None:
        # The session is a name of this client's own then: nobody would hear that it ended.
        raise TokenRefused("no_account")
    plain = (
        isinstance(subject, str)
        and isinstance(session, str)
        and bool(session)
        and isinstance(account, str)
        and isinstance(amr, list)
        and all(isinstance(each, str) for each in amr)
        and aal in (1, 2)
        and not isinstance(aal, bool)
        and isinstance(claims.get("scope", ""), str)
    )
    if not plain:
        raise TokenRefused("claims")
    scope = frozenset(str(claims.get("scope", "")).split())
    return Identity(
        kind=kind,
        account=str(account),
        subject=str(subject),
        session=str(session),
        aal=int(aal or 0),
        amr=tuple(amr),
        authenticated_at=datetime.fromtimestamp(_time(claims, "auth_time"), UTC),
        expires_at=datetime.fromtimestamp(_time(claims, "exp"), UTC),
        read_only=claims.get("read_only", False) is not False,
        scope=scope,
        client=claims.get("client_id") if isinstance(claims.get("client_id"), str) else None,
    )
