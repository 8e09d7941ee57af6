"""Exits over JSON: holds and destinations for their holder; deciding and spending for the platform's services.

Only 200 lets an exit go: whatever else a service reads, a status it did not expect must never mean yes.
"""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response

from watchword.exits.decide import Allowed, Held, Refused, Running, still_works
from watchword.exits.destinations import Destination
from watchword.exits.locks import Lock
from watchword.exits.spending import CHANGED, Asked, NotConfirmed, Stop
from watchword.foundation.errors import Unacceptable
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId, SessionId
from watchword.gate.actions import EXITS, Action, read_action
from watchword.web.api import exit_shapes as shapes
from watchword.web.api import problems
from watchword.web.api.bodies import PlainJson
from watchword.web.api.callers import Callers, ServiceCallers
from watchword.web.api.problems import problem
from watchword.web.api.shapes import Choice
from watchword.web.door import ASKED, Door
from watchword.web.edge.metrics import Alarm


def router(door: Door, callers: Callers) -> APIRouter:
    routes = APIRouter(route_class=PlainJson, responses=problems.DOCUMENTED)
    _add_holders(routes, door, callers)
    _add_allow_list(routes, door, callers)
    _add_services(routes, door, ServiceCallers(door.platform.services))
    _add_requests(routes, door, ServiceCallers(door.platform.services))
    return routes


def _add_holders(routes: APIRouter, door: Door, callers: Callers) -> None:
    @routes.get("/holds", tags=["exits"], response_model=shapes.Holds)
    def holds(request: Request) -> Any:
        """What waits, and why; the one that ends last first."""
        return {"items": [_hold(each) for each in door.destinations.waiting(callers.require(request))]}

    @routes.get("/destinations", tags=["exits"], response_model=shapes.Destinations)
    def destinations(request: Request) -> Any:
        """Where value was or may be sent; the newest first."""
        found = door.destinations.read(callers.require(request))
        items = [asdict(each) for each in found.destinations]
        return {"items": items, "allow_list": _allow_list(found.allow_list)}

    @routes.post("/destinations", tags=["exits"], status_code=201, response_model=shapes.DestinationShape)
    def allow(request: Request, new: shapes.NewDestination) -> Any:
        """Puts it on the allow-list; the approval is one for `allow_destination`. A new entry waits like an exit."""
        session = callers.require_full(request)
        action = read_action({"kind": "allow_destination", **new.model_dump()})
        done = door.destinations.allow(session, callers.approval(request), action)
        return asdict(done) if isinstance(done, Destination) else refusal(done)

    @routes.delete("/destinations/{destination_id}", tags=["exits"], status_code=204)
    def forget(request: Request, destination_id: str) -> Response:
        """Off the list and forgotten: it is new if it comes again."""
        door.destinations.remove(callers.require_full(request), callers.approval(request), destination_id)
        return Response(status_code=204)


def _add_allow_list(routes: APIRouter, door: Door, callers: Callers) -> None:
    @routes.put("/allow-list", tags=["exits"], response_model=shapes.AllowListShape)
    def switch(request: Request, choice: Choice) -> Any:
        """On: it begins 72 hours from now, and can be switched off until then without a hold."""
        session = callers.require_full(request)
        return _allow_list(door.destinations.switch_list(session, callers.approval(request), enabled=choice.enabled))


def _add_services(routes: APIRouter, door: Door, callers: ServiceCallers) -> None:
    @routes.post("/exits/decide", tags=["services"], response_model=shapes.DecisionShape)
    def decide(request: Request, asked: shapes.Deciding) -> Any:
        """What would happen if the holder confirmed it now. A preview: it grants nothing and spends nothing."""
        callers.require(request)
        action, account = _exit(asked.action), AccountId(asked.account)
        if asked.key is None:
            return _decision(door.exits.preview_for_service(account, action, door.clock()))
        if not door.platform.api_requests.may_ask_for(asked.key, account, action["kind"], door.clock()):
            return {"allowed": False, "reason": "api_key"}
        return _decision(door.exits.preview_for_key(account, action, door.clock()))

    @routes.post("/approvals/consume", tags=["services"], response_model=shapes.SpentShape)
    def consume(request: Request, asked: shapes.Consuming) -> Any:
        """Spends the approval, if everything is as it was confirmed and nothing holds it. Ask again with the same key
        just before it is broadcast: `stop` means that the account was frozen since."""
        service = callers.require(request)
        answer = door.spending.consume(
            Asked(
                service=service.id,
                approval=Secret(asked.approval),
                account=AccountId(asked.account),
                session=SessionId(asked.session),
                action=_exit(asked.action),
                idempotency_key=asked.idempotency_key,
            )
        )
        if isinstance(answer, NotConfirmed):
            if answer.why in CHANGED:
                request.state.alarm = Alarm.APPROVAL_MISMATCH
            return problem("not_confirmed")
        if isinstance(answer, Stop):
            return problem("stop", reason=answer.reason)
        if isinstance(answer, Held | Refused):
            return refusal(answer)
        return {"allowed": True, **asdict(answer)}


def _add_requests(routes: APIRouter, door: Door, callers: ServiceCallers) -> None:
    @routes.post("/exits/request", tags=["services"], status_code=201, response_model=shapes.RequestShape)
    def request_exit(request: Request, asked: shapes.Requesting) -> Any:
        """Asks for one exit to be confirmed in the holder's browser, which must be the one of that session. Once it is
        confirmed there, `approval` is good to consume. `return_to` is where the page offers to lead back to: an address
        that the operator lists for this service."""
        made = door.platform.exit_requests.make(
            callers.require(request),
            AccountId(asked.account),
            SessionId(asked.session),
            _exit(asked.action),
            asked.return_to,
        )
        address = f"{door.public_url}{ASKED}?asked={made.sealed}"
        return {"approval": made.approval.reveal(), "address": address, "expires_at": made.expires_at}

    @routes.post("/exits/request/state", tags=["services"], response_model=shapes.RequestStateShape)
    def state(request: Request, asked: shapes.RequestState) -> Any:
        """Whether it was confirmed yet. Asking this leaves no trace; consuming too early is recorded as a refusal."""
        service = callers.require(request)
        return {"state": door.platform.exit_requests.state(service, Secret(asked.approval))}


def _exit(action: dict[str, Any]) -> Action:
    found = read_action(action)
    if found["kind"] not in EXITS:
        raise Unacceptable("unknown_action", "action")
    return found


def _decision(decision: Allowed | Held | Refused) -> dict[str, Any]:
    if isinstance(decision, Allowed):
        return {"allowed": True}
    if isinstance(decision, Refused):
        return {"allowed": False, "reason": decision.reason, "opens_at": decision.until}
    return {
        "allowed": False,
        "opens_at": decision.opens_at,
        "holds": [_hold(each) for each in decision.waits],
        "still_works": decision.still_works,
    }


def refusal(decision: Held | Refused) -> Response:
    """As a problem: an exit that may not go is never a 200 or 201."""
    facts = shapes.DecisionShape(**_decision(decision)).model_dump(mode="json", exclude_none=True, exclude={"allowed"})
    return problem("held" if isinstance(decision, Held) else "exit_refused", **facts)


def _hold(hold: Running) -> dict[str, Any]:
    return {**asdict(hold), "still_works": still_works((hold.reach,))}


def _allow_list(found: Lock | None) -> dict[str, Any]:
    return {"enabled": found is not None, "effective_at": None if found is None else found.effective_at}
