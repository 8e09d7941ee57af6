"""Policy §4 to the number, and how an operator changes it."""

from datetime import timedelta

import pytest

from watchword.foundation.errors import Misconfigured
from watchword.foundation.terms import Purpose
from watchword.limits.budget import Budget
from watchword.limits.gcra import Rate
from watchword.limits.limit import Limit
from watchword.limits.named import limits_from, looser_limits, purpose_class
from watchword.limits.numbers import plain
from watchword.limits.run import Run
from watchword.limits.tally import Tally
from watchword.limits.window import Window

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OURS = limits_from({})


def figures(*limits: Limit) -> list[tuple[type, int, timedelta | None]]:
    return [(type(limit), limit.amount, getattr(limit, "per", None)) for limit in limits]


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        (OURS.passphrase_unknown, [(Window, 10, HOUR), (Window, 30, DAY)]),
        (OURS.passphrase_account, [(Window, 10, HOUR), (Window, 30, DAY)]),
        (OURS.passphrase_device, [(Window, 10, HOUR), (Window, 30, DAY)]),
        (OURS.totp_unknown, [(Window, 5, DAY), (Window, 20, 30 * DAY)]),
        (OURS.totp_device, [(Window, 10, DAY), (Window, 50, 30 * DAY)]),
        (OURS.message_code, [(Window, 10, DAY)]),
        (OURS.message_code_account, [(Window, 10, DAY)]),
        (OURS.messages_unknown, [(Window, 7, DAY), (Window, 10, DAY)]),
        (OURS.messages_known, [(Window, 10, DAY)]),
        ((OURS.messages_prefix, OURS.messages_everybody), [(Budget, 500, DAY), (Budget, 50_000, DAY)]),
        (OURS.recovery_code, [(Window, 5, DAY)]),
        ((OURS.failures_in_row,), [(Run, 100, None)]),
        ((OURS.trading_passage, OURS.trading_in_row), [(Window, 5, DAY), (Run, 10, None)]),
        (OURS.trading_new, [(Window, 10, DAY)]),
        ((OURS.confirms_session, *OURS.messages_session), [(Rate, 60, HOUR), (Window, 50, DAY)]),
        ((OURS.openid_requests, OURS.openid_session), [(Rate, 600, HOUR), (Rate, 120, HOUR)]),
        ((OURS.openid_pushed, OURS.openid_failures), [(Rate, 20_000, HOUR), (Rate, 60, HOUR)]),
        ((OURS.told,), [(Tally, 120, HOUR)]),
        (
            (OURS.passages_network, OURS.passages_wide, OURS.passages_everybody),
            [(Rate, 20, HOUR), (Rate, 200, HOUR), (Rate, 5_000, HOUR)],
        ),
        (
            (OURS.humans_network, OURS.humans_wide, OURS.humans_everybody),
            [(Rate, 60, HOUR), (Rate, 600, HOUR), (Rate, 20_000, HOUR)],
        ),
    ],
)
def test_the_numbers_of_the_policy(group, expected):
    assert figures(*group) == expected


def test_every_limit_has_a_name_of_its_own():
    names = [limit.name for limit in OURS]
    assert len(names) == len(set(names)) == 43


def test_known_devices_share_what_is_kept_for_them_with_nobody():
    """Seven for unknown devices, ten for both together: three are left whatever strangers do."""
    assert OURS.messages_known[0] is OURS.messages_unknown[1]


def test_guesses_are_witnessed_and_rates_are_not():
    assert {limit.witnessed for limit in OURS if isinstance(limit, Rate | Tally)} == {False}
    assert {limit.witnessed for limit in OURS if not isinstance(limit, Rate | Tally)} == {True}


def test_rows_are_locked_from_what_was_sent_over_the_account_and_messages_to_what_is_told():
    orders = [
        {OURS.passages_network.order, OURS.humans_everybody.order},
        {limit.order for limit in (*OURS.passphrase_unknown, *OURS.message_code)},
        {limit.order for limit in (*OURS.passphrase_device, *OURS.totp_unknown, *OURS.recovery_code)},
        {limit.order for limit in (*OURS.passphrase_account, *OURS.message_code_account, OURS.failures_in_row)},
        {OURS.messages_prefix.order},
        {OURS.messages_everybody.order},
        {limit.order for limit in OURS.messages_unknown},
        {OURS.failures_identifier.order, OURS.failures_network.order, OURS.failures_device.order},
        {OURS.wrong_second_steps.order, OURS.refusals_told.order},
        {OURS.told.order},
    ]
    assert orders == [{0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}, {9}]


@pytest.mark.parametrize(
    ("purpose", "kind"),
    [
        (Purpose.SIGN_UP, "anonymous"),
        (Purpose.RECOVER, "anonymous"),
        (Purpose.SIGN_IN, "proven"),
        (Purpose.CONFIRM, "proven"),
    ],
)
def test_codes_that_anybody_may_ask_for_are_counted_apart(purpose, kind):
    assert purpose_class(purpose) == kind


def test_an_operator_changes_amounts_and_periods():
    limits = limits_from(
        {
            "passphrase_unknown_hour": 5,
            "totp_device_day": {"amount": 8, "per_seconds": 3600},
            "failures_in_row": {"amount": 50},
            "messages_prefix": {"share": 30, "sample": 10},
            "messages_recipient_day": 6,
            "messages_kept_for_known": 2,
        }
    )
    assert [limit.amount for limit in limits.passphrase_unknown] == [5, 30]
    assert [limit.amount for limit in limits.passphrase_account] == [5, 30]
    assert figures(limits.totp_device[0]) == [(Window, 8, HOUR)]
    assert limits.failures_in_row.amount == 50
    assert plain(limits.messages_prefix) == {"amount": 500, "per_seconds": 86_400, "sample": 10, "share": 30}
    assert [limit.amount for limit in limits.messages_unknown] == [4, 6]


@pytest.mark.parametrize(
    "numbers",
    [
        {"unknown": 5}, {"humans_wide": 0}, {"humans_wide": -1}, {"humans_wide": "5"}, {"humans_wide": True},
        {"humans_wide": 2.5}, {"humans_wide": None}, {"humans_wide": {"sample": 5}},
        {"humans_wide": {"per_seconds": 0}},
        {"failures_in_row": {"per_seconds": 60}}, {"messages_prefix": {"share": 101}},
        {"messages_prefix": {"sample": 0}},
        {"messages_kept_for_known": 10}, {"messages_kept_for_known": -1}, {"messages_recipient_day": 3},
        {"passphrase_unknown_hour_account": 5}, {"failures_network": 5}, {"humans_wide": {1: 5}},
    ],
)  # fmt: skip
def test_numbers_that_make_no_sense_are_refused(numbers):
    with pytest.raises(Misconfigured, match=r"policy: "):
        limits_from(numbers)


def test_each_loosening_is_named_and_nothing_else():
    assert looser_limits(OURS) == []
    stricter = {"passphrase_unknown_hour": 5, "messages_prefix": {"share": 50}, "humans_wide": {"per_seconds": 7200}}
    assert looser_limits(limits_from(stricter)) == []
    assert looser_limits(
        limits_from(
            {
                "passphrase_unknown_day": 31,
                "humans_wide": {"per_seconds": 60},
                "messages_everybody": {"sample": 3000, "share": 5},
                "messages_kept_for_known": 0,
            }
        )
    ) == [
        "limits.passphrase_unknown_day: amount is 31, ours is 30",
        "limits.passphrase_unknown_day_account: amount is 31, ours is 30",
        "limits.messages_unknown_day: amount is 10, ours is 7",
        "limits.messages_everybody: sample is 3000, ours is 2000",
        "limits.messages_everybody: share is 5, ours is 10",
        "limits.humans_wide: per_seconds is 60, ours is 3600",
    ]
