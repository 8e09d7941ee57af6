"""What a person may hand to the gate: one shape for each kind of proof."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from watchword.foundation.secret import Secret
from watchword.foundation.terms import ProofKind


@dataclass(frozen=True, kw_only=True)
class HumanAnswer:
    payload: str
    """What the widget gives: Base64 of the solved challenge, or a token of the third-party check."""
    kind = ProofKind.HUMAN


@dataclass(frozen=True, kw_only=True)
class IdentifierAnswer:
    identifier: str
    kind = ProofKind.IDENTIFIER


@dataclass(frozen=True, kw_only=True)
class PassphraseAnswer:
    passphrase: Secret
    identifier: str | None = None
    """Sign-in only; inside a session the account is known."""
    kind = ProofKind.PASSPHRASE


@dataclass(frozen=True, kw_only=True)
class NewPassphraseAnswer:
    passphrase: Secret
    kind = ProofKind.NEW_PASSPHRASE


@dataclass(frozen=True, kw_only=True)
class MessageCodeAnswer:
    code: Secret
    kind = ProofKind.MESSAGE_CODE


@dataclass(frozen=True, kw_only=True)
class NewIdentifierCodeAnswer:
    code: Secret
    kind = ProofKind.NEW_IDENTIFIER_CODE


@dataclass(frozen=True, kw_only=True)
class PasskeyAnswer:
    credential: Mapping[str, Any] = field(repr=False)
    """``AuthenticationResponseJSON`` of WebAuthn Level 3."""
    kind = ProofKind.PASSKEY


@dataclass(frozen=True, kw_only=True)
class TotpAnswer:
    output: Secret
    kind = ProofKind.TOTP


@dataclass(frozen=True, kw_only=True)
class RecoveryCodeAnswer:
    code: Secret
    kind = ProofKind.RECOVERY_CODE


@dataclass(frozen=True, kw_only=True)
class TradingPassphraseAnswer:
    passphrase: Secret
    kind = ProofKind.TRADING_PASSPHRASE


Answer = (
    HumanAnswer
    | IdentifierAnswer
    | PassphraseAnswer
    | NewPassphraseAnswer
    | MessageCodeAnswer
    | NewIdentifierCodeAnswer
    | PasskeyAnswer
    | TotpAnswer
    | RecoveryCodeAnswer
    | TradingPassphraseAnswer
)
