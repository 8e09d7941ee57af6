"""Serves the desk until a signal, or until the process that started it is gone."""

from datetime import UTC, datetime

import uvicorn

from examples.exchange.app import application
from examples.exchange.settings import Settings


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 -- here time comes in


def main() -> None:
    settings = Settings.read()
    uvicorn.run(application(settings, now), host=settings.host, port=settings.port, log_level="warning",
                proxy_headers=False, server_header=False)  # fmt: skip


if __name__ == "__main__":
    main()
