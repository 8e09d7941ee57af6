"""The check-up: how well the account stands, and the one step that would help most."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.safeguards.check_up import check_up, weakest
from watchword.sessions.sessions import Session
from watchword.web.pages.inside import RoomPages


@dataclass(frozen=True, kw_only=True)
class CheckUpPages(RoomPages):
    def routes(self) -> list[Route]:
        return self._routes([("/account/check-up", self._show)], [])

    def _show(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        facts = self.frame.door.check_ups.facts(session.account, device=session.device)
        findings = check_up(facts)
        return self._room(
            request,
            "check_up.html",
            "overview",
            findings=findings,
            first=weakest(findings),
            second_step=facts.second_step,
            codes_left=facts.codes_left,
        )
