"""Who stands behind a token that is good."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class TokenKind(StrEnum):
    """By ``typ``: a token of one kind is refused where another is due (RFC 8725, section 3.11)."""

    SESSION = "watchword-session+jwt"
    """From ``POST /session/token``, for a platform on the same host and for apps."""
    ACCESS = "at+jwt"
    """From OpenID Connect (RFC 9068)."""
    ASSERTION = "watchword-assertion+jwt"
    """From forward authentication, set by the proxy."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    kind: TokenKind
    account: str
    """The account's id at the door."""
    subject: str
    """The account's id, or for an access token the name it goes by at that client."""
    session: str
    """What to consume an approval with."""
    aal: int
    """1 or 2 (NIST SP 800-63B-4): 2 is a proof by two factors."""
    amr: tuple[str, ...]
    """How it was proven, by the names of RFC 8176."""
    authenticated_at: datetime
    expires_at: datetime
    """Of the token."""
    read_only: bool
    """A frozen or closed account: show it what it has, and let it cancel and reduce."""
    scope: frozenset[str]
    client: str | None
    """The OpenID client that an access token was made for."""
