"""What the pages of the safe room share: who is signed in, how a change begins, how a page is shown."""

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.accounts.identifiers import Identifier
from watchword.foundation.secret import Secret
from watchword.foundation.terms import IdentifierKind, Purpose
from watchword.gate.actions import Action
from watchword.gate.opening import Holder
from watchword.sessions.sessions import Session
from watchword.web.clients import read_token
from watchword.web.pages.frame import Frame, form_of, see
from watchword.web.pages.notices import Done
from watchword.web.pages.steps import PATHS

Handler = Callable[[Request], Awaitable[Response]]
Inside = Callable[[Request, Session, Mapping[str, str]], Response]
"""A page for somebody signed in: the request, their session, the fields of the form (none with GET)."""

NOWHERE = ""
"""The ``here`` of a page that can't be come back to: what it shows once would be gone."""


@dataclass(frozen=True, kw_only=True)
class RoomPages:
    """Base of the pages of one or more rooms."""

    frame: Frame

    def _routes(self, shown: list[tuple[str, Inside]], taken: list[tuple[str, Inside]]) -> list[Route]:
        """``shown`` with GET, ``taken`` with POST; for those signed in."""
        return [
            *(Route(path, self._signed_in(page), methods=["GET"]) for path, page in shown),
            *(Route(path, self._signed_in(page), methods=["POST"]) for path, page in taken),
        ]

    def _signed_in(self, page: Inside) -> Handler:
        async def handler(request: Request) -> Response:
            form = await form_of(request) if request.method == "POST" else {}
            return await run_in_threadpool(self._enter, page, request, form)

        return handler

    def _enter(self, page: Inside, request: Request, form: Mapping[str, str]) -> Response:
        session = self.frame.session(request)
        if session is None:
            return self.frame.sign_in_first(request)
        return page(request, session, form)

    def _begin_confirm(self, request: Request, session: Session, action: Action) -> Response:
        """To the gate, which leads on to ``Confirmed`` when it is passed."""
        if not self._acts(session):
            return self._read_only(request, session)
        holder = Holder(account=session.account, session=session.id, without_passkey=session.without_passkey)
        begun = self.frame.door.gate.begin(Purpose.CONFIRM, self.frame.client(request), action=action, holder=holder)
        response = see(PATHS[Purpose.CONFIRM])
        lives = begun.view.expires_at - self.frame.door.clock()
        cookie = f"{begun.view.id}.{begun.token.reveal()}"
        self.frame.cookies.set_passage(response, Purpose.CONFIRM, cookie, lives)
        return response

    def _confirm_again(self, request: Request, session: Session, action: Action) -> Response:
        """Something was typed after its confirmation had run out: the next page says so."""
        response = self._begin_confirm(request, session, action)
        self.frame.cookies.set_notice(response, Done.TOO_LATE)
        return response

    def _time_left(self, until: datetime | None) -> dict[str, Any]:
        """For a form that takes something typed once it is confirmed: whether it is, and the seconds to save it."""
        left = 0 if until is None else math.ceil((until - self.frame.door.clock()).total_seconds())
        return {"confirmed": until is not None, "left": left}

    def _room(self, request: Request, template: str, room: str, *, status: int = 200, **context: Any) -> Response:
        told, session = self.frame.told(request), self.frame.session(request)
        facts = {} if session is None else self._of_account(session)
        response = self.frame.page(
            request, template, http_status=status, room=room, notice=told, **{**facts, **context}
        )
        if told is not None:
            self.frame.cookies.drop_notice(response)
        return response

    def _of_account(self, session: Session) -> dict[str, Any]:
        """What every page of the safe room tells of the account."""
        door = self.frame.door
        frozen = None if session.scope == "full" else door.freezing.view(session.account)
        return {"unread": door.alerts.unread(session.account), "frozen": frozen}

    def _acts(self, session: Session) -> bool:
        """Whether anything can be begun in this session. In a frozen account that is little, and the gate says what."""
        return session.scope == "full" or self.frame.door.freezing.view(session.account) is not None

    def _read_only(self, request: Request, session: Session) -> Response:
        return self.frame.error(request, 403, frozen=self.frame.door.freezing.view(session.account) is not None)

    def _approval(self, request: Request) -> Secret | None:
        return read_token(request.cookies.get(self.frame.cookies.names.approval))

    def _names(self, session: Session) -> dict[str, Any]:
        devices = self.frame.door.overviews.devices(session.account)
        applications = self.frame.door.platform.openid.consents.list(session.account, withdrawn_too=True)
        return {
            "device_names": {device.id: device.name for device in devices},
            "application_names": {each.client: each.name for each in applications},
            "current": session.device,
        }

    def show_codes(
        self,
        request: Request,
        session: Session,
        codes: tuple[Secret, ...],
        *,
        came_with: Literal["app", "passkey"] | None,
    ) -> Response:
        """The one time they can be read: in the answer to the POST that made them, and nowhere after. ``came_with``:
        the first second step, which brought them; None: they take the place of others."""
        return self._room(
            request,
            "recovery_codes.html",
            "recovery",
            codes=[code.reveal() for code in codes],
            came_with=came_with,
            masked=self._masked(session),
            made_at=self.frame.door.clock(),
            here=NOWHERE,
        )

    def _masked(self, session: Session) -> str:
        value = self.frame.door.overviews.identifier(session.account)
        kind = IdentifierKind.EMAIL if "@" in value else IdentifierKind.PHONE
        return Identifier(kind, value).masked
