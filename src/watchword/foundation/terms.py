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
ApiKeyId = NewType("ApiKeyId", str)
ChildSessionId = NewType("ChildSessionId", str)


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
    NEW_IDENTIFIER_CODE = "new_identifier_code"
    """The message code sent to an address that is to be bound: to clients it is a ``message_code`` like others."""
    PASSKEY = "passkey"
    TOTP = "totp"
    RECOVERY_CODE = "recovery_code"
    TRADING_PASSPHRASE = "trading_passphrase"


class AuthenticatorKind(StrEnum):
    PASSPHRASE = "passphrase"
    PASSKEY = "passkey"
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


class Cause(StrEnum):
    """Why exits wait (policy §6). ``new_destination`` holds one destination; the others are rows of ``holds``."""

    NEW_DESTINATION = "new_destination"
    FIRST_SECOND_STEP = "first_second_step"
    FIRST_TRADING_PASSPHRASE = "first_trading_passphrase"
    SECOND_STEP_ADDED = "second_step_added"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    PASSPHRASE_CHANGED_WITH = "passphrase_changed_with"
    PASSPHRASE_CHANGED_WITHOUT = "passphrase_changed_without"
    SECOND_STEP_REMOVED = "second_step_removed"
    SECOND_STEP_REMOVED_BY_OPERATOR = "second_step_removed_by_operator"
    ADDRESS_REPLACED = "address_replaced"
    ADDRESS_RESTORED = "address_restored"
    USED_APP_ON_PASSKEY_ACCOUNT = "used_app_on_passkey_account"
    TRADING_PASSPHRASE_CHANGED = "trading_passphrase_changed"
    LIST_WEAKENED = "list_weakened"
    RECOVERED_WITH = "recovered_with"
    RECOVERED_WITHOUT = "recovered_without"
    MAILBOX_LOST = "mailbox_lost"
    THAWED = "thawed"


class Reach(StrEnum):
    """Which exits a hold stops."""

    ALL = "all"
    NEW = "new"
    """Those to a destination not used before."""
    ALL_BUT_LISTED = "all_but_listed"
    """All but withdrawals to a senior destination of the allow-list."""


class Aal(IntEnum):
    """Authentication assurance level, NIST SP 800-63B-4 section 2."""

    AAL1 = 1
    AAL2 = 2
