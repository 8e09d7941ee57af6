"""What the platform's services keep up with: events of the record, and the sessions that ended. Long polls.

Waiting costs no worker thread. The credential is asked for at each request, and again when the wait is over, so that a
revoked one hears nothing more.
"""

from dataclasses import asdict, replace
from time import monotonic
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from watchword.handover import events
from watchword.handover.cursors import LONGEST
from watchword.handover.ended_sessions import EndedPage
from watchword.handover.events import EventPage
from watchword.web.api import feed_shapes as shapes
from watchword.web.api import problems
from watchword.web.api.bodies import PlainJson
from watchword.web.api.callers import Callers, ServiceCallers
from watchword.web.door import Door
from watchword.web.watching import EVERY, Watch

NEWEST = "newest"
MOST_WAIT = 20

After = Annotated[
    str | None,
    Query(min_length=1, max_length=LONGEST, description="The cursor that you kept; none: from the beginning"),
]
Wait = Annotated[float, Query(ge=0, le=MOST_WAIT, description="How many seconds to wait for something new")]


def router(door: Door, sessions: Callers) -> APIRouter:
    routes = APIRouter(route_class=PlainJson, responses=problems.DOCUMENTED)
    callers = ServiceCallers(door.platform.services)
    watch = Watch(ended=door.platform.ended_sessions)
    _add_events(routes, door, callers, watch)
    _add_revocations(routes, door, callers, watch)
    _add_tokens(routes, door, sessions)
    return routes


def _add_events(routes: APIRouter, door: Door, callers: ServiceCallers, watch: Watch) -> None:
    feed = door.platform.events

    async def page(after: str | None, limit: int, wait: float) -> EventPage:
        until = monotonic() + wait
        found = await run_in_threadpool(feed.read, after, limit)
        while not found.items and monotonic() < until:
            if (await watch.look()).look.head.seq > found.next.seq:
                found = await run_in_threadpool(feed.read, str(found.next), limit)
        return found

    @routes.get("/events", tags=["services"], response_model=shapes.PlatformEvents)
    async def platform_events(
        request: Request,
        after: After = None,
        limit: Annotated[int, Query(ge=1, le=events.MOST)] = 100,
        wait: Wait = 0,
    ) -> Any:
        """What happened to accounts, the oldest first. Keep `next` once you have done your part with what came, and
        ask again with it: after a crash an event may come twice, and none is left out. `after=newest` gives nothing
        but a cursor to begin with. A cursor that stands nowhere in the record is answered 410."""
        await callers.admit(request)
        if after == NEWEST:
            return {"items": [], "next": str(await run_in_threadpool(feed.newest))}
        began = monotonic()
        found = await page(after, limit, wait)
        request.state.waited = monotonic() - began
        await callers.admit(request)  # it may have been revoked meanwhile
        items = [{**asdict(each), "cursor": str(each.cursor)} for each in found.items]
        return {"items": items, "next": str(found.next)}


def _add_revocations(routes: APIRouter, door: Door, callers: ServiceCallers, watch: Watch) -> None:
    feed = door.platform.ended_sessions

    async def page(after: str | None, until: float) -> tuple[EndedPage, float]:
        """With the moment up to which it is all that there is."""
        began = monotonic()
        found = watch.nothing_since(after) if until - began >= EVERY.total_seconds() else None
        if found is None:
            found = await run_in_threadpool(feed.read, after)
        while not (found.items or found.reset) and monotonic() < until:
            seen = await watch.look()
            if seen.look.ended > found.next.seq:
                began = monotonic()
                found = await run_in_threadpool(feed.read, str(found.next))
            else:
                began, found = seen.began, replace(found, next=seen.look.head)
        return found, began

    @routes.get("/revocations", tags=["services"], response_model=shapes.Revocations)
    async def revocations(request: Request, after: After = None, wait: Wait = 0) -> Any:
        """Sessions that ended before their time, whatever ended them: those of the last minutes without `after`, else
        those since then. It answers at once when one ends, and when `wait` is over with none: so that you know that we
        live. Whoever does not hear of us for two seconds can't tell which sessions are live."""
        arrived = monotonic()
        await callers.admit(request)
        found, began = await page(after, arrived + wait)
        request.state.waited = monotonic() - arrived
        await callers.admit(request)
        return {
            "items": [asdict(each) for each in found.items],
            "next": str(found.next),
            "more": found.more,
            "reset": found.reset,
            "complete_ms": int((began - arrived) * 1000),
            "covers": int(feed.covers.total_seconds()),
        }


def _add_tokens(routes: APIRouter, door: Door, callers: Callers) -> None:
    @routes.post("/session/token", tags=["account"], response_model=shapes.SessionTokenShape)
    def session_token(request: Request, wanted: shapes.SessionTokenWanted) -> Any:
        """A token of five minutes that says to one platform whose session this is. Fetch the next one before it is
        over; it ends with the session."""
        made = door.platform.session_tokens.issue(callers.require(request), wanted.audience)
        return {"token": made.token.reveal(), "expires_at": made.expires_at}
