"""The closed list of actions (policy §6): what is read is canonical, and everything else is refused."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.foundation.errors import Unacceptable
from watchword.gate.actions import (
    CHANGES,
    EXITS,
    canonical,
    change,
    destination_of,
    is_exit,
    read_action,
    removes_second_step,
    scope_of,
)

WITHDRAW = {
    "kind": "withdraw",
    "asset": "BTC",
    "network": "Bitcoin",
    "address": "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh",
    "memo": None,
    "amount": "1.5",
}
TRANSFER = {"kind": "transfer", "asset": "USDT", "amount": "100", "to": "account-7"}
RELEASE = {
    "kind": "p2p_release",
    "asset": "USDT",
    "amount": "100",
    "price": "7.21",
    "currency": "CNY",
    "counterparty": "buyer-9",
}
ALLOW = {name: value for name, value in WITHDRAW.items() if name != "amount"} | {"kind": "allow_destination"}
KEY = {
    "kind": "create_api_key",
    "name": "night bot",
    "permissions": ["read", "trade"],
    "networks": ["192.0.2.7"],
    "expiry": 90,
    "public_key": None,
}
EVERY_EXIT = (WITHDRAW, TRANSFER, RELEASE, ALLOW, KEY)
EVERY_CHANGE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("bind_totp", {}),
    ("remove_totp", {}),
    ("bind_passkey", {}),
    ("remove_passkey", {"passkey": "01hzy"}),
    ("passkey_only", {"enabled": True}),
    ("recovery_codes", {}),
    ("message_code", {"enabled": True}),
    ("passphrase", {}),
    ("trading_passphrase", {}),
    ("anti_phishing_code", {}),
    ("replace_identifier", {"identifier_kind": "email", "identifier": "ada@example.org"}),
    ("remove_destination", {"destination": "01hzy"}),
    ("allow_list", {"enabled": False}),
    ("close_account", {}),
    ("export", {"of": "activity"}),
    ("export", {"of": "account"}),
    ("thaw", {}),
    ("sign_out_others", {}),
    ("remove_device", {"device": "01hzy"}),
    (
        "widen_api_key",
        {
            "key": "01hzy",
            "name": "night bot",
            "permissions": ["read", "trade"],
            "networks": ["192.0.2.7/32"],
            "expiry": 90,
        },
    ),
    ("unpause_api_key", {"key": "01hzy", "name": "night bot"}),
)
WRONG: tuple[Any, ...] = (None, 1, "", [], {}, "a b", "ä", "x" * 1000)
by_kind = pytest.mark.parametrize("action", EVERY_EXIT, ids=lambda each: str(each["kind"]))


def refused(action: object) -> bool:
    try:
        read_action(action)
    except Unacceptable:
        return True
    return False


def test_a_refusal_says_nothing_of_what_was_sent():
    with pytest.raises(Unacceptable) as found:
        read_action(WITHDRAW | {"amount": "secret"})
    assert (found.value.reason, found.value.field) == ("unknown_action", "action")
    assert "secret" not in str(found.value)


def test_the_samples_are_the_whole_list():
    assert {action["kind"] for action in EVERY_EXIT} == set(EXITS)
    assert {what for what, _ in EVERY_CHANGE} == set(CHANGES)


@by_kind
def test_an_exit_is_read_with_all_its_fields(action):
    read = read_action(action)
    assert set(read) == set(action)
    assert read_action(read) == read
    assert json.loads(canonical(read)) == read


@pytest.mark.parametrize(("what", "fields"), EVERY_CHANGE, ids=str)
def test_a_change_is_read_with_all_its_fields(what, fields):
    assert change(what, **fields) == {"kind": "change", "what": what, **fields}
    assert refused({"kind": what, **fields})
    assert refused({"kind": "change", "what": what, **fields, "more": 1})
    for name in fields:
        without = {each: value for each, value in fields.items() if each != name}
        assert refused({"kind": "change", "what": what, **without})
        for wrong in WRONG:
            taken = (name, wrong) in (("name", "a b"), ("expiry", None), ("networks", []))
            assert refused({"kind": "change", "what": what, **fields, name: wrong}) is not taken, (name, wrong)


@by_kind
def test_a_field_too_many_or_too_few_is_refused(action):
    assert refused(action | {"more": "x"})
    assert refused(action | {"what": "withdraw"})
    for name in action:
        assert refused({each: value for each, value in action.items() if each != name}), name


@by_kind
def test_a_field_of_another_type_is_refused(action):
    for name in set(action) - {"kind"}:
        for wrong in (1.5, True, {}, {"a": 1}, ["x", 1], [["x"]], "ünü", "a\nb", "a\x00", "\x7f", "x" * 5000, "a\t", 0):
            assert refused(action | {name: wrong}), (name, wrong)


@pytest.mark.parametrize(
    "action",
    [None, 1, "withdraw", [], [WITHDRAW], {}, {"kind": None}, {"kind": ["withdraw"]}, {"kind": "gift", "amount": "1"}],
)
def test_what_is_no_action_is_refused(action):
    assert refused(action)


# -- amounts


@pytest.mark.parametrize(
    "amount",
    ["1", "10", "0.1", "0.00000001", "1.5", "100", "123456789012345678901234567890123456", "0." + "0" * 34 + "1"],
)
def test_a_canonical_amount_is_taken(amount):
    assert read_action(WITHDRAW | {"amount": amount})["amount"] == amount


@pytest.mark.parametrize(
    "amount",
    [
        "0", "0.0", "00", "01", "1.0", "1.50", "-1", "+1", "1e3", "1E3", ".5", "5.", "1,5", "1 000", " 1", "1 ", "1_0",
        "", "NaN", "Infinity", "0x1", "١", "１", "1\n", "1" * 37, "0." + "0" * 35 + "1", "1.2.3", "--1",
        1, 1.5, True, None, Decimal("1.5"),
    ],
)  # fmt: skip
def test_another_spelling_of_an_amount_is_refused(amount):
    assert refused(WITHDRAW | {"amount": amount})


@given(st.decimals(min_value=0, allow_nan=False, allow_infinity=False, places=8, max_value=10**20))
def test_one_value_has_one_spelling(value):
    plain = f"{value:f}"
    spelt = plain.rstrip("0").rstrip(".") if "." in plain else plain
    if value == 0:
        assert refused(WITHDRAW | {"amount": spelt})
        return
    assert Decimal(read_action(WITHDRAW | {"amount": spelt})["amount"]) == value
    for other in (f"{spelt}0" if "." in spelt else f"{spelt}.0", f"0{spelt}", f"+{spelt}", f" {spelt}"):
        assert refused(WITHDRAW | {"amount": other})


@given(st.text(max_size=40))
def test_what_is_taken_as_an_amount_is_one(text):
    if not refused(WITHDRAW | {"amount": text}):
        assert text.isascii()
        assert set(text) <= set("0123456789.")
        assert Decimal(text) > 0
        assert len(text.replace(".", "")) <= 36
        plain = f"{Decimal(text):f}"
        assert plain == text
        assert "." not in text or not text.endswith("0")


# -- text


@given(st.text(max_size=300), st.sampled_from(["asset", "network", "address", "memo"]))
def test_what_is_taken_as_text_is_printable_ascii(text, name):
    if not refused(WITHDRAW | {name: text}):
        assert all(" " <= letter <= "~" for letter in text)
        assert len(text) <= 256
        assert name == "memo" or text == text.strip() != ""
        assert name != "address" or " " not in text


def test_no_memo_is_not_an_empty_one():
    without, empty = read_action(WITHDRAW | {"memo": None}), read_action(WITHDRAW | {"memo": ""})
    assert canonical(without) != canonical(empty)
    assert destination_of(without) != destination_of(empty)
    assert read_action(WITHDRAW | {"memo": " 12 "})["memo"] == " 12 "


def test_spaces_that_nobody_sees_are_refused():
    for wrong in (" BTC", "BTC ", "B  TC", "\u00a0BTC", "B\u200bTC"):
        assert refused(WITHDRAW | {"asset": wrong})
    assert read_action(WITHDRAW | {"network": "Some Chain"})["network"] == "Some Chain"


@given(st.dictionaries(st.text(max_size=12), st.none() | st.booleans() | st.integers() | st.text(max_size=12)))
def test_whatever_is_sent_is_read_or_refused(data):
    assert refused(data) or read_action(data)


# -- keys


def test_a_key_is_written_in_one_way():
    read = read_action(
        KEY | {"permissions": ["trade", "read"], "networks": ["2001:db8::/32", "192.0.2.7", "10.0.0.0/8"]}
    )
    assert read["permissions"] == ["read", "trade"]
    assert read["networks"] == ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"]
    assert read_action(read) == read


@pytest.mark.parametrize(
    "more",
    [
        {"permissions": []},
        {"permissions": ["read", "read"]},
        {"permissions": ["everything"]},
        {"permissions": "read"},
        {"permissions": ["withdraw"], "networks": []},
        {"networks": ["192.0.2.7", "192.0.2.7/32"]},
        {"networks": ["192.0.2.7/24"]},
        {"networks": ["nowhere"]},
        {"networks": [f"192.0.2.{n}" for n in range(21)]},
        {"expiry": 91},
        {"expiry": "90"},
        {"expiry": True},
        {"expiry": None},
        {"expiry": "never"},
        {"name": ""},
        {"public_key": ""},
    ],
)
def test_a_key_that_can_do_too_much_or_is_unclear_is_refused(more):
    assert refused(KEY | more)


def test_only_a_key_that_reads_may_never_end():
    assert read_action(KEY | {"permissions": ["read"], "networks": [], "expiry": "never"})["expiry"] == "never"
    assert read_action(KEY | {"public_key": "MCowBQYDK2VwAyEA"})["public_key"] == "MCowBQYDK2VwAyEA"


# -- what an action is


def test_each_action_has_its_scope():
    scopes = {action["kind"]: scope_of(read_action(action)) for action in EVERY_EXIT}
    assert scopes == dict.fromkeys(EXITS, "exit") | {"create_api_key": "key"}
    of_changes = {what: scope_of(change(what, **fields)) for what, fields in EVERY_CHANGE}
    assert {what for what, scope in of_changes.items() if scope != "change"} == {
        "thaw",
        "sign_out_others",
        "remove_device",
        "remove_passkey",
        "passkey_only",
        "widen_api_key",
        "unpause_api_key",
    }
    assert of_changes["widen_api_key"] == of_changes["unpause_api_key"] == "key"
    assert of_changes["remove_passkey"] == of_changes["passkey_only"] == "passkey"
    assert of_changes["thaw"] == "thaw"
    assert of_changes["remove_device"] == of_changes["sign_out_others"] == "devices"
    assert scope_of(None) == "change"


def test_an_exit_lets_value_out():
    assert all(is_exit(read_action(action)) for action in EVERY_EXIT)
    assert not is_exit(read_action(KEY | {"permissions": ["read"]}))
    assert not any(is_exit(change(what, **fields)) for what, fields in EVERY_CHANGE)


def test_a_destination_is_all_that_tells_places_apart():
    place = ("withdraw", "BTC", "Bitcoin", WITHDRAW["address"], None)
    assert destination_of(read_action(WITHDRAW)) == destination_of(read_action(ALLOW)) == place
    assert destination_of(read_action(WITHDRAW | {"amount": "2"})) == place
    for name, other in (("asset", "ETH"), ("network", "Other"), ("address", "bc1qother"), ("memo", "")):
        assert destination_of(read_action(WITHDRAW | {name: other})) != place
    assert destination_of(read_action(TRANSFER)) == ("transfer", None, None, "account-7", None)
    assert destination_of(read_action(RELEASE)) == ("p2p_release", None, None, "buyer-9", None)
    assert destination_of(read_action(KEY)) is None
    assert destination_of(change("thaw")) is None


def test_what_may_remove_the_last_second_step():
    removing = {what for what, fields in EVERY_CHANGE if removes_second_step(change(what, **fields))}
    assert removing == {"remove_totp", "remove_passkey"}
    assert not removes_second_step(read_action(WITHDRAW))
    assert not removes_second_step(None)
