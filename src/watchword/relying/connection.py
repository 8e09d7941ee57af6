"""The line to the door: its address, the credential of your service, and how long to wait."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Self, final

import httpx

from watchword.relying.errors import CallRefused, NotKnown, Unavailable

_LARGEST = 4 * 1024 * 1024


@final
class Connection:
    """Keeps its connections open; safe to share between threads. Close it, or use it in a ``with``.

    ``url`` is the door's public address, ``https`` unless it is this machine's. ``credential`` is what ``watchword
    services add`` printed. ``timeout`` is in seconds, for each step of a call. ``client`` is an httpx client of your
    own, for a private authority or a proxy.
    """

    def __init__(self, *, url: str, credential: str, timeout: float = 5.0, client: httpx.Client | None = None) -> None:
        self.url = _address(url)
        self.timeout = timeout
        self._client = client or httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False)
        self._headers = {"Authorization": f"Bearer {credential}", "Accept": "application/json"}

    def __repr__(self) -> str:
        return f"Connection({self.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    def public(self, path: str) -> dict[str, Any]:
        """What the door tells everybody. The credential is not sent. Raises Unavailable."""
        return _read(self._ask("GET", path, headers={"Accept": "application/json"}))

    def get(self, path: str, params: Mapping[str, str], *, within: float) -> dict[str, Any]:
        """``within``: seconds that the door may keep silent. Raises Unavailable, CallRefused, NotKnown."""
        return self._read(self._ask("GET", path, params=params, headers=self._headers, timeout=within))

    def post(self, path: str, body: Mapping[str, Any]) -> "Answer":
        """Raises Unavailable; every status is an answer."""
        reply = self._ask("POST", path, json=body, headers=self._headers)
        return Answer(reply.status_code, _read(reply))

    def _read(self, reply: httpx.Response) -> dict[str, Any]:
        return Answer(reply.status_code, _read(reply)).expected(200)

    def _ask(self, method: str, path: str, **how: Any) -> httpx.Response:
        try:
            return self._client.request(method, f"{self.url}{path}", **how)
        except (httpx.HTTPError, httpx.InvalidURL, RuntimeError) as failed:
            # Its own words may hold the address with its query; the kind says enough.
            raise Unavailable(f"no answer: {type(failed).__name__}") from None


@contextmanager
def as_described() -> Iterator[None]:
    """Around the reading of an answer: one that is not as the door describes it says nothing. Raises Unavailable."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Unavailable("an answer that is not as described") from None


@final
class Answer:
    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.status = status
        self.body = body

    def __repr__(self) -> str:
        return f"Answer({self.status})"

    @property
    def code(self) -> str:
        return str(self.body.get("code", ""))

    def expected(self, status: int) -> dict[str, Any]:
        """Raises Unavailable, NotKnown or CallRefused for any other status."""
        if self.status == status:
            return self.body
        if self.status >= 500 or self.status == 429:
            raise Unavailable(f"answered {self.status}")
        if self.status == 404 and self.code == "not_found":
            raise NotKnown(self.code)
        raise CallRefused(self.status, self.code)


def _read(reply: httpx.Response) -> dict[str, Any]:
    if len(reply.content) > _LARGEST:
        raise Unavailable("the answer is too large")
    try:
        found = json.loads(reply.content)
    except (ValueError, RecursionError):
        raise Unavailable(f"answered {reply.status_code}, not in JSON") from None
    if not isinstance(found, dict):
        raise Unavailable(f"answered {reply.status_code}, not as described")
    return found


def _address(url: str) -> str:
    """Raises ValueError for one that would carry the credential in the clear."""
    parsed = httpx.URL(url)
    if parsed.query or parsed.fragment or parsed.userinfo or parsed.path not in ("", "/"):
        raise ValueError("the address of the door is scheme and host, nothing else")
    if parsed.scheme != "https" and not (parsed.scheme == "http" and _is_here(parsed.host)):
        raise ValueError("the door is reached by https")
    return url.rstrip("/")


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or host.endswith(".localhost") or ip_address(host).is_loopback
    except ValueError:
        return False
