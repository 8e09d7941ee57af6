"""The wording of what is told when the anti-phishing code changes. Each goes out with the old one at its head, so that
who sets another for a forger's sake is given away by the message itself."""

from collections.abc import Mapping

from watchword.delivery.messages import catalogue as of
from watchword.delivery.messages import phrases
from watchword.delivery.messages.house import House
from watchword.delivery.messages.letter import Letter, Wording
from watchword.delivery.messages.scenes import details
from watchword.foundation.languages import Words


def stamp_set(words: Words, house: House, message: of.StampSet) -> Letter:
    if message.replaces:
        title = words.gettext("Your anti-phishing code was changed")
        shown = words.gettext("This is the last message with the old one. From the next on, the new one stands there.")
    else:
        title = words.gettext("An anti-phishing code was set")
        shown = words.gettext("From the next message on it stands at the top of every mail from us.")
    return Letter(
        subject=words.gettext("The anti-phishing code of your %(brand)s account", brand=house.brand),
        title=title,
        opening=(
            shown,
            words.gettext("We write it in mail to you and nowhere else. Tell it to nobody."),
            phrases.nothing_to_do(words),
        ),
        details=details(words, message.scene),
        doubt=(
            words.gettext("Somebody is in your account, and wants their messages to look like ours."),
            *phrases.take_back(words, house),
        ),
        short=words.gettext(
            "%(brand)s: the anti-phishing code of your mail was changed. Not you? Sign in from your own bookmark and "
            "change your passphrase.",
            brand=house.brand,
        ),
    )


def stamp_removed(words: Words, house: House, message: of.StampRemoved) -> Letter:
    return Letter(
        subject=words.gettext("The anti-phishing code of your %(brand)s account", brand=house.brand),
        title=words.gettext("Your anti-phishing code was removed"),
        opening=(
            words.gettext("This is the last message with it. From the next on, our mail says that none is set."),
            words.gettext("Then nothing in a message shows that it is from us: trust none further than your bookmark."),
            phrases.nothing_to_do(words),
        ),
        details=details(words, message.scene),
        doubt=(
            words.gettext("Somebody is in your account, and wants their messages to look like ours."),
            *phrases.take_back(words, house),
        ),
        short=words.gettext(
            "%(brand)s: the anti-phishing code of your mail was removed. Not you? Sign in from your own bookmark and "
            "change your passphrase.",
            brand=house.brand,
        ),
    )


STAMPS: Mapping[of.MessageKind, Wording] = {
    of.MessageKind.STAMP_SET: stamp_set,
    of.MessageKind.STAMP_REMOVED: stamp_removed,
}
