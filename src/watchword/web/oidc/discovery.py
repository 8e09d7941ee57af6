"""What a relying party reads before anything else: the keys (RFC 7517). No secret in it, so any page may read it."""

from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from watchword.handover.signing_keys import SET_KEPT, SigningKeys

KEYS = "/.well-known/jwks.json"


@dataclass(frozen=True, kw_only=True)
class Discovery:
    keys: SigningKeys

    def routes(self) -> list[BaseRoute]:
        return [Route(KEYS, self._keys, methods=["GET"])]

    async def _keys(self, _: Request) -> Response:
        return _readable(await run_in_threadpool(self.keys.jwks))


def _readable(content: dict[str, Any]) -> Response:
    """For programs and for pages of any site, to be kept for a while."""
    response = JSONResponse(content)
    response.headers["Cache-Control"] = f"public, max-age={int(SET_KEPT.total_seconds())}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
