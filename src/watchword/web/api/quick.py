"""A short way to the addresses that are asked most: past FastAPI's layers, by the same models to the same endpoints.

What FastAPI finds out anew at each request is looked up once, for a plain request: one with the usual type of content,
and a body and headers that fit. Any other goes FastAPI's own way, and hears what it says.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from watchword.web.api.bodies import PlainJson, read_json
from watchword.web.edge.asgi import App, Message, Receive, Scope, Send

_Handlers = Mapping[type[Exception], Callable[[Request, Exception], Response]]


class QuickJson(PlainJson):
    """A route that may be reached by it. For endpoints that take the request, parts of the path, headers and one model,
    and give a response."""


class QuickWay:
    """In front of FastAPI."""

    def __init__(self, api: FastAPI) -> None:
        self._api: App = api
        self._handlers = cast(_Handlers, api.exception_handlers)
        self._routes = [route for route in api.routes if isinstance(route, QuickJson) and _is_taken(route)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route, parts = self._route(scope)
        if route is None:
            await self._api(scope, receive, send)
            return
        request = Request(scope, receive)
        body = await request.body()
        given = _read(route, request, body)
        if given is None:
            await self._api(scope, _again(body, receive), send)
            return
        try:
            response = await run_in_threadpool(route.endpoint, request=request, **parts, **given)
        except Exception as error:
            kind = next(kind for kind in type(error).__mro__ if kind in self._handlers)
            await self._handlers[kind](request, error)(scope, receive, send)
            if kind is Exception:
                raise  # for the log
        else:
            await response(scope, receive, send)

    def _route(self, scope: Scope) -> tuple[APIRoute | None, dict[str, str]]:
        if scope["type"] == "http" and scope["method"] == "POST":
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            for route in self._routes:
                found = route.path_regex.match(path)
                if found is not None:
                    return route, found.groupdict()
        return None, {}


def _is_taken(route: APIRoute) -> bool:
    """It asks for nothing that is not given here."""
    needs = route.dependant
    others = (*needs.dependencies, *needs.query_params, *needs.cookie_params)
    return route.methods == {"POST"} and len(needs.body_params) == 1 and not others


def _read(route: APIRoute, request: Request, sent: bytes) -> dict[str, Any] | None:
    """What the endpoint takes; None: let FastAPI see to it."""
    if request.headers.getlist("content-type") != ["application/json"]:
        return None
    [body], headers = route.dependant.body_params, route.dependant.header_params
    try:
        values = [(body, read_json(sent))]
    except (ValueError, RecursionError):
        return None
    values += [(each, request.headers[each.alias]) for each in headers if each.alias in request.headers]
    given: dict[str, Any] = {}
    for field, value in values:
        given[field.name], wrong = field.validate(value, {}, loc=())
        if wrong:
            return None
    return given


def _again(body: bytes, receive: Receive) -> Receive:
    """Gives the body once more, then whatever comes after it."""
    pending = [body]

    async def replayed() -> Message:
        if pending:
            return {"type": "http.request", "body": pending.pop(), "more_body": False}
        return await receive()

    return replayed
