"""JSON that everybody reads alike (RFC 8259; RFC 7493, I-JSON): UTF-8, each name once, numbers that are numbers.

Of a name that comes twice one reader takes the first and another the last: a way past whatever looked at the other.
"""

import json
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from fastapi.routing import APIRoute
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
