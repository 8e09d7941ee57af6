"""Over JSON: the addresses of the account, closing it, and copies of one's data."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request, Response

from watchword.foundation.terms import IdentifierKind
from watchword.web.api import own_shapes as shapes
from watchword.web.api import problems
from watchword.web.api.bodies import PlainJson
from watchword.web.api.callers import Callers
from watchword.web.copies import copy_file
from watchword.web.door import Door

Kind = Annotated[Literal["email", "phone"], Path()]

_FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file. `csv` is for the activity alone.",
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "text/csv": {"schema": {"type": "string"}},
        },
    }
}


def router(door: Door, callers: Callers) -> APIRouter:
    routes = APIRouter(tags=["account"], route_class=PlainJson, responses=problems.DOCUMENTED)

    @routes.get("/identifiers", response_model=shapes.Identifiers)
    def identifiers(request: Request) -> Any:
        """Those that are bound, and security contacts: replaced, told of everything, and able to undo it."""
        found = door.addresses.list(callers.require(request).account)
        return {
            "items": [
                {
                    "kind": each.kind,
                    "identifier": each.value,
                    "bound_at": each.bound_at,
                    "contact_until": each.contact_until,
                }
                for each in found
            ]
        }

    @routes.put("/identifiers/{kind}", status_code=204)
    def replace(request: Request, kind: Kind, new: shapes.NewIdentifier) -> Response:
        """In place of the present one of its kind, or beside the other kind. Its confirmation asks for two codes by
        message: one from the old address, then one from the new."""
        session, approval = callers.require_full(request), callers.approval(request)
        door.addresses(session, approval, IdentifierKind(kind), new.identifier)
        return Response(status_code=204)

    @routes.delete("/account", status_code=204)
    def close(request: Request) -> Response:
        """Ends every session, this one too. The holder can still sign in to read."""
        door.closing(callers.require_full(request), callers.approval(request))
        return Response(status_code=204, headers={"Clear-Site-Data": '"cache"'})

    @routes.post("/export", response_class=Response, responses=_FILES)
    def export(request: Request, asked: shapes.Export) -> Response:
        """A copy of one's data, or of the activity."""
        session, approval = callers.require_full(request), callers.approval(request)
        return copy_file(door, session, approval, asked.of, asked.format)

    return routes
