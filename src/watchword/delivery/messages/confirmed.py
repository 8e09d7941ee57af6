"""What a confirmation code may be asked for."""

from enum import StrEnum


class ConfirmedAction(StrEnum):
    """A change by its name; an exit or a key is spelled out instead."""

    ADD_APP = "add_app"
    REMOVE_APP = "remove_app"
    ADD_PASSKEY = "add_passkey"
    REMOVE_PASSKEY = "remove_passkey"
    PASSKEY_ONLY_ON = "passkey_only_on"
    PASSKEY_ONLY_OFF = "passkey_only_off"
    MAKE_RECOVERY_CODES = "make_recovery_codes"
    MESSAGE_CODE_ON = "message_code_on"
    MESSAGE_CODE_OFF = "message_code_off"
    CHANGE_PASSPHRASE = "change_passphrase"
    SET_TRADING_PASSPHRASE = "set_trading_passphrase"
    SET_ANTI_PHISHING_CODE = "set_anti_phishing_code"
    REPLACE_EMAIL = "replace_email"
    REPLACE_PHONE = "replace_phone"
    REMOVE_DESTINATION = "remove_destination"
    ALLOW_LIST_ON = "allow_list_on"
    ALLOW_LIST_OFF = "allow_list_off"
    EXPORT_ACTIVITY = "export_activity"
    EXPORT_ACCOUNT = "export_account"
    THAW = "thaw"
    REMOVE_DEVICE = "remove_device"
    SIGN_OUT_OTHERS = "sign_out_others"
    CLOSE_ACCOUNT = "close_account"
