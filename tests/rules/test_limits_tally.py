"""A tally: each is told until there are many, and then one for many; none is lost."""

from datetime import timedelta

import pytest

from tests.support.clock import NOON
from watchword.limits.limit import EPOCH, UNUSED
from watchword.limits.tally import Tally

HOUR = timedelta(hours=1)
FIVE = Tally("five", 5, HOUR)


def run(moments, tally=FIVE):
    """What each stands for, and the state at the end."""
    state, stand_for = UNUSED, []
    for now in moments:
        decision = tally.decide(state, now)
        assert decision.allowed
        assert decision.retry_at == now
        state = decision.state
        stand_for.append(decision.stamp)
    return stand_for, state


def test_the_first_are_told_each_and_then_one_for_many():
    stand_for, _ = run([NOON] * 16)
    assert stand_for == [1, 1, 1, 1, 1, 0, 0, 0, 0, 5, 0, 0, 0, 0, 5, 0]


def test_what_was_not_told_is_told_with_the_first_of_the_next_period():
    stand_for, _ = run([NOON] * 8 + [NOON + HOUR] * 2)
    assert stand_for[8:] == [4, 1]
    assert sum(stand_for) == 10


@pytest.mark.parametrize("many", [1, 4, 5, 6, 99, 1000])
def test_no_number_is_lost(many):
    stand_for, state = run([NOON] * many)
    assert sum(stand_for) + state[2] == many
    assert sum(1 for each in stand_for if each) <= 5 + many // 5


def test_a_clock_that_was_set_back_opens_nothing():
    stand_for, _ = run([NOON] * 5 + [NOON - HOUR])
    assert stand_for[5] == 0


def test_one_alone_is_told_for_each():
    assert run([NOON] * 3, Tally("one", 1, HOUR))[0] == [1, 1, 1]


def test_nothing_is_given_back():
    _, state = run([NOON] * 3)
    assert FIVE.give_back(state, 1, NOON) == state


def test_a_row_says_nothing_after_its_period():
    _, state = run([NOON + timedelta(minutes=20)])
    assert FIVE.idle_at(state) == NOON + HOUR
    assert FIVE.idle_at(UNUSED) == EPOCH


def test_it_needs_a_period():
    with pytest.raises(ValueError, match="a limit needs a period"):
        Tally("none", 5, timedelta(0))
