"""What the two ceremonies give and what they are held against.

Apart from them, since WebAuthn's library takes a tenth of a start: the first passkey made or shown loads it.
"""

from dataclasses import dataclass

ALGORITHMS = (-7, -8, -257)
"""ES256, EdDSA, RS256 (COSE's numbers, RFC 9053 and RFC 8812): what authenticators have in common."""


@dataclass(frozen=True, kw_only=True)
class Registered:
    """A new credential, as its authenticator described it."""

    credential_id: str
    """URL-safe Base64 without padding, as in JSON."""
    public_key: bytes
    """COSE."""
    algorithm: int
    sign_count: int
    backup_eligible: bool
    backed_up: bool
    aaguid: str
    transports: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Asserted:
    """A credential was used here and now, by somebody it verified."""

    credential_id: str
    sign_count: int
    backed_up: bool


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is kept of a credential, to hold an assertion against."""

    credential_id: str
    user_handle: bytes
    public_key: bytes
    sign_count: int
    backup_eligible: bool
