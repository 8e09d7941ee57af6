"""What every message says of the house it comes from. Set by the operator."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class House:
    brand: str
    sender: str
    """The exact address that mail comes from."""
    support: str = ""
    """Where people find help. Anything but a plain e-mail address or phone number stays out of messages, for no
    message carries a link."""
    accent: str = "#0b586e"

    def __post_init__(self) -> None:
        for text in (self.brand, self.sender, self.support):
            if not text.isprintable():
                raise ValueError("brand, sender and support are plain text on one line")
        if not re.fullmatch("#[0-9a-fA-F]{6}", self.accent):
            raise ValueError("a colour is written as #rrggbb")

    @property
    def contact(self) -> str | None:
        """The support address, where a message may show it."""
        shown = self.support.removeprefix("mailto:").strip()
        return shown if re.fullmatch(r"[^\s/:@]+@[^\s/:@]+|\+?[0-9][0-9 ()-]+", shown) else None
