"""Errors as problem documents (RFC 9457). They never echo what was sent."""

import math
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from watchword.accounts.stamps.rules import FIELD as STAMP_FIELD
from watchword.authenticators.trading_rules import FIELD as TRADING_FIELD
from watchword.foundation.clock import Clock
from watchword.foundation.errors import (
    Busy,
    ConfirmationRequired,
    Conflict,
    Gone,
    NotAsked,
    NotFound,
    NotPossible,
    Tampered,
    Throttled,
    Unacceptable,
    WatchwordError,
)
from watchword.web.edge.metrics import Alarm

_BUSY_SECONDS = 2
_STATUSES = (401, 403, 404, 405, 409, 410, 413, 422, 429, 503)
DOCUMENTED: dict[int | str, dict[str, Any]] = {
    status: {
        "description": "A problem",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemShape"}}},
    }
    for status in _STATUSES
}
"""For every route. With a model in place of the schema each would make a validator for each status."""

_TITLES: dict[str, tuple[int, str]] = {
    "unreadable": (422, "The request does not have the form this address takes."),
    "rejected": (422, "That answer was not accepted."),
    "unacceptable": (422, "That can't be used."),
    "not_asked": (409, "The passage does not take this answer now."),
    "conflict": (409, "Something else changed it first. Try again."),
    "throttled": (429, "Too many tries. Wait, then try again."),
    "busy": (503, "The service is at its bound. Try again in a moment."),
    "not_found": (404, "There is nothing here."),
    "gone": (410, "This is over. Begin again."),
    "unauthenticated": (401, "Sign in first."),
    "read_only": (403, "This session can only read."),
    "confirmation_required": (403, "This action has to be confirmed first."),
    "not_possible": (403, "This can't be confirmed now."),
    "not_confirmed": (403, "No approval fits this: begin a confirmation."),
    "held": (403, "This exit waits."),
    "exit_refused": (403, "This exit can't go."),
    "stop": (409, "The account was frozen or closed since: do not send it."),
    "method_not_allowed": (405, "This address does not take that method."),
    "failed": (500, "Something went wrong on our side."),
}


class Unauthenticated(WatchwordError):
    pass


class ReadOnly(WatchwordError):
    pass


def problem(code: str, *, headers: dict[str, str] | None = None, **more: Any) -> JSONResponse:
    status, title = _TITLES[code]
    body = {"type": "about:blank", "title": title, "status": status, "code": code, **more}
    return JSONResponse(body, status, headers, media_type="application/problem+json")


_CODES: dict[type[WatchwordError], str] = {
    NotAsked: "not_asked",
    Conflict: "conflict",
    NotFound: "not_found",
    Gone: "gone",
    ReadOnly: "read_only",
}


def install(api: FastAPI, clock: Clock) -> None:
    def throttled(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Throttled)
        wait = max(1, math.ceil((error.retry_at - clock()).total_seconds()))
        return problem("throttled", headers={"Retry-After": str(wait)}, retry_after=wait)

    handlers: dict[Any, Callable[[Request, Exception], JSONResponse]] = {
        Throttled: throttled,
        Busy: lambda _, __: problem("busy", headers={"Retry-After": str(_BUSY_SECONDS)}),
        Unacceptable: _unacceptable,
        ConfirmationRequired: _confirmation_required,
        NotPossible: _not_possible,
        Unauthenticated: lambda _, __: problem("unauthenticated", headers={"WWW-Authenticate": "Bearer"}),
        RequestValidationError: lambda _, __: problem("unreadable"),
        HTTPException: _of_starlette,
        Exception: _failed,
    }
    for kind, code in _CODES.items():
        handlers[kind] = lambda _, __, code=code: problem(code)  # type: ignore[misc]
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def _failed(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, Tampered):
        request.state.alarm = Alarm.ROW_REFUSED
    return problem("failed")


def _unacceptable(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Unacceptable)
    if error.field in ("new_passphrase", TRADING_FIELD, STAMP_FIELD):
        return problem("rejected", reason=error.reason)
    return problem("unacceptable")


def _confirmation_required(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ConfirmationRequired)
    return problem("confirmation_required", action=error.action)


def _not_possible(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, NotPossible)
    opens: dict[str, Any] = {} if error.until is None else {"opens_at": error.until.isoformat().replace("+00:00", "Z")}
    return problem("not_possible", reason=error.reason, **opens)


def _of_starlette(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "unreadable")
    return problem(code, headers=dict(error.headers or {}))
