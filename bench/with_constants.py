"""``python -m bench.with_constants``: ``watchword serve`` with two more addresses, which answer the same each time."""

from dataclasses import dataclass, replace

from watchword.app import start, web_application
from watchword.serving import edge_plan, new_registry, operations_of, server_plan
from watchword.settings import load_settings
from watchword.web.edge import guarded
from watchword.web.edge.asgi import App, Receive, Scope, Send
from watchword.web.edge.logs import configure_logging
from watchword.web.edge.server import Listening, serve

BARE, GUARDED = "/bench/bare", "/bench/guarded"
BODY = b"x" * 245
"""As long as the reply about a session."""


@dataclass(frozen=True)
class Constant:
    app: App
    path: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") != self.path:
            await self.app(scope, receive, send)
            return
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": BODY})


def main() -> None:
    settings = load_settings()
    configure_logging(settings.log_level, readable=settings.in_development)
    house = start(settings)
    try:
        registry = new_registry()
        plan = edge_plan(settings, registry)
        plan = replace(plan, quiet=plan.quiet | {GUARDED})
        inner = web_application(house)
        app = guarded(replace(inner, app=Constant(inner.app, GUARDED)), plan)
        app = replace(app, app=Constant(app.app, BARE))

        def started(_: Listening) -> None:
            print("served", flush=True)

        serve(app, operations_of(house, registry), server_plan(settings), started)
    finally:
        house.close()


if __name__ == "__main__":
    main()
