"""A daily budget that closes when little comes back."""

from datetime import timedelta

import pytest

from tests.support.clock import NOON
from watchword.limits.budget import Budget
from watchword.limits.limit import EPOCH, UNUSED, State

DAY = timedelta(days=1)
MIDNIGHT = NOON + timedelta(hours=12)
TODAY = NOON.toordinal() - EPOCH.toordinal()
BUDGET = Budget("b", 100, DAY, sample=10, share=20)


def sent(count: int, *, back: int) -> State:
    return (TODAY, count, back)


@pytest.mark.parametrize(
    ("count", "back", "allowed"),
    [(0, 0, True), (9, 0, True), (10, 0, False), (10, 1, False), (10, 2, True), (14, 3, True), (16, 3, False),
     (99, 20, True), (100, 20, False), (100, 100, False)],
)  # fmt: skip
def test_it_closes_at_its_amount_or_when_too_little_comes_back(count, back, allowed):
    decision = BUDGET.decide(sent(count, back=back), NOON)
    assert decision.allowed is allowed
    assert decision.used == count
    assert decision.retry_at == (NOON if allowed else MIDNIGHT)
    assert decision.state == (sent(count + 1, back=back) if allowed else sent(count, back=back))


def test_each_day_begins_anew_at_midnight_utc():
    full = sent(100, back=0)
    assert not BUDGET.decide(full, MIDNIGHT - timedelta(microseconds=1)).allowed
    assert BUDGET.decide(full, MIDNIGHT).state == (TODAY + 1, 1, 0)
    assert BUDGET.idle_at(full) == MIDNIGHT
    assert BUDGET.decide(UNUSED, NOON).state == (TODAY, 1, 0)


def test_a_clock_set_back_over_midnight_makes_no_room():
    assert not BUDGET.decide((TODAY + 1, 100, 0), NOON).allowed


def test_what_comes_back_opens_it_again():
    closed = sent(10, back=1)
    assert BUDGET.decide(BUDGET.came_back(closed, BUDGET.period_at(NOON)), NOON).allowed


@pytest.mark.parametrize("state", [UNUSED, (TODAY + 1, 5, 0)])
def test_what_was_sent_yesterday_does_not_count_for_today(state):
    assert BUDGET.came_back(state, TODAY) == state
    assert BUDGET.give_back(state, TODAY, NOON) == state


def test_no_more_comes_back_than_was_sent():
    assert BUDGET.came_back(sent(3, back=3), TODAY) == sent(3, back=3)


def test_what_never_went_out_is_given_back():
    spent = BUDGET.decide(sent(5, back=5), NOON)
    assert BUDGET.give_back(spent.state, spent.stamp, NOON) == sent(5, back=5)
    assert BUDGET.give_back(sent(5, back=5), TODAY, NOON) == sent(4, back=4)
    assert BUDGET.give_back(sent(0, back=0), TODAY, NOON) == sent(0, back=0)


def test_an_empty_state_is_idle():
    assert BUDGET.idle_at(UNUSED) == EPOCH


@pytest.mark.parametrize("numbers", [{"sample": 0}, {"share": -1}, {"share": 101}, {"amount": 0}, {"per": -DAY}])
def test_a_budget_that_makes_no_sense_is_refused(numbers):
    with pytest.raises(ValueError):
        Budget(**{"name": "b", "amount": 5, "per": DAY, "sample": 5, "share": 5, **numbers})
