"""What a key may be, and when a change makes it wider. Pure."""

import re
from collections.abc import Iterable

from watchword.foundation.errors import Unacceptable
from watchword.foundation.secret import Secret

_PASSPHRASE = re.compile(r"[!-~]{7,32}", re.ASCII)


def check_passphrase(passphrase: Secret) -> None:
    """7 to 32 printable ASCII characters without spaces. Raises Unacceptable."""
    if not _PASSPHRASE.fullmatch(passphrase.reveal()):
        raise Unacceptable("api_key_passphrase", "passphrase")


def is_withdrawing(permissions: Iterable[str]) -> bool:
    return "withdraw" in permissions
