"""Our official channels, for anybody: the list, a checker ("is this ours?"), and the same list signed, for programs."""

import json
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from watchword.safeguards.channels.checker import LONGEST
from watchword.safeguards.channels.likeness import visible
from watchword.web.pages.frame import Frame
from watchword.web.sentences import verdict

PATH = "/official"
SIGNED_PATH = "/.well-known/official-channels.json"


@dataclass(frozen=True, kw_only=True)
class OfficialPages:
    frame: Frame

    def routes(self) -> list[BaseRoute]:
        return [
            Route(PATH, self._page, methods=["GET"]),
            Route(SIGNED_PATH, self._signed, methods=["GET"]),
        ]

    async def _page(self, request: Request) -> Response:
        return await run_in_threadpool(self._show, request)

    def _show(self, request: Request) -> Response:
        """What is asked comes with GET, so that the page can be shared and read without script. It is kept nowhere:
        neither address nor query are logged."""
        official, asked = self.frame.door.official, request.query_params.get("q", "")[:LONGEST]
        found = official.check(asked, self.frame.client(request))
        return self.frame.page(
            request,
            "official.html",
            signed_in=self.frame.session(request) is not None,
            here=PATH,
            channels=official.channels,
            asked=visible(asked.strip()),
            found=found,
            said=None if found is None else verdict(self.frame.words(request), found),
            thumbprint=official.thumbprint,
            signed_path=SIGNED_PATH,
            errors={},
            values={},
            rejected=False,
        )

    async def _signed(self, _: Request) -> Response:
        document = await run_in_threadpool(self.frame.door.official.document)
        return Response(json.dumps(document, ensure_ascii=False, indent=2) + "\n", media_type="application/json")
