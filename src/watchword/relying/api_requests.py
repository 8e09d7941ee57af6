"""Whether a request that a customer's program signed is good, and whose it is (``POST /api/v1/api-requests/verify``).

Hand over the request exactly as it came in: the target as the client sent it, before anything decodes or normalises
it, the bytes of the body, and every header as often as it came. Ask once for each request: one that may change
something is accepted once.
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, final

from watchword.relying.connection import Connection, as_described
from watchword.relying.errors import RequestRejected

_REFUSED = 401
_KEPT_BACK = frozenset({"authorization", "cookie"})
"""No part of a signature, and nobody else's business."""


@dataclass(frozen=True, kw_only=True)
class ApiCaller:
    account: str
    key: str
    """Its id; nothing secret."""
    name: str
    """What its owner calls it."""
    permissions: tuple[str, ...]
    """What it may do now: of ``read``, ``trade``, ``transfer``, ``withdraw``."""


@final
@dataclass(frozen=True)
class ApiRequests:
    connection: Connection

    def verify(
        self,
        *,
        method: str,
        target: str,
        headers: Iterable[tuple[str, str]],
        body: bytes,
        client_address: str,
        permission: str | None = None,
    ) -> ApiCaller:
        """``target``: path and query. ``client_address``: of the client, as your own edge knows it. ``permission``:
        what the request needs.

        Raises RequestRejected, whose ``body`` goes back to the client with status 401; CallRefused, Unavailable.
        """
        asked: dict[str, Any] = {
            "method": method,
            "target": target,
            "headers": [[name, value] for name, value in headers if name.lower() not in _KEPT_BACK],
            "body_base64": base64.b64encode(body).decode(),
            "client_address": client_address,
        }
        if permission is not None:
            asked["permission"] = permission
        answer = self.connection.post("/api/v1/api-requests/verify", asked)
        if answer.status == _REFUSED and answer.code.isdecimal():
            raise RequestRejected(answer.code, str(answer.body.get("msg", "")))
        found = answer.expected(200)
        with as_described():
            return ApiCaller(
                account=found["account"], key=found["key"], name=found["name"], permissions=tuple(found["permissions"])
            )


def target_of(scope: Mapping[str, Any]) -> str:
    """Of an ASGI request, as it was sent. Raises ValueError where the server does not keep that."""
    raw: bytes | None = scope.get("raw_path")
    if not raw:
        raise ValueError("the server gives no raw path")
    query: bytes = scope.get("query_string", b"")
    return (raw.partition(b"?")[0] + (b"?" + query if query else b"")).decode("ascii")
