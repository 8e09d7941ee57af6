"""The wording of notices about the trading passphrase: set, changed, closed by wrong answers."""

from collections.abc import Mapping

from watchword.delivery.messages import catalogue as of
from watchword.delivery.messages import phrases
from watchword.delivery.messages.house import House
from watchword.delivery.messages.letter import Letter, Wording
from watchword.delivery.messages.scenes import details
from watchword.foundation.languages import Words


def trading_passphrase_set(words: Words, house: House, message: of.TradingPassphraseSet) -> Letter:
    if message.changed:
        subject = words.gettext("Your %(brand)s trading passphrase was changed", brand=house.brand)
        title = words.gettext("Your trading passphrase was changed")
        happened = words.gettext("From now on only the new one is taken when something of value leaves the account.")
        short = words.gettext(
            "%(brand)s: your trading passphrase was changed at %(time)s. Not you? Sign in from your own bookmark and "
            "sign all other devices out.",
            brand=house.brand,
            time=words.time(message.scene.at),
        )
    else:
        subject = words.gettext("A trading passphrase for your %(brand)s account", brand=house.brand)
        title = words.gettext("A trading passphrase was set")
        happened = words.gettext("From now on it is asked for when something of value leaves the account.")
        short = words.gettext(
            "%(brand)s: a trading passphrase was set at %(time)s. Not you? Sign in from your own bookmark and sign all "
            "other devices out.",
            brand=house.brand,
            time=words.time(message.scene.at),
        )
    return Letter(
        subject=subject,
        title=title,
        opening=(happened, phrases.nothing_to_do(words)),
        details=details(words, message.scene),
        doubt=phrases.take_back(words, house),
        short=short,
    )


def trading_passphrase_closed(words: Words, house: House, message: of.TradingPassphraseClosed) -> Letter:
    return Letter(
        subject=words.gettext("Your %(brand)s trading passphrase is closed", brand=house.brand),
        title=words.gettext("Your trading passphrase is closed"),
        opening=(
            words.ngettext(
                "%(num)s wrong trading passphrase was given in a row.",
                "%(num)s wrong trading passphrases were given in a row.",
                message.failures,
            ),
            words.gettext("Nothing of value can leave the account until you set a new one, under Trading."),
        ),
        details=details(words, message.scene),
        doubt=(
            words.gettext("Whoever gave them had got past your second step. They did not get anything out."),
            *phrases.take_back(words, house),
        ),
        short=words.gettext(
            "%(brand)s: your trading passphrase is closed after wrong answers. Not you? Sign in from your own bookmark "
            "and sign all other devices out.",
            brand=house.brand,
        ),
    )


TRADING: Mapping[of.MessageKind, Wording] = {
    of.MessageKind.TRADING_PASSPHRASE_SET: trading_passphrase_set,
    of.MessageKind.TRADING_PASSPHRASE_CLOSED: trading_passphrase_closed,
}
