"""What a service of the platform asks the holder to confirm: all of it, before the first proof and after the last.

Opening the page changes nothing, so it may be reached from another site. Going on is a POST of our own page, in the
session it was asked for. What is confirmed serves the service that asked; the browser gets no token of it.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.exits.decide import Allowed
from watchword.foundation.errors import Conflict, NotFound
from watchword.gate.actions import Action
from watchword.gate.grants import ApprovalGrant
from watchword.handover.requests import ExitRequest
from watchword.sessions.sessions import Session
from watchword.web.confirming import sheet
from watchword.web.door import ASKED
from watchword.web.exit_words import told
from watchword.web.pages.frame import see
from watchword.web.pages.inside import Inside, RoomPages

_LONGEST = 8192


@dataclass(frozen=True, kw_only=True)
class AskedPages(RoomPages):
    def routes(self) -> list[Route]:
        shown: list[tuple[str, Inside]] = [(ASKED, self._show)]
        taken: list[tuple[str, Inside]] = [(ASKED, self._go_on)]
        return self._routes(shown, taken)

    def _show(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        sealed = request.query_params.get("asked", "")[:_LONGEST]
        try:
            asked = self.frame.door.platform.exit_requests.read(session, sealed)
        except NotFound:
            return self._room(request, "exit_asked.html", "trading", status=404, asked=None)
        return self._page(request, session, asked, sealed)

    def _page(self, request: Request, session: Session, asked: ExitRequest, sealed: str) -> Response:
        door, words = self.frame.door, self.frame.words(request)
        decision = door.exits.preview(session, asked.action, door.clock())
        waits = asked.state in ("waiting", "confirmed") and not isinstance(decision, Allowed)
        return self._room(
            request,
            "exit_asked.html",
            "trading",
            asked=asked,
            sealed=sealed,
            sheet=sheet(words, asked.action),
            told=told(words, decision) if waits else None,
            back=None if asked.back is None else {"address": asked.back, "host": urlsplit(asked.back).netloc},
        )

    def _go_on(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        sealed = form.get("asked", "")[:_LONGEST]
        asked = self.frame.door.platform.exit_requests.read(session, sealed)
        if asked.state != "waiting":
            return see(_address(sealed))
        response = self._begin_confirm(request, session, asked.action)
        self.frame.cookies.set_asked(response, sealed, self.frame.door.platform.exit_requests.lifetime)
        return response

    def confirmed(self, request: Request, session: Session, action: Action, grant: ApprovalGrant) -> Response | None:
        """For the service whose request this browser is in the middle of; None: a change, which no service asks for.
        Raises NotFound where it is in the middle of none, or of another."""
        if action["kind"] == "change":
            return None
        sealed = request.cookies.get(self.frame.cookies.names.asked, "")
        with suppress(Conflict):  # it was confirmed before: the page says what became of it
            self.frame.door.platform.exit_requests.hand_over(session, sealed, grant.token, action)
        response = see(_address(sealed))
        self.frame.cookies.drop_asked(response)
        return response


def _address(sealed: str) -> str:
    """Sealed values are of letters that need no quoting."""
    return f"{ASKED}?asked={sealed}"
