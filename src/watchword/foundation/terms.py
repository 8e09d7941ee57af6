"""Names of things: ids, purposes, kinds of proof, assurance. Terms follow NIST SP 800-63B-4."""

from enum import IntEnum, StrEnum
from typing import NewType

AccountId = NewType("AccountId", str)
IdentifierId = NewType("IdentifierId", str)
AuthenticatorId = NewType("AuthenticatorId", str)
DeviceId = NewType("DeviceId", str)
SessionId = NewType("SessionId", str)
PassageId = NewType("PassageId", str)
ApprovalId = NewType("ApprovalId", str)
MessageId = NewType("MessageId", str)
ServiceId = NewType("ServiceId", str)


class Purpose(StrEnum):
    SIGN_UP = "sign_up"
    SIGN_IN = "sign_in"
    RECOVER = "recover"
    CONFIRM = "confirm"


class ProofKind(StrEnum):
    HUMAN = "human"
    IDENTIFIER = "identifier"
    PASSPHRASE = "passphrase"
    NEW_PASSPHRASE = "new_passphrase"
    MESSAGE_CODE = "message_code"
    TOTP = "totp"
    RECOVERY_CODE = "recovery_code"
    TRADING_PASSPHRASE = "trading_passphrase"


class AuthenticatorKind(StrEnum):
    PASSPHRASE = "passphrase"
    TOTP = "totp"
    RECOVERY_CODES = "recovery_codes"
    MESSAGE_CODE = "message_code"
    TRADING_PASSPHRASE = "trading_passphrase"


class IdentifierKind(StrEnum):
    EMAIL = "email"
    PHONE = "phone"


class ClientKind(StrEnum):
    BROWSER = "browser"
    APP = "app"


class Standing(StrEnum):
    """Frozen and closed accounts run the whole passage like any other; their session can only read, revoke and thaw."""

    OPEN = "open"
    FROZEN = "frozen"
    CLOSED = "closed"


class Aal(IntEnum):
    """Authentication assurance level, NIST SP 800-63B-4 section 2."""

    AAL1 = 1
    AAL2 = 2
