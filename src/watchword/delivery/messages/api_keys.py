"""Messages about API keys: their facts and their wording.

A key is named by its last letters alone: whoever chose its name would write a line of theirs into our mail.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from watchword.delivery.messages import phrases
from watchword.delivery.messages.catalogue import Message, MessageKind
from watchword.delivery.messages.house import House
from watchword.delivery.messages.letter import Letter, Wording
from watchword.delivery.messages.scenes import details
from watchword.foundation.languages import Words


@dataclass(frozen=True, kw_only=True)
class ApiKeyChanged(Message):
    kind = MessageKind.API_KEY_CHANGED
    what: Literal["made", "widened", "resumed", "deleted"]
    key: str
    """Its last letters."""


@dataclass(frozen=True, kw_only=True)
class ApiKeysPaused(Message):
    """What protects the account was changed: keys that can trade wait for their owner."""

    kind = MessageKind.API_KEYS_PAUSED
    count: int


@dataclass(frozen=True, kw_only=True)
class ApiKeyEnding(Message):
    kind = MessageKind.API_KEY_ENDING
    key: str
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class ApiKeyLapsed(Message):
    """Idle for thirty days and open to every network: it lost trading."""

    kind = MessageKind.API_KEY_LAPSED
    key: str


def changed(words: Words, house: House, message: ApiKeyChanged) -> Letter:
    subject, happened = _changed(words, house, message)
    return Letter(
        subject=subject,
        title=happened,
        opening=(
            words.gettext("It is the key that ends in %(key)s, under API keys.", key=message.key),
            phrases.nothing_to_do(words),
        ),
        details=details(words, message.scene),
        doubt=(
            phrases.come_in(words),
            words.gettext("Delete the key, sign all other devices out, then change your passphrase."),
            phrases.ask_us(words, house),
        ),
        short=words.gettext(
            "%(brand)s: something changed about your API key that ends in %(key)s. Not you? Sign in from your own "
            "bookmark and delete it.",
            brand=house.brand,
            key=message.key,
        ),
    )


def _changed(words: Words, house: House, message: ApiKeyChanged) -> tuple[str, str]:
    match message.what:
        case "made":
            return (
                words.gettext("A new API key for your %(brand)s account", brand=house.brand),
                words.gettext("An API key was made"),
            )
        case "widened":
            return (
                words.gettext("An API key of your %(brand)s account may do more", brand=house.brand),
                words.gettext("An API key was given wider rights"),
            )
        case "resumed":
            return (
                words.gettext("An API key of your %(brand)s account works again", brand=house.brand),
                words.gettext("A paused API key works again"),
            )
    return (
        words.gettext("An API key of your %(brand)s account was deleted", brand=house.brand),
        words.gettext("An API key was deleted"),
    )


def paused(words: Words, house: House, message: ApiKeysPaused) -> Letter:
    return Letter(
        subject=words.gettext("Your %(brand)s API keys are paused", brand=house.brand),
        title=words.gettext("Your API keys are paused"),
        opening=(
            words.ngettext(
                "Something that protects your account was changed, so %(num)s API key that can move value is paused.",
                "Something that protects your account was changed, so %(num)s API keys that can move value are paused.",
                message.count,
            ),
            words.gettext("Requests signed with them are refused until you confirm each of them, under API keys."),
        ),
        details=details(words, message.scene),
        doubt=phrases.take_back(words, house),
        short=words.gettext(
            "%(brand)s: API keys are paused, as your account's protection was changed. Sign in from your own "
            "bookmark and confirm them.",
            brand=house.brand,
        ),
    )


def ending(words: Words, house: House, message: ApiKeyEnding) -> Letter:
    return Letter(
        subject=words.gettext("An API key of your %(brand)s account ends soon", brand=house.brand),
        title=words.gettext("An API key ends soon"),
        opening=(
            words.gettext(
                "The key that ends in %(key)s stops working on %(time)s.",
                key=message.key,
                time=words.moment(message.ends_at),
            ),
            words.gettext("If a program still uses it, make a new key under API keys before that."),
        ),
        details=details(words, message.scene),
        doubt=(),
        short=words.gettext(
            "%(brand)s: your API key that ends in %(key)s stops working on %(time)s.",
            brand=house.brand,
            key=message.key,
            time=words.moment(message.ends_at),
        ),
    )


def lapsed(words: Words, house: House, message: ApiKeyLapsed) -> Letter:
    return Letter(
        subject=words.gettext("An API key of your %(brand)s account lost trading", brand=house.brand),
        title=words.gettext("An API key lost trading"),
        opening=(
            words.gettext("The key that ends in %(key)s was not used for 30 days.", key=message.key),
            words.gettext(
                "It may be used from every network, so it can no longer trade or transfer. Confirm it under API keys "
                "if you still need it, and bind it to your own addresses: then it never loses trading again."
            ),
        ),
        details=details(words, message.scene),
        doubt=(),
        short=words.gettext(
            "%(brand)s: your API key that ends in %(key)s was idle for 30 days and can no longer trade.",
            brand=house.brand,
            key=message.key,
        ),
    )


API_KEYS: Mapping[MessageKind, Wording] = {
    MessageKind.API_KEY_CHANGED: changed,
    MessageKind.API_KEYS_PAUSED: paused,
    MessageKind.API_KEY_ENDING: ending,
    MessageKind.API_KEY_LAPSED: lapsed,
}
