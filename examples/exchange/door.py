"""Everything the desk asks of Watchword, and nothing else: who signed in, what may leave, whose request a bot sent.

Two credentials open it. The OpenID client is who the desk is when somebody signs in; the service is who it is when it
asks about exits and requests. The desk never sees a passphrase, a code or Watchword's cookie.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from httpx2 import HTTPError
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from examples.exchange.settings import Settings
from watchword.relying import (
    ApiRequests,
    Approvals,
    Clock,
    Connection,
    SessionVerifier,
    TokenKind,
    Unavailable,
    system_clock,
)

SCOPE = "openid account offline_access"
_LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
_KEYS_AGAIN = timedelta(seconds=5)
_SKEW = 5
_Claims = Mapping[str, Any]


class NotBelieved(Exception):
    """A token or an answer that is not the door's, not for us, not for this sign-in, or over."""


@dataclass(frozen=True)
class Tokens:
    access: str
    refresh: str
    id: str


class Door:
    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._settings, self._clock, self._lock = settings, clock, Lock()
        self._secret = settings.secret("client-secret")
        self._connection = Connection(url=settings.door, credential=settings.secret("service"))
        self._metadata: dict[str, Any] = {}
        self._keys: tuple[KeySet, datetime] | None = None
        self.approvals = Approvals(self._connection)
        self.requests = ApiRequests(self._connection)
        self.sessions = SessionVerifier(
            self._connection,
            audience=settings.client_id,
            issuer=settings.door,
            kinds=(TokenKind.ACCESS,),
            read_only=True,  # account.require_acting stands before whatever begins something
            clock=Clock(now=lambda: clock().timestamp(), monotonic=system_clock.monotonic),
        )

    @property
    def redirect_uri(self) -> str:
        return f"{self._settings.url}/sign-in/done"

    def start(self) -> None:
        """The markets can be read before the door is heard; until then nobody is let in."""
        try:
            self.sessions.start(within=0)
        except Unavailable:
            return

    def stop(self) -> None:
        self.sessions.stop()
        self._connection.close()

    # -- OpenID Connect: the code flow with PKCE, its parameters pushed (RFC 9126), never in the browser's hands

    def begin(self, *, state: str, nonce: str, verifier: str, language: str) -> str:
        """Where the browser is sent. Raises Unavailable."""
        with self._client() as client:
            plain, _ = client.create_authorization_url(
                "", state=state, nonce=nonce, code_verifier=verifier, ui_locales=language
            )
            pushed = self._post(client, "pushed_authorization_request_endpoint", plain.partition("?")[2])
            address, _ = client.create_authorization_url(
                self._endpoint("authorization_endpoint"), request_uri=pushed["request_uri"]
            )
        return _only(address, ("client_id", "request_uri"))

    def finish(self, answer: Mapping[str, str], *, nonce: str, verifier: str) -> Tokens:
        """The tokens of a sign-in that came back. Raises NotBelieved, Unavailable."""
        if answer.get("iss") != self._settings.door:  # RFC 9207: no other provider's answer
            raise NotBelieved("issuer")
        tokens = self._tokens(lambda client, url: client.fetch_token(url, code=answer["code"], code_verifier=verifier))
        claims = self.read(tokens.id, "JWT")
        if claims.get("nonce") != nonce:
            raise NotBelieved("nonce")
        return tokens

    def renew(self, tokens: Tokens) -> Tokens:
        """Raises NotBelieved where the session is over, Unavailable."""
        fresh = self._tokens(lambda client, url: client.refresh_token(url, refresh_token=tokens.refresh), tokens)
        return fresh

    def revoke(self, tokens: Tokens) -> None:
        """Ends what this sign-in gave the desk, and nothing at the door. Raises Unavailable."""
        with self._client() as client:
            self._call(lambda: client.revoke_token(self._endpoint("revocation_endpoint"), tokens.refresh))

    def sign_out_address(self, tokens: Tokens) -> str:
        """Where the browser is sent to sign out everywhere (RP-Initiated Logout 1.0)."""
        with self._client() as client:
            address, _ = client.create_authorization_url(
                self._endpoint("end_session_endpoint"),
                id_token_hint=tokens.id,
                post_logout_redirect_uri=f"{self._settings.url}/signed-out",
            )
        return _only(address, ("client_id", "id_token_hint", "post_logout_redirect_uri"))

    def read_logout(self, token: str) -> _Claims:
        """The claims of a logout token (Back-Channel Logout 1.0, section 2.6). Raises NotBelieved, Unavailable."""
        claims = self.read(token, "logout+jwt")
        if _LOGOUT not in claims.get("events", {}) or "nonce" in claims or not {"sub", "sid"} & set(claims):
            raise NotBelieved("no logout token")
        return claims

    def read(self, token: str, typ: str) -> _Claims:
        """Claims that the door signed for us, in a token of that kind. Raises NotBelieved, Unavailable."""
        try:
            found = self._decode(token)
        except (JoseError, ValueError) as wrong:
            raise NotBelieved("signature") from wrong
        claims, now = found.claims, self._clock().timestamp()
        if found.header.get("typ", "JWT").lower() != typ.lower():
            raise NotBelieved("kind")
        audience = claims.get("aud")
        if claims.get("iss") != self._settings.door or self._settings.client_id not in (audience, *_many(audience)):
            raise NotBelieved("not for us")
        if not claims.get("iat", now + 60) - _SKEW <= now < claims.get("exp", 0):
            raise NotBelieved("time")
        return claims

    def _decode(self, token: str) -> jwt.Token:
        """A key that we don't know may be new, so the set is read again; not for each token, anybody can make those."""
        with self._lock:
            known = self._keys
        if known is not None:
            try:
                return jwt.decode(token, known[0], algorithms=["ES256"])
            except (JoseError, ValueError):
                if self._clock() < known[1] + _KEYS_AGAIN:
                    raise
        keys = KeySet.import_key_set(self._connection.public("/.well-known/jwks.json"))  # type: ignore[arg-type]
        with self._lock:
            self._keys = (keys, self._clock())
        return jwt.decode(token, keys, algorithms=["ES256"])

    def _client(self) -> OAuth2Client:
        return OAuth2Client(
            self._settings.client_id,
            self._secret,
            scope=SCOPE,
            redirect_uri=self.redirect_uri,
            code_challenge_method="S256",
            trust_env=False,
            timeout=5,
        )

    def _tokens(self, ask: Callable[[OAuth2Client, str], Mapping[str, str]], before: Tokens | None = None) -> Tokens:
        with self._client() as client:
            found = self._call(lambda: ask(client, self._endpoint("token_endpoint")))
        kept = before.id if before else ""
        return Tokens(found["access_token"], found["refresh_token"], found.get("id_token", kept))

    def _post(self, client: OAuth2Client, endpoint: str, body: str) -> Mapping[str, Any]:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        auth = client.client_auth("client_secret_basic")
        reply = self._call(lambda: client.post(self._endpoint(endpoint), content=body, headers=headers, auth=auth))
        if reply.status_code != 201:
            raise Unavailable(f"{endpoint} answered {reply.status_code}")
        found: Mapping[str, Any] = reply.json()
        return found

    def _call(self, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except OAuthError as refused:
            if refused.error == "invalid_grant":
                raise NotBelieved(refused.error) from None
            raise Unavailable(f"the door does not take our call: {refused.error}") from None
        except (HTTPError, ValueError, KeyError) as failed:
            raise Unavailable(f"no answer: {type(failed).__name__}") from None

    def _endpoint(self, name: str) -> str:
        if not self._metadata:
            found = self._connection.public("/.well-known/openid-configuration")
            if found.get("issuer") != self._settings.door:
                raise Unavailable("another issuer answers there")
            self._metadata = found
        return str(self._metadata[name])


def _many(audience: object) -> tuple[object, ...]:
    return tuple(audience) if isinstance(audience, list) else ()


def _only(address: str, names: tuple[str, ...]) -> str:
    """The address with these parameters alone: all others were pushed, or have no place there."""
    plain, _, query = address.partition("?")
    return f"{plain}?{'&'.join(part for part in query.split('&') if part.partition('=')[0] in names)}"
