"""The wording of alerts: freezes, devices, wrong second steps, what somebody else may have begun (policy §7 and §8)."""

from collections.abc import Mapping

from watchword.delivery.messages import catalogue as of
from watchword.delivery.messages import phrases
from watchword.delivery.messages.house import House
from watchword.delivery.messages.letter import Letter, Wording
from watchword.delivery.messages.scenes import details, device
from watchword.foundation.languages import Words


def account_frozen(words: Words, house: House, message: of.AccountFrozen) -> Letter:
    ours = message.by in ("operator", "platform")
    return Letter(
        subject=words.gettext("Your %(brand)s account is frozen", brand=house.brand),
        title=words.gettext("Your account is frozen"),
        opening=(
            _who_froze(words, message),
            words.gettext("Everybody is signed out. Nothing can leave the account, and nothing in it can be changed."),
            _how_to_thaw(words, house, ours=ours),
        ),
        details=details(words, message.scene),
        doubt=(phrases.tell_us(words, house),) if ours else _not_frozen_by_you(words, house),
        short=words.gettext(
            "%(brand)s: your account is frozen. Nothing can leave it. To thaw it, sign in from your own bookmark.",
            brand=house.brand,
        ),
    )


def _who_froze(words: Words, message: of.AccountFrozen) -> str:
    match message.by:
        case "holder":
            return words.gettext("It was frozen by somebody who was signed in.")
        case "link":
            return words.gettext("It was frozen by the link in one of our messages.")
        case "operator":
            return words.gettext("We froze it to protect it.")
        case "platform":
            return words.gettext("The platform behind the door froze it to protect it.")


def _how_to_thaw(words: Words, house: House, *, ours: bool) -> str:
    if not ours:
        return words.gettext(
            "To thaw it, open the official address from your own bookmark, sign in and follow the page."
        )
    if house.contact is None:
        return words.gettext(
            "Only who froze it can thaw it. Ask on the official help page, and name the reference below."
        )
    return words.gettext(
        "Only who froze it can thaw it. Write to %(contact)s, and name the reference below.", contact=house.contact
    )


def _not_frozen_by_you(words: Words, house: House) -> tuple[str, ...]:
    return (
        words.gettext("Then somebody reads your mail or was in your account. While it is frozen it is safe."),
        words.gettext("Sign in from your own bookmark, remove the devices you don't know, and set a new passphrase."),
        phrases.ask_us(words, house),
    )


def account_thawed(words: Words, house: House, message: of.AccountThawed) -> Letter:
    if message.open:
        title = words.gettext("Your account is open again")
        now = words.gettext("It is no longer frozen.")
    else:
        title = words.gettext("One freeze of your account has ended")
        now = words.gettext("Somebody else froze it too, so it stays frozen until that ends as well.")
    return Letter(
        subject=words.gettext("Your %(brand)s account was thawed", brand=house.brand),
        title=title,
        opening=(_who_thawed(words, message), now, phrases.nothing_to_do(words)),
        details=details(words, message.scene),
        doubt=(
            words.gettext("Open the official address from your own bookmark, sign in and freeze the account again."),
            words.gettext("Then set a new passphrase, and remove the devices you don't know."),
            phrases.ask_us(words, house),
        ),
        short=words.gettext(
            "%(brand)s: your account was thawed at %(time)s. Not you? Sign in from your own bookmark and freeze it "
            "again.",
            brand=house.brand,
            time=words.time(message.scene.at),
        ),
    )


def _who_thawed(words: Words, message: of.AccountThawed) -> str:
    match message.by:
        case "holder":
            return words.gettext("It was thawed by somebody who signed in and gave the proofs for it.")
        case "operator":
            return words.gettext("We thawed it.")
        case "platform":
            return words.gettext("The platform behind the door thawed it.")


def device_removed(words: Words, house: House, message: of.DeviceRemoved) -> Letter:
    return Letter(
        subject=words.gettext("A device was removed from your %(brand)s account", brand=house.brand),
        title=words.gettext("A device was removed"),
        opening=(
            words.gettext("It is no longer known, and is signed out: %(device)s", device=device(words, message.name)),
            phrases.nothing_to_do(words),
        ),
        details=details(words, message.scene),
        doubt=phrases.take_back(words, house),
        short=words.gettext(
            "%(brand)s: a device was removed from your account at %(time)s. Not you? Sign in from your own bookmark "
            "and change your passphrase.",
            brand=house.brand,
            time=words.time(message.scene.at),
        ),
    )


def others_signed_out(words: Words, house: House, message: of.OthersSignedOut) -> Letter:
    return Letter(
        subject=words.gettext("All other devices were signed out of your %(brand)s account", brand=house.brand),
        title=words.gettext("All other devices were signed out"),
        opening=(
            words.gettext("Only the device below is still signed in."),
            phrases.nothing_to_do(words),
        ),
        details=details(words, message.scene),
        doubt=phrases.take_back(words, house),
        short=words.gettext(
            "%(brand)s: all other devices were signed out at %(time)s. Not you? Sign in from your own bookmark and "
            "change your passphrase.",
            brand=house.brand,
            time=words.time(message.scene.at),
        ),
    )


def wrong_second_steps(words: Words, house: House, message: of.WrongSecondSteps) -> Letter:
    return Letter(
        subject=words.gettext("Wrong codes at your %(brand)s account", brand=house.brand),
        title=words.gettext("Wrong codes were given"),
        opening=(
            words.ngettext(
                "Within a day %(num)s wrong code was given by somebody who had given a right proof before.",
                "Within a day %(num)s wrong codes were given by somebody who had given a right proof before.",
                message.failures,
            ),
            words.gettext("Nobody came in by them. If you mistyped, there is nothing to do."),
        ),
        details=details(words, message.scene),
        doubt=(
            words.gettext("Somebody knows your passphrase, or reads your messages."),
            *phrases.take_back(words, house),
        ),
        short=words.gettext(
            "%(brand)s: wrong codes were given at your account. Not you? Sign in from your own bookmark and change "
            "your passphrase.",
            brand=house.brand,
        ),
    )


def recovery_begun(words: Words, house: House, message: of.RecoveryBegun) -> Letter:
    return Letter(
        subject=words.gettext("A new passphrase for your %(brand)s account is being set", brand=house.brand),
        title=words.gettext("Somebody is setting a new passphrase"),
        opening=(
            words.gettext("They gave the code that we had sent. Nothing has changed yet."),
            phrases.nothing_to_do(words),
        ),
        details=details(words, message.scene),
        doubt=(
            words.gettext("Somebody reads your messages: secure your mailbox or phone number first."),
            phrases.come_in(words),
            words.gettext("Signing in with your app or a recovery code stops it at once."),
            phrases.ask_us(words, house),
        ),
        short=words.gettext(
            "%(brand)s: somebody is setting a new passphrase for your account. Not you? Sign in from your own bookmark "
            "at once.",
            brand=house.brand,
        ),
    )


def confirmation_refused(words: Words, house: House, message: of.ConfirmationRefused) -> Letter:
    return Letter(
        subject=words.gettext("A confirmation was refused in your %(brand)s account", brand=house.brand),
        title=words.gettext("A confirmation was refused"),
        opening=(_what_was_refused(words, message), words.gettext("It was not carried out.")),
        details=details(words, message.scene),
        doubt=phrases.take_back(words, house),
        short=words.gettext(
            "%(brand)s: a confirmation was refused, and nothing was done. Not you? Sign in from your own bookmark and "
            "change your passphrase.",
            brand=house.brand,
        ),
    )


def _what_was_refused(words: Words, message: of.ConfirmationRefused) -> str:
    match message.why:
        case "impossible":
            return words.gettext("Something was to be confirmed that is not possible as your account stands.")
        case "changed":
            return words.gettext("Something was to be carried out that had not been confirmed as it was asked for.")
        case "held":
            return words.gettext("Something was confirmed that may not leave your account, or not yet.")


def review_due(words: Words, house: House, message: of.ReviewDue) -> Letter:
    return Letter(
        subject=words.gettext("Time to look through your %(brand)s account", brand=house.brand),
        title=words.gettext("Time to look through your account"),
        opening=(
            words.gettext("Nobody has looked through its devices and alerts for three months."),
            words.gettext(
                "Open the official address from your own bookmark, and see whether everything there is yours."
            ),
        ),
        details=details(words, message.scene),
        doubt=(
            words.gettext("If you find a device that is not yours, say there that it wasn't you."),
            phrases.ask_us(words, house),
        ),
        short=words.gettext(
            "%(brand)s: nobody has looked through your devices and alerts for three months. Sign in from your own "
            "bookmark and see whether all is yours.",
            brand=house.brand,
        ),
    )


ALERTS: Mapping[of.MessageKind, Wording] = {
    of.MessageKind.ACCOUNT_FROZEN: account_frozen,
    of.MessageKind.ACCOUNT_THAWED: account_thawed,
    of.MessageKind.DEVICE_REMOVED: device_removed,
    of.MessageKind.OTHERS_SIGNED_OUT: others_signed_out,
    of.MessageKind.WRONG_SECOND_STEPS: wrong_second_steps,
    of.MessageKind.RECOVERY_BEGUN: recovery_begun,
    of.MessageKind.CONFIRMATION_REFUSED: confirmation_refused,
    of.MessageKind.REVIEW_DUE: review_due,
}
