"""What the desk is told: variables named EXCHANGE_…, secrets in files that only it reads."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True, kw_only=True)
class Settings:
    url: str
    """The desk's own address, as people see it: scheme and host."""
    host: str
    port: int
    door: str
    """The address of Watchword."""
    data: Path
    client_id: str
    bots: tuple[str, ...]
    """Further hosts under which bots and the door (not browsers) reach it."""

    @property
    def https(self) -> bool:
        return self.url.startswith("https:")

    @property
    def authority(self) -> str:
        return urlsplit(self.url).netloc

    def secret(self, name: str) -> str:
        """Raises OSError for a file that is not there, PermissionError for one that others may read."""
        path = self.data / name
        if path.stat().st_mode & 0o077:
            raise PermissionError(f"others may read {path}: chmod 600")
        return path.read_text(encoding="utf-8").strip()

    @classmethod
    def read(cls, given: Mapping[str, str] = os.environ) -> "Settings":
        port = int(given.get("EXCHANGE_PORT", "8081"))
        return cls(
            url=given.get("EXCHANGE_URL", f"http://trade.localhost:{port}"),
            host=given.get("EXCHANGE_HOST", "127.0.0.1"),
            port=port,
            door=given.get("EXCHANGE_DOOR", "http://localhost:8080"),
            data=Path(given.get("EXCHANGE_DATA", "var/exchange")),
            client_id=given.get("EXCHANGE_CLIENT_ID", ""),
            bots=tuple(given.get("EXCHANGE_BOTS", f"127.0.0.1:{port}").split()),
        )
