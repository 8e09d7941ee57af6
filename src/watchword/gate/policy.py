"""Policy §1-3, §8: which proofs, in which order, for which purpose. Pure: data in, routes out.

Proofs are taken in order. A passage passes when they complete one of the routes of its situation; what the
gate asks next is whatever would carry on a route that the proofs so far have walked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal

from watchword.foundation.ages import Ages
from watchword.foundation.terms import ProofKind, Purpose

App = Literal["none", "junior", "senior"]
Passkey = Literal["none", "junior", "senior", "away"]
"""Class K of an account. ``away``: it has a senior passkey, but none was ever used on this device (sign-in) or for
this session (confirm), and it has an app or senior codes, which may then serve instead (policy §2)."""
Risk = Literal["low", "raised", "high"]
Device = Literal["known", "other"]
Choice = Literal["on", "off"]
Scope = Literal["change", "passkey", "devices", "exit", "key", "thaw"]
"""``passkey``: what a session without the passkey may begin as well: its removal, or to call passkey-only off."""
Age = Literal["settled", "fresh"]
"""Whether something has been bound long enough for what is confirmed."""
Place = Literal["new", "used", "listed"]
"""Where an exit goes: not used before; used; on the allow-list for long enough (and so named before)."""
Bar = Literal["no_app", "app_too_young", "address_too_young", "passkey_too_young", "without_passkey"]
"""Why no route leads through: the word for the holder."""


@dataclass(frozen=True, kw_only=True)
class Situation:
    """All that the routes depend on."""

    purpose: Purpose
    device: Device = "other"
    passkey: Passkey = "none"
    app: App = "none"
    paper: Choice = "off"
    """passkey away, no senior app: whether senior recovery codes are left."""
    message: Choice = "off"
    risk: Risk = "low"
    scope: Scope = "change"
    new_passphrase: bool = False
    """confirm: the action ends with a new passphrase that stands alone."""
    outranked: bool = False
    """confirm: the action would remove recovery codes senior to app or passkey, which a junior one can't."""
    new_identifier: bool = False
    """confirm: the action binds an address, which has to show by a code that it gets our messages."""
    passkey_age: Age = "settled"
    """exit, key: whether a passkey was bound long ago enough. thaw: whether one was of age when the account froze;
    fresh: the only ones had replaced such a one."""
    app_age: Age = "settled"
    """exit, key: whether the app was bound long ago enough. thaw: whether it was of age when the account froze."""
    codes: Age = "settled"
    """The same of the recovery codes: fresh ones don't stand for the app."""
    place: Place = "used"
    listing: Choice = "off"
    """exit: the action only puts a destination on the allow-list."""
    address: Age = "settled"
    """exit: whether the address that messages go to was bound long ago enough, or by the sign-up."""

    @property
    def bar(self) -> Bar | None:
        """Why nothing can be confirmed in this situation, whoever answers what. None: there has to be a way."""
        if self.purpose is not Purpose.CONFIRM or self.scope not in ("exit", "key"):
            return None
        if self.passkey == "away":
            serves = self.passkey_age == "settled" or self._serves_alone
            return None if self.scope == "exit" and self.place != "new" and serves else "without_passkey"
        if self.passkey != "none" and self.passkey_age == "settled":
            return None
        if self.passkey == "senior" or (self.passkey == "junior" and self.app == "none"):
            return "passkey_too_young"
        return self._bar_of_app

    @property
    def _serves_alone(self) -> bool:
        """Whether the app, or codes in its stead, confirm an exit of a session without the passkey."""
        return self.paper == "on" if self.app != "senior" else self.app_age == "settled"

    @property
    def _bar_of_app(self) -> Bar | None:
        if self.app == "none":
            bare = self.scope == "exit" and (self.listing == "on" or self.place == "listed")
            return None if bare else "no_app"
        if self.app_age == "fresh":
            return "app_too_young"
        messaged = self.scope == "exit" and self.place == "new"
        return "address_too_young" if messaged and self.address == "fresh" else None


Step = frozenset[ProofKind]
"""One of these kinds of proof."""


@dataclass(frozen=True, kw_only=True)
class Route:
    purpose: Purpose
    steps: tuple[Step, ...]
    when: tuple[tuple[str, frozenset[str]], ...] = ()
    mailbox_lost: bool = False

    def holds_in(self, situation: Situation) -> bool:
        if self.purpose is not situation.purpose:
            return False
        return all(getattr(situation, name) in values for name, values in self.when)

    def walked_by(self, proofs: Sequence[ProofKind]) -> bool:
        """Whether the proofs so far are the beginning of this route, or all of it."""
        return len(proofs) <= len(self.steps) and all(
            proof in step for proof, step in zip(proofs, self.steps, strict=False)
        )


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where a passage stands: what is asked next, or the route it has completed; neither: it can't go on."""

    ask: tuple[ProofKind, ...]
    completed: Route | None
    length: int
    """How many steps the shortest way through has, for "step 2 of 3"; if it can be, one without a passkey."""

    @property
    def message(self) -> ProofKind | None:
        """Which code by message is asked, if any."""
        return next((kind for kind in BY_MESSAGE if kind in self.ask), None)


@dataclass(frozen=True, kw_only=True)
class Lifetimes:
    passage: timedelta
    confirm: timedelta
    confirm_with_message: timedelta
    approval: timedelta
    binding: timedelta


@dataclass(frozen=True, kw_only=True)
class MessageCodeRules:
    lifetime: timedelta
    tries: int
    apart: timedelta


@dataclass(frozen=True, kw_only=True)
class SessionRules:
    idle: timedelta
    absolute: timedelta


@dataclass(frozen=True, kw_only=True)
class ConfirmingAges:
    """How long ago what confirms an exit must have been bound, whatever else is senior (policy §3)."""

    app: timedelta
    passkey: timedelta
    address: timedelta
    listed: timedelta
    """On the allow-list, where no app confirms."""


@dataclass(frozen=True, kw_only=True)
class PassphraseRules:
    alone: int
    beside_second_step: int
    longest: int


@dataclass(frozen=True, kw_only=True)
class Policy:
    routes: tuple[Route, ...]
    ages: Ages
    operator_removal_after: timedelta
    lifetimes: Lifetimes
    message_code: MessageCodeRules
    confirming: ConfirmingAges
    sessions: SessionRules
    passphrases: PassphraseRules
    answers_bought: int
    limits: dict[str, object] = field(default_factory=dict)
    """Numbers of `limits`, by name; what is not named keeps its default."""
    risk: dict[str, object] = field(default_factory=dict)
    exits: dict[str, object] = field(default_factory=dict)
    _progress: dict[tuple[Situation, tuple[ProofKind, ...]], Progress] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )
    """What was worked out before: situations and ways through them are few."""

    def routes_in(self, situation: Situation) -> tuple[Route, ...]:
        found = tuple(route for route in self.routes if route.holds_in(situation))
        if situation.outranked:
            found = tuple(_by_recovery_code(route) for route in found)
        if situation.new_passphrase:
            found = tuple(_ending_with(route, ProofKind.NEW_PASSPHRASE) for route in found)
        if situation.new_identifier:
            found = tuple(_ending_with(route, ProofKind.NEW_IDENTIFIER_CODE) for route in found)
        return found

    def progress(self, situation: Situation, proofs: Iterable[ProofKind]) -> Progress:
        given = tuple(proofs)
        known = self._progress.get((situation, given))
        if known is None:
            known = self._progress[situation, given] = self._work_out(situation, given)
        return known

    def _work_out(self, situation: Situation, given: tuple[ProofKind, ...]) -> Progress:
        walked = [route for route in self.routes_in(situation) if route.walked_by(given)]
        completed = next((route for route in walked if len(route.steps) == len(given)), None)
        typed = [route for route in walked if _PASSKEY not in route.steps[len(given) :]] or walked
        length = min((len(route.steps) for route in typed), default=len(given))
        if completed is not None:
            return Progress(ask=(), completed=completed, length=length)
        asked = {kind for route in walked for kind in route.steps[len(given)]}
        return Progress(ask=tuple(kind for kind in ASKING_ORDER if kind in asked), completed=None, length=length)

    def takes_message(self, situation: Situation) -> bool:
        """Whether a message code may be asked on the way."""
        return any(BY_MESSAGE & step for route in self.routes_in(situation) for step in route.steps)


_PASSKEY = frozenset({ProofKind.PASSKEY})
_STRONG = frozenset({ProofKind.PASSKEY, ProofKind.TOTP})
BY_MESSAGE = frozenset({ProofKind.MESSAGE_CODE, ProofKind.NEW_IDENTIFIER_CODE})


ASKING_ORDER = (
    ProofKind.IDENTIFIER,
    ProofKind.PASSPHRASE,
    ProofKind.PASSKEY,
    ProofKind.TOTP,
    ProofKind.TRADING_PASSPHRASE,
    ProofKind.MESSAGE_CODE,
    ProofKind.RECOVERY_CODE,
    ProofKind.NEW_IDENTIFIER_CODE,
    ProofKind.NEW_PASSPHRASE,
)
"""The order in which alternatives are offered: the strongest first, the paper last."""


def _ending_with(route: Route, kind: ProofKind) -> Route:
    return replace(route, steps=(*route.steps, frozenset({kind})))


def _by_recovery_code(route: Route) -> Route:
    """The same way, with a recovery code where app or passkey would do, unless it takes one anyway."""
    code = frozenset({ProofKind.RECOVERY_CODE})
    if code in route.steps:
        return route
    return replace(route, steps=tuple(code if _STRONG & step else step for step in route.steps))
