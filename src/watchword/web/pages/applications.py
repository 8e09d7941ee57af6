"""The applications that know something of the holder, and disconnecting one."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.foundation.errors import NotFound
from watchword.sessions.sessions import Session
from watchword.web.pages.inside import Inside, RoomPages
from watchword.web.pages.notices import Done

PATH = "/account/applications"


@dataclass(frozen=True, kw_only=True)
class ApplicationPages(RoomPages):
    def routes(self) -> list[Route]:
        shown: list[tuple[str, Inside]] = [(PATH, self._show)]
        taken: list[tuple[str, Inside]] = [(f"{PATH}/{{client}}/disconnect", self._disconnect)]
        return self._routes(shown, taken)

    def _show(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        connected = self.frame.door.platform.openid.consents.list(session.account)
        return self._room(request, "applications.html", "devices", connected=connected, acts=self._acts(session))

    def _disconnect(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        """Takes something away and gives nobody anything, so it asks for no proof; a frozen account does it too."""
        if not self._acts(session):
            return self._read_only(request, session)
        with suppress(NotFound):  # done already, in another tab
            self.frame.door.platform.openid.consents.withdraw(session, request.path_params["client"])
        return self.frame.see_done(PATH, Done.APPLICATION_DISCONNECTED)
