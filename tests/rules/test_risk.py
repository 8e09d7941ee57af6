"""Signals to levels."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.foundation.errors import Misconfigured
from watchword.risk.levels import Level, Rules, Signals, Threshold, asks_human, asks_human_again, assess, hardness
from watchword.risk.numbers import looser_rules, plain, rules_from

ORDER: list[Level] = ["low", "raised", "high"]
COUNTS = ("failures_on_identifier", "failures_on_network", "failures_on_device", "velocity")
KNOWN = {"known_device": True}


@pytest.mark.parametrize(
    ("signals", "level"),
    [
        ({}, "low"),
        ({"failures_on_identifier": 3, "failures_on_network": 9, "failures_on_device": 3, "velocity": 49}, "low"),
        ({"failures_on_identifier": 4}, "raised"),
        ({"failures_on_identifier": 7}, "raised"),
        ({"failures_on_identifier": 8}, "high"),
        ({"failures_on_network": 10}, "raised"),
        ({"failures_on_network": 40}, "high"),
        ({"failures_on_device": 4}, "raised"),
        ({"failures_on_device": 8}, "high"),
        ({"velocity": 50}, "raised"),
        ({"velocity": 80}, "high"),
        ({"tor": True}, "raised"),
        ({"hosting": True}, "raised"),
        ({"tor": None, "hosting": None}, "low"),
        ({"tor": False, "hosting": False}, "low"),
        ({"tor": True, "hosting": True}, "raised"),
        ({"tor": True, "hosting": True, "failures_on_network": 10}, "high"),
        ({**KNOWN}, "low"),
        ({**KNOWN, "new_network": True}, "raised"),
        ({"new_network": True}, "low"),
        ({**KNOWN, "new_network": True, "tor": True, "velocity": 50}, "high"),
        # Strangers who guess at a name don't make it hard for the device that is known there.
        ({**KNOWN, "failures_on_identifier": 1000}, "raised"),
        ({**KNOWN, "failures_on_device": 8}, "high"),
    ],
)
def test_levels(signals, level):
    assert assess(Signals(**signals)) == level


def some_signals() -> st.SearchStrategy[Signals]:
    flag = st.one_of(st.none(), st.booleans())
    counts = {name: st.integers(0, 120) for name in COUNTS}
    return st.builds(Signals, known_device=st.booleans(), new_network=st.booleans(), tor=flag, hosting=flag, **counts)


@given(some_signals(), st.sampled_from(COUNTS), st.integers(1, 50))
def test_more_of_anything_never_lowers_the_level(signals, name, more):
    worse = replace(signals, **{name: getattr(signals, name) + more})
    assert ORDER.index(assess(worse)) >= ORDER.index(assess(signals))


@given(some_signals())
def test_what_is_not_known_counts_like_no(signals):
    unknown = replace(signals, tor=None, hosting=None)
    assert assess(unknown) == assess(replace(signals, tor=False, hosting=False))


def test_signals_hold_nothing_of_the_account_behind():
    sent = {"failures_on_identifier", "failures_on_network", "failures_on_device", "known_device", "new_network"}
    assert {each.name for each in fields(Signals)} == sent | {"velocity", "tor", "hosting"}


def test_a_human_is_spared_only_at_low_risk_on_a_known_device():
    spared = [(level, known) for level in ORDER for known in (True, False) if not asks_human(level, known_device=known)]
    assert spared == [("low", True)]
    assert [level for level in ORDER if asks_human_again(level)] == ["high"]


def test_a_higher_level_takes_more_work():
    works = [Rules().works[hardness(level)] for level in ORDER]
    assert works == sorted(works)
    assert len(set(works)) == 3


def test_an_operator_changes_each_number():
    rules = rules_from({"work_high": 64_000, "velocity": {"raised": 40}, "raised_make_high": 2})
    assert (rules.works, rules.velocity) == ((2_000, 8_000, 64_000), Threshold(raised=40, high=80))
    assert assess(Signals(tor=True, hosting=True), rules) == "high"
    assert assess(Signals(velocity=40), rules) == "raised"
    assert looser_rules(rules) == []


def test_each_loosening_is_named():
    rules = rules_from({"work_low": 1, "failures_on_device": {"high": 99}, "raised_make_high": 4})
    assert looser_rules(rules) == [
        "risk.failures_on_device.high is 99, ours is 8",
        "risk.raised_make_high is 4, ours is 3",
        "risk.work_low is 1, ours is 2000",
    ]
    assert looser_rules(rules_from({})) == []
    assert plain(rules)["failures_on_device.raised"] == 4


@pytest.mark.parametrize(
    "numbers",
    [
        {"unknown": 1}, {"work_low": "1"}, {"work_low": True}, {"work_low": 0}, {"work_low": 10_000}, {"velocity": 5},
        {"velocity": {"low": 1}}, {"velocity": {"raised": 90}}, {"velocity": {"raised": None}},
        {"raised_make_high": -1},
    ],
)  # fmt: skip
def test_numbers_that_make_no_sense_are_refused(numbers):
    with pytest.raises(Misconfigured):
        rules_from(numbers)


def test_no_rules_can_be_made_that_call_nothing_high():
    with pytest.raises(ValueError):
        Rules(raised_make_high=0)
