"""Check-up: how well an account stands against six ways to rob it, and the one step that would help most. Pure.

A finding is honest rather than kind: only a passkey resists a page that relays what is typed into it, so without one
phishing is never better than fair.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from watchword.gate.policy import App, Passkey

FEW_CODES = 3


class Threat(StrEnum):
    PHISHING = "phishing"
    STOLEN_PASSPHRASE = "stolen_passphrase"
    STOLEN_SESSION = "stolen_session"
    LOST_PHONE = "lost_phone"
    SIM_SWAP = "sim_swap"
    STOLEN_MAILBOX = "stolen_mailbox"


class Strength(StrEnum):
    GOOD = "good"
    FAIR = "fair"
    WEAK = "weak"


class Step(StrEnum):
    """What would help most, done on one page each. A passkey stands for an app too: its page offers that as well."""

    PASSKEY = "passkey"
    WAIT_FOR_PASSKEY = "wait_for_passkey"
    WAIT_FOR_APP = "wait_for_app"
    RECOVERY_CODES = "recovery_codes"
    TRADING_PASSPHRASE = "trading_passphrase"
    ANTI_PHISHING_CODE = "anti_phishing_code"
    REVIEW_DEVICES = "review_devices"
    ADD_EMAIL = "add_email"


@dataclass(frozen=True, kw_only=True)
class Facts:
    passkey: Passkey
    app: App
    codes_left: int
    trading_passphrase: bool
    anti_phishing_code: bool
    email: bool
    unfamiliar_devices: int
    """Junior ones besides the present one."""

    @property
    def second_step(self) -> bool:
        """Whether a passkey or an app is bound."""
        return self.app != "none" or self.passkey != "none"


@dataclass(frozen=True, kw_only=True)
class Finding:
    threat: Threat
    strength: Strength
    step: Step | None


def check_up(facts: Facts) -> tuple[Finding, ...]:
    """One finding for each threat, always in the same order."""
    found = {
        Threat.PHISHING: _phishing(facts),
        Threat.STOLEN_PASSPHRASE: _stolen_passphrase(facts),
        Threat.STOLEN_SESSION: _stolen_session(facts),
        Threat.LOST_PHONE: _lost_phone(facts),
        Threat.SIM_SWAP: _sim_swap(facts),
        Threat.STOLEN_MAILBOX: _by_second_step(facts),
    }
    return tuple(Finding(threat=threat, strength=strength, step=step) for threat, (strength, step) in found.items())


def weakest(findings: tuple[Finding, ...]) -> Finding | None:
    """The one to look at first; None where nothing can be done."""
    order = [Strength.WEAK, Strength.FAIR]
    open_ones = [finding for finding in findings if finding.step not in _NOTHING_TO_DO]
    return min(open_ones, key=lambda finding: order.index(finding.strength), default=None)


_NOTHING_TO_DO = (None, Step.WAIT_FOR_APP, Step.WAIT_FOR_PASSKEY)


TRAIL = (Step.PASSKEY, Step.RECOVERY_CODES, Step.TRADING_PASSPHRASE, Step.ANTI_PHISHING_CODE)
"""What a new account is led through, in order; after that come its devices."""


def set_up(facts: Facts) -> frozenset[str]:
    """What of the trail is done. An address and a passphrase are, or there would be no account."""
    done = {
        Step.PASSKEY: facts.second_step,
        Step.RECOVERY_CODES: facts.second_step and facts.codes_left > 0,
        Step.TRADING_PASSPHRASE: facts.trading_passphrase,
        Step.ANTI_PHISHING_CODE: facts.anti_phishing_code,
    }
    return frozenset({"address", *(step for step, is_done in done.items() if is_done)})


Answer = tuple[Strength, Step | None]

_BY_APP: Mapping[App, Answer] = {
    "none": (Strength.WEAK, Step.PASSKEY),
    "junior": (Strength.FAIR, Step.WAIT_FOR_APP),
    "senior": (Strength.GOOD, None),
}


def _by_second_step(facts: Facts) -> Answer:
    """Where a second step is what stands in a thief's way. A junior one does not raise what is asked yet (§1)."""
    if facts.passkey in ("senior", "away"):
        return Strength.GOOD, None
    if facts.app == "none" and facts.passkey == "junior":
        return Strength.FAIR, Step.WAIT_FOR_PASSKEY
    return _BY_APP[facts.app]


def _phishing(facts: Facts) -> Answer:
    """A passkey answers no page but ours; whatever is typed can be passed on."""
    if not facts.anti_phishing_code:
        return (Strength.FAIR if facts.second_step else Strength.WEAK), Step.ANTI_PHISHING_CODE
    if facts.passkey == "none":
        return (Strength.WEAK if facts.app == "none" else Strength.FAIR), Step.PASSKEY
    return (Strength.FAIR, Step.WAIT_FOR_PASSKEY) if facts.passkey == "junior" else (Strength.GOOD, None)


def _stolen_passphrase(facts: Facts) -> Answer:
    """From another device the message code is asked anyway; on a known one nothing is, without a second step."""
    if not facts.second_step:
        return (Strength.FAIR, Step.PASSKEY)
    return _by_second_step(facts)


def _stolen_session(facts: Facts) -> Answer:
    """Whoever took the session meets the second step and the trading passphrase before anything leaves."""
    if not facts.second_step:
        return Strength.WEAK, Step.PASSKEY
    if not facts.trading_passphrase:
        return Strength.WEAK, Step.TRADING_PASSPHRASE
    if facts.unfamiliar_devices:
        return Strength.FAIR, Step.REVIEW_DEVICES
    return Strength.GOOD, None


def _lost_phone(facts: Facts) -> Answer:
    if not facts.second_step:
        return (Strength.GOOD, None) if facts.email else (Strength.WEAK, Step.ADD_EMAIL)
    if facts.codes_left == 0:
        return Strength.WEAK, Step.RECOVERY_CODES
    return (Strength.FAIR, Step.RECOVERY_CODES) if facts.codes_left <= FEW_CODES else (Strength.GOOD, None)


def _sim_swap(facts: Facts) -> Answer:
    """Codes go to the phone only where no e-mail is bound (policy §2)."""
    if facts.email:
        return Strength.GOOD, None
    return (Strength.FAIR if facts.second_step else Strength.WEAK), Step.ADD_EMAIL
