"""The FastAPI application under /api/v1."""

from typing import Any

from fastapi import FastAPI

from watchword import __version__
from watchword.web.api import account, exits, feeds, keys, messages, own, passages, passkeys, problems, safety
from watchword.web.api.callers import Callers
from watchword.web.api.quick import QuickWay
from watchword.web.api.shapes import ProblemShape
from watchword.web.cookies import CookieNames
from watchword.web.door import Door
from watchword.web.edge.asgi import App

_PROBLEM = ProblemShape.__name__


class _Api(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """With the shape of a problem, to which ``problems.DOCUMENTED`` points."""
        document = super().openapi()
        shape = ProblemShape.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas = document["components"]["schemas"]
        for name, part in {**shape.pop("$defs"), _PROBLEM: shape}.items():
            schemas.setdefault(name, part)
        return document


def json_api(door: Door) -> App:
    api = _Api(
        title="Watchword",
        version=__version__,
        description="The door of the platform: passages through the gate, and the account behind it.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
        servers=[{"url": "/api/v1"}],
        root_path_in_servers=False,
        redirect_slashes=False,
    )
    callers = Callers(door.sessions, CookieNames(door.https), door.freezing)
    problems.install(api, door.clock)
    for part in (passages, account, passkeys, messages, exits, safety, own, feeds, keys):
        api.router.routes.extend(part.router(door, callers).routes)  # included, each would be made a second time
    return QuickWay(api)
