"""What a verifier gives: a proof, or a rejection."""

from dataclasses import dataclass
from datetime import datetime

from watchword.foundation.terms import AuthenticatorId, ProofKind


@dataclass(frozen=True, kw_only=True)
class Proof:
    """An accepted piece of evidence, given in one passage. Never changed, never carried to another passage."""

    kind: ProofKind
    authenticator: AuthenticatorId | None
    """The authenticator that gave it; None for a human check, an identifier, a message code to an address."""
    given_at: datetime
    facts: tuple[str, ...] = ()
    """What its verifier saw besides: ``phishing_resistant``, ``user_verified``, ``synced`` or ``device_bound``."""


@dataclass(frozen=True, kw_only=True)
class Rejection:
    """Not accepted. ``reason`` goes to the record only; people see one answer."""

    reason: str
    hint: str | None = None
    """What the clock doctor found; the only part that may be shown."""
