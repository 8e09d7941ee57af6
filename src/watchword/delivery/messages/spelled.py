"""An exit or a new key in words, with every field of it: what is confirmed has to be readable where the code is read.

The pages of a confirmation say the same with the same words (policy §3, §6).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from watchword.foundation.languages import Words

GROUP = 4


@dataclass(frozen=True, kw_only=True)
class Line:
    label: str
    value: str
    groups: tuple[str, ...] = ()
    """The value in groups of four where it is compared letter by letter: an address, a key."""

    @property
    def text(self) -> str:
        return " ".join(self.groups) or self.value


@dataclass(frozen=True, kw_only=True)
class Spelled:
    title: str
    """With the amount; an SMS and the line above a code begin with it."""
    deed: str
    """Without it, for a page that draws the amount large."""
    amount: str | None
    asset: str | None
    lines: tuple[Line, ...]

    @property
    def whole(self) -> str:
        """All of it in one sentence, for an SMS."""
        return "; ".join([self.title, *(f"{line.label}: {line.text}" for line in self.lines)])


def spelled(words: Words, action: Mapping[str, Any]) -> Spelled:
    """``action``: one of the kinds of exit, or a new API key, as the gate reads it."""
    lines, deed = tuple(_lines(words, action)), _deed(words, action.get("what", action["kind"]))
    if "amount" not in action:
        return Spelled(title=deed, deed=deed, amount=None, asset=None, lines=lines)
    amount, asset = action["amount"], action["asset"]
    title = _title(words, action["kind"], f"{amount} {asset}")
    return Spelled(title=title, deed=deed, amount=amount, asset=asset, lines=lines)


def _deed(words: Words, kind: str) -> str:
    match kind:
        case "withdraw":
            return words.pgettext("action", "Withdraw")
        case "transfer":
            return words.pgettext("action", "Send to another account")
        case "p2p_release":
            return words.pgettext("action", "Release to a buyer")
        case "allow_destination":
            return words.pgettext("action", "Put an address on the allow-list")
        case "widen_api_key":
            return words.pgettext("action", "Give an API key wider rights")
        case "unpause_api_key":
            return words.pgettext("action", "Let a paused API key work again")
    return words.pgettext("action", "Make an API key")


def _title(words: Words, kind: str, amount: str) -> str:
    match kind:
        case "withdraw":
            return words.pgettext("action", "Withdraw %(amount)s", amount=amount)
        case "transfer":
            return words.pgettext("action", "Send %(amount)s to another account", amount=amount)
    return words.pgettext("action", "Release %(amount)s to a buyer", amount=amount)


def _lines(words: Words, action: Mapping[str, Any]) -> list[Line]:
    _ = words.gettext
    match action["kind"]:
        case "withdraw":
            return _place(words, action)
        case "transfer":
            return [Line(label=_("To the account"), value=action["to"])]
        case "p2p_release":
            price = f"{action['price']} {action['currency']}"
            return [
                Line(label=_("Price"), value=price),
                Line(label=_("To the buyer"), value=action["counterparty"]),
            ]
        case "allow_destination":
            return [Line(label=_("Asset"), value=action["asset"]), *_place(words, action)]
        case "change" if action["what"] == "unpause_api_key":
            return [_name_of_key(words, action)]
    return _key(words, action)


def _place(words: Words, action: Mapping[str, Any]) -> list[Line]:
    _ = words.gettext
    address = action["address"]
    return [
        Line(label=_("Network"), value=action["network"]),
        Line(label=_("Address"), value=address, groups=_groups(address)),
        Line(label=_("Memo"), value=_memo(words, action["memo"])),
    ]


def _memo(words: Words, memo: str | None) -> str:
    """No two read the same: one that says "no memo" is in quotes, and spaces that would not show are marked."""
    none, empty = words.gettext("no memo"), words.gettext("an empty memo")
    if not memo:
        return none if memo is None else empty
    if memo.casefold() in (none, empty):
        return f'"{memo}"'
    return memo if memo == " ".join(memo.split()) else memo.replace(" ", "\u2423")


def _key(words: Words, action: Mapping[str, Any]) -> list[Line]:
    rights = {
        "read": words.pgettext("API key", "read"),
        "trade": words.pgettext("API key", "trade"),
        "transfer": words.pgettext("API key", "transfer"),
        "withdraw": words.pgettext("API key", "withdraw"),
    }
    lines = [
        _name_of_key(words, action),
        Line(
            label=words.pgettext("API key", "It may"), value=", ".join(rights[each] for each in action["permissions"])
        ),
        Line(
            label=words.pgettext("API key", "From"),
            value=", ".join(action["networks"]) or words.pgettext("API key", "any network"),
        ),
        Line(label=words.pgettext("API key", "Ends"), value=_end_of_key(words, action["expiry"])),
    ]
    if action.get("public_key") is not None:
        lines.append(
            Line(
                label=words.pgettext("API key", "Public key"),
                value=action["public_key"],
                groups=_groups(action["public_key"]),
            )
        )
    return lines


def _name_of_key(words: Words, action: Mapping[str, Any]) -> Line:
    return Line(label=words.pgettext("API key", "Name"), value=action["name"])


def _end_of_key(words: Words, days: int | str | None) -> str:
    if days is None:
        return words.pgettext("API key", "as before")
    if days == "never":
        return words.pgettext("API key", "it never ends by itself")
    return words.ngettext("after %(num)s day", "after %(num)s days", int(days))


def _groups(text: str) -> tuple[str, ...]:
    return tuple(text[at : at + GROUP] for at in range(0, len(text), GROUP))
