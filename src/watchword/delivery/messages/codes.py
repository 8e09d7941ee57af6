"""The wording of messages that carry a code. The code lives in the body alone, never in the subject."""

from collections.abc import Mapping
from functools import cache

from watchword.delivery.messages import catalogue as of
from watchword.delivery.messages import phrases
from watchword.delivery.messages.confirmed import ConfirmedAction
from watchword.delivery.messages.house import House
from watchword.delivery.messages.letter import Letter, Wording
from watchword.delivery.messages.scenes import details
from watchword.delivery.messages.spelled import spelled
from watchword.foundation.languages import Words


def sign_up_code(words: Words, house: House, message: of.SignUpCode) -> Letter:
    return Letter(
        subject=words.gettext("Your code to sign up with %(brand)s", brand=house.brand),
        title=words.gettext("Your code to sign up"),
        opening=(words.gettext("You are opening an account with this address. Type this code where you began."),),
        code=message.code,
        about_code=phrases.about_code(words, house, message),
        details=details(words, message.scene),
        doubt=(
            words.gettext("Somebody typed your address, perhaps by mistake. Without this code no account is opened."),
            words.gettext("There is nothing you need to do."),
        ),
        short=words.gettext(
            "%(brand)s: your code to sign up, good for %(span)s. Tell it to nobody.",
            brand=house.brand,
            span=words.span(message.lives),
        ),
    )


def sign_in_code(words: Words, house: House, message: of.SignInCode) -> Letter:
    return Letter(
        subject=words.gettext("Your code to sign in to %(brand)s", brand=house.brand),
        title=words.gettext("Your code to sign in"),
        opening=(
            words.gettext("Somebody who knows your passphrase is signing in."),
            words.gettext("If it is you, type this code where you began."),
        ),
        code=message.code,
        about_code=phrases.about_code(words, house, message),
        details=details(words, message.scene),
        doubt=(
            words.gettext("Somebody else knows your passphrase. Without this code they stay out: keep it to yourself."),
            phrases.come_in(words),
            words.gettext("Choose a new passphrase, one that you use nowhere else."),
            phrases.ask_us(words, house),
        ),
        short=words.gettext(
            "%(brand)s: your code to sign in, good for %(span)s. Tell it to nobody. Not you? Change your passphrase.",
            brand=house.brand,
            span=words.span(message.lives),
        ),
    )


def recovery_code_message(words: Words, house: House, message: of.RecoveryCodeMessage) -> Letter:
    return Letter(
        subject=words.gettext("Your code for a new %(brand)s passphrase", brand=house.brand),
        title=words.gettext("Your code to choose a new passphrase"),
        opening=(
            words.gettext("Somebody asked to set a new passphrase for your account."),
            words.gettext("If it is you, type this code where you began."),
        ),
        code=message.code,
        about_code=phrases.about_code(words, house, message),
        details=details(words, message.scene),
        doubt=(
            words.gettext("Keep this code to yourself. Without it your passphrase stays as it is."),
            _keeps_coming(words, house),
        ),
        short=words.gettext(
            "%(brand)s: your code for a new passphrase, good for %(span)s. Tell it to nobody. Not you? Ignore it.",
            brand=house.brand,
            span=words.span(message.lives),
        ),
    )


def confirmation_code(words: Words, house: House, message: of.ConfirmationCode) -> Letter:
    if isinstance(message.action, ConfirmedAction):
        subject = words.gettext("Your code to confirm a change at %(brand)s", brand=house.brand)
        action = whole = named(words, message.action)
        lines: tuple[tuple[str, str], ...] = ()
        opening = [words.gettext("This code confirms one thing in your account, and nothing else:")]
    else:
        found = spelled(words, message.action)
        subject = words.gettext("Your code to confirm at %(brand)s", brand=house.brand)
        action, whole, lines = found.title, found.whole, tuple((line.label, line.text) for line in found.lines)
        opening = [
            words.gettext("This code confirms exactly this, and nothing else."),
            words.gettext(
                "Type it only if every line is as you want it. Compare the address with its owner's, group by group."
            ),
        ]
    return Letter(
        subject=subject,
        title=words.gettext("Your code to confirm"),
        opening=tuple(opening),
        named=action,
        spelled=lines,
        code=message.code,
        about_code=phrases.about_code(words, house, message),
        details=details(words, message.scene),
        doubt=(
            words.gettext("Somebody may be in your account. Without this code they can't go on: keep it to yourself."),
            *phrases.take_back(words, house),
        ),
        short=words.gettext(
            "%(brand)s: your code to confirm: %(action)s. Good for %(span)s. Tell it to nobody.",
            brand=house.brand,
            action=whole,
            span=words.span(message.lives),
        ),
    )


@cache
def named(words: Words, action: ConfirmedAction) -> str:
    """An action in words, as its control is called."""
    return {
        ConfirmedAction.ADD_APP: words.pgettext("action", "Add an authenticator app"),
        ConfirmedAction.REMOVE_APP: words.pgettext("action", "Remove the authenticator app"),
        ConfirmedAction.ADD_PASSKEY: words.pgettext("action", "Add a passkey"),
        ConfirmedAction.REMOVE_PASSKEY: words.pgettext("action", "Remove a passkey"),
        ConfirmedAction.PASSKEY_ONLY_ON: words.pgettext("action", "Let only passkeys do"),
        ConfirmedAction.PASSKEY_ONLY_OFF: words.pgettext("action", "Let more than passkeys do"),
        ConfirmedAction.MAKE_RECOVERY_CODES: words.pgettext("action", "Make new recovery codes"),
        ConfirmedAction.MESSAGE_CODE_ON: words.pgettext("action", "Ask for a message code at sign-in"),
        ConfirmedAction.MESSAGE_CODE_OFF: words.pgettext("action", "Stop asking for a message code at sign-in"),
        ConfirmedAction.CHANGE_PASSPHRASE: words.pgettext("action", "Change the passphrase"),
        ConfirmedAction.SET_TRADING_PASSPHRASE: words.pgettext("action", "Set the trading passphrase"),
        ConfirmedAction.SET_ANTI_PHISHING_CODE: words.pgettext("action", "Set the anti-phishing code"),
        ConfirmedAction.REPLACE_EMAIL: words.pgettext("action", "Change the e-mail address"),
        ConfirmedAction.REPLACE_PHONE: words.pgettext("action", "Change the phone number"),
        ConfirmedAction.REMOVE_DESTINATION: words.pgettext("action", "Remove a saved address"),
        ConfirmedAction.ALLOW_LIST_ON: words.pgettext("action", "Switch the allow-list on"),
        ConfirmedAction.ALLOW_LIST_OFF: words.pgettext("action", "Switch the allow-list off"),
        ConfirmedAction.EXPORT_ACTIVITY: words.pgettext("action", "Export the account activity"),
        ConfirmedAction.EXPORT_ACCOUNT: words.pgettext("action", "Get a copy of the account's data"),
        ConfirmedAction.THAW: words.pgettext("action", "Thaw the account"),
        ConfirmedAction.REMOVE_DEVICE: words.pgettext("action", "Remove a device"),
        ConfirmedAction.SIGN_OUT_OTHERS: words.pgettext("action", "Sign all other devices out"),
        ConfirmedAction.CLOSE_ACCOUNT: words.pgettext("action", "Close the account"),
    }[action]


def _keeps_coming(words: Words, house: House) -> str:
    if house.contact is None:
        return words.gettext("If such messages keep coming, tell us on the official help page.")
    return words.gettext("If such messages keep coming, tell us at %(contact)s.", contact=house.contact)


CODES: Mapping[of.MessageKind, Wording] = {
    of.MessageKind.SIGN_UP_CODE: sign_up_code,
    of.MessageKind.SIGN_IN_CODE: sign_in_code,
    of.MessageKind.RECOVERY_CODE_MESSAGE: recovery_code_message,
    of.MessageKind.CONFIRMATION_CODE: confirmation_code,
}
