"""What a page says where the rules speak in stable words: refusals beside a field, actions to be confirmed, clocks."""

from datetime import timedelta

from watchword.foundation.languages import Words
from watchword.safeguards.channels.checker import Verdict
from watchword.safeguards.channels.listing import ChannelKind


def refusal(words: Words, reason: str, *, shortest: int | None = None) -> str:
    """The sentence for the ``reason`` of an ``Unacceptable``. ``shortest``: code points a new passphrase needs."""
    _ = words.gettext
    match reason:
        case "empty":
            return _("This is still empty.")
        case "identifier_unreadable":
            return _("That can't be read as an address. It looks like name@example.org.")
        case "identifier_unchanged":
            return _("That is the address you have already.")
        case "phone_unavailable":
            return _("Phone numbers can't be used here. Type an e-mail address.")
        case "phone_not_taken":
            return _("This kind of phone number can't be used here. Type a mobile number with its country code.")
        case "passkey_name":
            return _("A name has 1 to 64 characters, all of which can be seen.")
        case "too_short" if shortest is not None:
            return words.ngettext(
                "That is too short. It needs at least %(num)s character.",
                "That is too short. It needs at least %(num)s characters.",
                shortest,
            )
    return (
        _passphrase_refusal(words, reason)
        or _trading_refusals(words).get(reason)
        or _("That can't be used. Try something else.")
    )


def trading_refusal(words: Words, reason: str) -> str:
    """Beside the field for a new trading passphrase."""
    return _trading_refusals(words).get(reason) or refusal(words, reason)


def _trading_refusals(words: Words) -> dict[str, str]:
    _ = words.gettext
    return {
        "not_six_digits": _("It takes exactly six digits."),
        "repeats": _("It repeats a digit too often, so it is tried early. Choose another."),
        "runs": _("It counts up or down, so it is tried early. Choose another."),
        "pairs": _("It is made of pairs, so it is tried early. Choose another."),
        "mirrored": _("It reads the same backwards, so it is tried early. Choose another."),
        "blocks": _("It repeats itself, so it is tried early. Choose another."),
        "keypad": _("It draws a shape on the keypad, so it is tried early. Choose another."),
        "date": _("It can be read as a date, and dates are tried first. Choose another."),
        "phone": _("It is a piece of your phone number. Choose another."),
        "identifier": _("It is a piece of your own address. Choose another."),
        "used_before": _("It is one of your last five. Choose another."),
    }


def stamp_refusal(words: Words, reason: str) -> str:
    """Beside the field for a new anti-phishing code."""
    _ = words.gettext
    sentences = {
        "stamp_length": _("It takes 4 to 24 characters."),
        "stamp_unprintable": _("It holds a character that doesn't show everywhere. Type it again without it."),
        "stamp_spaces": _("It begins or ends with a space, or has two in a row. Type it again without."),
        "stamp_digits": _("Four digits in a row look like a code from us. Use fewer, or words."),
        "stamp_link": _("It looks like a link or an address. Use words."),
        "stamp_code": _("It looks like one of our codes. Use words."),
        "stamp_brand": _("It is mostly our name, which every forger writes. Choose words of your own."),
        "stamp_identifier": _("It is mostly your own address, which a forger knows. Choose something else."),
    }
    return sentences.get(reason) or refusal(words, reason)


def reference_refusal(words: Words) -> str:
    return words.gettext("A reference of ours has eight letters, like this: %(example)s.", example="KTRM-BXDF")


def _passphrase_refusal(words: Words, reason: str) -> str | None:
    _ = words.gettext
    sentences = {
        "too_long": _("That is too long. 128 characters are the most."),
        "unreadable": _("It holds a character that can't be typed. Type it again without it."),
        "breached": _("It was found in a published breach, so it is tried early. Choose another."),
        "common": _("Many people use that one, so it is tried first. Choose another."),
        "brand": _("It is mostly our name, which is tried first. Choose another."),
        "identifier": _("It is mostly your own address, which is tried first. Choose another."),
        "coin_names": _("It is mostly names of coins, which are tried first. Choose another."),
        "guessable": _("It follows a pattern that is quick to guess. Choose another, or let us suggest one."),
    }
    return sentences.get(reason)


def verdict(words: Words, found: Verdict) -> dict[str, str]:
    """What the checker of official channels answers: its tone, the answer, and what to do with it."""
    _ = words.gettext
    if found.answer == "ours" and found.channel is not None:
        return {"tone": "good", "text": _("Yes, this is ours."), "more": _of_kind(words, found.channel.kind)}
    away = _(
        "Give it nothing: no passphrase, no code, no money. If you did already, follow “Something happened that "
        "was not me” on the help page."
    )
    if found.answer == "alike":
        return {"tone": "stop", "text": _("No. It looks like ours, and is not."), "more": away}
    return {"tone": "stop", "text": _("No, this is not on our list: treat it as not ours."), "more": away}


def _of_kind(words: Words, kind: ChannelKind) -> str:
    """How far a display can be believed."""
    _ = words.gettext
    match kind:
        case ChannelKind.ADDRESS | ChannelKind.DOMAIN:
            return _("Open it from your own bookmark all the same: what a link shows and where it leads can differ.")
        case ChannelKind.HANDLE:
            return _("There, and only there: anybody can take the same name at another house.")
        case ChannelKind.APP:
            return _("In that store, and only there.")
    return _("It can be forged as a sender: trust a message by your anti-phishing code, and a call by calling back.")


def clock_doctor(hint: str | None) -> dict[str, object] | None:
    """What ``totp.html`` needs of a hint such as ``clock:-150``: the phone's clock is 150 seconds behind."""
    if hint is None or not hint.startswith("clock:"):
        return None
    offset = timedelta(seconds=int(hint.removeprefix("clock:")))
    return {"way": "behind" if offset < timedelta() else "ahead", "by": abs(offset)}
