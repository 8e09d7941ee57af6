"""The token endpoint: a code, or a refresh token, for new tokens (RFC 6749, RFC 7636, RFC 9700 section 4.14).

A code serves once: a second use ends what the first one gave. A refresh token serves once too, and is followed by the
next one; who comes with one that was used already has it from somebody, or somebody has it from them, so the whole
grant ends. Nothing outlives the session that it comes from.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from watchword.crypto.jose import encoded
from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.foundation.clock import Clock
from watchword.foundation.secret import Secret
from watchword.handover.openid.claims import ACCESS_TOKEN, ID_TOKEN, Facts
from watchword.handover.openid.clients import Client
from watchword.handover.openid.grants import CODE_REUSED, REFRESH_TOKEN_REUSED, Grants, LiveGrant
from watchword.handover.openid.subjects import Subjects
from watchword.handover.signing_keys import SigningKeys
from watchword.sessions.sessions import Sessions
from watchword.storage.database import Database, Transaction


@dataclass(frozen=True, kw_only=True)
class Issued:
    access_token: Secret
    id_token: Secret
    refresh_token: Secret | None
    scopes: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Refused:
    """``error`` is of RFC 6749 section 5.2."""

    error: str
    why: str


_NO_GRANT = Refused(error="invalid_grant", why="it is not known, over, used, or another client's")


@dataclass(frozen=True, kw_only=True)
class _Made:
    """What is signed once the transaction is over."""

    grant: LiveGrant
    scopes: Sequence[str]
    refresh: Secret | None
    nonce: str | None


@dataclass(frozen=True, kw_only=True)
class TokenDesk:
    database: Database
    grants: Grants
    sessions: Sessions
    subjects: Subjects
    keys: SigningKeys
    keyring: Keyring
    randomness: Randomness
    clock: Clock
    issuer: str

    def redeem(self, client: Client, code: Secret, redirect_uri: str, verifier: str) -> Issued | Refused:
        now = self.clock()
        with self.database.begin() as tx:
            made = self._redeem(tx, client, code, redirect_uri, verifier, now)
        return self._issue(made, now) if isinstance(made, _Made) else made

    def refresh(self, client: Client, token: Secret, scopes: Sequence[str] | None) -> Issued | Refused:
        """``scopes``: fewer than were granted, or None for all of them."""
        now = self.clock()
        with self.database.begin() as tx:
            made = self._refresh(tx, client, token, scopes, now)
        return self._issue(made, now) if isinstance(made, _Made) else made

    def has_given(self, *, code: str | None, refresh_token: str | None) -> bool:
        """Whether there is such a code or token; nothing is locked or changed."""
        with self.database.read() as tx:
            if code is not None and self.grants.store.has_code(tx, self.keyring.digest("openid_code", code)):
                return True
            return refresh_token is not None and (
                self.grants.store.find_refresh(tx, self.digest(Secret(refresh_token))) is not None
            )

    def _redeem(
        self, tx: Transaction, client: Client, code: Secret, redirect_uri: str, verifier: str, now: datetime
    ) -> _Made | Refused:
        row = self.grants.store.find_code(tx, self.keyring.digest("openid_code", code.reveal()))
        if row is None or row["client_id"] != client.id:
            return _NO_GRANT
        if row["redeemed_at"] is not None:
            self.grants.end(tx, row["grant_id"], now, CODE_REUSED)
            return _NO_GRANT
        fits = row["redirect_uri"] == redirect_uri and challenge_of(verifier) == row["challenge"]
        if not fits or now >= row["expires_at"]:
            return _NO_GRANT
        grant = self.grants.find_live(tx, row["grant_id"], now)
        if grant is None or not self.grants.store.redeem_code(tx, row, now):
            return _NO_GRANT
        refresh = self._next(tx, grant, now) if "offline_access" in grant.scopes else None
        return _Made(grant=grant, scopes=grant.scopes, refresh=refresh, nonce=row["nonce"])

    def _refresh(
        self, tx: Transaction, client: Client, token: Secret, scopes: Sequence[str] | None, now: datetime
    ) -> _Made | Refused:
        row = self.grants.store.find_refresh(tx, self.digest(token), lock=True)
        if row is None or row["client_id"] != client.id:
            return _NO_GRANT
        if row["used_at"] is not None:
            self.grants.end(tx, row["grant_id"], now, REFRESH_TOKEN_REUSED)
            return _NO_GRANT
        grant = self.grants.find_live(tx, row["grant_id"], now)
        if grant is None or now >= row["expires_at"]:
            return _NO_GRANT
        if scopes is not None and not set(scopes) <= set(grant.scopes):
            return Refused(error="invalid_scope", why="more than was granted")
        if not self.grants.store.use_refresh(tx, row, now):
            return _NO_GRANT
        self.sessions.note_use(tx, grant.session, now)
        return _Made(grant=grant, scopes=scopes or grant.scopes, refresh=self._next(tx, grant, now), nonce=None)

    def _next(self, tx: Transaction, grant: LiveGrant, now: datetime) -> Secret:
        token = self.randomness.token()
        row = {
            "id": self.randomness.id(),
            "token_digest": self.digest(token),
            "grant_id": grant.id,
            "client_id": grant.client.id,
            "issued_at": now,
            "expires_at": grant.session.expires_at,
            "used_at": None,
        }
        self.grants.store.add_refresh(tx, row)
        return token

    def _issue(self, made: _Made, now: datetime) -> Issued:
        grant = made.grant
        facts = Facts(
            issuer=self.issuer,
            client=grant.client,
            session=grant.session,
            subject=self.subjects.of(grant.client.id, grant.session.account),
            sid=self.subjects.session(grant.client, grant.session.id),
            scopes=made.scopes,
            now=now,
            jti=f"{grant.id}.{self.randomness.id()}",
        )
        access = self.keys.sign(ACCESS_TOKEN, facts.access_token())
        told = facts.id_token(nonce=made.nonce, access_token=access)
        id_token = self.keys.sign(ID_TOKEN, told, alg=grant.client.id_token_alg)
        return Issued(
            access_token=Secret(access), id_token=Secret(id_token), refresh_token=made.refresh, scopes=made.scopes
        )

    def digest(self, refresh_token: Secret) -> str:
        return self.keyring.digest("openid_refresh", refresh_token.reveal())


def challenge_of(verifier: str) -> str:
    """S256 (RFC 7636 section 4.6)."""
    return encoded(hashlib.sha256(verifier.encode("utf-8", "surrogatepass")).digest())
