"""The wording of notices about what may leave the account: holds, the allow-list (policy §6)."""

from collections.abc import Mapping
from dataclasses import replace

from watchword.delivery.messages import catalogue as of
from watchword.delivery.messages import phrases
from watchword.delivery.messages.house import House
from watchword.delivery.messages.letter import Letter, Wording
from watchword.delivery.messages.scenes import details
from watchword.foundation.languages import Words
from watchword.foundation.terms import Reach


def with_holds(words: Words, letter: Letter, held: tuple[of.Held, ...]) -> Letter:
    """The consequence stands where the change is told, so that nobody meets it at the counter."""
    return replace(letter, opening=(*letter.opening, *(_held(words, each) for each in held))) if held else letter


def _held(words: Words, held: of.Held) -> str:
    until = words.moment(held.ends_at)
    match held.reach:
        case Reach.ALL:
            return words.gettext("As a protection, nothing can leave your account until %(until)s.", until=until)
        case Reach.NEW:
            return words.gettext(
                "As a protection, nothing can go to a place you have not sent to before until %(until)s.", until=until
            )
        case Reach.ALL_BUT_LISTED:
            return words.gettext(
                "As a protection, only withdrawals to addresses that have been on your allow-list for a week can "
                "leave your account until %(until)s.",
                until=until,
            )


def hold_placed(words: Words, house: House, message: of.HoldPlaced) -> Letter:
    return Letter(
        subject=words.gettext("Withdrawals from your %(brand)s account wait", brand=house.brand),
        title=words.gettext("Withdrawals wait for a while"),
        opening=(words.gettext("Something that protects your account was changed."), phrases.nothing_to_do(words)),
        details=details(words, message.scene),
        doubt=phrases.take_back(words, house),
        short=words.gettext(
            "%(brand)s: withdrawals wait, as the protection of your account changed. Not you? Sign in from your own "
            "bookmark and change your passphrase.",
            brand=house.brand,
        ),
    )


def destination_listed(words: Words, house: House, message: of.DestinationListed) -> Letter:
    return Letter(
        subject=words.gettext("An address was added to your %(brand)s allow-list", brand=house.brand),
        title=words.gettext("Your allow-list has a new address"),
        opening=(
            words.gettext("Your account can soon withdraw to it more easily than to others."),
            phrases.nothing_to_do(words),
        ),
        details=details(words, message.scene),
        doubt=(
            phrases.come_in(words),
            words.gettext("Remove the address from the list, sign all other devices out, then change your passphrase."),
            phrases.ask_us(words, house),
        ),
        short=words.gettext(
            "%(brand)s: an address was added to your allow-list. Not you? Sign in from your own bookmark and remove "
            "it.",
            brand=house.brand,
        ),
    )


def destination_removed(words: Words, house: House, message: of.DestinationRemoved) -> Letter:
    return Letter(
        subject=words.gettext("An address was removed from your %(brand)s account", brand=house.brand),
        title=words.gettext("A saved address was removed"),
        opening=(
            words.gettext("If anything is sent there again, it counts as a place you have not sent to before."),
            phrases.nothing_to_do(words),
        ),
        details=details(words, message.scene),
        doubt=phrases.take_back(words, house),
        short=words.gettext(
            "%(brand)s: a saved address was removed. Not you? Sign in from your own bookmark and change your "
            "passphrase.",
            brand=house.brand,
        ),
    )


def allow_list_begun(words: Words, house: House, message: of.AllowListBegun) -> Letter:
    due = words.moment(message.effective_at)
    return Letter(
        subject=words.gettext("The allow-list of your %(brand)s account will be switched on", brand=house.brand),
        title=words.gettext("Your allow-list will be switched on"),
        opening=(
            words.gettext("From %(due)s on your account withdraws only to addresses on your allow-list.", due=due),
            phrases.nothing_to_do(words),
        ),
        details=details(words, message.scene),
        doubt=(
            phrases.come_in(words),
            words.gettext("Switch the allow-list off before then, and change your passphrase."),
            phrases.ask_us(words, house),
        ),
        short=words.gettext(
            "%(brand)s: your allow-list starts on %(due)s. Not you? Sign in from your own bookmark and switch it off.",
            brand=house.brand,
            due=due,
        ),
    )


def allow_list_ended(words: Words, house: House, message: of.AllowListEnded) -> Letter:
    return Letter(
        subject=words.gettext("The allow-list of your %(brand)s account is off", brand=house.brand),
        title=words.gettext("Your allow-list was switched off"),
        opening=(
            words.gettext("Your account can again withdraw to addresses that are not on the list."),
            phrases.nothing_to_do(words),
        ),
        details=details(words, message.scene),
        doubt=phrases.take_back(words, house),
        short=words.gettext(
            "%(brand)s: your allow-list was switched off. Not you? Sign in from your own bookmark and change your "
            "passphrase.",
            brand=house.brand,
        ),
    )


EXITS: Mapping[of.MessageKind, Wording] = {
    of.MessageKind.HOLD_PLACED: hold_placed,
    of.MessageKind.DESTINATION_LISTED: destination_listed,
    of.MessageKind.DESTINATION_REMOVED: destination_removed,
    of.MessageKind.ALLOW_LIST_BEGUN: allow_list_begun,
    of.MessageKind.ALLOW_LIST_ENDED: allow_list_ended,
}
