"""Passkeys over JSON: begin, activate, rename, remove; passkey-only; what a browser tells its password manager."""

from typing import Any

from fastapi import APIRouter, Request, Response

from watchword.foundation.proof import Rejection
from watchword.foundation.terms import AccountId, AuthenticatorId
from watchword.web.api import passkey_shapes as shapes
from watchword.web.api import problems
from watchword.web.api.bodies import PlainJson
from watchword.web.api.callers import Callers
from watchword.web.api.problems import problem
from watchword.web.api.shapes import Choice
from watchword.web.door import Door


def router(door: Door, callers: Callers) -> APIRouter:
    routes = APIRouter(tags=["passkeys"], route_class=PlainJson, responses=problems.DOCUMENTED)
    _add_binding(routes, door, callers)
    _add_changes(routes, door, callers)
    _add_only(routes, door, callers)
    return routes


def _add_binding(routes: APIRouter, door: Door, callers: Callers) -> None:
    @routes.post("/authenticators/passkeys", status_code=201, response_model=shapes.PasskeyOptionsShape)
    def begin(request: Request) -> Any:
        """What a browser makes a passkey of; it is bound by what the browser gives, within 15 minutes."""
        return vars(door.passkeys.begin(callers.require_full(request), callers.approval(request)))

    @routes.post("/authenticators/passkeys/{passkey_id}/activate", response_model=shapes.PasskeyBoundShape)
    def activate(request: Request, passkey_id: str, made: shapes.NewPasskey) -> Any:
        """Binds it, once: after a wrong answer it is begun anew."""
        session = callers.require_full(request)
        done = door.passkeys.activate(session, AuthenticatorId(passkey_id), made.credential, made.name)
        if isinstance(done, Rejection):
            return problem("rejected")
        return {"id": done.id, "codes": [code.reveal() for code in done.codes]}


def _add_changes(routes: APIRouter, door: Door, callers: Callers) -> None:
    @routes.patch("/authenticators/passkeys/{passkey_id}", status_code=204)
    def rename(request: Request, passkey_id: str, new: shapes.PasskeyName) -> Response:
        door.passkeys.rename(callers.require_full(request), AuthenticatorId(passkey_id), new.name)
        return Response(status_code=204)

    @routes.delete("/authenticators/passkeys/{passkey_id}", response_model=None, status_code=204)
    def remove(request: Request, passkey_id: str) -> Any:
        """204: it is gone. 202: it was confirmed by the app, so it goes at `removal_due_at`, unless a passkey is used
        before. In a frozen account too, if it was junior when that froze."""
        session = callers.require_putting_out(request)
        due_at = door.passkeys.remove(session, AuthenticatorId(passkey_id), callers.approval(request))
        if due_at is None:
            return Response(status_code=204)
        begun = shapes.PasskeyRemovalShape(removal_due_at=due_at)
        return Response(begun.model_dump_json(), 202, media_type="application/json")

    @routes.get("/authenticators/passkeys/signals", response_model=shapes.SignalsShape)
    def signals(request: Request) -> Any:
        """All that are bound, and the account as it is called now."""
        return vars(door.passkeys.signals(callers.require(request).account))


def _add_only(routes: APIRouter, door: Door, callers: Callers) -> None:
    @routes.get("/passkey-only", response_model=shapes.PasskeyOnlyShape)
    def look(request: Request) -> Any:
        return _only(door, callers.require(request).account)

    @routes.put("/passkey-only", response_model=shapes.PasskeyOnlyShape)
    def switch(request: Request, choice: Choice) -> Any:
        """On: it begins 72 hours after the notice, and can be called off until then."""
        session = callers.require_full(request)
        door.passkey_only.switch(session, callers.approval(request), enabled=choice.enabled)
        return _only(door, session.account)


def _only(door: Door, account: AccountId) -> dict[str, Any]:
    found = door.passkey_only.view(account)
    lock = found.lock
    state = "off" if lock is None else "on" if lock.is_in_effect(door.clock()) else "begins"
    return {"state": state, "effective_at": None if lock is None else lock.effective_at, "missing": found.missing}
