"""What a careful clerk would know of every account, passage and session, kept beside the running house.

It says which answer is right, what must be asked next, and what a passage that is complete is worth. It reads the
law of ``tests.gate.law`` and the routes that the walk has held against that law, and nothing of the gate's state.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pyotp

from tests.gate.law import APP, CODE, IDENTIFIER, PASSPHRASE
from tests.support.house import Passage
from tests.support.passkeys import Authenticator, b64
from watchword.foundation.terms import ProofKind, Purpose
from watchword.gate.policy import Risk, Situation
from watchword.gate.policy_file import load_policy

POLICY = load_policy()
STEP = 30
ALONE, BESIDE = 15, 8


@dataclass
class App:
    totp: pyotp.TOTP
    bound_at: datetime
    renews: bool
    last_step: int

    def is_right(self, output: str, now: datetime) -> bool:
        """One step either side, and only later than the last."""
        return self.step_of(output, now) > self.last_step

    def step_of(self, output: str, now: datetime) -> int:
        """0: of no step near now."""
        current = int(now.timestamp()) // STEP
        steps = [step for step in (current - 1, current, current + 1) if self.totp.generate_otp(step) == output]
        return max(steps, default=0)


@dataclass
class Sheet:
    """Ten recovery codes."""

    bound_at: datetime
    unused: list[str]
    used: list[str] = field(default_factory=list)


@dataclass
class Key:
    """A passkey, alone in its authenticator."""

    authenticator: Authenticator
    bound_at: datetime
    confirmed_by: str

    @property
    def name(self) -> str:
        return b64(self.authenticator.credentials[0].id)


@dataclass
class Holder:
    """An account, as the model knows it."""

    address: str
    passphrase: str
    created_at: datetime
    changes: int = 0
    """How often the passphrase was changed."""
    devices: set[str] = field(default_factory=set)
    key_devices: set[str] = field(default_factory=set)
    """Those on which a passkey was used."""
    app: App | None = None
    sheet: Sheet | None = None
    keys: list[Key] = field(default_factory=list)
    message: bool = False
    listing: bool = False
    """Whether the allow-list is on, or begins."""
    trading: int = 0
    """How often a trading passphrase was set."""
    sessions: list["Seat"] = field(default_factory=list)

    def is_of_age(self, bound_at: datetime, now: datetime) -> bool:
        return bound_at - self.created_at < timedelta(days=3) or now - bound_at >= timedelta(days=7)

    def standing(self, now: datetime) -> Any:
        if self.app is None:
            return "none"
        return "senior" if self.app.renews or self.is_of_age(self.app.bound_at, now) else "junior"

    def old_keys(self, now: datetime) -> list[Key]:
        return [key for key in self.keys if self.is_of_age(key.bound_at, now)]

    def asked_keys(self, now: datetime) -> list[Key]:
        """Policy §1: also those that a senior passkey confirmed."""
        return [key for key in self.keys if key in self.old_keys(now) or key.confirmed_by == "passkey"]

    def key_standing(self, now: datetime) -> Any:
        return "none" if not self.keys else "senior" if self.asked_keys(now) else "junior"

    def has_senior_codes(self, now: datetime, shown: list[object]) -> bool:
        """Left on the sheet, or the last was given in this passage."""
        if self.sheet is None or not self.is_of_age(self.sheet.bound_at, now):
            return False
        return bool(self.sheet.unused) or any(what is self.sheet for what in shown)

    def is_outranked(self, action: str, now: datetime, shown: list[object]) -> bool:
        if action != "recovery_codes" and not (action == "remove_totp" and self.app is not None and not self.keys):
            return False
        if self.key_standing(now) == "senior":
            return not self.old_keys(now) and self.has_senior_codes(now, shown)
        younger = self.app is not None and not self.is_of_age(self.app.bound_at, now)
        return younger and self.has_senior_codes(now, shown)

    def takes_senior_away(self, action: str, now: datetime, shown: list[object]) -> bool:
        if action == "recovery_codes":
            return self.has_senior_codes(now, shown)
        return (
            action in ("remove_totp", "bind_totp") and self.app is not None and self.is_of_age(self.app.bound_at, now)
        )

    def shortest(self, action: str | None, now: datetime) -> int:
        beside = "senior" in (self.standing(now), self.key_standing(now))
        return BESIDE if beside and action != "remove_totp" else ALONE


@dataclass
class Seat:
    """A session."""

    token: str
    holder: Holder
    opened_at: datetime
    seen_at: datetime
    device: str = ""
    without_passkey: bool = False
    revoked: bool = False

    def is_live(self, now: datetime) -> bool:
        within = now - self.opened_at < timedelta(hours=24) and now - self.seen_at < timedelta(hours=1)
        return within and not self.revoked


@dataclass
class Approval:
    token: str
    action: dict[str, Any]
    seat: Seat
    expires_at: datetime
    confirmed_by: str
    """The senior class: passkey, app, nothing."""
    new_passphrase: str | None
    spent: bool = False


@dataclass
class Way:
    """A passage, as the model knows it."""

    passage: Passage
    purpose: Purpose
    holder: Holder | None
    """Whom it concerns, once that is given."""
    device: str
    begun_at: datetime
    seat: Seat | None = None
    action: dict[str, Any] | None = None
    name: str = ""
    given: list[ProofKind] = field(default_factory=list)
    shown: list[object] = field(default_factory=list)
    """What each proof was shown with: a passphrase of that many changes, an app, a sheet."""
    code: str | None = None
    """The newest that was sent; None: none that anybody knows."""
    sent_at: datetime | None = None
    tries: int = 0
    old_codes: list[str] = field(default_factory=list)
    new_passphrase: str | None = None
    over: bool = False
    lifetime: timedelta = timedelta(minutes=15)

    def is_over(self, now: datetime) -> bool:
        """A confirmation is over with its session."""
        signed_out = self.seat is not None and not self.seat.is_live(now)
        return self.over or signed_out or now >= self.begun_at + self.lifetime

    @property
    def what(self) -> str | None:
        return None if self.action is None else str(self.action["what"])

    def situations(self, now: datetime, given: list[ProofKind]) -> list[Situation]:
        """Those it may be in: at a sign-in the model does not weigh the risk."""
        proven = self.purpose is Purpose.CONFIRM or bool(set(given) - {IDENTIFIER})
        if self.purpose is Purpose.SIGN_UP or not proven or self.holder is None:
            return [Situation(purpose=self.purpose, app="senior")]
        risks: list[Risk] = ["low", "high"] if self.purpose is Purpose.SIGN_IN else ["low"]
        return [self._situation(self.holder, now, risk) for risk in risks]

    def _situation(self, holder: Holder, now: datetime, risk: Risk) -> Situation:
        what = self.what
        removing = what == "remove_totp" and holder.app is not None and not holder.keys
        app, passkey = holder.standing(now), self.passkey(holder, now)
        return Situation(
            purpose=self.purpose,
            device="known" if self.device in holder.devices else "other",
            passkey=passkey,
            app=app,
            paper="on" if passkey == "away" and app != "senior" else "off",
            message="on" if holder.message else "off",
            risk=risk,
            scope="devices" if what == "sign_out_others" else "change",
            new_passphrase=removing and len(holder.passphrase) < ALONE,
            outranked=what is not None and holder.is_outranked(what, now, self.shown),
        )

    def passkey(self, holder: Holder, now: datetime) -> Any:
        """Away: none was used on this device, or for this session, and app or codes may serve instead."""
        enrolled = holder.key_standing(now)
        instead = holder.standing(now) == "senior" or holder.has_senior_codes(now, self.shown)
        away = {
            Purpose.SIGN_IN: self.device not in holder.devices & holder.key_devices,
            Purpose.CONFIRM: self.seat is not None and self.seat.without_passkey,
        }.get(self.purpose, False)
        return "away" if enrolled == "senior" and away and instead else enrolled

    def takes(self, holder: Holder, now: datetime) -> list[Key]:
        """The passkeys that may answer."""
        if self.purpose is Purpose.SIGN_IN or self.passkey(holder, now) not in ("senior", "away"):
            return holder.keys
        takes_away = self.what is not None and holder.takes_senior_away(self.what, now, self.shown)
        return holder.old_keys(now) if takes_away else holder.asked_keys(now)

    def too_young(self, holder: Holder, now: datetime) -> bool:
        """Whether none of the passkeys that are asked may confirm it yet, and no code either."""
        if self.what is None or self.what == "sign_out_others" or self.passkey(holder, now) != "senior":
            return False
        return not self.takes(holder, now) and not holder.is_outranked(self.what, now, self.shown)

    def may_ask(self, now: datetime) -> list[list[str]]:
        """Each list of kinds that would be right to ask now."""
        progresses = [POLICY.progress(each, tuple(self.given)) for each in self.situations(now, self.given)]
        found = [[str(kind) for kind in progress.ask] for progress in progresses]
        if self.purpose is not Purpose.CONFIRM:  # a passkey needs no check for a human
            found += [["human", *(kind for kind in asks if kind == "passkey")] for asks in found]
        return found

    def proves_still(self) -> bool:
        """Whether what was shown is bound still."""
        holder = self.holder
        if holder is None:
            return True
        for kind, what in zip(self.given, self.shown, strict=True):
            if kind is PASSPHRASE and what != holder.changes:
                return False
            if kind is APP and what is not holder.app:
                return False
            if kind is CODE and what is not holder.sheet:
                return False
        return True
