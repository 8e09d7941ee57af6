"""Freezing and thawing, devices, alerts. Freezing takes any session and nothing else: a frightened person must be able
to.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from watchword.foundation.languages import words_in
from watchword.foundation.terms import AccountId, DeviceId
from watchword.safeguards.alerts.alerts import Alert
from watchword.safeguards.devices import DeviceView
from watchword.web.api import problems
from watchword.web.api import safety_shapes as shapes
from watchword.web.api.bodies import PlainJson
from watchword.web.api.callers import Callers, ServiceCallers
from watchword.web.clients import app_client
from watchword.web.door import Door

After = Annotated[str | None, Query(min_length=1, max_length=64)]


def router(door: Door, callers: Callers) -> APIRouter:
    routes = APIRouter(route_class=PlainJson, responses=problems.DOCUMENTED)
    _add_freezing(routes, door, callers)
    _add_devices(routes, door, callers)
    _add_alerts(routes, door, callers)
    _add_services(routes, door, ServiceCallers(door.platform.services))
    return routes


def _add_freezing(routes: APIRouter, door: Door, callers: Callers) -> None:
    @routes.get("/freeze", tags=["account"], response_model=shapes.FreezeShape, response_model_exclude_none=True)
    def frozen(request: Request) -> Any:
        view = door.freezing.view(callers.require(request).account)
        if view is None:
            return {"frozen": False}
        return {"frozen": True, "since": view.since, "by": view.by, "thawed_by_holder": view.thawed_by_holder}

    @routes.post("/freeze", tags=["account"], status_code=204)
    def freeze(request: Request) -> Response:
        """At once: every session ends, this one too, and nothing can leave the account or be changed in it. Whoever
        signs in from then on can read, put others out, and thaw."""
        door.freezing.by_holder(callers.require(request))
        return Response(status_code=204)

    @routes.post("/thaw", tags=["account"], status_code=204)
    def thaw(request: Request) -> Response:
        """With an approval for `change thaw`. The session stays one that can only read: sign in again."""
        door.freezing.thaw(callers.require(request), callers.approval(request))
        return Response(status_code=204)


def _add_devices(routes: APIRouter, door: Door, callers: Callers) -> None:
    @routes.get("/devices", tags=["account"], response_model=shapes.Devices)
    def devices(request: Request) -> Any:
        """This one first, then the junior ones, then the one seen last."""
        return {"items": [_device(view) for view in door.devices.list(callers.require(request))]}

    @routes.delete("/devices/{device_id}", tags=["account"], status_code=204)
    def remove(request: Request, device_id: str) -> Response:
        """Its sessions end and it is no longer known. One older than this takes an approval for `remove_device`."""
        session = callers.require_putting_out(request)
        door.devices.remove(session, DeviceId(device_id), callers.approval(request))
        return Response(status_code=204)


def _add_alerts(routes: APIRouter, door: Door, callers: Callers) -> None:
    @routes.get("/alerts", tags=["account"], response_model=shapes.Alerts)
    def alerts(request: Request, before: After = None) -> Any:
        """The newest first; `next` is the `before` of the next page."""
        session = callers.require(request)
        words = words_in(app_client(request).language)
        page = door.alerts.page(session.account, words, before=before)
        return {"items": [_alert(each) for each in page.alerts], "next": page.next}

    @routes.post("/alerts/acknowledge", tags=["account"], response_model=shapes.Acknowledged)
    def acknowledge_all(request: Request) -> Any:
        return {"count": door.alerts.acknowledge_all(callers.require(request))}

    @routes.post("/alerts/{alert_id}/acknowledge", tags=["account"], status_code=204)
    def acknowledge(request: Request, alert_id: str) -> Response:
        door.alerts.acknowledge(callers.require(request), alert_id)
        return Response(status_code=204)


def _add_services(routes: APIRouter, door: Door, callers: ServiceCallers) -> None:
    @routes.post("/accounts/{account}/freeze", tags=["services"], response_model=shapes.Ended)
    def freeze(request: Request, account: str) -> Any:
        """By the platform; only the service that froze it thaws it."""
        service = callers.require(request)
        return {"sessions_ended": door.freezing.by_platform(AccountId(account), service.id)}

    @routes.post("/accounts/{account}/thaw", tags=["services"], response_model=shapes.Thawed)
    def thaw(request: Request, account: str) -> Any:
        """Ends the service's own freeze; 409 where there is none."""
        service = callers.require(request)
        return {"open": door.freezing.thaw_by_platform(AccountId(account), service.id)}


def _device(view: DeviceView) -> dict[str, Any]:
    device = view.device
    return {
        "id": device.id,
        "kind": device.kind,
        "name": device.name,
        "country": device.country,
        "network": device.network,
        "known_since": device.bound_at,
        "last_seen_at": device.last_seen_at,
        "this_one": view.this_one,
        "standing": "senior" if view.senior else "junior",
        "needs_confirmation": view.older,
        "sessions": [
            {
                "id": session.id,
                "authenticated_at": session.authenticated_at,
                "last_seen_at": session.last_seen_at,
                "expires_at": session.expires_at,
            }
            for session in view.sessions
        ],
    }


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "kind": alert.kind,
        "title": alert.told.title,
        "at": alert.at,
        "device": alert.device,
        "country": alert.country,
        "acknowledged_at": alert.acknowledged_at,
    }
