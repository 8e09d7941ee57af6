"""The day's budget of messages: it closes where codes don't come back, and stays open where they do."""

import json
import re
from pathlib import Path

import pytest

from tests.support.clock import SettableClock
from tests.support.house import PASSPHRASE, Passage, Person, deliver, open_house
from watchword.app import House

RULES = """
[limits]
messages_prefix = {amount = 100, sample = 2, share = 50}
[risk]
work_low = 1
work_raised = 1
work_high = 1
"""
NUMBERS = [f"+35191234567{last}" for last in range(5)]


@pytest.fixture
def thrifty(database_url: str, tmp_path: Path, clock: SettableClock):
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES)
    with open_house(database_url, tmp_path, clock, policy_file=rules) as opened:
        yield opened


def code_to(house: House, number: str) -> str | None:
    deliver(house)
    files = [json.loads(file.read_text("utf-8")) for file in sorted(house.settings.mailbox.glob("*.sms.json"))]
    texts = [file["text"] for file in files if file["to"] == number]
    return None if not texts else re.findall(r"^\d{6}$", texts[-1], re.MULTILINE)[0]


def ask_for_code(house: House, clock: SettableClock, number: str) -> Passage:
    return Person(house, clock).begin("sign_up").human().give("identifier", identifier=number)


def test_where_codes_come_back_it_stays_open(thrifty: House, clock: SettableClock) -> None:
    for number in NUMBERS:
        passage = ask_for_code(thrifty, clock, number)
        code = code_to(thrifty, number)
        assert code is not None, number
        passage.give("message_code", code=code).give("new_passphrase", passphrase=PASSPHRASE)


def test_where_none_comes_back_it_closes_and_looks_the_same(thrifty: House, clock: SettableClock) -> None:
    passages = [ask_for_code(thrifty, clock, number) for number in NUMBERS]
    assert [code_to(thrifty, number) is not None for number in NUMBERS] == [True, True, False, False, False]
    assert all(passage.asks == ["message_code"] for passage in passages)
