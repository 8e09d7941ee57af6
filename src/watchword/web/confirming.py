"""What the pages of a confirmation say: what is being confirmed, all of it, or why it can't be confirmed now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from watchword.delivery.messages.spelled import Line, Spelled, spelled
from watchword.devices.devices import Device
from watchword.exits.destinations import Destination
from watchword.foundation.languages import Words
from watchword.gate.actions import is_spelled
from watchword.safeguards.overview import AuthenticatorView


def confirming(words: Words, action: Mapping[str, Any] | None) -> str | None:
    """What is being confirmed, as the heading of a confirmation says it."""
    if action is None:
        return None
    if is_spelled(action):
        return spelled(words, action).title
    what = action["what"]
    if what == "replace_identifier":
        return _new_address(words, action)
    told_apart = _told_apart(words).get(what)
    return _change(words)[what] if told_apart is None else told_apart[action[_APART[what]]]


def sheet(words: Words, action: Mapping[str, Any] | None) -> Spelled | None:
    """Every field of what is confirmed; None where the heading says it all."""
    return spelled(words, action) if action is not None and is_spelled(action) else None


def device_sheet(words: Words, device: Device) -> Spelled:
    """Which one is removed: two may have one name."""
    _ = words.gettext
    name, seen = Line(label=_("Device"), value=device.name), Line(label=_("Seen from"), value=device.network)
    return _to_remove(words, "remove_device", name, seen)


def passkey_sheet(words: Words, passkey: AuthenticatorView) -> Spelled:
    """Which one is removed."""
    name = "" if passkey.passkey is None else passkey.passkey.name
    lines = (
        Line(label=words.gettext("Passkey"), value=name),
        Line(label=words.gettext("Added"), value=words.day(passkey.bound_at)),
    )
    return _to_remove(words, "remove_passkey", *lines)


def place_sheet(words: Words, place: Destination) -> Spelled:
    """Which saved address is removed."""
    if place.kind == "withdraw":
        named = ("asset", "network", "address", "memo")
        action = {"kind": "allow_destination", **{name: getattr(place, name) for name in named}}
        return _to_remove(words, "remove_destination", *spelled(words, action).lines)
    label = words.gettext("To the account") if place.kind == "transfer" else words.gettext("To the buyer")
    return _to_remove(words, "remove_destination", Line(label=label, value=place.address))


def _to_remove(words: Words, what: str, *lines: Line) -> Spelled:
    deed = _change(words)[what]
    return Spelled(title=deed, deed=deed, amount=None, asset=None, lines=lines)


_APART = {"message_code": "enabled", "allow_list": "enabled", "passkey_only": "enabled", "export": "of"}
"""Where one name stands for several changes: the field that tells them apart."""


def _new_address(words: Words, action: Mapping[str, Any]) -> str:
    if action["identifier_kind"] == "email":
        return words.gettext("Use this e-mail address: %(address)s", address=action["identifier"])
    return words.gettext("Use this phone number: %(address)s", address=action["identifier"])


def _told_apart(words: Words) -> dict[str, dict[Any, str]]:
    _ = words.gettext
    return {
        "message_code": {
            True: _("Ask for a code by message as second step"),
            False: _("No longer ask for a code by message as second step"),
        },
        "allow_list": {
            True: _("Withdraw only to the allow-list, from three days on"),
            False: _("Withdraw to any address again, not only to the allow-list"),
        },
        "passkey_only": {
            True: _("Let nothing stand in for a passkey, from three days on"),
            False: _("Let the app or a recovery code stand in for a passkey again"),
        },
        "export": {"activity": _("Export the account activity"), "account": _("Get a copy of the account's data")},
    }


def _change(words: Words) -> dict[str, str]:
    _ = words.gettext
    return {
        "bind_totp": _("Set up an authenticator app"),
        "remove_totp": _("Remove the authenticator app"),
        "bind_passkey": _("Add a passkey"),
        "remove_passkey": _("Remove a passkey"),
        "recovery_codes": _("Make ten new recovery codes; the old ones stop working"),
        "passphrase": _("Change the passphrase"),
        "trading_passphrase": _("Set the trading passphrase"),
        "anti_phishing_code": _("Set the anti-phishing code"),
        "remove_destination": _("Remove a saved address"),
        "close_account": _("Close the account"),
        "thaw": _("Thaw the account"),
        "sign_out_others": _("Sign out all other devices"),
        "remove_device": _("Remove a device"),
    }


@dataclass(frozen=True, kw_only=True)
class Why:
    """What the page says of something that can't be confirmed now, and where it can be put right."""

    sentence: str
    link: str | None = None
    link_text: str = ""


def why_not(words: Words, reason: str) -> Why:
    """For the ``reason`` of a ``NotPossible``. The page says beside it from when on it can be done."""
    _ = words.gettext
    match reason:
        case "no_trading_passphrase":
            sentence = _("What leaves the account asks for your trading passphrase, and you have none yet.")
            return Why(sentence=sentence, link="/account/trading", link_text=_("Set a trading passphrase"))
        case "trading_passphrase_closed":
            sentence = _("Your trading passphrase is closed after ten wrong answers in a row.")
            return Why(sentence=sentence, link="/account/trading", link_text=_("Set a new one"))
        case "no_app":
            sentence = _(
                "This asks for a passkey or an authenticator app. With neither, withdrawals go only to addresses that "
                "have been on your allow-list for three days."
            )
            return Why(sentence=sentence, link="/account/sign-in", link_text=_("Add a passkey or the app"))
        case "app_too_young":
            return Why(
                sentence=_(
                    "Your authenticator app is new. For a day it confirms nothing that leaves the account, so that "
                    "nobody can add one in your name and use it at once."
                )
            )
        case "address_too_young":
            return Why(
                sentence=_(
                    "The address that our codes go to is new. For three days it confirms nothing that goes to a new "
                    "place. What goes where you sent before works."
                )
            )
    return _of_passkeys(words, reason) or _by_its_state(words, reason)


def _of_passkeys(words: Words, reason: str) -> Why | None:
    _ = words.gettext
    sentences = {
        "passkey_too_young": _(
            "Your passkey is new. Until it has been there for a while it can't do this, so that nobody can add one in "
            "your name and use it at once."
        ),
        "without_passkey": _(
            "You signed in without your passkey, so nothing goes to a new place from here. Sign in with the passkey."
        ),
        "two_passkeys": _("This needs two passkeys: if you lose one, the other still lets you in."),
        "use_passkeys": _("Use each of your passkeys once first, so that you know they work."),
        "check_codes": _("Check one of your recovery codes first, so that you know the way back works."),
    }
    return (
        Why(sentence=sentences[reason], link="/account/sign-in", link_text=_("Sign-in settings"))
        if (reason in sentences)
        else None
    )


def _by_its_state(words: Words, reason: str) -> Why:
    """What freezing and the allow-list refuse."""
    _ = words.gettext
    match reason:
        case "frozen":
            return Why(
                sentence=_(
                    "The account is frozen: nothing leaves it and nothing that protects it changes. Thaw it first."
                ),
            )
        case "frozen_by_others":
            return Why(sentence=_("We froze this account, not you, so only we can thaw it. Ask for help."))
        case "not_frozen":
            return Why(sentence=_("The account is not frozen. There is nothing to thaw."))
        case "not_listed":
            return Why(sentence=_("Your allow-list is on, and this address is not on it."))
        case "listed_lately":
            return Why(sentence=_("Your allow-list is on, and this address is still new on it."))
    return Why(sentence=_("As the account stands, nothing can confirm this. Nothing was done."))
