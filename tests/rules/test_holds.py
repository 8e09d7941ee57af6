"""The table of policy §6: every cause x destination x age x cap, with the expected answer and words; and properties."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.exits.canonical import canonical_address
from watchword.exits.causes import CAUSES, ExitRules, Rule, exit_rules_from, looser_exit_rules, plain
from watchword.exits.decide import (
    Allowed,
    Confirmed,
    Decision,
    ExitFacts,
    Held,
    Place,
    Reason,
    Refused,
    Running,
    Works,
    decide,
    longest,
    still_works,
)
from watchword.foundation.errors import Misconfigured
from watchword.foundation.languages import LANGUAGES, words_in
from watchword.foundation.terms import Cause, Reach, Standing
from watchword.web import exit_words

NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
YOUNG = timedelta(days=3)
STRONG = Confirmed(by_second_step=True, by_senior=True, by_senior_passkey=False, from_senior_device=True)
PLAIN = Confirmed(by_second_step=True, by_senior=False, by_senior_passkey=False, from_senior_device=False)
BARE = Confirmed(by_second_step=False, by_senior=False, by_senior_passkey=False, from_senior_device=True)
BY_PASSKEY = Confirmed(by_second_step=True, by_senior=False, by_senior_passkey=True, from_senior_device=False)
"""A senior one, on whatever device."""

TABLE = """
first_second_step                72 24 all
first_trading_passphrase         72 24 all
second_step_added                24 24 new
recovery_codes_made              24 24 new
passphrase_changed_with          24 24 new
passphrase_changed_without       24 24 all
second_step_removed              24 24 all_but_listed
second_step_removed_by_operator  72 72 all
address_replaced                 24 24 all_but_listed
address_restored                 72 72 all
trading_passphrase_changed       24 24 all_but_listed
list_weakened                    24 24 all_but_listed
recovered_with                   24 24 all_but_listed
recovered_without                24 24 all
mailbox_lost                     24 24 all
thawed                           24 24 all
used_app_on_passkey_account      24 24 new
"""
"""Cause, hours, hours while the account is younger than three days, reach: typed from the policy, not from the code."""
ROWS = [tuple(line.split()) for line in TABLE.split("\n") if line]

PLACES = {
    "used": Place(opens_at=NOW - HOUR),
    "new": Place(opens_at=NOW + 24 * HOUR),
    "listed": Place(opens_at=NOW - HOUR, list_settled_at=NOW - HOUR, list_senior_at=NOW - HOUR),
    "listed lately": Place(opens_at=NOW - HOUR, list_settled_at=NOW - HOUR, list_senior_at=NOW + HOUR),
    "listed, no canonicaliser": Place(
        opens_at=NOW - HOUR, list_settled_at=NOW - HOUR, list_senior_at=NOW - HOUR, canonical=False
    ),
}
HELD_BY = {
    "all": {"used", "new", "listed", "listed lately", "listed, no canonicaliser"},
    "new": {"new"},
    "all_but_listed": {"used", "new", "listed lately", "listed, no canonicaliser"},
}


def facts(**other: object) -> ExitFacts:
    given_facts = {
        "kind": "withdraw",
        "standing": Standing.OPEN,
        "holds": (),
        "place": PLACES["used"],
        "list_only": False,
        "under_cap": False,
        "confirmed": STRONG,
        **other,
    }
    return ExitFacts(**given_facts)  # type: ignore[arg-type]


def hold(cause: Cause, hours: int = 24) -> Running:
    return Running(cause=cause, reach=CAUSES[cause].reach, ends_at=NOW + hours * HOUR)


def answer(decision: Decision) -> object:
    """The decision in short: True, the causes, or the reason."""
    if isinstance(decision, Allowed):
        return True
    return decision.reason if isinstance(decision, Refused) else [wait.cause for wait in decision.waits]


def test_the_table_names_every_cause_that_is_a_row():
    assert {row[0] for row in ROWS} == {str(cause) for cause in CAUSES} == {*map(str, Cause)} - {"new_destination"}


@pytest.mark.parametrize(("name", "hours", "young", "reach"), ROWS)
def test_how_long_and_what_each_cause_holds(name: str, hours: str, young: str, reach: str):
    cause, rules = Cause(name), ExitRules()
    assert rules.causes[cause].reach == reach
    for age, expected in ((timedelta(), young), (YOUNG - HOUR, young), (YOUNG, hours), (400 * YOUNG, hours)):
        assert rules.lasts(cause, account_age=age, young_account=YOUNG) == int(expected) * HOUR


@pytest.mark.parametrize(
    ("row", "place", "capped", "ended"), [*product(ROWS, PLACES, (False, True), (False, True))], ids=str
)
def test_every_cause_with_every_destination_age_and_cap(row: tuple[str, ...], place: str, capped: bool, ended: bool):
    cause = Cause(row[0])
    running = Running(cause=cause, reach=Reach(row[3]), ends_at=NOW if ended else NOW + int(row[1]) * HOUR)
    found = decide(facts(holds=(running,), place=PLACES[place], under_cap=capped), NOW)
    held = not ended and place in HELD_BY[row[3]]
    waits_for_itself = place == "new" and not capped
    expected = {*([cause] if held else []), *([Cause.NEW_DESTINATION] if waits_for_itself else [])}
    assert ({wait.cause for wait in found.waits} if isinstance(found, Held) else set()) == expected
    assert isinstance(found, Held if expected else Allowed)
    if isinstance(found, Held):
        assert found.opens_at == max(wait.ends_at for wait in found.waits)
        for language in LANGUAGES:
            said = exit_words.told(words_in(language), found)
            assert said.opens_at == found.opens_at
            assert [wait.cause for wait in said.waits] == [
                exit_words.because(words_in(language), wait.cause) for wait in found.waits
            ]


WORDS = {
    Works.NOTHING: "For now nothing leaves the account.",
    Works.USED: "What goes where you sent before still works.",
    Works.LISTED: "Withdrawals to addresses that have been on your allow-list for a week still work.",
}


@pytest.mark.parametrize(
    ("reaches", "works"),
    [
        ((Reach.NEW,), Works.USED),
        ((Reach.ALL_BUT_LISTED,), Works.LISTED),
        ((Reach.NEW, Reach.ALL_BUT_LISTED), Works.LISTED),
        ((Reach.ALL,), Works.NOTHING),
        ((Reach.NEW, Reach.ALL_BUT_LISTED, Reach.ALL), Works.NOTHING),
    ],
)
def test_what_still_works_is_what_all_leave_open(reaches: tuple[Reach, ...], works: Works):
    assert still_works(reaches) is works
    assert exit_words.works(words_in("en"), works) == WORDS[works]


def test_each_cause_and_reason_has_words_of_its_own():
    for language in LANGUAGES:
        words = words_in(language)
        assert len({exit_words.because(words, cause) for cause in Cause}) == len(Cause)
        assert len({exit_words.refused(words, reason) for reason in Reason}) == len(Reason)


def test_a_new_address_is_told_with_its_end_and_one_that_goes_as_going():
    words = words_in("en")
    new = exit_words.told(words, decide(facts(place=PLACES["new"]), NOW))
    assert (new.title, new.tone, new.opens_at) == ("This address is new.", "care", NOW + 24 * HOUR)
    goes = exit_words.told(words, decide(facts(), NOW))
    assert (goes.title, goes.tone, goes.opens_at) == ("It would go now.", "good", None)
    stopped = exit_words.told(words, decide(facts(standing=Standing.FROZEN), NOW))
    assert (stopped.title, stopped.tone) == ("It would not go.", "stop")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # a destination not used before: the wait, and what spares it
        ({"place": PLACES["new"]}, [Cause.NEW_DESTINATION]),
        ({"place": PLACES["new"], "under_cap": True}, True),
        ({"place": PLACES["new"], "under_cap": True, "confirmed": PLAIN}, [Cause.NEW_DESTINATION]),
        (
            {"place": Place(opens_at=NOW + HOUR, canonical=False), "under_cap": True},
            [Cause.NEW_DESTINATION],
        ),
        ({"place": Place(opens_at=NOW)}, True),
        # a senior passkey spares it from any device and over any sum; but not where addresses have no one spelling
        ({"place": PLACES["new"], "confirmed": BY_PASSKEY}, True),
        ({"place": Place(opens_at=NOW + HOUR, canonical=False), "confirmed": BY_PASSKEY}, [Cause.NEW_DESTINATION]),
        # what holds new places holds them for a passkey too
        (
            {"place": PLACES["new"], "confirmed": BY_PASSKEY, "holds": (hold(Cause.SECOND_STEP_ADDED),)},
            [Cause.SECOND_STEP_ADDED],
        ),
        # an entry of the list is an exit, but its own age there is its wait
        ({"kind": "allow_destination", "place": PLACES["new"]}, True),
        ({"kind": "allow_destination", "place": PLACES["new"], "list_only": True}, True),
        (
            {"kind": "allow_destination", "place": PLACES["listed"], "holds": (hold(Cause.RECOVERED_WITH),)},
            [Cause.RECOVERED_WITH],
        ),
        (
            {"kind": "allow_destination", "place": PLACES["new"], "holds": (hold(Cause.RECOVERY_CODES_MADE),)},
            [Cause.RECOVERY_CODES_MADE],
        ),
        # a key goes nowhere known, so nothing that goes to new places lets it by
        ({"kind": "create_api_key", "place": None}, True),
        ({"kind": "create_api_key", "place": None, "list_only": True}, True),
        *(
            ({"kind": "create_api_key", "place": None, "holds": (hold(cause),)}, [cause])
            for cause in (Cause.THAWED, Cause.SECOND_STEP_ADDED, Cause.LIST_WEAKENED)
        ),
        # what is not a withdrawal has no place on the list
        ({"kind": "transfer", "place": PLACES["listed"], "holds": (hold(Cause.LIST_WEAKENED),)}, [Cause.LIST_WEAKENED]),
        ({"kind": "transfer", "list_only": True}, Reason.NOT_LISTED),
        ({"kind": "p2p_release", "list_only": True}, Reason.NOT_LISTED),
        ({"list_only": True}, Reason.NOT_LISTED),
        ({"list_only": True, "place": PLACES["listed lately"]}, Reason.LISTED_LATELY),
        ({"list_only": True, "place": PLACES["listed"]}, True),
        # without K or A
        ({"confirmed": BARE}, Reason.NEEDS_LISTING),
        ({"confirmed": BARE, "place": PLACES["listed lately"]}, True),
        (
            {"confirmed": BARE, "place": Place(opens_at=NOW - HOUR, list_settled_at=NOW + HOUR)},
            Reason.NEEDS_LISTING,
        ),
        ({"confirmed": BARE, "kind": "transfer"}, Reason.NEEDS_SECOND_STEP),
        ({"confirmed": BARE, "kind": "create_api_key", "place": None}, Reason.NEEDS_SECOND_STEP),
        ({"confirmed": BARE, "kind": "allow_destination", "place": PLACES["new"]}, True),
        # a freeze and a closed account stand before everything
        ({"standing": Standing.FROZEN, "kind": "allow_destination"}, Reason.FROZEN),
        ({"standing": Standing.CLOSED, "holds": (hold(Cause.THAWED),)}, Reason.CLOSED),
    ],
)
def test_other_answers(changes: dict[str, object], expected: object):
    assert answer(decide(facts(**changes), NOW)) == expected


def test_only_what_goes_to_a_new_place_counts_towards_the_cap():
    assert decide(facts(place=PLACES["new"], under_cap=True), NOW) == Allowed(under_cap=True)
    assert decide(facts(under_cap=True), NOW) == Allowed()
    assert decide(facts(kind="create_api_key", place=None, under_cap=True), NOW) == Allowed()
    assert decide(facts(kind="allow_destination", place=PLACES["new"], under_cap=True), NOW) == Allowed()


def test_of_each_cause_the_longest_is_shown_first():
    shorter, longer, other = hold(Cause.THAWED, 5), hold(Cause.THAWED, 24), hold(Cause.MAILBOX_LOST, 12)
    assert longest([shorter, other, longer]) == (longer, other)


causes = st.sampled_from(sorted(CAUSES))
runnings = st.builds(hold, causes, st.integers(-48, 96))
moments = st.integers(-200, 200).map(lambda hours: NOW + hours * HOUR)
places = st.none() | st.builds(
    Place,
    opens_at=moments,
    list_settled_at=st.none() | moments,
    list_senior_at=st.none() | moments,
    canonical=st.booleans(),
)
all_facts = st.builds(
    ExitFacts,
    kind=st.sampled_from(("withdraw", "transfer", "p2p_release", "create_api_key", "allow_destination")),
    standing=st.sampled_from(Standing),
    holds=st.lists(runnings, max_size=4).map(tuple),
    place=places,
    list_only=st.booleans(),
    under_cap=st.booleans(),
    confirmed=st.builds(
        Confirmed,
        by_second_step=st.booleans(),
        by_senior=st.booleans(),
        by_senior_passkey=st.booleans(),
        from_senior_device=st.booleans(),
    ),
)


@given(all_facts, runnings)
def test_one_more_hold_never_lets_anything_out_nor_sooner(found: ExitFacts, more: Running):
    before = decide(found, NOW)
    after = decide(_replaced(found, holds=(*found.holds, more)), NOW)
    if isinstance(after, Allowed):
        assert isinstance(before, Allowed)
    if isinstance(before, Held) and isinstance(after, Held):
        assert after.opens_at >= before.opens_at


@given(all_facts)
def test_a_hold_of_everything_lets_nothing_out(found: ExitFacts):
    everything = hold(Cause.THAWED)
    assert not isinstance(decide(_replaced(found, holds=(everything,)), NOW), Allowed)


@given(all_facts)
def test_nothing_leaves_an_account_that_is_not_open(found: ExitFacts):
    if found.standing is not Standing.OPEN:
        assert isinstance(decide(found, NOW), Refused)


@given(all_facts)
def test_a_held_exit_opens_when_it_says(found: ExitFacts):
    """What nothing but time holds goes at the named moment and not before."""
    decision = decide(found, NOW)
    if isinstance(decision, Held):
        assert decision.opens_at > NOW
        assert isinstance(decide(found, decision.opens_at), Allowed)
        assert not isinstance(decide(found, decision.opens_at - timedelta(seconds=1)), Allowed)


def _replaced(found: ExitFacts, **changes: object) -> ExitFacts:
    return ExitFacts(**{**{name: getattr(found, name) for name in found.__dataclass_fields__}, **changes})


# -- one spelling


@pytest.mark.parametrize(
    ("network", "address", "canonical"),
    [
        ("Ethereum", "0x52908400098527886E0F7030069857D2E4169EE7", "0x52908400098527886e0f7030069857d2e4169ee7"),
        ("ERC20", "0X52908400098527886E0F7030069857D2E4169EE7", "0x52908400098527886e0f7030069857d2e4169ee7"),
        ("ethereum", "52908400098527886E0F7030069857D2E4169EE7", None),
        ("ethereum", "alice.eth", None),
        ("Bitcoin", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
        ("Bitcoin", "bc1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", None),  # of mixed case: no address at all
        ("btc", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
        ("Tron", "TQ5pFqv9hKcSkQ4dPq5mXo9mXwYyqzL3aB", "TQ5pFqv9hKcSkQ4dPq5mXo9mXwYyqzL3aB"),
        ("Unheard of", "0x52908400098527886E0F7030069857D2E4169EE7", None),
    ],
)
def test_an_address_has_one_spelling_where_we_know_it(network: str, address: str, canonical: str | None):
    assert canonical_address(network, address) == canonical


# -- an operator's numbers


def test_an_operator_changes_hours_and_sets_caps_and_the_doctor_names_what_is_looser():
    rules = exit_rules_from(
        {
            "new_destination_hours": 12,
            "holds_hours": {"thawed": 48, "first_second_step": 24},
            "caps": {"USDT": "1000.5", "BTC": "0"},
        }
    )
    assert rules.new_destination == 12 * HOUR
    assert rules.causes[Cause.THAWED] == Rule(reach=Reach.ALL, lasts=48 * HOUR)
    assert (str(rules.cap_of("USDT")), str(rules.cap_of("ETH"))) == ("1000.5", "0")
    assert looser_exit_rules(rules) == [
        "exits.new_destination_hours is 12, ours is 24",
        "exits.holds_hours.first_second_step is 24, ours is 72",
        "exits.caps.USDT is 1000.5, ours is 0",
    ]
    assert looser_exit_rules(exit_rules_from({})) == []
    assert plain(rules)["holds_hours.first_trading_passphrase"] == "72, 24 while the account is young (all)"
    assert plain(rules)["caps.USDT"] == "1000.5"


@pytest.mark.parametrize(
    "numbers",
    [
        {"holds": 3},
        {"new_destination_hours": "24"},
        {"new_destination_hours": -1},
        {"new_destination_hours": True},
        {"holds_hours": 24},
        {"holds_hours": {"new_destination": 1}},
        {"caps": {"USDT": 1000}},
        {"caps": {"USDT": "-1"}},
        {"caps": {"USDT": "NaN"}},
        {"caps": {"USDT": "much"}},
    ],
)
def test_numbers_that_can_not_be_are_refused(numbers: dict[str, object]):
    with pytest.raises(Misconfigured):
        exit_rules_from(numbers)
