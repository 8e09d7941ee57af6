"""The room "Alerts": what touched the safety of the account, to acknowledge or to act upon."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.foundation.errors import NotFound
from watchword.sessions.sessions import Session
from watchword.web.pages.frame import see
from watchword.web.pages.inside import Inside, RoomPages

PATH = "/account/alerts"


@dataclass(frozen=True, kw_only=True)
class AlertPages(RoomPages):
    def routes(self) -> list[Route]:
        shown: list[tuple[str, Inside]] = [(PATH, self._show)]
        taken: list[tuple[str, Inside]] = [(f"{PATH}/read", self._read_all), (f"{PATH}/{{alert}}/read", self._read)]
        return self._routes(shown, taken)

    def _show(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        before = request.query_params.get("before") or None
        try:
            page = self.frame.door.alerts.page(session.account, self.frame.words(request), before=before)
        except NotFound:
            return see(PATH)
        older = None if page.next is None else f"{PATH}?before={page.next}"
        return self._room(request, "alerts.html", "alerts", alerts=page.alerts, older=older)

    def _read_all(self, _: Request, session: Session, __: Mapping[str, str]) -> Response:
        self.frame.door.alerts.acknowledge_all(session)
        return see(PATH)

    def _read(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        self.frame.door.alerts.acknowledge(session, request.path_params["alert"])
        return see(PATH)
