"""Our official channels to people and programs: the checker, counted by network, and the list as a signed document."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from watchword.crypto.signing import Signer
from watchword.foundation.client import Client
from watchword.foundation.clock import Clock
from watchword.foundation.errors import Throttled
from watchword.gate.gate_limits import GateLimits
from watchword.limits.counters import Counters, Refused
from watchword.safeguards.channels.checker import Verdict, check
from watchword.safeguards.channels.listing import Channel
from watchword.storage.database import Database

TYPE = "official-channels+jws"
LIVES = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Official:
    database: Database
    channels: Sequence[Channel]
    signer: Signer
    counters: Counters
    limits: GateLimits
    clock: Clock
    issuer: str
    """The official address."""
    brand: str

    def check(self, text: str, client: Client) -> Verdict | None:
        """Keeps nothing of what was asked. None when nothing was. Raises Throttled."""
        if not text.strip():
            return None
        with self.database.begin() as tx:
            spent = self.counters.spend(tx, self.limits.channels(client), self.clock())
        if isinstance(spent, Refused):
            raise Throttled(spent.retry_at)
        return check(text, self.channels, brand=self.brand)

    @property
    def thumbprint(self) -> str:
        """Of the key that signs the list: to be pinned by whoever verifies it."""
        return self.signer.kid

    def document(self) -> dict[str, Any]:
        """The list as signed (``jws``), the same to read, and the keys. Only what the signature covers counts."""
        now = self.clock().replace(microsecond=0)
        listed = [_entry(channel) for channel in self.channels]
        content = {
            "iss": self.issuer,
            "iat": int(now.timestamp()),
            "exp": int((now + LIVES).timestamp()),
            "channels": listed,
        }
        return {
            "issuer": self.issuer,
            "channels": listed,
            "jws": self.signer.sign(content, typ=TYPE),
            "keys": list(self.signer.key_set),
        }


def _entry(channel: Channel) -> dict[str, str]:
    entry = {"kind": channel.kind, "value": channel.value, "place": channel.place, "note": channel.note}
    return {name: value for name, value in entry.items() if value}
