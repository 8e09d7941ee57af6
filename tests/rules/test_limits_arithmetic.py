"""The arithmetic of limits: never too many, exact moments, and giving back as if it had not been."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.clock import NOON
from watchword.limits.gcra import Rate
from watchword.limits.limit import EPOCH, NEVER, UNUSED, Limit, State, micros, moment_of
from watchword.limits.run import Run
from watchword.limits.window import Window

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
TICK = timedelta(microseconds=1)
EPOCH_NAIVE = EPOCH.replace(tzinfo=None)


@dataclass
class Driven:
    """A limit whose state is carried from step to step."""

    limit: Limit
    now: datetime = NOON
    state: State = UNUSED

    def spend(self) -> int | None:
        """The stamp, or None when it was refused."""
        decision = self.limit.decide(self.state, self.now)
        self.state = decision.state
        return decision.stamp if decision.allowed else None

    def after(self, wait: timedelta) -> "Driven":
        self.now += wait
        return self

    def give_back(self, stamp: int) -> None:
        self.state = self.limit.give_back(self.state, stamp, self.now)

    @property
    def retry_at(self) -> datetime:
        return self.limit.decide(self.state, self.now).retry_at

    def allowed_at(self, moment: datetime) -> bool:
        return self.limit.decide(self.state, moment).allowed


AMOUNTS = st.integers(1, 6)
PERIODS = st.sampled_from([7 * TICK, SECOND, 61 * SECOND, HOUR, 30 * timedelta(days=1)])
FRACTIONS = st.one_of(st.just(0.0), st.just(1.0), st.floats(0, 1.5))
TIMED = st.one_of(st.builds(Rate, st.just("r"), AMOUNTS, PERIODS), st.builds(Window, st.just("w"), AMOUNTS, PERIODS))
ALL = st.one_of(TIMED, st.builds(Run, st.just("x"), AMOUNTS))
WAITS = st.lists(FRACTIONS, max_size=25)


def period(limit: Limit) -> timedelta:
    return limit.per if isinstance(limit, Rate | Window) else HOUR


def walked(limit: Limit, waits: list[float]) -> Driven:
    driven = Driven(limit)
    for wait in waits:
        driven.after(wait * period(limit)).spend()
    return driven


# -- every kind


@given(ALL)
def test_a_fresh_limit_allows_its_amount_at_once_and_no_more(limit):
    driven = Driven(limit)
    assert [driven.spend() is not None for _ in range(limit.amount + 2)] == [True] * limit.amount + [False, False]


@given(ALL, WAITS)
def test_a_refusal_keeps_nothing_and_counts_all(limit, waits):
    driven = walked(limit, waits)
    while driven.spend() is not None:
        pass
    decision = limit.decide(driven.state, driven.now)
    assert decision.state == driven.state
    assert decision.used == limit.amount


@given(ALL, WAITS, FRACTIONS)
def test_what_was_spent_just_now_and_given_back_had_never_been(limit, waits, later):
    driven = walked(limit, waits)
    before, stamp = driven.state, driven.spend()
    if stamp is None:
        return
    driven.give_back(stamp)
    for moment in (driven.now, driven.now + TICK, driven.now + later * period(limit)):
        mine, other = limit.decide(driven.state, moment), limit.decide(before, moment)
        assert (mine.allowed, mine.retry_at, mine.used) == (other.allowed, other.retry_at, other.used)


@given(ALL, WAITS, FRACTIONS)
def test_time_and_further_spends_never_bring_the_next_try_nearer(limit, waits, wait):
    driven = walked(limit, waits)
    first = driven.retry_at
    driven.after(wait * period(limit))
    assert driven.retry_at >= first
    second = driven.retry_at
    driven.spend()
    assert driven.retry_at >= second


@given(TIMED, WAITS)
def test_it_opens_at_retry_at_and_not_a_microsecond_before(limit, waits):
    driven = walked(limit, waits)
    while driven.spend() is not None:
        pass
    opens_at = driven.retry_at
    assert opens_at > driven.now
    assert driven.allowed_at(opens_at)
    assert not driven.allowed_at(opens_at - TICK)


@given(ALL, WAITS)
def test_an_idle_state_says_no_more_than_an_empty_one(limit, waits):
    driven = walked(limit, waits)
    idle_at = max(limit.idle_at(driven.state), driven.now)
    if idle_at == NEVER:
        return
    mine, empty = limit.decide(driven.state, idle_at), limit.decide(UNUSED, idle_at)
    assert (mine.allowed, mine.used) == (empty.allowed, empty.used) == (True, 0)


@given(ALL)
def test_an_empty_state_is_idle_and_takes_nothing_back(limit):
    assert limit.idle_at(UNUSED) == EPOCH
    assert limit.give_back(UNUSED, micros(NOON), NOON) == UNUSED


@given(ALL, WAITS)
def test_states_are_small_whole_numbers(limit, waits):
    state = walked(limit, waits).state
    assert all(type(number) is int for number in state)
    assert len(state) <= max(2, limit.amount)


# -- windows


@given(
    AMOUNTS,
    PERIODS,
    st.lists(st.tuples(FRACTIONS, st.one_of(st.none(), st.integers(0, 5))), max_size=40),
)
def test_no_window_wherever_it_begins_holds_more_than_the_amount(amount, per, steps):
    """What was given back does not count; everything else does, in every period of that length."""
    driven = Driven(Window("w", amount, per))
    kept: list[int] = []
    for wait, give_back in steps:
        driven.after(wait * per)
        if give_back is not None and give_back < len(kept):
            driven.give_back(kept.pop(-1 - give_back))
        stamp = driven.spend()
        if stamp is not None:
            kept.append(stamp)
        length = per // TICK
        for begin in kept:
            assert sum(begin <= stamp < begin + length for stamp in kept) <= amount


def test_ten_an_hour_by_hand():
    driven = Driven(Window("w", 10, HOUR))
    stamps = [driven.after(MINUTE).spend() for _ in range(10)]
    assert driven.spend() is None
    assert driven.retry_at == NOON + 61 * MINUTE
    third = stamps[2]
    assert third is not None
    driven.give_back(third)
    assert driven.retry_at == driven.now
    assert driven.spend() is not None
    assert driven.spend() is None
    assert driven.after(50 * MINUTE).spend() is None  # the second is 59 minutes ago, but one more counts
    assert driven.after(MINUTE).spend() is not None


def test_a_clock_set_back_makes_no_room():
    driven = Driven(Window("w", 2, HOUR))
    driven.spend()
    driven.after(-30 * MINUTE).spend()
    assert driven.spend() is None
    assert driven.state == tuple(sorted(driven.state))
    assert driven.retry_at == NOON + 30 * MINUTE


def test_the_same_spend_is_given_back_once():
    driven = Driven(Window("w", 2, HOUR))
    first = driven.spend()
    driven.after(MINUTE).spend()
    assert first is not None
    driven.give_back(first)
    once = driven.state
    driven.give_back(first)
    assert driven.state == once != UNUSED


def test_a_smaller_amount_of_a_new_policy_counts_what_was_spent_before():
    driven = Driven(Window("w", 5, HOUR))
    for _ in range(5):
        driven.after(MINUTE).spend()
    driven.limit = Window("w", 2, HOUR)
    assert driven.spend() is None
    assert driven.retry_at == NOON + 4 * MINUTE + HOUR  # when only one of the five still counts


# -- rates


@given(AMOUNTS, PERIODS, st.lists(FRACTIONS, max_size=40))
def test_a_rate_never_passes_its_burst_and_what_drained(amount, per, waits):
    driven = Driven(Rate("r", amount, per))
    passed: list[datetime] = []
    for wait in waits:
        if driven.after(wait * per / amount).spend() is not None:
            passed.append(driven.now)
        for at, begin in enumerate(passed):
            assert len(passed) - at <= amount + (passed[-1] - begin) * amount / per


@given(AMOUNTS, PERIODS, st.lists(st.tuples(FRACTIONS, st.one_of(st.none(), st.integers(0, 5))), max_size=40))
def test_giving_back_late_wins_no_more_than_one(amount, per, steps):
    """Giving back what has drained meanwhile would let through more than the rate."""
    driven = Driven(Rate("r", amount, per))
    kept: list[tuple[datetime, int]] = []
    for wait, give_back in steps:
        driven.after(wait * per / amount)
        if give_back is not None and give_back < len(kept):
            driven.give_back(kept.pop(-1 - give_back)[1])
        stamp = driven.spend()
        if stamp is not None:
            kept.append((driven.now, stamp))
        for at, (begin, _) in enumerate(kept):
            assert len(kept) - at <= amount + (driven.now - begin) * amount / per + 1


def test_what_has_drained_can_not_be_given_back():
    driven = Driven(Rate("r", 1, HOUR))
    first = driven.spend()
    assert first is not None
    assert driven.after(HOUR).spend() is not None
    driven.give_back(first)
    assert driven.spend() is None


def test_half_of_what_has_half_drained_is_given_back():
    driven = Driven(Rate("r", 2, 2 * HOUR))
    first = driven.spend()
    assert first is not None
    driven.after(30 * MINUTE)
    driven.give_back(first)
    assert driven.state == (micros(driven.now),)


def test_sixty_an_hour_by_hand():
    driven = Driven(Rate("r", 60, HOUR))
    assert [driven.spend() is not None for _ in range(61)].count(True) == 60
    assert driven.retry_at == NOON + MINUTE
    assert driven.after(MINUTE).spend() is not None
    assert driven.spend() is None
    assert driven.limit.decide(driven.state, driven.now + 30 * MINUTE).used == 30
    assert driven.limit.idle_at(driven.state) == driven.now + HOUR


def test_an_interval_that_does_not_divide_is_rounded_to_the_strict_side():
    driven = Driven(Rate("r", 7, SECOND))
    while driven.spend() is not None:
        pass
    assert driven.retry_at - driven.now == timedelta(microseconds=142858)


# -- runs


@given(AMOUNTS, st.lists(st.sampled_from(["fail", "pass", "end"]), max_size=40))
def test_a_run_counts_failures_since_its_last_end(amount, steps):
    run = Run("x", amount)
    driven, failures = Driven(run), 0
    for step in steps:
        if step == "end":
            driven.state, failures = run.ended(driven.state), 0
            continue
        stamp = driven.after(SECOND).spend()
        assert (stamp is not None) == (failures < amount)
        if stamp is not None and step == "pass":
            driven.give_back(stamp)
        elif stamp is not None:
            failures += 1
    assert run.decide(driven.state, NOON).used == failures


def test_time_does_not_open_a_run():
    driven = Driven(Run("x", 2))
    driven.spend()
    driven.spend()
    assert driven.retry_at == NEVER == driven.limit.idle_at(driven.state)
    assert driven.after(timedelta(days=10_000)).spend() is None


def test_a_spend_from_before_the_end_is_not_given_back_to_the_run_after_it():
    run = Run("x", 2)
    driven = Driven(run)
    early = driven.spend()
    assert early is not None
    driven.state = run.ended(driven.state)
    driven.spend()
    driven.give_back(early)
    assert run.decide(driven.state, NOON).used == 1


def test_the_end_of_nothing_changes_nothing():
    run = Run("x", 2)
    assert run.ended(UNUSED) == UNUSED
    assert run.ended((3, 0)) == (3, 0)
    assert run.idle_at((3, 0)) == EPOCH


# -- all


@pytest.mark.parametrize(
    "make",
    [
        lambda: Rate("r", 0, HOUR),
        lambda: Rate("r", 5, timedelta(0)),
        lambda: Window("w", 0, HOUR),
        lambda: Window("w", 5, -HOUR),
        lambda: Window("w", 5, HOUR, 0),
        lambda: Window("w", 5, HOUR, 10),
        lambda: Run("x", -1),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(make):
    with pytest.raises(ValueError):
        make()


@given(st.datetimes(min_value=EPOCH_NAIVE, timezones=st.just(UTC)))
def test_moments_keep_their_microseconds(moment):
    assert moment_of(micros(moment)) == moment
