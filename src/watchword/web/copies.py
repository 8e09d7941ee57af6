"""A copy of the holder's data as a file to keep: JSON, or for the activity a table for spreadsheets too."""

from collections.abc import Sequence
from typing import Any, Literal

from starlette.responses import JSONResponse, Response

from watchword.foundation.errors import Unacceptable
from watchword.foundation.secret import Secret
from watchword.safeguards.exports import ActivityLine
from watchword.sessions.sessions import Session
from watchword.web.door import Door
from watchword.web.spreadsheet import table

Of = Literal["activity", "account"]
Format = Literal["json", "csv"]

_HEADER = ("time", "event", "device", "country", "network", "details")


def copy_file(door: Door, session: Session, approval: Secret | None, of: Of, form: Format) -> Response:
    """The approval serves this one file. Raises ConfirmationRequired, Unacceptable for a table of all the data."""
    if of == "account":
        if form != "json":
            raise Unacceptable("unknown_format", "format")
        return _json(door.exports.account(session, approval), "account")
    lines = door.exports.activity(session, approval)
    if form == "csv":
        return _attached(Response(_table(lines), media_type="text/csv; charset=utf-8"), "activity.csv")
    return _json({"items": [line.plain for line in lines]}, "activity")


def _json(content: Any, name: str) -> Response:
    from fastapi.encoders import jsonable_encoder  # noqa: PLC0415 - a start loads no FastAPI, see WhenAsked

    return _attached(JSONResponse(jsonable_encoder(content)), f"{name}.json")


def _attached(response: Response, name: str) -> Response:
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _table(lines: Sequence[ActivityLine]) -> str:
    rows = (
        (line.at.isoformat(), line.kind, line.device, line.country, line.network, _details(line.facts))
        for line in lines
    )
    return table(_HEADER, rows)


def _details(facts: dict[str, Any]) -> str:
    return "; ".join(f"{name}: {value}" for name, value in sorted(facts.items()))
