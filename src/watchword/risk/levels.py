"""Signals to a level of risk, and what a level asks for. Pure.

Signals hold only what was sent: the identifier's digest, existing or not; the network; the device. So before the
passphrase is proven a level, and the work it asks for, tells nothing about the account behind (policy §4).

"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Level = Literal["low", "raised", "high"]
_HARDNESS: Mapping[Level, Literal[0, 1, 2]] = {"low": 0, "raised": 1, "high": 2}


@dataclass(frozen=True, kw_only=True)
class Signals:
    failures_on_identifier: int = 0
    """In the last hour, from all devices together."""
    failures_on_network: int = 0
    failures_on_device: int = 0
    known_device: bool = False
    """It signed in before to the account the identifier names."""
    new_network: bool = False
    """A known device comes from another network than last time."""
    velocity: int = 0
    """How much of the rate over all is in use, in percent."""
    tor: bool | None = None
    """None: not known."""
    hosting: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """From how many on a signal counts as raised, and as high."""

    raised: int
    high: int

    def __post_init__(self) -> None:
        if not 1 <= self.raised <= self.high:
            raise ValueError("raised comes before high, and neither at nothing")

    def level(self, count: int) -> Level:
        if count >= self.high:
            return "high"
        return "raised" if count >= self.raised else "low"


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The numbers. An operator's policy file may change each."""

    failures_on_identifier: Threshold = field(default_factory=lambda: Threshold(raised=4, high=8))
    failures_on_network: Threshold = field(default_factory=lambda: Threshold(raised=10, high=40))
    failures_on_device: Threshold = field(default_factory=lambda: Threshold(raised=4, high=8))
    velocity: Threshold = field(default_factory=lambda: Threshold(raised=50, high=80))
    raised_make_high: int = 3
    """How many raised signals together are high."""
    work_low: int = 2_000
    work_raised: int = 8_000
    work_high: int = 32_000
    """What one try of the proof of work costs, by level; see ``works``."""

    def __post_init__(self) -> None:
        if not 1 <= self.work_low <= self.work_raised <= self.work_high:
            raise ValueError("a higher level takes no less work")
        if self.raised_make_high < 1:
            raise ValueError("no signal at all can't be high")

    @property
    def works(self) -> tuple[int, int, int]:
        """The cost at each ``hardness``."""
        return self.work_low, self.work_raised, self.work_high


def assess(signals: Signals, rules: Rules = Rules()) -> Level:
    """The highest of all signals; some raised ones together are high."""
    levels = _levels(signals, rules)
    if "high" in levels or levels.count("raised") >= rules.raised_make_high:
        return "high"
    return "raised" if "raised" in levels else "low"


def hardness(level: Level) -> Literal[0, 1, 2]:
    """Which of the three works a proof of work takes."""
    return _HARDNESS[level]


def asks_human(level: Level, *, known_device: bool) -> bool:
    """At the beginning. A known device at low risk is spared."""
    return level != "low" or not known_device


def asks_human_again(level: Level) -> bool:
    """After the passphrase."""
    return level == "high"


def _levels(signals: Signals, rules: Rules) -> list[Level]:
    identifier = rules.failures_on_identifier.level(signals.failures_on_identifier)
    if identifier == "high" and signals.known_device:
        # Strangers who guess at somebody's name must not make the way in hard for the device that is known there.
        identifier = "raised"
    flags = (signals.new_network and signals.known_device, signals.tor, signals.hosting)
    return [
        identifier,
        rules.failures_on_network.level(signals.failures_on_network),
        rules.failures_on_device.level(signals.failures_on_device),
        rules.velocity.level(signals.velocity),
        *("raised" if flag else "low" for flag in flags),
    ]
