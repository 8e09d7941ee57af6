"""The wording of notices about passkeys. None names one: its name was chosen by whoever bound it."""

from collections.abc import Mapping

from watchword.delivery.messages import catalogue as of
from watchword.delivery.messages import phrases
from watchword.delivery.messages.house import House
from watchword.delivery.messages.letter import Letter, Wording
from watchword.delivery.messages.scenes import details
from watchword.foundation.languages import Words


def added(words: Words, house: House, message: of.PasskeyAdded) -> Letter:
    return Letter(
        subject=words.gettext("Passkey added to your %(brand)s account", brand=house.brand),
        title=words.gettext("A passkey was added"),
        opening=(
            words.gettext("It signs in by itself, without your passphrase."),
            phrases.nothing_to_do(words),
        ),
        details=details(words, message.scene),
        doubt=(
            phrases.come_in(words),
            words.gettext("Remove the passkey, sign all other devices out, then change your passphrase."),
            phrases.ask_us(words, house),
        ),
        short=words.gettext(
            "%(brand)s: a passkey was added to your account. Not you? Sign in from your own bookmark and remove it.",
            brand=house.brand,
        ),
    )


def removed(words: Words, house: House, message: of.PasskeyRemoved) -> Letter:
    return Letter(
        subject=words.gettext("Passkey removed from your %(brand)s account", brand=house.brand),
        title=words.gettext("A passkey was removed"),
        opening=(
            words.gettext("It no longer signs in. You can delete it where you keep it, too."),
            phrases.nothing_to_do(words),
        ),
        details=details(words, message.scene),
        doubt=phrases.take_back(words, house),
        short=words.gettext(
            "%(brand)s: a passkey was removed from your account. Not you? Sign in from your own bookmark and change "
            "your passphrase.",
            brand=house.brand,
        ),
    )


def removal_begun(words: Words, house: House, message: of.PasskeyRemovalBegun) -> Letter:
    due = words.moment(message.due_at)
    return Letter(
        subject=words.gettext("A passkey of your %(brand)s account will be removed", brand=house.brand),
        title=words.gettext("A passkey will be removed"),
        opening=(
            words.gettext("Somebody who signed in without it asked for this."),
            words.gettext("This takes effect on %(due)s. Until then everything stays as it is.", due=due),
            words.gettext("If that was you because you lost it, there is nothing to do but wait."),
        ),
        details=details(words, message.scene),
        doubt=(
            words.gettext("Stop it before then: open the official address from your own bookmark."),
            words.gettext("Sign in with your passkey. That calls the removal off at once."),
            phrases.tell_us(words, house),
        ),
        short=words.gettext(
            "%(brand)s: a passkey of yours will be removed on %(due)s. Not you? Sign in with it from your own bookmark "
            "to stop that.",
            brand=house.brand,
            due=due,
        ),
    )


def stays(words: Words, house: House, message: of.PasskeyStays) -> Letter:
    return Letter(
        subject=words.gettext("The passkey of your %(brand)s account stays", brand=house.brand),
        title=words.gettext("Your passkey stays"),
        opening=(
            words.gettext("A passkey was used, so the removal that had begun was called off. Nothing changed."),
            phrases.nothing_to_do(words),
        ),
        details=details(words, message.scene),
        doubt=(
            words.gettext("If you lost your passkey, somebody else may have it."),
            phrases.tell_us(words, house),
        ),
        short=words.gettext("%(brand)s: the removal of your passkey was called off.", brand=house.brand),
    )


def cloned(words: Words, house: House, message: of.PasskeyCloned) -> Letter:
    return Letter(
        subject=words.gettext("A copy of your %(brand)s passkey may exist", brand=house.brand),
        title=words.gettext("A copy of your passkey may exist"),
        opening=(
            words.gettext(
                "A passkey of yours was used, but its counter had gone back. That happens when its key is in two "
                "places. We refused it."
            ),
            words.gettext("Remove that passkey and add a new one, even if it was you."),
        ),
        details=details(words, message.scene),
        doubt=(
            words.gettext("Then somebody has a copy of your passkey."),
            *phrases.take_back(words, house)[:2],
            phrases.ask_us(words, house),
        ),
        short=words.gettext(
            "%(brand)s: a copy of your passkey may exist. We refused it. Sign in from your own bookmark and remove it.",
            brand=house.brand,
        ),
    )


def only_begun(words: Words, house: House, message: of.PasskeyOnlyBegun) -> Letter:
    at = words.moment(message.effective_at)
    return Letter(
        subject=words.gettext("Only passkeys will open your %(brand)s account", brand=house.brand),
        title=words.gettext("Soon only passkeys will do"),
        opening=(
            words.gettext("From %(at)s on nothing stands in for a passkey: no app, no recovery code.", at=at),
            words.gettext("Until then any way you sign in today can call it off."),
            phrases.nothing_to_do(words),
        ),
        details=details(words, message.scene),
        doubt=(
            phrases.come_in(words),
            words.gettext("Switch “only passkeys” off before then, and remove every passkey you don't know."),
            phrases.ask_us(words, house),
        ),
        short=words.gettext(
            "%(brand)s: from %(at)s on only passkeys open your account. Not you? Sign in from your own bookmark and "
            "switch it off.",
            brand=house.brand,
            at=at,
        ),
    )


def only_ended(words: Words, house: House, message: of.PasskeyOnlyEnded) -> Letter:
    return Letter(
        subject=words.gettext("More than passkeys open your %(brand)s account again", brand=house.brand),
        title=words.gettext("“Only passkeys” is off"),
        opening=(
            words.gettext("On a device where no passkey was used, your app or a recovery code can stand in for it."),
            phrases.nothing_to_do(words),
        ),
        details=details(words, message.scene),
        doubt=phrases.take_back(words, house),
        short=words.gettext(
            "%(brand)s: “only passkeys” was switched off. Not you? Sign in from your own bookmark and change your "
            "passphrase.",
            brand=house.brand,
        ),
    )


PASSKEYS: Mapping[of.MessageKind, Wording] = {
    of.MessageKind.PASSKEY_ADDED: added,
    of.MessageKind.PASSKEY_REMOVED: removed,
    of.MessageKind.PASSKEY_REMOVAL_BEGUN: removal_begun,
    of.MessageKind.PASSKEY_STAYS: stays,
    of.MessageKind.PASSKEY_CLONED: cloned,
    of.MessageKind.PASSKEY_ONLY_BEGUN: only_begun,
    of.MessageKind.PASSKEY_ONLY_ENDED: only_ended,
}
