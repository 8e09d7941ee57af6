"""May this exit go now, and if not, why, until when, and what still works (policy §6). Pure: facts in, an answer out.

The same function answers the holder's preview, a platform's ``decide`` and the spending of an approval; it is never
told which of them asks.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from watchword.foundation.terms import Cause, Reach, Standing


@dataclass(frozen=True, kw_only=True)
class Running:
    """A hold that runs."""

    cause: Cause
    reach: Reach
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the value would go."""

    opens_at: datetime
    """From then on it counts as used. One not named before: as if this action named it."""
    list_settled_at: datetime | None = None
    """From then on it has been on the allow-list for long enough where no second step confirms."""
    list_senior_at: datetime | None = None
    """From then on its place on the list is senior."""
    canonical: bool = True
    """Whether its network has a canonicaliser; without, it has no exemptions."""


@dataclass(frozen=True, kw_only=True)
class Confirmed:
    """By what the action was, or would be, confirmed."""

    by_second_step: bool
    """A or K; else passphrase, message code and trading passphrase."""
    by_senior: bool
    """An app that is senior by its own age: one that renewed another is junior in all else (policy §1)."""
    by_senior_passkey: bool
    from_senior_device: bool


@dataclass(frozen=True, kw_only=True)
class ExitFacts:
    kind: str
    standing: Standing
    holds: tuple[Running, ...]
    place: Place | None
    """None: it goes nowhere that could be used before (an API key); a voucher or card would have none either."""
    list_only: bool
    """Whether the allow-list is on and in effect."""
    under_cap: bool
    """Whether the day's sum to new destinations, this one included, stays within the operator's cap."""
    confirmed: Confirmed


class Reason(StrEnum):
    """Why an exit is refused rather than held: no time alone, or more than time, opens it."""

    FROZEN = "frozen"
    CLOSED = "closed"
    NEEDS_SECOND_STEP = "needs_second_step"
    """Without K or A only withdrawals to the allow-list, and new entries of it."""
    NEEDS_LISTING = "needs_listing"
    """Without K or A: to a destination on the allow-list for 72 h."""
    NOT_LISTED = "not_listed"
    """The allow-list is on, and this is not on it, or can't be."""
    LISTED_LATELY = "listed_lately"
    """The allow-list is on, and this is not senior on it yet."""


class Works(StrEnum):
    """What a hold leaves open."""

    NOTHING = "nothing"
    USED = "used_destinations"
    LISTED = "listed_destinations"


@dataclass(frozen=True, kw_only=True)
class Allowed:
    under_cap: bool = False
    """Goes to a new destination by the operator's cap, and counts towards it."""


@dataclass(frozen=True, kw_only=True)
class Held:
    waits: tuple[Running, ...]
    """Each cause once, the longest first."""

    @property
    def opens_at(self) -> datetime:
        return self.waits[0].ends_at

    @property
    def still_works(self) -> Works:
        return still_works(tuple(wait.reach for wait in self.waits))


@dataclass(frozen=True, kw_only=True)
class Refused:
    reason: Reason
    until: datetime | None = None


Decision = Allowed | Held | Refused


def decide(facts: ExitFacts, now: datetime) -> Decision:
    refused = _refused(facts, now)
    if refused is not None:
        return refused
    waits = longest([*_holding(facts, now), *_new_destination(facts, now)])
    if waits:
        return Held(waits=waits)
    moves = facts.place is not None and facts.kind != "allow_destination"
    return Allowed(under_cap=moves and _is_new(facts, now))


def reason_of(decision: Held | Refused) -> str:
    """One word for the record."""
    return str(decision.waits[0].cause) if isinstance(decision, Held) else str(decision.reason)


def longest(holds: list[Running]) -> tuple[Running, ...]:
    """Of each cause the one that ends last; the longest first."""
    by_end = sorted(holds, key=lambda hold: hold.ends_at, reverse=True)
    found: dict[Cause, Running] = {}
    for hold in by_end:
        found.setdefault(hold.cause, hold)
    return tuple(found.values())


def still_works(reaches: tuple[Reach, ...]) -> Works:
    if Reach.ALL in reaches:
        return Works.NOTHING
    return Works.LISTED if Reach.ALL_BUT_LISTED in reaches else Works.USED


def _refused(facts: ExitFacts, now: datetime) -> Refused | None:
    if facts.standing is not Standing.OPEN:
        return Refused(reason=Reason.CLOSED if facts.standing is Standing.CLOSED else Reason.FROZEN)
    if facts.kind == "allow_destination":
        return None
    if not facts.confirmed.by_second_step:
        refused = _without_second_step(facts, now)
        if refused is not None:
            return refused
    return _off_the_list(facts, now) if facts.list_only else None


def _without_second_step(facts: ExitFacts, now: datetime) -> Refused | None:
    if facts.kind != "withdraw" or facts.place is None:
        return Refused(reason=Reason.NEEDS_SECOND_STEP)
    settled_at = facts.place.list_settled_at
    if settled_at is not None and now >= settled_at:
        return None
    return Refused(reason=Reason.NEEDS_LISTING, until=settled_at)


def _off_the_list(facts: ExitFacts, now: datetime) -> Refused | None:
    """What can't be listed does not go either: else the list would be no lock. A key is bound to the list itself."""
    if facts.kind == "create_api_key":
        return None
    place = facts.place
    if facts.kind != "withdraw" or place is None or place.list_senior_at is None:
        return Refused(reason=Reason.NOT_LISTED)
    if now >= place.list_senior_at:
        return None
    return Refused(reason=Reason.LISTED_LATELY, until=place.list_senior_at)


def _holding(facts: ExitFacts, now: datetime) -> Iterator[Running]:
    """The holds that reach this exit."""
    for hold in facts.holds:
        if hold.ends_at <= now:
            continue
        if hold.reach is Reach.NEW:
            if not _is_new(facts, now):
                continue
            if facts.place is not None:  # once the place counts as used, this hold reaches it no more
                hold = replace(hold, ends_at=min(hold.ends_at, facts.place.opens_at))  # noqa: PLW2901
        if hold.reach is Reach.ALL_BUT_LISTED and _is_listed_withdrawal(facts, now):
            continue
        yield hold


def _new_destination(facts: ExitFacts, now: datetime) -> Iterator[Running]:
    """Putting a destination on the list moves nothing yet: its age there is its wait."""
    place = facts.place
    if place is None or facts.kind == "allow_destination" or not _is_new(facts, now):
        return
    confirmed = facts.confirmed
    if place.canonical and confirmed.by_senior_passkey:
        return
    if place.canonical and confirmed.by_senior and confirmed.from_senior_device and facts.under_cap:
        return
    yield Running(cause=Cause.NEW_DESTINATION, reach=Reach.NEW, ends_at=place.opens_at)


def _is_new(facts: ExitFacts, now: datetime) -> bool:
    return facts.place is None or now < facts.place.opens_at


def _is_listed_withdrawal(facts: ExitFacts, now: datetime) -> bool:
    place = facts.place
    if facts.kind != "withdraw" or place is None or not place.canonical or place.list_senior_at is None:
        return False
    return now >= place.list_senior_at
