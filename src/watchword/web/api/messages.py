"""Over JSON: the anti-phishing code, the messages sent to the holder, and whether one that came is ours."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from watchword.foundation.secret import Secret
from watchword.foundation.terms import MessageId
from watchword.safeguards.sent import SentMessage
from watchword.web.api import problems, shapes
from watchword.web.api.bodies import PlainJson
from watchword.web.api.callers import Callers
from watchword.web.door import Door

Before = Annotated[str | None, Query(min_length=1, max_length=64, pattern="^[0-9a-z]+$")]


def router(door: Door, callers: Callers) -> APIRouter:
    routes = APIRouter(tags=["messages"], route_class=PlainJson, responses=problems.DOCUMENTED)

    @routes.get("/anti-phishing-code", response_model=shapes.StampShape)
    def stamp(request: Request) -> Any:
        """Since when there is one. The code itself stands in our mail and nowhere else."""
        return {"set_at": door.stamp.set_at(callers.require(request).account)}

    @routes.put("/anti-phishing-code", status_code=204)
    def put_stamp(request: Request, new: shapes.Stamp) -> Response:
        """`null` removes it."""
        session, approval = callers.require_full(request), callers.approval(request)
        if new.code is None:
            door.stamp.remove(session, approval)
        else:
            door.stamp.put(session, approval, Secret(new.code))
        return Response(status_code=204)

    @routes.delete("/anti-phishing-code", status_code=204)
    def remove_stamp(request: Request) -> Response:
        door.stamp.remove(callers.require_full(request), callers.approval(request))
        return Response(status_code=204)

    @routes.get("/messages", response_model=shapes.Messages)
    def messages(request: Request, before: Before = None) -> Any:
        """The newest first; `next` is the `before` of the next page."""
        account = callers.require(request).account
        page = door.sent.list(account, before=None if before is None else MessageId(before))
        return {"items": [_summary(each) for each in page.items], "next": page.next}

    @routes.get("/messages/{message_id}", response_model=shapes.MessageShape)
    def message(request: Request, message_id: str) -> Any:
        """As it was written, with code, anti-phishing code and link blanked."""
        found = door.sent.get(callers.require(request).account, MessageId(message_id))
        return {**_summary(found), "text": found.text}

    @routes.post("/messages/lookup", response_model=shapes.LookupShape)
    def look_up(request: Request, asked: shapes.Reference) -> Any:
        """Whether a message with that reference was sent to this account."""
        found = door.sent.look_up(callers.require(request), asked.reference)
        return {"sent": found is not None, "message": None if found is None else _summary(found)}

    return routes


def _summary(message: SentMessage) -> dict[str, Any]:
    return {
        "id": message.id,
        "kind": message.kind,
        "channel": message.channel,
        "to": message.to,
        "reference": message.reference,
        "subject": message.subject,
        "sent_at": message.sent_at,
    }
