"""What one message says, before it is set as text, HTML or SMS: one wording for all three."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from watchword.delivery.messages.house import House
from watchword.foundation.languages import Words
from watchword.foundation.secret import Secret


@dataclass(frozen=True, kw_only=True)
class Letter:
    subject: str
    title: str
    opening: tuple[str, ...]
    """What happened, and what it means; a paragraph each."""
    named: str | None = None
    """What is being confirmed, to stand out."""
    spelled: tuple[tuple[str, str], ...] = ()
    """All that belongs to it: label and value."""
    code: Secret | None = None
    about_code: tuple[str, ...] = ()
    """How long it lives and where it belongs."""
    details: tuple[tuple[str, str], ...]
    """When, where, on which device: label and value."""
    doubt: tuple[str, ...] = field(default=())
    """What to do when it was not the reader; a paragraph each."""
    short: str
    """The whole of it in a sentence or two, for SMS. In English within the GSM alphabet, and no code in it."""


Wording = Callable[[Words, House, Any], Letter]
"""How one kind of message is told. The last argument is the message itself."""
