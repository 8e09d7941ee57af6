"""The built assets, held in memory: compressed ahead, and kept by browsers for ever.

A name carries a hash of what it holds, so an answer never changes (RFC 8246). Pages themselves are never compressed:
they hold secrets beside what others may choose (BREACH).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_HASHED = re.compile(r"[a-z0-9-]+-[0-9A-Za-z]{8,10}\.[a-z]+")
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".txt": "text/plain; charset=utf-8",
}
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, kw_only=True)
class Asset:
    content: bytes
    compressed: bytes | None
    media_type: str


@dataclass(frozen=True)
class Assets:
    by_name: Mapping[str, Asset]

    @classmethod
    def read(cls, directory: Path) -> "Assets":
        """Whatever has a hash in its name; the build's own notes have none."""
        found = [path for path in directory.iterdir() if _HASHED.fullmatch(path.name) and path.suffix in _TYPES]
        return cls({path.name: _read(path) for path in found})

    def routes(self) -> list[Route]:
        return [Route("/assets/{name}", self._give, methods=["GET"])]

    async def _give(self, request: Request) -> Response:
        asset = self.by_name.get(request.path_params["name"])
        if asset is None:
            raise HTTPException(404)
        headers = {"Cache-Control": _FOR_EVER}
        if asset.compressed is None:
            return Response(asset.content, media_type=asset.media_type, headers=headers)
        headers["Vary"] = "Accept-Encoding"
        if takes_gzip(request.headers.get("accept-encoding", "")):
            headers["Content-Encoding"] = "gzip"
            return Response(asset.compressed, media_type=asset.media_type, headers=headers)
        return Response(asset.content, media_type=asset.media_type, headers=headers)


def takes_gzip(accept_encoding: str) -> bool:
    """RFC 9110 section 12.5.3, as far as it concerns gzip."""
    for entry in accept_encoding.lower().split(","):
        coding, *parameters = (part.strip() for part in entry.split(";"))
        if coding == "gzip":
            return not any(re.fullmatch(r"q=0(\.0*)?", parameter) for parameter in parameters)
    return False


def _read(path: Path) -> Asset:
    beside = path.with_name(path.name + ".gz")
    return Asset(
        content=path.read_bytes(),
        compressed=beside.read_bytes() if beside.exists() else None,
        media_type=_TYPES[path.suffix],
    )
