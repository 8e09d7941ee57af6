"""API keys for their holder, and signed requests for the platform's gateway.

A verified request is a 200; everything else has another status. What a client did wrong is a 401 with a body of its
own, ``{"code", "msg"}``, for the platform to pass on: client libraries of that scheme know the codes.
"""

import base64
import binascii
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from watchword.exits.decide import Held, Refused
from watchword.foundation.client import read_address
from watchword.foundation.errors import Unacceptable
from watchword.foundation.languages import words_in
from watchword.foundation.secret import Secret
from watchword.gate.actions import read_action
from watchword.handover.api_keys.changes import Wish
from watchword.handover.api_keys.verifying import Asked, Verified
from watchword.handover.api_keys.view import ApiKeyView
from watchword.handover.request_signing import Refusal, SignedRequest
from watchword.web.api import key_shapes as shapes
from watchword.web.api import problems
from watchword.web.api.bodies import PlainJson
from watchword.web.api.callers import Callers, ServiceCallers
from watchword.web.api.exits import refusal
from watchword.web.clients import app_client
from watchword.web.door import Door
from watchword.web.key_words import hint


def router(door: Door, callers: Callers) -> APIRouter:
    routes = APIRouter(route_class=PlainJson, responses=problems.DOCUMENTED)
    _add_holders(routes, door, callers)
    _add_changes(routes, door, callers)
    _add_verifying(routes, door, ServiceCallers(door.platform.services))
    return routes


def _add_holders(routes: APIRouter, door: Door, callers: Callers) -> None:
    keys = door.platform.api_keys

    @routes.get("/api-keys", tags=["api keys"], response_model=shapes.Keys)
    def listed(request: Request) -> Any:
        """The oldest first; deleted ones are gone."""
        return {"items": [asdict(each) for each in keys.list(callers.require(request).account)]}

    @routes.post("/api-keys", tags=["api keys"], status_code=201, response_model=shapes.MadeKeyShape)
    def make(request: Request, new: shapes.NewKey) -> Any:
        """With an approval for `create_api_key`. Secret and passphrase are in this reply and nowhere else. A key that
        may do more than read is an exit: holds stand before it. One that may withdraw works from the fourth day on."""
        session = callers.require_full(request)
        fields = new.model_dump(exclude={"passphrase"})
        action = read_action({"kind": "create_api_key", **fields})
        passphrase = None if new.passphrase is None else Secret(new.passphrase)
        made = keys.make(session, callers.approval(request), action, passphrase)
        if isinstance(made, Held | Refused):
            return refusal(made)
        return {**asdict(made.view), "secret": made.secret.reveal(), "passphrase": made.passphrase.reveal()}


def _add_changes(routes: APIRouter, door: Door, callers: Callers) -> None:
    keys = door.platform.api_keys

    @routes.patch("/api-keys/{key_id}", tags=["api keys"], response_model=shapes.KeyShape)
    def change(request: Request, key_id: str, wish: shapes.KeyChange) -> Any:
        """A name, fewer rights or an earlier end are free. What makes it wider takes an approval for `widen_api_key`,
        and one that may withdraw then waits like a new one."""
        session, wanted = callers.require_full(request), Wish(**wish.model_dump())
        done = door.platform.api_key_changes.change(session, callers.approval(request), key_id, wanted)
        return refusal(done) if isinstance(done, Held | Refused) else _key(done)

    @routes.post("/api-keys/{key_id}/unpause", tags=["api keys"], response_model=shapes.KeyShape)
    def unpause(request: Request, key_id: str) -> Any:
        """With an approval for `unpause_api_key`: a paused key works again, and one that lost trading trades."""
        session = callers.require_full(request)
        return _key(door.platform.api_key_changes.resume(session, callers.approval(request), key_id))

    @routes.get("/api-keys/{key_id}/failures", tags=["api keys"], response_model=shapes.Failures)
    def failures(request: Request, key_id: str) -> Any:
        """The signature doctor: the last requests with this key that were refused, the newest first, and why."""
        account, words = callers.require(request).account, words_in(app_client(request).language)
        found = door.platform.api_key_failures.list(account, key_id)
        return {"items": [{**asdict(each), "hint": hint(words, each)} for each in found]}

    @routes.post("/api-keys/{key_id}/pause", tags=["api keys"], response_model=shapes.KeyShape)
    def pause(request: Request, key_id: str) -> Any:
        """At once, and without a confirmation; using it again takes one."""
        return _key(keys.pause(callers.require_putting_out(request), key_id))

    @routes.delete("/api-keys/{key_id}", tags=["api keys"], status_code=204)
    def delete(request: Request, key_id: str) -> Response:
        """At once, and for good."""
        keys.delete(callers.require_putting_out(request), key_id)
        return Response(status_code=204)


def _add_verifying(routes: APIRouter, door: Door, callers: ServiceCallers) -> None:
    @routes.post(
        "/api-requests/verify",
        tags=["services"],
        response_model=shapes.VerifiedShape,
        responses={
            401: {
                "model": shapes.RefusedShape,
                "description": "Refused: pass it on. As a problem: the credential is not good",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemShape"}}},
            }
        },
    )
    def verify(request: Request, given: shapes.Verifying) -> Any:
        """Whether a signed request is good, and whose it is. Ask once for each request: one that may change something
        is accepted once."""
        callers.require(request)
        asked, platform = asked_of(given), door.platform
        answer = platform.api_requests.verify(asked)
        if isinstance(answer, Refusal):
            platform.api_key_failures.note(asked, answer, door.clock())
        return answer_of(answer)


def asked_of(given: shapes.Verifying) -> Asked:
    """Raises Unacceptable for what no gateway received."""
    try:
        body = base64.b64decode(given.body_base64, validate=True)
        address = read_address(given.client_address)
    except (ValueError, binascii.Error):
        raise Unacceptable("unreadable") from None
    headers = shapes.plain_headers(given.headers)
    request = SignedRequest(method=given.method, target=given.target, headers=headers, body=body)
    return Asked(request=request, address=address, permission=given.permission)


def answer_of(answer: Verified | Refusal) -> Any:
    if isinstance(answer, Refusal):
        return JSONResponse({"code": str(answer.code), "msg": answer.msg}, 401)
    key = answer.key
    return {"account": key.account, "key": key.id, "name": key.name, "permissions": answer.permissions}


def _key(key: ApiKeyView) -> dict[str, Any]:
    return asdict(key)
