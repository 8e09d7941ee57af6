"""A check for a human: proof of work of our own (ALTCHA), or Turnstile or hCaptcha where the operator wishes.

Proof of work is a cost for bots and no proof of a person. Its challenge is signed and names its passage, so no
store is needed until it is solved; then it serves once.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import altcha
import httpx

from watchword.crypto.keyring import Keyring
from watchword.foundation.proof import Rejection
from watchword.foundation.secret import Secret
from watchword.foundation.terms import PassageId

_ALGORITHM = "PBKDF2/SHA-256"
_LIVES = timedelta(minutes=15)
_LONGEST_PAYLOAD = 8192


@dataclass(frozen=True, kw_only=True)
class HumanVerdict:
    """Solved. It must still be the first use: ``challenge_digest`` is kept until ``expires_at``."""

    challenge_digest: str
    expires_at: datetime


class HumanVerifier(Protocol):
    def challenge(self, *, passage: PassageId, hardness: int, now: datetime) -> Mapping[str, Any]:
        """What the widget needs."""
        ...

    def verify(
        self, payload: str, *, passage: PassageId, hardness: int, address: str, now: datetime
    ) -> HumanVerdict | Rejection:
        """Call it outside a transaction: it computes, or asks another service."""
        ...


@dataclass(frozen=True, kw_only=True)
class ProofOfWork:
    keyring: Keyring
    works: tuple[int, int, int]
    """PBKDF2 rounds of one try, by hardness; about 256 tries are needed."""

    def challenge(self, *, passage: PassageId, hardness: int, now: datetime) -> Mapping[str, Any]:
        made = altcha.create_challenge(
            _ALGORITHM,
            self.works[hardness],
            expires_at=now + _LIVES,
            data={"passage": passage, "hardness": hardness, "until": int((now + _LIVES).timestamp())},
            hmac_secret=self._secret,
        )
        found: Mapping[str, Any] = made.to_dict()
        return found

    def verify(
        self, payload: str, *, passage: PassageId, hardness: int, address: str, now: datetime
    ) -> HumanVerdict | Rejection:
        parameters = _parameters(payload)
        data = parameters.get("data")
        if not isinstance(data, dict) or data.get("passage") != passage:
            return Rejection(reason="other_passage")
        if data.get("hardness") != hardness or parameters.get("cost") != self.works[hardness]:
            return Rejection(reason="too_easy")
        until = data.get("until")
        if not isinstance(until, int) or until < now.timestamp():
            return Rejection(reason="expired")
        if parameters.get("algorithm") != _ALGORITHM:
            return Rejection(reason="other_algorithm")
        if not altcha.verify_solution(payload, self._secret).verified:
            return Rejection(reason="unsolved")
        return HumanVerdict(
            challenge_digest=self.keyring.digest("challenge", str(parameters.get("nonce")), passage),
            expires_at=datetime.fromtimestamp(until, UTC),
        )

    @property
    def _secret(self) -> str:
        return self.keyring.digest("challenge signature")


@dataclass(frozen=True, kw_only=True)
class RemoteCheck:
    """Turnstile and hCaptcha: one POST each. Whatever goes wrong on the way is no proof."""

    keyring: Keyring
    verify_url: str
    site_key: str
    secret: Secret
    hostname: str
    names_passage: bool
    """Turnstile hands our ``cdata`` back; hCaptcha has nothing of the kind."""
    timeout: timedelta = timedelta(seconds=5)

    def challenge(self, *, passage: PassageId, hardness: int, now: datetime) -> Mapping[str, Any]:
        return {"site_key": self.site_key, **({"cdata": passage} if self.names_passage else {})}

    def verify(
        self, payload: str, *, passage: PassageId, hardness: int, address: str, now: datetime
    ) -> HumanVerdict | Rejection:
        answer = self._ask(payload, address)
        if answer.get("success") is not True:
            return Rejection(reason="unsolved")
        if answer.get("hostname") != self.hostname:
            return Rejection(reason="other_host")
        if self.names_passage and answer.get("cdata") != passage:
            return Rejection(reason="other_passage")
        return HumanVerdict(challenge_digest=self.keyring.digest("challenge", payload), expires_at=now + _LIVES)

    def _ask(self, payload: str, address: str) -> Mapping[str, Any]:
        form = {"secret": self.secret.reveal(), "response": payload, "remoteip": address, "sitekey": self.site_key}
        try:
            reply = httpx.post(self.verify_url, data=form, timeout=self.timeout.total_seconds())
            found = reply.raise_for_status().json()
        except (httpx.HTTPError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}


TURNSTILE_URL = "https://challenges.cloudflare.com/turnstile/v0/siteverify"
HCAPTCHA_URL = "https://api.hcaptcha.com/siteverify"


def _parameters(payload: str) -> Mapping[str, Any]:
    """The parameters a payload claims; they count only once the signature over them is checked."""
    if len(payload) > _LONGEST_PAYLOAD:
        return {}
    try:
        read = json.loads(base64.b64decode(payload, validate=True))
        found = read["challenge"]["parameters"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
