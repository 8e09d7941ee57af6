"""What pages and API say of API keys: their state, and what the signature doctor found."""

from dataclasses import dataclass

from watchword.foundation.languages import Words
from watchword.handover.api_keys.failures import Failure
from watchword.handover.api_keys.view import ApiKeyView, KeyState
from watchword.safeguards.check_up import Facts


def hint(words: Words, failure: Failure) -> str:
    """What was wrong with a request, and what to change."""
    if failure.why in ("clock_behind", "clock_ahead") and failure.milliseconds is not None:
        return _clock(words, failure.milliseconds)
    found = {**_headers(words), **_time(words), **_signature(words), **_passphrase(words), **_after(words)}
    return found.get(failure.why) or words.gettext("The request was refused.")


def _clock(words: Words, behind: int) -> str:
    seconds = f"{abs(behind) / 1000:.1f}"
    if behind > 0:
        return words.gettext(
            "Your clock, or the way here, is %(seconds)s seconds behind. A request is taken for less than 5 seconds: "
            "set the clock by NTP, and sign just before you send.",
            seconds=seconds,
        )
    return words.gettext(
        "Your clock is %(seconds)s seconds ahead. At most 1 second is taken: set the clock by NTP.", seconds=seconds
    )


def _headers(words: Words) -> dict[str, str]:
    _ = words.gettext
    return {
        "no_sign": _("The header with the signature is missing."),
        "no_timestamp": _("The header with the timestamp is missing."),
        "no_passphrase": _("The header with the passphrase is missing."),
        "header_twice": _("One of the headers came twice. Send each of them once."),
        "header_too_long": _("One of the headers is too long."),
    }


def _time(words: Words) -> dict[str, str]:
    _ = words.gettext
    return {
        "timestamp_in_seconds": _("The timestamp is in seconds. It has to be in milliseconds, 13 digits."),
        "timestamp_in_microseconds": _("The timestamp is in microseconds. It has to be in milliseconds, 13 digits."),
        "timestamp_unreadable": _("The timestamp is not 13 digits, milliseconds since 1970."),
        "before_start": _("The server had just started, and takes no request signed before that. Sign it anew."),
        "timestamp_changed": _("Another timestamp was signed than the one sent. Make it once and use it for both."),
    }


def _signature(words: Words) -> dict[str, str]:
    _ = words.gettext
    return {
        "hex": _("The signature is in hexadecimal. Send the same bytes in Base64."),
        "base64url": _("The signature is in the URL-safe Base64. Send standard Base64, with + and /."),
        "base64_of_hex": _("The signature is Base64 of the hexadecimal text. Encode the bytes themselves."),
        "lower_method": _("The method was signed in lower case. Sign it in upper case."),
        "query_encoded": _("The query was signed percent-encoded, and sent as it is. Sign exactly what you send."),
        "query_decoded": _(
            "The query was signed decoded, and it holds characters that separate, so it could be read in two ways. "
            "Sign the query as it is sent."
        ),
        "query_not_signed": _("The query was not signed. Sign the path with ? and all that follows."),
        "body_not_signed": _("The body was not signed. Its bytes follow the path in what is signed."),
        "body_rewritten": _(
            "The body was written anew between signing and sending: same content, other bytes. Sign the bytes you send."
        ),
        "body_where_none_may_be": _("GET, HEAD and DELETE take no body. Put it into the query."),
        "body_no_json": _("The body is neither empty nor a JSON object or array."),
        "target_ambiguous": _("The address holds characters that could begin a body. Percent-encode { and [."),
        "secret_or_content": _(
            "The signature is of something else. Either the secret is another one, or method, path, query or body was "
            "changed after signing."
        ),
        "replayed": _("This very request was sent before. Sign each one anew, with a timestamp of its own."),
    }


def _passphrase(words: Words) -> dict[str, str]:
    _ = words.gettext
    return {
        "version_1": _("Key version 1 sends the passphrase as it is. Use version 2 or 3 and sign it with the secret."),
        "version": _("The key version is not known. Send 2 or 3."),
        "passphrase_plain": _("The passphrase was sent as it is. Send the Base64 of its HMAC-SHA256 under the secret."),
        "passphrase_hex": _("The passphrase was signed, but written in hexadecimal. Send Base64."),
        "passphrase": _("The passphrase is not the one of this key."),
    }


def _after(words: Words) -> dict[str, str]:
    _ = words.gettext
    return {
        "ended": _("The key's time is over. Make a new one."),
        "address": _("The signature was right, but the request came from an address that is not on the key's list."),
        "frozen": _("The signature was right, but the account is frozen."),
        "paused": _("The signature was right, but the key is paused."),
        "not_yet": _("The signature was right, but a key that may withdraw works only from the fourth day on."),
        "idle": _("The signature was right, but the key was idle for 30 days and lost trading. Confirm it again."),
        "permission": _("The signature was right, but the key has no permission for this."),
    }


def rights(words: Words) -> list[tuple[str, str, str]]:
    """Each permission: its word, its name, and what it lets a key do."""
    _ = words.gettext
    return [
        (
            "read",
            words.pgettext("API key", "Read"),
            _("See balances, orders and history, and move nothing."),
        ),
        ("trade", words.pgettext("API key", "Trade"), _("Place and cancel orders.")),
        ("transfer", words.pgettext("API key", "Transfer"), _("Move value between accounts of the platform.")),
        (
            "withdraw",
            words.pgettext("API key", "Withdraw"),
            _("Only to addresses that have been on your allow-list for a week, and only from the fourth day on."),
        ),
    ]


def may(words: Words, key: ApiKeyView) -> str:
    names = {word: name for word, name, _ in rights(words)}
    return " · ".join(names[each] for each in key.permissions)


def state_of(words: Words, key: ApiKeyView) -> tuple[str, str]:
    """A tone, and the state in words."""
    found = {
        KeyState.WORKS: ("good", words.pgettext("API key", "Works")),
        KeyState.WAITS: ("care", words.pgettext("API key", "Waits")),
        KeyState.PAUSED: ("care", words.pgettext("API key", "Paused")),
        KeyState.IDLE: ("care", words.pgettext("API key", "Lost trading")),
        KeyState.ENDED: ("off", words.pgettext("API key", "Ended")),
    }
    return found[key.state]


def paused_because(words: Words, by: str | None) -> str:
    _ = words.gettext
    if by in (None, "holder"):
        return _("You paused it. Requests signed with it are refused.")
    return _("What protects your account was changed, so it waits until you confirm it again.")


@dataclass(frozen=True, kw_only=True)
class First:
    """What has to be there before an account can make a key, and where it is added."""

    sentence: str
    link: str
    link_text: str


def first_of(words: Words, facts: Facts) -> First | None:
    """None where a key can be made, if only once what confirms it is old enough: the gate says from when on."""
    _ = words.gettext
    second = facts.app != "none" or facts.passkey != "none"
    add = {"link": "/account/sign-in", "link_text": _("Add a passkey or the app")}
    if not second and not facts.trading_passphrase:
        sentence = _(
            "You confirm each key with a passkey or an authenticator app and with your trading passphrase, and neither "
            "is there yet. Add a passkey or an app first, then set the trading passphrase."
        )
        return First(sentence=sentence, **add)
    if not second:
        sentence = _(
            "You confirm each key with a passkey or an authenticator app that has been there for a day. Add one first."
        )
        return First(sentence=sentence, **add)
    if not facts.trading_passphrase:
        sentence = _("You confirm each key with your trading passphrase, so set one first.")
        return First(sentence=sentence, link="/account/trading", link_text=_("Set a trading passphrase"))
    return None
