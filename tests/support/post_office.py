"""A mail server that takes everything, and hands out what came: it outlives the servers that send."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from threading import Condition

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.ports import free_port

PATIENCE = 20


@dataclass(frozen=True, kw_only=True)
class Letter:
    to: str
    message_id: str
    code: str | None


@dataclass
class PostOffice:
    port: int
    letters: list[Letter] = field(default_factory=list)
    """Each once, in the order they came."""
    copies: Counter[str] = field(default_factory=Counter)
    """How often each came, by Message-ID."""
    _changed: Condition = field(default_factory=Condition)
    _interrupted: bool = False

    def wait_for_code(self, address: str, *, after: int) -> str | None:
        """The first code that came to an address after so many; None when the waiting is interrupted."""
        with self._changed:
            arrived = self._changed.wait_for(
                lambda: self._interrupted or len(self._codes(address)) > after, timeout=PATIENCE
            )
            assert arrived, f"no code came to {address}"
            codes = self._codes(address)
            return codes[after] if len(codes) > after else None

    def interrupt(self, interrupted: bool) -> None:
        """Whether nobody need wait any longer: who sends is gone."""
        with self._changed:
            self._interrupted = interrupted
            self._changed.notify_all()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        body = message.get_body(("plain",))
        assert body is not None
        found = re.search(r"^(\d{6})\r?$", str(body.get_content()), re.MULTILINE)
        message_id = str(message["Message-ID"])
        with self._changed:
            self.copies[message_id] += 1
            if self.copies[message_id] == 1:
                letter = Letter(to=envelope.rcpt_tos[0], message_id=message_id, code=found[1] if found else None)
                self.letters.append(letter)
                self._changed.notify_all()
        return "250 Taken"

    def _codes(self, address: str) -> list[str]:
        return [letter.code for letter in self.letters if letter.to == address and letter.code is not None]


@contextmanager
def open_post_office() -> Iterator[PostOffice]:
    office = PostOffice(port=free_port())
    controller = Controller(office, hostname="127.0.0.1", port=office.port)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()
