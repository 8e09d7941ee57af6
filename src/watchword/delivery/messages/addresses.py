"""The wording of messages about the addresses of an account, its closing, and copies of its data (policy §1, §3)."""

from collections.abc import Mapping

from watchword.delivery.messages import catalogue as of
from watchword.delivery.messages import phrases
from watchword.delivery.messages.house import House
from watchword.delivery.messages.letter import Letter, Wording
from watchword.delivery.messages.scenes import details
from watchword.foundation.languages import Words
from watchword.foundation.terms import IdentifierKind


def new_address_code(words: Words, house: House, message: of.NewAddressCode) -> Letter:
    return Letter(
        subject=words.gettext("Your code to use this address at %(brand)s", brand=house.brand),
        title=words.gettext("Your code to use this address"),
        opening=(
            words.gettext("Somebody wants to use this address for their account with us."),
            words.gettext("If it is you, type this code where you began."),
        ),
        code=message.code,
        about_code=phrases.about_code(words, house, message),
        details=details(words, message.scene),
        doubt=(
            words.gettext("Somebody typed your address, perhaps by mistake. Without this code it is not used."),
            words.gettext("There is nothing you need to do."),
        ),
        short=words.gettext(
            "%(brand)s: your code to use this number, good for %(span)s. Tell it to nobody.",
            brand=house.brand,
            span=words.span(message.lives),
        ),
    )


def address_taken(words: Words, house: House, message: of.AddressTaken) -> Letter:
    return Letter(
        subject=words.gettext("Your address belongs to your %(brand)s account", brand=house.brand),
        title=words.gettext("Somebody tried to use your address"),
        opening=(
            words.gettext("Somebody tried to use this address for another account. It belongs to yours already."),
            words.gettext("It stays yours, and nothing changed."),
        ),
        details=details(words, message.scene),
        doubt=(words.gettext("There is nothing to do, and whoever tried was not told that you have an account."),),
        short=words.gettext(
            "%(brand)s: somebody tried to use this number for another account. It stays yours; nothing changed.",
            brand=house.brand,
        ),
    )


def address_replaced(words: Words, house: House, message: of.AddressReplaced) -> Letter:
    day = words.day(message.undo_until)
    if message.what is IdentifierKind.EMAIL:
        subject = words.gettext("The e-mail address of your %(brand)s account was changed", brand=house.brand)
        title = words.gettext("Your e-mail address was changed")
        undo = words.gettext("Type the e-mail address that was used until now. This undoes the change, until %(day)s.")
        short = words.gettext(
            "%(brand)s: your e-mail address was changed. Not you? By %(day)s, choose Forgot it? with the old one.",
            brand=house.brand,
            day=day,
        )
    else:
        subject = words.gettext("The phone number of your %(brand)s account was changed", brand=house.brand)
        title = words.gettext("Your phone number was changed")
        undo = words.gettext("Type the phone number that was used until now. This undoes the change, until %(day)s.")
        short = words.gettext(
            "%(brand)s: your phone number was changed. Not you? By %(day)s, choose Forgot it? with the old one.",
            brand=house.brand,
            day=day,
        )
    return Letter(
        subject=subject,
        title=title,
        opening=(
            words.gettext("From now on our codes go to the new one. Other devices are signed out."),
            words.gettext("The old one still gets our notices until %(day)s.", day=day),
            phrases.nothing_to_do(words),
        ),
        details=details(words, message.scene),
        doubt=(
            words.gettext("Open the official address from your own bookmark and choose “Forgot it?”."),
            undo % {"day": day},
            phrases.tell_us(words, house),
        ),
        short=short,
    )


def address_added(words: Words, house: House, message: of.AddressAdded) -> Letter:
    email = message.what is IdentifierKind.EMAIL
    return Letter(
        subject=words.gettext("An address was added to your %(brand)s account", brand=house.brand),
        title=words.gettext("An e-mail address was added") if email else words.gettext("A phone number was added"),
        opening=(
            words.gettext("It gets our notices too. You find it under Sign-in."),
            phrases.nothing_to_do(words),
        ),
        details=details(words, message.scene),
        doubt=phrases.take_back(words, house),
        short=words.gettext(
            "%(brand)s: an address was added to your account. Not you? Sign in from your own bookmark and change your "
            "passphrase.",
            brand=house.brand,
        ),
    )


def address_restored(words: Words, house: House, message: of.AddressRestored) -> Letter:
    return Letter(
        subject=words.gettext("An address of your %(brand)s account was restored", brand=house.brand),
        title=words.gettext("The old address was restored"),
        opening=(
            words.gettext("The change of address was undone, by the address that was used before."),
            words.gettext(
                "A new passphrase was set, everybody was signed out, and all that was added since the change is gone: "
                "addresses, devices, apps."
            ),
            *_without_stamp(words, message),
            phrases.nothing_to_do(words),
        ),
        details=details(words, message.scene),
        doubt=(
            words.gettext("Somebody reads the messages to your old address."),
            phrases.tell_us(words, house),
        ),
        short=words.gettext(
            "%(brand)s: the old address of your account was restored and a new passphrase set. Not you? Tell us now.",
            brand=house.brand,
        ),
    )


def _without_stamp(words: Words, message: of.AddressRestored) -> tuple[str, ...]:
    if not message.stamp_removed:
        return ()
    return (
        words.gettext(
            "The anti-phishing code is removed too: whoever read the other address knows it. Choose another."
        ),
    )


def account_closed(words: Words, house: House, message: of.AccountClosed) -> Letter:
    return Letter(
        subject=words.gettext("Your %(brand)s account is closed", brand=house.brand),
        title=words.gettext("Your account is closed"),
        opening=(
            words.gettext("Everybody is signed out. Nothing can leave the account, and nothing in it can be changed."),
            words.gettext("You can still sign in to read it."),
        ),
        details=details(words, message.scene),
        doubt=(
            words.gettext("Somebody was in your account, and had your passphrase and a code that we sent you."),
            phrases.tell_us(words, house),
        ),
        short=words.gettext("%(brand)s: your account is closed. Not you? Tell us at once.", brand=house.brand),
    )


def data_exported(words: Words, house: House, message: of.DataExported) -> Letter:
    activity = message.of == "activity"
    return Letter(
        subject=words.gettext("A copy of your %(brand)s data was made", brand=house.brand),
        title=words.gettext("A copy of your activity was downloaded")
        if activity
        else words.gettext("A copy of your data was downloaded"),
        opening=(
            words.gettext("It holds no passphrase, code or key, but it tells much about you: keep it safe."),
            phrases.nothing_to_do(words),
        ),
        details=details(words, message.scene),
        doubt=phrases.take_back(words, house),
        short=words.gettext(
            "%(brand)s: a copy of your data was downloaded. Not you? Sign in from your own bookmark and change your "
            "passphrase.",
            brand=house.brand,
        ),
    )


ADDRESSES: Mapping[of.MessageKind, Wording] = {
    of.MessageKind.NEW_ADDRESS_CODE: new_address_code,
    of.MessageKind.ADDRESS_TAKEN: address_taken,
    of.MessageKind.ADDRESS_REPLACED: address_replaced,
    of.MessageKind.ADDRESS_ADDED: address_added,
    of.MessageKind.ADDRESS_RESTORED: address_restored,
    of.MessageKind.ACCOUNT_CLOSED: account_closed,
    of.MessageKind.DATA_EXPORTED: data_exported,
}
