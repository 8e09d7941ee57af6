"""``POST /api/v1/api-requests/verify`` answered before any router: signed requests come as often as session checks.

What is known in memory is judged in the event loop; a key that is not, a last use and a replay to be remembered go to
a worker thread. Whatever is unusual (no service, no such form, a row that was tampered with) goes the long way, whose
answer is the same.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import Any, NoReturn

import structlog
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool

from watchword.foundation.client import read_address
from watchword.foundation.errors import Tampered
from watchword.handover.api_keys.failures import Failures
from watchword.handover.api_keys.key_text import read_key
from watchword.handover.api_keys.known import KnownKey
from watchword.handover.api_keys.verifying import PERMISSIONS, REPLAYED, ApiRequests, Asked, Verified
from watchword.handover.request_signing import NO_KEY, SAFE_METHODS, Presented, Refusal, SignedRequest
from watchword.handover.services import Services
from watchword.web.edge.asgi import App, Message, Receive, Scope, Send, refuse
from watchword.web.edge.front import Credentials, Reply
from watchword.web.replay_batch import ReplayBatch

log = structlog.get_logger()

PATH = "/api/v1/api-requests/verify"
_BEARER = b"bearer "
_MOST = 10_000
_FIELDS = frozenset({"method", "target", "headers", "body_base64", "client_address"})
_JSON = b"application/json"
_QUESTION = TypeAdapter(dict[str, str | dict[str, str]])
"""The usual form."""


@dataclass(frozen=True, kw_only=True)
class HotVerify:
    app: App
    services: Services
    requests: ApiRequests
    failures: Failures
    batch: ReplayBatch
    replies: dict[str, tuple[KnownKey, frozenset[str], Reply]] = field(default_factory=dict)
    """Made once for a key as it was read."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST" or not self._is_served(scope):
            await self.app(scope, receive, send)
            return
        body = await _read(receive)
        asked = None if body is None else read_asked(body)
        if asked is None:
            await self.app(scope, _again(body, receive), send)
            return
        try:
            answer = await self._answer(asked)
        except Tampered:
            await self.app(scope, _again(body, receive), send)
            return
        except Exception:  # what can't be looked up or remembered is never let through
            await refuse(scope, send, 503, "busy", "The service is at its bound. Try again in a moment.")
            return
        if isinstance(answer, Refusal):
            await run_in_threadpool(self._note, asked, answer)
            await _send(send, 401, _refused(answer))
        else:
            await _send(send, 200, self._reply(answer))

    def at_once(self, credentials: Credentials, body: bytes) -> Reply | None:
        """A request that only reads, with a key that lies in memory; and a good answer only: what is refused is noted.

        The same steps in the same order: a key that is not there is worked on too.
        """
        requests = self.requests
        if not self._is_service(credentials.authorization):
            return None
        asked = read_asked(body)
        if asked is None or asked.request.method not in SAFE_METHODS:
            return None
        now = requests.clock()
        presented = requests.present(asked.request, now)
        if isinstance(presented, Refusal):
            return None
        key_id = read_key(presented.key)
        key, is_known = (None, True) if key_id is None else requests.known.find(key_id, now)
        if not is_known or requests.examine(asked.request, presented, key, now) is not None or key is None:
            return None
        if requests.admit(asked, key, now) is not None or requests.is_touch_due(key, now):
            return None
        return self._reply(requests.verified(key, now))

    async def _answer(self, asked: Asked) -> Verified | Refusal:
        """The steps of ``ApiRequests.verify``, each where it is quickest."""
        requests = self.requests
        now = requests.clock()
        presented = requests.present(asked.request, now)
        if isinstance(presented, Refusal):
            return presented
        key_id = read_key(presented.key)
        key, is_known = (None, True) if key_id is None else requests.known.find(key_id, now)
        if key_id is not None and not is_known:
            key = await run_in_threadpool(requests.known.look_up, key_id, now)
        refused = requests.examine(asked.request, presented, key, now)
        if refused is None and asked.request.method not in SAFE_METHODS:
            refused = await self._first(presented)
        if refused is None and key is not None:
            refused = requests.admit(asked, key, now)
        if refused is not None or key is None:
            return refused or NO_KEY
        if requests.is_touch_due(key, now):
            await run_in_threadpool(requests.touch, key, asked.address, now)
        return requests.verified(key, now)

    async def _first(self, presented: Presented) -> Refusal | None:
        replay, until = self.requests.replay_of(presented)
        return None if await self.batch.remember(replay, until) else REPLAYED

    def _note(self, asked: Asked, refusal: Refusal) -> None:
        """For the doctor. What can't be noted is refused all the same."""
        try:
            self.failures.note(asked, refusal, self.requests.clock())
        except Exception as error:
            log.warning("a refused request was not noted", kind=type(error).__name__)

    def _is_served(self, scope: Scope) -> bool:
        """Whether the one credential is that of a service we know."""
        return self._is_service([value for name, value in scope["headers"] if name == b"authorization"])

    def _is_service(self, found: Sequence[bytes]) -> bool:
        if len(found) != 1 or found[0][: len(_BEARER)].lower() != _BEARER or not found[0].isascii():
            return False
        return self.services.find_cached(found[0][len(_BEARER) :].decode().strip()) is not None

    def _reply(self, answer: Verified) -> Reply:
        key = answer.key
        kept = self.replies.get(key.id)
        if kept is None or kept[0] is not key or kept[1] != answer.rights:
            if len(self.replies) >= _MOST:
                self.replies.clear()
            kept = self.replies[key.id] = (key, answer.rights, Reply(_JSON, verified_json(answer)))
        return kept[2]


def verified_json(answer: Verified) -> bytes:
    """The same body as the API's."""
    key = answer.key
    found = {"account": key.account, "key": key.id, "name": key.name, "permissions": list(answer.permissions)}
    return json.dumps(found, separators=(",", ":"), ensure_ascii=False).encode()


def read_asked(body: bytes) -> Asked | None:
    """None: not of the form this address takes."""
    return _read_plainly(body) or _read_at_length(body)


def _read_plainly(body: bytes) -> Asked | None:
    """The usual form by a quicker reader, which would take the last of what is named twice. Where nothing is escaped,
    every colon that stands in no text is a name's; so their number tells whether each name came once."""
    if body[:1] != b"{" or b"\\" in body:
        return None
    try:
        given: dict[str, Any] = _QUESTION.validate_json(body)
        if given.keys() != _FIELDS:
            return None
        headers = given.pop("headers")
        texts = "".join((*given.values(), *headers, *headers.values()))
        if body.count(b":") != len(_FIELDS) + len(headers) + texts.count(":"):
            return None
        method, target, text = given["method"], given["target"], given["body_base64"]
        request = SignedRequest(
            method, target, tuple(headers.items()), base64.b64decode(text, validate=True) if text else b""
        )
        return Asked(request=request, address=_address(given["client_address"]))
    except (ValueError, TypeError, AttributeError):
        return None


def _read_at_length(body: bytes) -> Asked | None:
    try:
        if body[:1] != b"{":
            return None
        pairs = _decode(body.decode("utf-8"))
        given = dict(pairs)
        if len(given) != len(pairs) or not given.keys() >= _FIELDS:
            return None
        permission = given.get("permission")
        if len(given) > len(_FIELDS) + ("permission" in given) or not (permission is None or permission in PERMISSIONS):
            return None
        headers = _headers(given["headers"])
        method, target, text = given["method"], given["target"], given["body_base64"]
        if headers is None or not (type(method) is type(target) is type(text) is str):
            return None
        request = SignedRequest(method, target, headers, base64.b64decode(text, validate=True) if text else b"")
        return Asked(request=request, address=_address(given["client_address"]), permission=permission)
    except (ValueError, TypeError, RecursionError):
        return None


def _headers(given: Any) -> tuple[tuple[str, str], ...] | None:
    """Pairs, whether they came as an object or as a list; a value that is a list is as many headers."""
    if type(given) is not list:
        return None
    found = []
    for pair in given:
        if type(pair) is str:
            return None
        name, value = pair
        for each in value if type(value) is list else (value,):
            if type(name) is not str or type(each) is not str:
                return None
            found.append((name, each))
    return tuple(found)


@lru_cache(maxsize=4096)
def _address(text: str) -> IPv4Address | IPv6Address:
    return read_address(text)


def _no_number(_: str) -> NoReturn:
    raise ValueError("not a number")


_decode = json.JSONDecoder(object_pairs_hook=list, parse_constant=_no_number).decode
"""An object as its pairs: what is named twice is seen twice."""


async def _read(receive: Receive) -> bytes | None:
    """The whole body, which the guard has bounded; None: nobody waits for an answer any more."""
    message = await receive()
    parts = [message.get("body", b"")]
    while message.get("more_body", False):
        message = await receive()
        parts.append(message.get("body", b""))
    return b"".join(parts) if message["type"] == "http.request" else None


def _again(body: bytes | None, receive: Receive) -> Receive:
    """The body once more, for whoever reads it next."""
    waiting = [] if body is None else [body]

    async def again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return again


@lru_cache(maxsize=64)
def _refused(refusal: Refusal) -> Reply:
    found = {"code": str(refusal.code), "msg": refusal.msg}
    return Reply(_JSON, json.dumps(found, separators=(",", ":")).encode())


async def _send(send: Send, status: int, reply: Reply) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [*reply.headers]})
    await send({"type": "http.response.body", "body": reply.body})
