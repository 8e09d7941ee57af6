"""Sentences that several messages share, so that the same thing is said in the same words."""

from watchword.delivery.messages.catalogue import CodeMessage
from watchword.delivery.messages.house import House
from watchword.foundation.languages import Words
from watchword.foundation.terms import AuthenticatorKind


def come_in(words: Words) -> str:
    """How to reach us: never by a message."""
    return words.gettext("Open the official address from your own bookmark and sign in.")


def ask_us(words: Words, house: House) -> str:
    if house.contact is None:
        return words.gettext("If you can't, ask for help on the official help page and name the reference below.")
    return words.gettext("If you can't, write to %(contact)s and name the reference below.", contact=house.contact)


def tell_us(words: Words, house: House) -> str:
    if house.contact is None:
        return words.gettext("Then tell us on the official help page, and name the reference below.")
    return words.gettext("Then tell us at %(contact)s, and name the reference below.", contact=house.contact)


def take_back(words: Words, house: House) -> tuple[str, ...]:
    """What to do when somebody else is in the account."""
    return (
        come_in(words),
        words.gettext("Sign all other devices out, then change your passphrase."),
        ask_us(words, house),
    )


def about_code(words: Words, house: House, message: CodeMessage) -> tuple[str, ...]:
    return (
        words.gettext(
            "It works once, for %(span)s, until %(time)s.",
            span=words.span(message.lives),
            time=words.time(message.scene.at + message.lives),
        ),
        words.gettext("Nobody at %(brand)s ever asks you for it, in no call and in no message.", brand=house.brand),
    )


def nothing_to_do(words: Words) -> str:
    return words.gettext("If this was you, there is nothing to do.")


def authenticator(words: Words, kind: AuthenticatorKind) -> str:
    """As it stands within a sentence."""
    match kind:
        case AuthenticatorKind.TOTP:
            return words.pgettext("in a sentence", "authenticator app")
        case AuthenticatorKind.PASSKEY:
            return words.pgettext("in a sentence", "passkey")
        case AuthenticatorKind.PASSPHRASE:
            return words.pgettext("in a sentence", "passphrase")
        case AuthenticatorKind.RECOVERY_CODES:
            return words.pgettext("in a sentence", "recovery codes")
        case AuthenticatorKind.MESSAGE_CODE:
            return words.pgettext("in a sentence", "message code")
        case AuthenticatorKind.TRADING_PASSPHRASE:
            return words.pgettext("in a sentence", "trading passphrase")
