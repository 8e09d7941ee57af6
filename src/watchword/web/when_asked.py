"""An application that is made on a thread of its own while others serve already, or by the first who asks for it.

FastAPI and the models of the JSON API take a quarter of a start; pages need neither.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from starlette.concurrency import run_in_threadpool

from watchword.web.edge.asgi import App, Receive, Scope, Send

_MAKING = threading.Lock()
"""One for the process: Pydantic's building of models sets the warnings' filters, which all threads share."""


@dataclass
class WhenAsked:
    make: Callable[[], App]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.ready()
        await self._app(scope, receive, send)

    async def ready(self) -> None:
        if "_app" not in vars(self):
            await run_in_threadpool(self._make_once)

    def _make_once(self) -> None:
        with _MAKING:
            _ = self._app

    @cached_property
    def _app(self) -> App:
        return self.make()
