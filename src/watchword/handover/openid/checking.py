"""What a token is worth this moment: introspection (RFC 7662), userinfo (OpenID Connect Core 5.3), revocation (RFC
7009).

The signature alone says what was true when the token was made. Here the grant and the session are read anew each
time, so whatever ended is over at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from watchword.accounts.accounts import Accounts
from watchword.foundation.clock import Clock
from watchword.foundation.secret import Secret
from watchword.foundation.terms import IdentifierKind
from watchword.handover.openid.claims import ACCESS_TOKEN, acr, reading
from watchword.handover.openid.clients import Client
from watchword.handover.openid.grants import Grants, LiveGrant
from watchword.handover.openid.subjects import Subjects
from watchword.handover.openid.tokens import TokenDesk
from watchword.handover.signing_keys import SigningKeys
from watchword.storage.database import Database, Transaction

NOT_ACTIVE: Mapping[str, Any] = {"active": False}


@dataclass(frozen=True, kw_only=True)
class _Held:
    grant: LiveGrant
    scopes: tuple[str, ...]
    claims: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class TokenChecks:
    database: Database
    grants: Grants
    desk: TokenDesk
    subjects: Subjects
    keys: SigningKeys
    accounts: Accounts
    clock: Clock

    def introspect(self, token: str, client: Client | None) -> Mapping[str, Any]:
        """``client``: who asks, and hears only of its own tokens; None: a service of the platform, which hears of
        all, and has to look at ``read_only``. Of anything that is not a good token nobody hears why."""
        now = self.clock()
        with self.database.read() as tx:
            found = self._access(tx, token, now) or self._refresh(tx, token, now)
        if found is None or (client is not None and not _concerns(found, client)):
            return NOT_ACTIVE
        grant = found.grant
        told = {
            "active": True,
            "iss": self.keys.issuer,
            "client_id": grant.client.id,
            "sub": self.subjects.of(grant.client.id, grant.session.account),
            "scope": " ".join(found.scopes),
            "sid": grant.session.id if client is None else self.subjects.session(grant.client, grant.session.id),
            "acr": acr(grant.session.aal),
            "amr": list(grant.session.amr),
            "auth_time": int(grant.session.authenticated_at.timestamp()),
            **reading(grant.session),
            **found.claims,
        }
        return {**told, "account": grant.session.account} if "account" in found.scopes else told

    def userinfo(self, token: str) -> Mapping[str, Any] | None:
        """None where the token is not good any more."""
        now = self.clock()
        with self.database.read() as tx:
            found = self._access(tx, token, now)
            return None if found is None else self._about(tx, found, now)

    def revoke(self, token: str, client: Client) -> None:
        """The whole grant ends, by whichever of its tokens. What is unknown or another client's stays as it is."""
        now = self.clock()
        with self.database.begin() as tx:
            row = self.grants.store.find_refresh(tx, self.desk.digest(Secret(token)))
            if row is not None and row["client_id"] == client.id:
                self.grants.end(tx, row["grant_id"], now, "revoked_by_client")
                return
            found = self._access(tx, token, now)
            if found is not None and found.grant.client.id == client.id:
                self.grants.end(tx, found.grant.id, now, "revoked_by_client")

    def _access(self, tx: Transaction, token: str, now: datetime) -> _Held | None:
        claims = self.keys.verify(ACCESS_TOKEN, token)
        grant = None if claims is None else self.grants.find_live(tx, str(claims.get("jti")).partition(".")[0], now)
        if claims is None or grant is None or claims.get("client_id") != grant.client.id:
            return None
        told = {name: claims[name] for name in ("aud", "exp", "iat", "jti")}
        scopes = tuple(scope for scope in claims["scope"].split() if scope in grant.scopes)
        return _Held(grant=grant, scopes=scopes, claims={**told, "token_type": "Bearer"})

    def _refresh(self, tx: Transaction, token: str, now: datetime) -> _Held | None:
        row = self.grants.store.find_refresh(tx, self.desk.digest(Secret(token)))
        if row is None or row["used_at"] is not None or now >= row["expires_at"]:
            return None
        grant = self.grants.find_live(tx, row["grant_id"], now)
        if grant is None:
            return None
        told = {"exp": int(row["expires_at"].timestamp()), "iat": int(row["issued_at"].timestamp())}
        return _Held(grant=grant, scopes=grant.scopes, claims={**told, "aud": self.keys.issuer})

    def _about(self, tx: Transaction, found: _Held, now: datetime) -> dict[str, Any]:
        session = found.grant.session
        about = {"sub": self.subjects.of(found.grant.client.id, session.account), **reading(session)}
        if "account" in found.scopes:
            about["account"] = session.account
        addresses = self.accounts.addresses(tx, self.accounts.get(tx, session.account), now)
        # An address is bound only once a code that went to it came back, so each of them is verified.
        for scope, kind, names in _ADDRESSES:
            bound = addresses.of_kind(kind) if scope in found.scopes else None
            if bound is not None:
                about |= {names[0]: bound.identifier.value, names[1]: True}
        return about


_ADDRESSES = (
    ("email", IdentifierKind.EMAIL, ("email", "email_verified")),
    ("phone", IdentifierKind.PHONE, ("phone_number", "phone_number_verified")),
)


def _concerns(found: _Held, client: Client) -> bool:
    """Whether it hears of it. Of a token of somebody who can only read only who is said to understand that: anybody
    else would take ``active`` for the whole."""
    if found.grant.session.scope != "full" and not client.understands_read_only:
        return False
    return found.grant.client.id == client.id or found.claims["aud"] in (client.id, client.audience)
