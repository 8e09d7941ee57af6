"""Asks a range mirror whether a passphrase is in a published breach (NIST SP 800-63B-4 3.1.1.2). Off by default.

k-anonymity: only the first five hex digits of its SHA-1 leave the house, and every answer is padded. No answer in
time, or a strange one, is no: the mirror's trouble must not become people's.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

import httpx

_PREFIX = 5


@dataclass(frozen=True, kw_only=True)
class BreachedRange:
    address: str
    """Answers ``GET <address>/<five hex digits>`` with lines ``<35 hex digits>:<count>``."""
    within: timedelta = timedelta(seconds=1)

    def __contains__(self, passphrase: str) -> bool:
        """Asks over the network: call it outside a transaction."""
        digest = hashlib.sha1(passphrase.encode(), usedforsecurity=False).hexdigest().upper()
        try:
            reply = httpx.get(
                f"{self.address.rstrip('/')}/{digest[:_PREFIX]}",
                headers={"Add-Padding": "true"},
                timeout=self.within.total_seconds(),
            ).raise_for_status()
        except httpx.HTTPError:
            return False
        return any(_counts(line, digest[_PREFIX:]) for line in reply.text.splitlines())


def _counts(line: str, suffix: str) -> bool:
    """Padding lines have the count 0."""
    found, _, count = line.strip().partition(":")
    return found.upper() == suffix and count.strip() not in ("", "0")
