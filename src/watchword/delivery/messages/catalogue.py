"""The closed catalogue of messages, each with the facts it tells. Nothing else is ever sent to a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Literal

from watchword.delivery.messages.confirmed import ConfirmedAction
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AuthenticatorKind, IdentifierKind, Reach


class MessageKind(StrEnum):
    SIGN_UP_CODE = "sign_up_code"
    SIGN_IN_CODE = "sign_in_code"
    RECOVERY_CODE_MESSAGE = "recovery_code_message"
    CONFIRMATION_CODE = "confirmation_code"
    ALREADY_REGISTERED = "already_registered"
    NEW_DEVICE = "new_device"
    AUTHENTICATOR_ADDED = "authenticator_added"
    AUTHENTICATOR_REMOVED = "authenticator_removed"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    PASSKEY_REMOVAL_BEGUN = "passkey_removal_begun"
    PASSKEY_STAYS = "passkey_stays"
    PASSKEY_CLONED = "passkey_cloned"
    PASSKEY_ONLY_BEGUN = "passkey_only_begun"
    PASSKEY_ONLY_ENDED = "passkey_only_ended"
    PASSPHRASE_CHANGED = "passphrase_changed"
    MESSAGE_CODE_ON = "message_code_on"
    MESSAGE_CODE_OFF = "message_code_off"
    RECOVERY_DONE = "recovery_done"
    SECOND_STEP_REMOVAL_BEGUN = "second_step_removal_begun"
    SECOND_STEP_REMOVAL_CANCELLED = "second_step_removal_cancelled"
    SECOND_STEP_REMOVED = "second_step_removed"
    TOO_MANY_FAILURES = "too_many_failures"
    TRADING_PASSPHRASE_SET = "trading_passphrase_set"
    TRADING_PASSPHRASE_CLOSED = "trading_passphrase_closed"
    STAMP_SET = "stamp_set"
    STAMP_REMOVED = "stamp_removed"
    HOLD_PLACED = "hold_placed"
    DESTINATION_LISTED = "destination_listed"
    DESTINATION_REMOVED = "destination_removed"
    ALLOW_LIST_BEGUN = "allow_list_begun"
    ALLOW_LIST_ENDED = "allow_list_ended"
    ACCOUNT_FROZEN = "account_frozen"
    ACCOUNT_THAWED = "account_thawed"
    DEVICE_REMOVED = "device_removed"
    OTHERS_SIGNED_OUT = "others_signed_out"
    WRONG_SECOND_STEPS = "wrong_second_steps"
    RECOVERY_BEGUN = "recovery_begun"
    CONFIRMATION_REFUSED = "confirmation_refused"
    REVIEW_DUE = "review_due"
    NEW_ADDRESS_CODE = "new_address_code"
    ADDRESS_TAKEN = "address_taken"
    ADDRESS_REPLACED = "address_replaced"
    ADDRESS_ADDED = "address_added"
    ADDRESS_RESTORED = "address_restored"
    ACCOUNT_CLOSED = "account_closed"
    DATA_EXPORTED = "data_exported"
    API_KEY_CHANGED = "api_key_changed"
    API_KEYS_PAUSED = "api_keys_paused"
    API_KEY_ENDING = "api_key_ending"
    API_KEY_LAPSED = "api_key_lapsed"


@dataclass(frozen=True, kw_only=True)
class Held:
    """What may not leave the account, and until when."""

    reach: Reach
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class Scene:
    """When and where it happened, and on which device."""

    at: datetime
    device: str | None = None
    """As ``devices.descriptions`` names it; None when no device took part."""
    country: str | None = None
    """ISO 3166, by the internet address."""
    held: tuple[Held, ...] = ()
    """What the same change holds."""


@dataclass(frozen=True, kw_only=True)
class Message:
    kind: ClassVar[MessageKind]
    scene: Scene


@dataclass(frozen=True, kw_only=True)
class CodeMessage(Message):
    code: Secret
    lives: timedelta
    """Counted from the scene."""


class SignUpCode(CodeMessage):
    kind = MessageKind.SIGN_UP_CODE


class SignInCode(CodeMessage):
    """Sent only once the passphrase was right."""

    kind = MessageKind.SIGN_IN_CODE


class RecoveryCodeMessage(CodeMessage):
    """The code that recovery asks for; not one of the ten recovery codes."""

    kind = MessageKind.RECOVERY_CODE_MESSAGE


@dataclass(frozen=True, kw_only=True)
class ConfirmationCode(CodeMessage):
    kind = MessageKind.CONFIRMATION_CODE
    action: ConfirmedAction | Mapping[str, Any]
    """An exit or a new key with all its fields: the message spells out every one of them."""


class NewAddressCode(CodeMessage):
    """To an address that is to be bound to an account."""

    kind = MessageKind.NEW_ADDRESS_CODE


class AddressTaken(Message):
    """Somebody tried to bind an address that belongs to another account."""

    kind = MessageKind.ADDRESS_TAKEN


@dataclass(frozen=True, kw_only=True)
class AddressReplaced(Message):
    """Names no address: whoever chose the new one would write a line of theirs into our mail."""

    kind = MessageKind.ADDRESS_REPLACED
    what: IdentifierKind
    undo_until: datetime


@dataclass(frozen=True, kw_only=True)
class AddressAdded(Message):
    kind = MessageKind.ADDRESS_ADDED
    what: IdentifierKind


@dataclass(frozen=True, kw_only=True)
class AddressRestored(Message):
    """A replaced address undid its replacement."""

    kind = MessageKind.ADDRESS_RESTORED
    stamp_removed: bool = False
    """With it the anti-phishing code went, which the other address had read."""


class AccountClosed(Message):
    kind = MessageKind.ACCOUNT_CLOSED


@dataclass(frozen=True, kw_only=True)
class DataExported(Message):
    kind = MessageKind.DATA_EXPORTED
    of: Literal["activity", "account"]


class AlreadyRegistered(Message):
    """Somebody tried to sign up with an address that has an account."""

    kind = MessageKind.ALREADY_REGISTERED


@dataclass(frozen=True, kw_only=True)
class NewDevice(Message):
    kind = MessageKind.NEW_DEVICE
    novelty: Literal["device", "place"] = "device"
    """``place``: a known device, in a country or network it was not used in before."""


class AuthenticatorAdded(Message):
    """An authenticator app."""

    kind = MessageKind.AUTHENTICATOR_ADDED


class AuthenticatorRemoved(Message):
    """An authenticator app."""

    kind = MessageKind.AUTHENTICATOR_REMOVED


class PasskeyAdded(Message):
    kind = MessageKind.PASSKEY_ADDED


class PasskeyRemoved(Message):
    kind = MessageKind.PASSKEY_REMOVED


@dataclass(frozen=True, kw_only=True)
class PasskeyRemovalBegun(Message):
    kind = MessageKind.PASSKEY_REMOVAL_BEGUN
    due_at: datetime


class PasskeyStays(Message):
    """Its removal had begun."""

    kind = MessageKind.PASSKEY_STAYS


class PasskeyCloned(Message):
    """Its counter had gone back."""

    kind = MessageKind.PASSKEY_CLONED


@dataclass(frozen=True, kw_only=True)
class PasskeyOnlyBegun(Message):
    kind = MessageKind.PASSKEY_ONLY_BEGUN
    effective_at: datetime


class PasskeyOnlyEnded(Message):
    kind = MessageKind.PASSKEY_ONLY_ENDED


class RecoveryCodesMade(Message):
    kind = MessageKind.RECOVERY_CODES_MADE


@dataclass(frozen=True, kw_only=True)
class RecoveryCodeUsed(Message):
    kind = MessageKind.RECOVERY_CODE_USED
    left: int


class PassphraseChanged(Message):
    kind = MessageKind.PASSPHRASE_CHANGED


class MessageCodeOn(Message):
    kind = MessageKind.MESSAGE_CODE_ON


class MessageCodeOff(Message):
    kind = MessageKind.MESSAGE_CODE_OFF


class RecoveryDone(Message):
    kind = MessageKind.RECOVERY_DONE


@dataclass(frozen=True, kw_only=True)
class SecondStepRemovalBegun(Message):
    """The operator began it; it takes effect at ``due_at`` unless somebody signs in with the second step."""

    kind = MessageKind.SECOND_STEP_REMOVAL_BEGUN
    due_at: datetime


class SecondStepRemovalCancelled(Message):
    kind = MessageKind.SECOND_STEP_REMOVAL_CANCELLED


class SecondStepRemoved(Message):
    kind = MessageKind.SECOND_STEP_REMOVED


@dataclass(frozen=True, kw_only=True)
class TooManyFailures(Message):
    """``failures`` wrong answers in a row closed an authenticator to devices that are not known."""

    kind = MessageKind.TOO_MANY_FAILURES
    authenticator: AuthenticatorKind
    failures: int = 100


class HoldPlaced(Message):
    """For a change that has no notice of its own: the scene says what is held."""

    kind = MessageKind.HOLD_PLACED


class DestinationListed(Message):
    kind = MessageKind.DESTINATION_LISTED


class DestinationRemoved(Message):
    kind = MessageKind.DESTINATION_REMOVED


@dataclass(frozen=True, kw_only=True)
class AllowListBegun(Message):
    """From ``effective_at`` on only the list can be withdrawn to, unless somebody cancels it."""

    kind = MessageKind.ALLOW_LIST_BEGUN
    effective_at: datetime


class AllowListEnded(Message):
    kind = MessageKind.ALLOW_LIST_ENDED


@dataclass(frozen=True, kw_only=True)
class TradingPassphraseSet(Message):
    kind = MessageKind.TRADING_PASSPHRASE_SET
    changed: bool
    """Whether there was one before."""


@dataclass(frozen=True, kw_only=True)
class TradingPassphraseClosed(Message):
    """``failures`` wrong ones in a row; only a new one opens it."""

    kind = MessageKind.TRADING_PASSPHRASE_CLOSED
    failures: int = 10


@dataclass(frozen=True, kw_only=True)
class StampSet(Message):
    """An anti-phishing code. The message has the old one at its head, and never tells the new one."""

    kind = MessageKind.STAMP_SET
    replaces: bool


class StampRemoved(Message):
    kind = MessageKind.STAMP_REMOVED


@dataclass(frozen=True, kw_only=True)
class AccountFrozen(Message):
    kind = MessageKind.ACCOUNT_FROZEN
    by: Literal["holder", "link", "operator", "platform"]


@dataclass(frozen=True, kw_only=True)
class AccountThawed(Message):
    """``open``: no other freeze is left."""

    kind = MessageKind.ACCOUNT_THAWED
    by: Literal["holder", "operator", "platform"]
    open: bool = True


@dataclass(frozen=True, kw_only=True)
class DeviceRemoved(Message):
    """``name``: of the one removed, as ``devices.descriptions`` names it."""

    kind = MessageKind.DEVICE_REMOVED
    name: str


class OthersSignedOut(Message):
    kind = MessageKind.OTHERS_SIGNED_OUT


@dataclass(frozen=True, kw_only=True)
class WrongSecondSteps(Message):
    """``failures`` wrong codes within a day, all given after a proof that was right."""

    kind = MessageKind.WRONG_SECOND_STEPS
    failures: int


class RecoveryBegun(Message):
    """Somebody who reads the account's mail is setting a new passphrase."""

    kind = MessageKind.RECOVERY_BEGUN


@dataclass(frozen=True, kw_only=True)
class ConfirmationRefused(Message):
    """It could not be confirmed at all; was asked for otherwise than confirmed; was confirmed, and is not let out."""

    kind = MessageKind.CONFIRMATION_REFUSED
    why: Literal["impossible", "changed", "held"]


class ReviewDue(Message):
    kind = MessageKind.REVIEW_DUE
