"""The development mailbox: what would have been sent. Its routes exist in development alone."""

import json
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.web.pages.frame import Frame

_SHOWN = 50


@dataclass(frozen=True, kw_only=True)
class MailboxPages:
    frame: Frame
    directory: Path

    def routes(self) -> list[Route]:
        return [Route("/dev/mailbox", self._list, methods=["GET"])]

    async def _list(self, request: Request) -> Response:
        messages = await run_in_threadpool(self._newest)
        return self.frame.page(request, "dev_mailbox.html", messages=messages, directory=str(self.directory))

    def _newest(self) -> list[dict[str, Any]]:
        """The newest first: ``{"channel", "to", "subject", "text", "name"}``."""
        files = sorted(self.directory.glob("*"), key=lambda path: path.name, reverse=True)[:_SHOWN]
        return [_read(path) for path in files if path.suffix in (".eml", ".json")]


def _read(path: Path) -> dict[str, Any]:
    if path.suffix == ".json":
        sms = json.loads(path.read_text("utf-8"))
        return {"channel": "sms", "to": sms["to"], "subject": "", "text": sms["text"], "name": path.name}
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    body = mail.get_body(("plain",))
    text = "" if body is None else body.get_content()
    return {"channel": "email", "to": str(mail["To"]), "subject": str(mail["Subject"]), "text": text, "name": path.name}
