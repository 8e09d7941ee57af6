"""The wording of notices about the second step: the app, its recovery codes, the message code, and their removal."""

from collections.abc import Mapping

from watchword.delivery.messages import catalogue as of
from watchword.delivery.messages import phrases
from watchword.delivery.messages.house import House
from watchword.delivery.messages.letter import Letter, Wording
from watchword.delivery.messages.scenes import details
from watchword.foundation.languages import Words


def authenticator_added(words: Words, house: House, message: of.AuthenticatorAdded) -> Letter:
    return Letter(
        subject=words.gettext("Authenticator app added to your %(brand)s account", brand=house.brand),
        title=words.gettext("An authenticator app was added"),
        opening=(
            words.gettext("From now on signing in asks for a code from this app."),
            phrases.nothing_to_do(words),
        ),
        details=details(words, message.scene),
        doubt=(
            phrases.come_in(words),
            words.gettext("Remove the app, sign all other devices out, then change your passphrase."),
            phrases.ask_us(words, house),
        ),
        short=words.gettext(
            "%(brand)s: an authenticator app was added to your account. Not you? Sign in from your own bookmark and "
            "remove it.",
            brand=house.brand,
        ),
    )


def authenticator_removed(words: Words, house: House, message: of.AuthenticatorRemoved) -> Letter:
    return Letter(
        subject=words.gettext("Authenticator app removed from your %(brand)s account", brand=house.brand),
        title=words.gettext("The authenticator app was removed"),
        opening=(
            words.gettext("Signing in no longer asks for a code from it, so less protects your account."),
            phrases.nothing_to_do(words),
        ),
        details=details(words, message.scene),
        doubt=(
            *phrases.take_back(words, house)[:2],
            words.gettext("Then add an authenticator app again."),
            phrases.ask_us(words, house),
        ),
        short=words.gettext(
            "%(brand)s: your authenticator app was removed. Not you? Sign in from your own bookmark and change your "
            "passphrase.",
            brand=house.brand,
        ),
    )


def recovery_codes_made(words: Words, house: House, message: of.RecoveryCodesMade) -> Letter:
    return Letter(
        subject=words.gettext("New recovery codes for your %(brand)s account", brand=house.brand),
        title=words.gettext("New recovery codes were made"),
        opening=(
            words.gettext("Those you had before no longer work. Keep the new ones on paper, away from your phone."),
            phrases.nothing_to_do(words),
        ),
        details=details(words, message.scene),
        doubt=(
            *phrases.take_back(words, house)[:2],
            words.gettext("Then make new recovery codes yourself: that ends the ones somebody else has."),
            phrases.ask_us(words, house),
        ),
        short=words.gettext(
            "%(brand)s: new recovery codes were made. Not you? Sign in from your own bookmark and change your "
            "passphrase.",
            brand=house.brand,
        ),
    )


def recovery_code_used(words: Words, house: House, message: of.RecoveryCodeUsed) -> Letter:
    if message.left:
        left = words.ngettext("%(num)s recovery code is left.", "%(num)s recovery codes are left.", message.left)
    else:
        left = words.gettext("None is left: make new ones the next time you sign in.")
    return Letter(
        subject=words.gettext("A recovery code of your %(brand)s account was used", brand=house.brand),
        title=words.gettext("A recovery code was used"),
        opening=(
            words.gettext("It stood in for your authenticator app or for a message, and will not work again."),
            left,
            phrases.nothing_to_do(words),
        ),
        details=details(words, message.scene),
        doubt=(
            words.gettext("Somebody has your recovery codes."),
            *phrases.take_back(words, house)[:2],
            words.gettext("Then make new recovery codes: that ends the old ones."),
            phrases.ask_us(words, house),
        ),
        short=words.gettext(
            "%(brand)s: a recovery code was used. Not you? Sign in from your own bookmark and change your passphrase.",
            brand=house.brand,
        ),
    )


def message_code_on(words: Words, house: House, message: of.MessageCodeOn) -> Letter:
    return Letter(
        subject=words.gettext("Message code switched on for your %(brand)s account", brand=house.brand),
        title=words.gettext("A message code is now asked at sign-in"),
        opening=(
            words.gettext(
                "After your passphrase, signing in asks for a code that we send to you, unless your app is asked."
            ),
            words.gettext("An authenticator app protects you better: its codes never travel by mail or phone."),
            phrases.nothing_to_do(words),
        ),
        details=details(words, message.scene),
        doubt=phrases.take_back(words, house),
        short=words.gettext(
            "%(brand)s: sign-in now asks for a message code. Not you? Sign in from your own bookmark and change your "
            "passphrase.",
            brand=house.brand,
        ),
    )


def message_code_off(words: Words, house: House, message: of.MessageCodeOff) -> Letter:
    return Letter(
        subject=words.gettext("Message code switched off for your %(brand)s account", brand=house.brand),
        title=words.gettext("No message code is asked any more"),
        opening=(
            words.gettext("On devices you have used before, signing in no longer asks for a code that we send to you."),
            phrases.nothing_to_do(words),
        ),
        details=details(words, message.scene),
        doubt=phrases.take_back(words, house),
        short=words.gettext(
            "%(brand)s: sign-in asks for no message code any more. Not you? Sign in from your own bookmark and change "
            "your passphrase.",
            brand=house.brand,
        ),
    )


def removal_begun(words: Words, house: House, message: of.SecondStepRemovalBegun) -> Letter:
    due = words.moment(message.due_at)
    return Letter(
        subject=words.gettext("The second step of your %(brand)s account will be removed", brand=house.brand),
        title=words.gettext("Your second step will be removed"),
        opening=(
            words.gettext("We were asked to remove the authenticator app and the recovery codes from your account."),
            words.gettext("This takes effect on %(due)s. Until then everything stays as it is.", due=due),
            words.gettext("If you asked for it because you lost them, there is nothing to do but wait."),
        ),
        details=details(words, message.scene),
        doubt=(
            words.gettext("Stop it before then: open the official address from your own bookmark and sign in."),
            words.gettext("One code from your authenticator app, or one recovery code, cancels the removal at once."),
            phrases.tell_us(words, house),
        ),
        short=words.gettext(
            "%(brand)s: your second step will be removed on %(due)s. Not you? Sign in from your own bookmark with your "
            "app to stop it.",
            brand=house.brand,
            due=due,
        ),
    )


def removal_cancelled(words: Words, house: House, message: of.SecondStepRemovalCancelled) -> Letter:
    return Letter(
        subject=words.gettext("The second step of your %(brand)s account stays", brand=house.brand),
        title=words.gettext("Your second step stays"),
        opening=(
            words.gettext("The removal of your authenticator app and recovery codes was cancelled. Nothing changed."),
            phrases.nothing_to_do(words),
        ),
        details=details(words, message.scene),
        doubt=(
            words.gettext("If you lost your app and codes, somebody else may have them."),
            phrases.tell_us(words, house),
        ),
        short=words.gettext(
            "%(brand)s: the removal of your second step was cancelled. Nothing changed.", brand=house.brand
        ),
    )


def second_step_removed(words: Words, house: House, message: of.SecondStepRemoved) -> Letter:
    return Letter(
        subject=words.gettext("The second step of your %(brand)s account was removed", brand=house.brand),
        title=words.gettext("Your second step was removed"),
        opening=(
            words.gettext("Your authenticator app and your recovery codes no longer work, and none is asked for."),
            words.gettext("Sign in and add an authenticator app soon: until then less protects your account."),
        ),
        details=details(words, message.scene),
        doubt=(*phrases.take_back(words, house)[:2], phrases.tell_us(words, house)),
        short=words.gettext(
            "%(brand)s: the second step of your account was removed. Sign in from your own bookmark and add an "
            "authenticator app.",
            brand=house.brand,
        ),
    )


SECOND_STEP: Mapping[of.MessageKind, Wording] = {
    of.MessageKind.AUTHENTICATOR_ADDED: authenticator_added,
    of.MessageKind.AUTHENTICATOR_REMOVED: authenticator_removed,
    of.MessageKind.RECOVERY_CODES_MADE: recovery_codes_made,
    of.MessageKind.RECOVERY_CODE_USED: recovery_code_used,
    of.MessageKind.MESSAGE_CODE_ON: message_code_on,
    of.MessageKind.MESSAGE_CODE_OFF: message_code_off,
    of.MessageKind.SECOND_STEP_REMOVAL_BEGUN: removal_begun,
    of.MessageKind.SECOND_STEP_REMOVAL_CANCELLED: removal_cancelled,
    of.MessageKind.SECOND_STEP_REMOVED: second_step_removed,
}
