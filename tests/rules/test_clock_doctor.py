"""The clock doctor: two rejected codes of a steady clock say how far it is off; one never does."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.authenticators.clock_doctor import SPAN, STEP, Drift, NearMiss, diagnose, near_misses

NOW = 60_000_000
"""A step of ours."""


def shown(step: int, *, at: int) -> tuple[NearMiss, ...]:
    """A rejected code of ``step``, shown while ours was ``at``."""
    return near_misses([step], at)


@pytest.mark.parametrize(
    ("offset", "seconds"), [(-5, -150), (5, 150), (-2, -60), (2, 60), (-20, -600), (20, 600)], ids=str
)
def test_two_codes_of_a_clock_that_is_off(offset, seconds):
    first, second = shown(NOW + offset, at=NOW), shown(NOW + 1 + offset, at=NOW + 1)
    drift = diagnose(first, second)
    assert drift == Drift(offset=timedelta(seconds=seconds), steps=(NOW + offset, NOW + 1 + offset))


def test_one_code_says_nothing():
    assert diagnose((), shown(NOW - 5, at=NOW)) is None


def test_codes_that_meet_no_step_say_nothing():
    assert diagnose(shown(NOW - 5, at=NOW), ()) is None


@pytest.mark.parametrize(("apart", "told"), [(0, False), (1, True), (6, True), (7, False), (-1, False)])
def test_the_second_comes_one_to_six_steps_after_the_first(apart, told):
    first, second = shown(NOW - 5, at=NOW), shown(NOW - 5 + apart, at=NOW + apart)
    assert (diagnose(first, second) is not None) == told


@pytest.mark.parametrize(("wavers", "told"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_the_offsets_differ_by_one_step_at_most(wavers, told):
    """A lone guess that happens to match some step nearby does not stand still against a true clock."""
    first, second = shown(NOW - 8, at=NOW), shown(NOW - 8 + 4, at=NOW + 4 - wavers)
    assert (diagnose(first, second) is not None) == told


def test_a_code_used_before_is_no_sign_of_a_clock():
    """Within the window a code is rejected for having been used: the clock is right."""
    assert near_misses([NOW - 1, NOW, NOW + 1], NOW) == ()


def test_one_code_may_meet_several_steps():
    first = near_misses([NOW - 19, NOW - 5], NOW)
    second = near_misses([NOW - 4, NOW + 12], NOW + 1)
    drift = diagnose(first, second)
    assert drift is not None
    assert drift.steps == (NOW - 5, NOW - 4)
    assert drift.offset == timedelta(seconds=-150)


def test_the_first_of_several_wrong_codes_may_be_any():
    drift = diagnose((*shown(NOW + 9, at=NOW), *shown(NOW - 5, at=NOW + 1)), shown(NOW - 3, at=NOW + 3))
    assert drift is not None
    assert drift.steps == (NOW - 5, NOW - 3)


@given(
    offset=st.integers(-SPAN // STEP, SPAN // STEP).filter(lambda steps: abs(steps) > 1),
    apart=st.integers(1, 6),
    wavers=st.integers(-1, 1),
)
def test_what_is_told_lies_within_a_step_of_the_truth(offset, apart, wavers):
    first = shown(NOW + offset, at=NOW)
    second = shown(NOW + offset + apart, at=NOW + apart - wavers)
    drift = diagnose(first, second)
    if not second:
        assert drift is None
        return
    assert drift is not None
    assert abs(drift.offset - offset * STEP) <= STEP
    assert drift.steps == (NOW + offset, NOW + offset + apart)
