"""What stands between a request and its answer. Pure."""

from datetime import datetime, timedelta
from typing import Literal

from watchword.handover.openid.asking import Asked
from watchword.sessions.sessions import Session

Need = Literal["sign_in", "frozen", "level", "somebody_else", "consent"]

Agreed = Literal["settled", "again", "never"]
"""Whether the holder let the client know what it asks for: nobody needs to be asked; it was agreed and has to be asked
all the same; it was not agreed."""
Reading = Literal["refused", "taken", "over"]
"""Of a session that can only read. Taken: of a frozen account, by a client that understands it. Over: the account was
thawed since, and whoever signs in anew can do all."""

SILENTLY: dict[Need, str] = {
    "sign_in": "login_required",
    "frozen": "interaction_required",
    "level": "unmet_authentication_requirements",
    "somebody_else": "login_required",
    "consent": "consent_required",
}
"""What a client hears that wanted nobody to be asked (OpenID Connect Core, 3.1.2.6; RFC 9470 section 5)."""


def need_of(
    asked: Asked,
    session: Session | None,
    *,
    subject: str | None,
    agreed: Agreed,
    begun_at: datetime | None,
    now: datetime,
    reading: Reading = "refused",
) -> Need | None:
    """``subject``: who the session's holder is to the client. ``begun_at``: since when it waits; None: it has just
    come. ``reading``: what becomes here of a session that can only read.

    A sign-in after the request began answers ``prompt=login``, ``max_age`` and a higher level. Who has just signed in
    and still stands too low can't reach it: asking again would go round for ever.
    """
    if session is None:
        return "sign_in"
    fresh = begun_at is not None and session.authenticated_at > begun_at
    if not fresh and _is_stale(asked, session, now):
        return "sign_in"
    if asked.hinted is not None and asked.hinted != subject:
        return "somebody_else" if fresh or asked.silent else "sign_in"
    if session.scope != "full":
        if reading == "over":
            return "sign_in"
        if reading == "refused" or agreed == "never":
            return "frozen"
    if session.aal < asked.least:
        return "level" if fresh or asked.silent else "sign_in"
    return None if agreed == "settled" else "consent"


def _is_stale(asked: Asked, session: Session, now: datetime) -> bool:
    too_old = asked.max_age is not None and now - session.authenticated_at > timedelta(seconds=asked.max_age)
    return asked.afresh or too_old
