"""JSON that everybody reads alike (RFC 8259; RFC 7493, I-JSON): UTF-8, each name once, numbers that are numbers.

Of a name that comes twice one reader takes the first and another the last: a way past whatever looked at the other.
"""

import json
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PlainJson(APIRoute):
    """A route that takes nothing else."""

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()

        async def plain(request: Request) -> Response:
            return await handler(_PlainRequest(request.scope, request.receive))

        return plain


class QuickJson(PlainJson):
    """What FastAPI finds out anew at each request is looked up once: for a plain request, which is one with the usual
    type of content and a body and headers that fit. Any other goes FastAPI's own way, and hears what it says.

    For endpoints that take no body; or the request, parts of the path, headers and one model, and give a response.
    """

    def get_route_handler(self) -> Handler:
        taken = self.dependant
        if len(taken.body_params) != 1:
            return super().get_route_handler()
        handler, endpoint = APIRoute.get_route_handler(self), self.endpoint
        [body], headers = taken.body_params, taken.header_params

        async def quick(asked: Request) -> Response:
            request = _PlainRequest(asked.scope, asked.receive)
            if request.headers.getlist("content-type") != ["application/json"]:
                return await handler(request)
            try:
                sent = [(body, read_json(await request.body()))]
            except (ValueError, RecursionError):
                return await handler(request)
            sent += [(each, request.headers[each.alias]) for each in headers if each.alias in request.headers]
            given: dict[str, Any] = {}
            for field, value in sent:
                given[field.name], wrong = field.validate(value, {}, loc=())
                if wrong:
                    return await handler(request)
            return await run_in_threadpool(endpoint, request=request, **request.path_params, **given)

        return quick


class _PlainRequest(Request):
    async def json(self) -> Any:
        return read_json(await self.body())


def read_json(body: bytes) -> Any:
    """Raises ValueError, or RecursionError where it is nested too deep."""
    return _DECODER.decode(body.decode("utf-8"))


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice")
    return found


def _no_number(_: str) -> NoReturn:
    raise ValueError("not a number")


_DECODER = json.JSONDecoder(object_pairs_hook=_named_once, parse_constant=_no_number)
