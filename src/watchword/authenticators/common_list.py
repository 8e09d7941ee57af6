"""The common million, as a table of sorted five-byte hashes built at set-up (NIST SP 800-63B-4 3.1.1.2, blocklist)."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from watchword.foundation.errors import Misconfigured

_WIDTH = 5


@dataclass(frozen=True, repr=False)
class CommonList:
    table: bytes

    @classmethod
    def read(cls, path: Path) -> "CommonList":
        try:
            table = path.read_bytes()
        except OSError as missing:
            raise Misconfigured("the list of common passphrases is missing: run `make setup`") from missing
        if not table or len(table) % _WIDTH:
            raise Misconfigured("the list of common passphrases is damaged: run `make setup`")
        return cls(table)

    def __contains__(self, passphrase: str) -> bool:
        """``passphrase`` is NFC; letters count in either case. About one in two million others matches by chance."""
        wanted = hashlib.sha256(passphrase.lower().encode()).digest()[:_WIDTH]
        low, high = 0, len(self.table) // _WIDTH
        while low < high:
            middle = (low + high) // 2
            found = self.table[middle * _WIDTH : (middle + 1) * _WIDTH]
            if found == wanted:
                return True
            low, high = (middle + 1, high) if found < wanted else (low, middle)
        return False
