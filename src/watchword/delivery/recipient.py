"""Who a message goes to, as delivery sees it: an address, a language, and what proves to them that it is ours."""

import re
from dataclasses import dataclass, field
from typing import Literal

Channel = Literal["email", "sms"]

_LONGEST_ADDRESS = 254
_FREEZE_LINK = re.compile(r"https?://[a-z0-9.:\[\]-]+/freeze/[A-Za-z0-9_-]+|•+")
"""Or what stands in its place in a copy."""


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Raises ValueError for an address that could end a header or name several mailboxes, and for the anti-phishing
    code on the way to an address that is not its holder's."""

    address: str = field(repr=False)
    """An e-mail address in ASCII, or a phone number by E.164."""
    channel: Channel
    language: str
    """A language the product speaks: ``en`` or ``zh-Hans``."""
    confirmed: bool = False
    """Whether it is a holder's own, proven address: then mail shows the anti-phishing code, or says that none is
    set. See ``accounts.recipients``."""
    stamp: str | None = field(default=None, repr=False)
    """The anti-phishing code, where the holder set one: shown at the top of mail, never in SMS."""
    freeze_link: str | None = field(default=None, repr=False)
    """Where an alert lets its reader freeze the account at once: in mail, never in SMS, nor beside a code."""

    def __post_init__(self) -> None:
        fits = _is_mailbox(self.address) if self.channel == "email" else _is_number(self.address)
        if not fits or len(self.address) > _LONGEST_ADDRESS:
            raise ValueError("not an address a message can go to")
        if self.stamp is not None and not self.confirmed:
            raise ValueError("the anti-phishing code goes to confirmed addresses alone")
        if self.freeze_link is not None and not _FREEZE_LINK.fullmatch(self.freeze_link):
            raise ValueError("not a link that freezes")


def _is_mailbox(address: str) -> bool:
    local, _, domain = address.rpartition("@")
    plain = address.isascii() and address.isprintable() and not set(address) & set(' "(),:;<>[\\]')
    return plain and bool(local) and bool(domain) and "@" not in local


def _is_number(address: str) -> bool:
    digits = address.removeprefix("+")
    return address != digits and digits.isascii() and digits.isdecimal()
