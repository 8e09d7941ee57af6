"""What a client may see of its passage. Until a credential is proven, the same for everybody (policy §5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from watchword.foundation.secret import Secret
from watchword.foundation.terms import PassageId, ProofKind, Purpose
from watchword.gate.grants import Grant


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One kind of proof the gate takes next, with what the client needs to give it."""

    proof: ProofKind
    challenge: Mapping[str, Any] | None = None
    """human only."""
    options: Mapping[str, Any] | None = None
    """passkey only: ``PublicKeyCredentialRequestOptionsJSON`` of WebAuthn Level 3."""


@dataclass(frozen=True, kw_only=True)
class DeliveryView:
    """How far a message came; shown only once a credential is proven."""

    state: str
    """queued, handed_over, deferred, failed, expired"""
    at: datetime


@dataclass(frozen=True, kw_only=True)
class MessageStep:
    """What a page says beside the field for a message code."""

    recipient: str | None
    """Masked; None where saying it would say something of the account."""
    channel: str
    """email, sms"""
    sender: str
    sent: bool
    """Whether a code was sent in this passage yet."""
    next_at: datetime | None
    """From when on another can be sent."""
    expires_at: datetime | None
    delivery: DeliveryView | None
    new_device: bool = False
    """Sign-in: whether it is asked because the device is not known. Told once the passphrase is proven."""


@dataclass(frozen=True, kw_only=True)
class PassageView:
    id: PassageId
    purpose: Purpose
    state: str
    expires_at: datetime
    ask: tuple[Ask, ...]
    """What is taken now."""
    next_steps: tuple[ProofKind, ...]
    """What is taken now or, where a check for a human comes first, after it: both are one form on a page."""
    step: int
    steps: int
    message: MessageStep | None
    """For pages; the JSON API shows nothing of it."""
    action: Mapping[str, Any] | None
    shortest_passphrase: int | None
    """Code points, where a new passphrase is asked."""
    identifier: str | None = None
    """Where a new passphrase is asked: what the person typed in this passage, for their password manager."""

    @property
    def asks(self) -> frozenset[ProofKind]:
        return frozenset(ask.proof for ask in self.ask)


@dataclass(frozen=True, kw_only=True)
class Begun:
    view: PassageView
    token: Secret
    """Shown once; the client hands it back with every answer."""


@dataclass(frozen=True, kw_only=True)
class Accepted:
    view: PassageView
    grant: Grant | None


@dataclass(frozen=True, kw_only=True)
class Rejected:
    view: PassageView
    hint: str | None = None
    """``clock:-150``: the phone's clock is about that many seconds off; negative: behind."""
