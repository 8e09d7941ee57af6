"""A client sends its user here to sign out (OpenID Connect RP-Initiated Logout 1.0).

An ID token of the very session that the browser is in says that the client knows whom it speaks of: then nothing more
is asked. Whatever else comes, a person confirms on our page, so that no link signs anybody out.
"""

from dataclasses import dataclass, field
from typing import Literal

from watchword.handover.openid.addresses import answered
from watchword.handover.openid.asking import Fields
from watchword.handover.openid.claims import ID_TOKEN
from watchword.handover.openid.clients import Client, Clients
from watchword.handover.openid.subjects import Subjects
from watchword.handover.signing_keys import SigningKeys
from watchword.sessions.sessions import Session
from watchword.storage.database import Database


@dataclass(frozen=True, kw_only=True)
class SigningOut:
    """``to``: a registered address of the client's, or None for our own page."""

    to: str | None = field(repr=False)
    asks: bool
    """Whether the person has to confirm it."""
    client: Client | None


@dataclass(frozen=True, kw_only=True)
class BadSigningOut:
    reason: Literal["unknown_client", "unregistered_address", "twice", "unknown_hint"]


@dataclass(frozen=True, kw_only=True)
class ClientLogout:
    database: Database
    clients: Clients
    subjects: Subjects
    keys: SigningKeys

    def read(self, fields: Fields, session: Session | None) -> SigningOut | BadSigningOut:
        if any(len(values) > 1 for values in fields.values()):
            return BadSigningOut(reason="twice")
        hint, named = _one(fields, "id_token_hint"), _one(fields, "client_id")
        claims = None if hint is None else self.keys.verify(ID_TOKEN, hint, expired_too=True)
        if hint is not None and claims is None:
            return BadSigningOut(reason="unknown_hint")
        meant = named if claims is None else str(claims["aud"])
        if named is not None and named != meant:
            return BadSigningOut(reason="unknown_client")
        with self.database.read() as tx:
            client = None if meant is None else self.clients.find(tx, meant)
        if meant is not None and client is None:
            return BadSigningOut(reason="unknown_client")
        back = _one(fields, "post_logout_redirect_uri")
        if back is not None and (client is None or back not in client.logout_uris):
            return BadSigningOut(reason="unregistered_address")
        here = None if client is None or session is None else self.subjects.session(client, session.id)
        known = claims is not None and here is not None and claims.get("sid") == here
        to = None if back is None else answered(back, {"state": _one(fields, "state")}) if "state" in fields else back
        return SigningOut(to=to, asks=session is not None and not known, client=client)


def _one(fields: Fields, name: str) -> str | None:
    values = fields.get(name, ())
    return values[0] if values and values[0] else None
