"""How a client shows who it is at the endpoints it calls itself (OpenID Connect Core section 9; RFC 7523).

By its secret, in the header or in the form; by an assertion signed with its own key, each of which serves once; or,
for an app that can keep nothing secret, by its name alone. Each client by its own way and no other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeGuard

from watchword.crypto.jose import claims_unchecked, verify
from watchword.crypto.keyring import Keyring
from watchword.foundation.client import Client as Caller
from watchword.foundation.clock import Clock
from watchword.foundation.errors import Conflict, Throttled
from watchword.foundation.secret import Secret
from watchword.gate.gate_limits import GateLimits
from watchword.handover.openid.clients import Client, Clients
from watchword.handover.openid.store import AssertionStore
from watchword.limits.counters import Counters
from watchword.storage.database import Database, Transaction

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ("ES256", "EdDSA", "RS256")
_LONGEST_LIFE = timedelta(hours=1)
"""What libraries make by themselves. Since each serves once, a long life opens no replay: it is only kept longer."""
_AHEAD = timedelta(seconds=60)
"""How far a client's clock may be before ours."""
_TYPES = (None, "JWT", "jwt", "client-authentication+jwt")


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a client showed. ``basic`` is the header's name and secret."""

    basic: tuple[str, Secret] | None = None
    client_id: str | None = None
    secret: Secret | None = None
    assertion: str | None = None
    assertion_type: str | None = None


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """``error`` is of RFC 6749 section 5.2."""

    error: str
    why: str


_NOBODY = Unknown(error="invalid_client", why="the client is unknown, or did not show that it is itself")


@dataclass(frozen=True, kw_only=True)
class ClientAuth:
    database: Database
    clients: Clients
    assertions: AssertionStore
    counters: Counters
    limits: GateLimits
    keyring: Keyring
    clock: Clock
    audiences: tuple[str, ...]
    """Whom an assertion may be meant for: the issuer, or its token endpoint."""

    def find(self, shown: Shown, caller: Caller) -> Client | Unknown:
        """Raises Throttled for a failure where too many came from its network. Who shows what is right always passes:
        a stranger can't lock a client out, not by its name and not from beside it."""
        found = self._find(shown)
        if found is _NOBODY:
            self.count_failure(caller)
        return found

    def is_spent(self, caller: Caller) -> bool:
        """Whether too many failures came from that network."""
        (spend,) = self.limits.openid_failures(caller)
        with self.database.read() as tx:
            return not self.counters.peek(tx, spend.limit, spend.subject, self.clock()).allowed

    def count_failure(self, caller: Caller) -> None:
        """Raises Throttled. Who goes on after that has nothing written."""
        now, spends = self.clock(), self.limits.openid_failures(caller)
        with self.database.read() as tx:
            decision = self.counters.peek_all(tx, spends, now)[0]
        if not decision.allowed:
            raise Throttled(decision.retry_at)
        with self.database.begin() as tx:
            self.counters.spend(tx, spends, now)

    def _find(self, shown: Shown) -> Client | Unknown:
        ways = (shown.basic is not None, shown.secret is not None, shown.assertion is not None)
        if sum(ways) > 1:
            return Unknown(error="invalid_request", why="a client shows one thing")
        if shown.assertion is not None:
            return self._by_assertion(shown, shown.assertion)
        name, secret = shown.basic or (shown.client_id, shown.secret)
        if name is None or (shown.client_id or name) != name:
            return _NOBODY
        with self.database.read() as tx:
            client = self.clients.find(tx, name)
            if client is None:
                return _NOBODY
            if secret is None:
                return client if client.auth_method == "none" else _NOBODY
            good = client.auth_method == "secret" and self.clients.secret_matches(tx, client, secret)
        return client if good else _NOBODY

    def _by_assertion(self, shown: Shown, assertion: str) -> Client | Unknown:
        if shown.assertion_type != ASSERTION_TYPE:
            return Unknown(error="invalid_request", why="client_assertion_type is jwt-bearer")
        named = claims_unchecked(assertion).get("sub")
        if not isinstance(named, str) or (shown.client_id or named) != named:
            return _NOBODY
        now = self.clock()
        with self.database.read() as tx:
            client = self.clients.find(tx, named)
        if client is None or client.auth_method != "private_key_jwt":
            return _NOBODY
        # Before any transaction that writes: junk must not hold up those who do.
        read = verify(assertion, client.jwks, algorithms=ALGORITHMS)
        if read is None or read.header.get("typ") not in _TYPES or not self._is_for_us(read.claims, named, now):
            return _NOBODY
        with self.database.begin() as tx:
            return client if self._spend(tx, named, read.claims) else _NOBODY

    def _is_for_us(self, claims: Mapping[str, Any], client: str, now: datetime) -> bool:
        meant = claims.get("aud")
        meant = [meant] if isinstance(meant, str) else meant
        if claims.get("iss") != client or not isinstance(meant, list) or len(meant) != 1:
            return False
        at, ends_at, jti = now.timestamp(), claims.get("exp"), claims.get("jti")
        if meant[0] not in self.audiences or not isinstance(jti, str) or not 0 < len(jti) <= 256:
            return False
        if not _is_number(ends_at) or not at < ends_at <= at + _LONGEST_LIFE.total_seconds() + _AHEAD.total_seconds():
            return False
        early = (claims.get(name, at) for name in ("iat", "nbf"))
        return all(_is_number(moment) and moment <= at + _AHEAD.total_seconds() for moment in early)

    def _spend(self, tx: Transaction, client: str, claims: Mapping[str, Any]) -> bool:
        """Whether it is the first time; of two at once one is."""
        ends_at = self.clock() + _LONGEST_LIFE + 2 * _AHEAD
        try:
            self.assertions.spend(tx, self.keyring.digest("client_assertion", client, claims["jti"]), ends_at)
        except Conflict:
            return False
        return True


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
