"""The room "Messages": the anti-phishing code, what we sent, and whether a message that came is ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.foundation.errors import ConfirmationRequired, Unacceptable
from watchword.foundation.secret import Secret
from watchword.foundation.terms import MessageId
from watchword.safeguards.sent import SentMessage
from watchword.safeguards.stamp import ACTION
from watchword.sessions.sessions import Session
from watchword.web.pages.inside import Inside, RoomPages
from watchword.web.pages.notices import Done
from watchword.web.sentences import reference_refusal, stamp_refusal

PATH = "/account/messages"
CODE_PATH = f"{PATH}/code"
FIELD = "anti-phishing-code"
_LONGEST_TYPED = 256


@dataclass(frozen=True, kw_only=True)
class MessagePages(RoomPages):
    def routes(self) -> list[Route]:
        shown: list[tuple[str, Inside]] = [
            (PATH, self._list),
            (CODE_PATH, self._code),
            (f"{PATH}/lookup", self._list),
            (f"{PATH}/{{message_id}}", self._message),
        ]
        taken: list[tuple[str, Inside]] = [
            (CODE_PATH, self._take_code),
            (f"{PATH}/lookup", self._look_up),
        ]
        return self._routes(shown, taken)

    def _list(self, request: Request, session: Session, _: Mapping[str, str], **more: Any) -> Response:
        before = request.query_params.get("before", "")[:64]
        page = self.frame.door.sent.list(session.account, before=MessageId(before) if before else None)
        context = {"asked": False, "found": None, "errors": {}, "values": {}, "rejected": False, **more}
        return self._room(
            request,
            "messages.html",
            "messages",
            status=422 if context["errors"] else 200,
            stamp_since=self.frame.door.stamp.set_at(session.account),
            may_change=session.scope == "full",
            messages=page.items,
            older=None if page.next is None else f"{PATH}?before={page.next}",
            **context,
        )

    def _message(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        message = self.frame.door.sent.get(session.account, MessageId(request.path_params["message_id"]))
        return self._room(request, "message.html", "messages", message=message)

    def _look_up(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        try:
            found: SentMessage | None = self.frame.door.sent.look_up(
                session, form.get("reference", "")[:_LONGEST_TYPED]
            )
        except Unacceptable:
            errors = {"reference": reference_refusal(self.frame.words(request))}
            return self._list(request, session, form, errors=errors, here=PATH)
        return self._list(request, session, form, asked=True, found=found, here=PATH)

    def _code(self, request: Request, session: Session, _: Mapping[str, str], *, error: str | None = None) -> Response:
        """What was typed is never shown again: the code stands in our mail and nowhere else."""
        stamp = self.frame.door.stamp
        return self._room(
            request,
            "stamp.html",
            "messages",
            status=422 if error else 200,
            since=stamp.set_at(session.account),
            **self._time_left(stamp.confirmed_until(session, self._approval(request))),
            may_change=session.scope == "full",
            rejected=False,
            errors={} if error is None else {FIELD: error},
            values={},
        )

    def _take_code(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        stamp, approval = self.frame.door.stamp, self._approval(request)
        if "do" not in form:
            return self._begin_confirm(request, session, ACTION)
        try:
            if form["do"] == "remove":
                stamp.remove(session, approval)
            else:
                stamp.put(session, approval, Secret(form.get(FIELD, "")[:_LONGEST_TYPED]))
        except ConfirmationRequired:  # it ran out meanwhile
            return self._confirm_again(request, session, ACTION)
        except Unacceptable as unacceptable:
            return self._code(
                request, session, form, error=stamp_refusal(self.frame.words(request), unacceptable.reason)
            )
        done = Done.STAMP_REMOVED if form["do"] == "remove" else Done.STAMP_SET
        response = self.frame.see_done(PATH, done)
        self.frame.cookies.drop_approval(response)
        return response
