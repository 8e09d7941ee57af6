"""Serves the desk until a signal, or until whoever started it is gone (then standard input ends)."""

import os
import secrets  # noqa: TID251 -- here randomness comes in
import signal
import sys
import threading
from datetime import UTC, datetime

import uvicorn

from examples.exchange.app import open_desk
from examples.exchange.settings import Settings


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 -- here time comes in


def new_token() -> str:
    return secrets.token_urlsafe(32)


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    settings = Settings.read()
    if "EXCHANGE_ENDS_WITH_STDIN" in os.environ:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        desk = open_desk(settings, clock=now, new_token=new_token)
    except OSError as missing:
        sys.exit(f"the desk can't start: {missing}")
    uvicorn.run(desk.app, host=settings.host, port=settings.port, log_level="warning", proxy_headers=False,
                server_header=False, timeout_graceful_shutdown=1)  # fmt: skip


if __name__ == "__main__":
    main()
