"""The wording of notices: what changed in the account, so that its owner can object (NIST SP 800-63B-4 section 4.6)."""

from collections.abc import Mapping

from watchword.delivery.messages import catalogue as of
from watchword.delivery.messages import phrases
from watchword.delivery.messages.house import House
from watchword.delivery.messages.letter import Letter, Wording
from watchword.delivery.messages.scenes import details
from watchword.foundation.languages import Words


def already_registered(words: Words, house: House, message: of.AlreadyRegistered) -> Letter:
    return Letter(
        subject=words.gettext("You already have an account at %(brand)s", brand=house.brand),
        title=words.gettext("You already have an account"),
        opening=(
            words.gettext("Somebody tried to sign up with this address. It has an account, so no new one was opened."),
            words.gettext("Was it you? Open the official address from your own bookmark and sign in."),
            words.gettext("If you have forgotten your passphrase, you can choose a new one there."),
        ),
        details=details(words, message.scene),
        doubt=(words.gettext("Nothing changed, and whoever tried was not told that you have an account."),),
        short=words.gettext(
            "%(brand)s: somebody tried to sign up with this number. You have an account already; nothing changed.",
            brand=house.brand,
        ),
    )


def new_device(words: Words, house: House, message: of.NewDevice) -> Letter:
    if message.novelty == "place":
        title = words.gettext("A sign-in from a new place")
        happened = words.gettext("Your account was signed in to from a place it had not been used from before.")
    else:
        title = words.gettext("A sign-in on a new device")
        happened = words.gettext("Your account was signed in to on a device it had not been used on before.")
    return Letter(
        subject=words.gettext("New sign-in to your %(brand)s account", brand=house.brand),
        title=title,
        opening=(happened, phrases.nothing_to_do(words)),
        details=details(words, message.scene),
        doubt=(
            phrases.come_in(words),
            words.gettext("Remove the device from your list of devices, then change your passphrase."),
            phrases.ask_us(words, house),
        ),
        short=words.gettext(
            "%(brand)s: new sign-in to your account at %(time)s. Not you? Sign in from your own bookmark and change "
            "your passphrase.",
            brand=house.brand,
            time=words.time(message.scene.at),
        ),
    )


def passphrase_changed(words: Words, house: House, message: of.PassphraseChanged) -> Letter:
    return Letter(
        subject=words.gettext("Your %(brand)s passphrase was changed", brand=house.brand),
        title=words.gettext("Your passphrase was changed"),
        opening=(words.gettext("From now on only the new one opens your account."), phrases.nothing_to_do(words)),
        details=details(words, message.scene),
        doubt=(
            words.gettext("Open the official address from your own bookmark and choose “Forgot it?” to set a new one."),
            words.gettext("That also signs out whoever is in your account now."),
            phrases.tell_us(words, house),
        ),
        short=words.gettext(
            "%(brand)s: your passphrase was changed at %(time)s. Not you? Recover the account from your own bookmark.",
            brand=house.brand,
            time=words.time(message.scene.at),
        ),
    )


def recovery_done(words: Words, house: House, message: of.RecoveryDone) -> Letter:
    return Letter(
        subject=words.gettext("Your %(brand)s account was recovered", brand=house.brand),
        title=words.gettext("Your account was recovered"),
        opening=(
            words.gettext("A new passphrase was set, and every device was signed out."),
            words.gettext("If this was you, sign in with the new passphrase. There is nothing else to do."),
        ),
        details=details(words, message.scene),
        doubt=(
            words.gettext("Somebody may be reading your messages. Change the password of your mailbox first."),
            words.gettext("Then open the official address from your own bookmark and choose “Forgot it?” once more."),
            phrases.tell_us(words, house),
        ),
        short=words.gettext(
            "%(brand)s: your account was recovered and has a new passphrase. Not you? Recover it again, from your own "
            "bookmark.",
            brand=house.brand,
        ),
    )


def too_many_failures(words: Words, house: House, message: of.TooManyFailures) -> Letter:
    name = phrases.authenticator(words, message.authenticator)
    return Letter(
        subject=words.gettext("Too many wrong answers at your %(brand)s account", brand=house.brand),
        title=words.gettext("Too many wrong answers"),
        opening=(
            words.ngettext(
                "%(num)s answer in a row for your %(name)s was wrong, on devices that we don't know.",
                "%(num)s answers in a row for your %(name)s were wrong, on devices that we don't know.",
                message.failures,
                name=name,
            ),
            words.gettext("Such devices can't use it for now. Those you have used before still can."),
        ),
        details=details(words, message.scene),
        doubt=(
            words.gettext("Somebody is guessing. They did not get in."),
            words.gettext("To open it again, sign in from a device you have used before, or recover the account."),
            phrases.come_in(words),
            phrases.ask_us(words, house),
        ),
        short=words.gettext(
            "%(brand)s: too many wrong answers on unknown devices. Your own devices still work. Nobody got in.",
            brand=house.brand,
        ),
    )


NOTICES: Mapping[of.MessageKind, Wording] = {
    of.MessageKind.ALREADY_REGISTERED: already_registered,
    of.MessageKind.NEW_DEVICE: new_device,
    of.MessageKind.PASSPHRASE_CHANGED: passphrase_changed,
    of.MessageKind.RECOVERY_DONE: recovery_done,
    of.MessageKind.TOO_MANY_FAILURES: too_many_failures,
}
