"""From a passage to the page that asks its next step."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from watchword.foundation.languages import Words
from watchword.foundation.terms import ProofKind, Purpose
from watchword.gate.view import MessageStep, PassageView
from watchword.web.confirming import confirming, sheet
from watchword.web.sentences import clock_doctor

PATHS = {
    Purpose.SIGN_UP: "/sign-up",
    Purpose.SIGN_IN: "/sign-in",
    Purpose.RECOVER: "/recover",
    Purpose.CONFIRM: "/confirm",
}
_TEMPLATES = {
    (Purpose.SIGN_IN, ProofKind.PASSPHRASE): "sign_in.html",
    (Purpose.CONFIRM, ProofKind.PASSPHRASE): "confirm_passphrase.html",
    (Purpose.SIGN_UP, ProofKind.IDENTIFIER): "sign_up_identifier.html",
    (Purpose.RECOVER, ProofKind.IDENTIFIER): "recover_identifier.html",
}
_BY_KIND = {
    ProofKind.MESSAGE_CODE: "message_code.html",
    ProofKind.NEW_IDENTIFIER_CODE: "message_code.html",
    ProofKind.PASSKEY: "passkey.html",
    ProofKind.TOTP: "totp.html",
    ProofKind.RECOVERY_CODE: "recovery_code.html",
    ProofKind.NEW_PASSPHRASE: "new_passphrase.html",
    ProofKind.TRADING_PASSPHRASE: "trading_passphrase.html",
}


@dataclass(frozen=True, kw_only=True)
class Said:
    """What the page says about the answer just given."""

    rejected: bool = False
    hint: str | None = None
    notice: dict[str, str] | None = None
    errors: dict[str, str] | None = None
    values: dict[str, str] | None = None
    unknown_passkey: str | None = None
    """The id of a credential that was shown and is nobody's: for its password manager to hear of."""


NOTHING_SAID = Said()


@dataclass(frozen=True, kw_only=True)
class Steps:
    phones: bool
    human_kind: str
    human_script: str = ""

    def shown_kind(self, view: PassageView, wished: str | None) -> ProofKind:
        """The kind of proof the page asks: the one wished for, if it may be given; else the first."""
        for kind in view.next_steps:
            if kind == wished:
                return kind
        return view.next_steps[0]

    def template(self, view: PassageView, kind: ProofKind) -> str:
        if self._human_alone(view, kind):
            return "human.html"
        return _TEMPLATES.get((view.purpose, kind)) or _BY_KIND[kind]

    def begins_with_passphrase(self, view: PassageView) -> bool:
        """Whether this is the sign-in page still."""
        return view.purpose is Purpose.SIGN_IN and ProofKind.PASSPHRASE in view.next_steps

    def context(
        self, view: PassageView, kind: ProofKind, said: Said, words: Words, *, identifier: str, now: datetime
    ) -> dict[str, Any]:
        return {
            "path": PATHS[view.purpose],
            "asked": str(kind),
            "purpose": str(view.purpose),
            "trail": (view.step, view.steps),
            "confirming": confirming(words, view.action),
            "sheet": sheet(words, view.action),
            "shown": view.id if view.purpose is Purpose.CONFIRM else None,
            "rejected": said.rejected,
            "notice": said.notice,
            "errors": said.errors or {},
            "values": said.values or {},
            "others": [str(other) for other in view.next_steps if other is not kind],
            "human": self._human(view),
            "phones": self.phones,
            "identifier": identifier,
            "minimum": view.shortest_passphrase or 0,
            "message": None if view.message is None else shown_message(view.message, now),
            "clock": clock_doctor(said.hint),
            "stands_for": "totp" if ProofKind.TOTP in view.next_steps else "message_code",
            "passkey": passkey_of(view),
            "unknown_passkey": said.unknown_passkey,
            "passkey_waits": self._human_alone(view, ProofKind.PASSKEY) and ProofKind.PASSKEY in view.next_steps,
        }

    def _human_alone(self, view: PassageView, kind: ProofKind) -> bool:
        """A check that comes before a message is sent, or before a passkey, has nothing to share a form with."""
        due = ProofKind.HUMAN in view.asks
        if kind is ProofKind.PASSKEY:
            return due and ProofKind.PASSKEY not in view.asks
        return due and kind is ProofKind.MESSAGE_CODE and view.message is not None and not view.message.sent

    def _human(self, view: PassageView) -> dict[str, Any] | None:
        challenge = next((ask.challenge for ask in view.ask if ask.proof is ProofKind.HUMAN), None)
        return None if challenge is None else self.human(challenge, f"{PATHS[view.purpose]}/challenge")

    def human(self, challenge: Mapping[str, Any], renew: str) -> dict[str, Any]:
        """What ``parts/form.html`` needs for the check. ``renew`` gives another challenge as JSON."""
        if self.human_kind == "altcha":
            return {"kind": "altcha", "challenge": json.dumps(dict(challenge)), "renew": renew}
        return {"kind": self.human_kind, "script": self.human_script, **challenge}


def passkey_of(view: PassageView) -> dict[str, Any] | None:
    """What ``parts/passkey.html`` needs, where a passkey may be shown now."""
    options = next((ask.options for ask in view.ask if ask.proof is ProofKind.PASSKEY), None)
    if options is None:
        return None
    return {"options": json.dumps(dict(options)), "rp": options["rpId"], "renew": f"{PATHS[view.purpose]}/passkey"}


def shown_message(step: MessageStep, now: datetime) -> dict[str, Any]:
    """What templates read of it."""
    wait = 0 if step.next_at is None else max(0, math.ceil((step.next_at - now).total_seconds()))
    return {
        "channel": step.channel,
        "recipient": step.recipient,
        "sender": step.sender,
        "sent": step.sent,
        "wait": wait,
        "expires_at": step.expires_at,
        "new_device": step.new_device,
        "delivery": None if step.delivery is None else {"state": step.delivery.state, "at": step.delivery.at},
    }
