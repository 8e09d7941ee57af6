"""A constant reply from the same server: uvicorn as we configure it, bare or behind our guards. For ``session``."""

import os
import sys

from prometheus_client import CollectorRegistry

from watchword.crypto.tokens import Randomness
from watchword.web.edge import EdgePlan, guarded
from watchword.web.edge.asgi import App, Receive, Scope, Send
from watchword.web.edge.metrics import RequestMetrics
from watchword.web.edge.server import ServerPlan, serve

BODY = b"x" * 230
"""As long as the reply of a session check."""


async def constant(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 -- ASGI's signature
    if scope["type"] != "http":
        return
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": BODY})


async def lifespan_too(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "lifespan":
        await constant(scope, receive, send)
        return
    for kind in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{kind}.complete"})


def main(how: str) -> None:
    port = int(os.environ["WATCHWORD_PORT"])
    app: App = lifespan_too
    if how == "guarded":
        metrics = RequestMetrics(CollectorRegistry())
        plan = EdgePlan(
            public_url=f"http://localhost:{port}",
            new_request_id=Randomness().id,
            metrics=metrics,
            quiet=frozenset({"/api/v1/session"}),
        )
        app = guarded(lifespan_too, plan)
    where = ServerPlan(host="localhost", port=port, operations_host="127.0.0.1", operations_port=0)
    serve(app, constant, where, lambda _: print("served", flush=True))


if __name__ == "__main__":
    main(sys.argv[1])
