"""The code for an exit comes with every field of it, in mail and SMS, in every language (policy §3)."""

import re
from typing import Any

import pytest

from tests.delivery.samples import CODE, SCENE, TEN_MINUTES, mailbox_of, phone_of
from watchword.delivery import messages as of
from watchword.delivery.messages.render import Mail, Renderer, Sms
from watchword.delivery.messages.spelled import spelled
from watchword.foundation.languages import LANGUAGES, words_in
from watchword.foundation.secret import Secret

ADDRESS = "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"
FOURS = "bc1q xy2k gdyg jrsq tzq2 n0yr f249 3p83 kkfj hx0w lh"
PLACE = {"asset": "BTC", "network": "Bitcoin", "address": ADDRESS}
KEY = {"kind": "create_api_key", "name": "night bot", "permissions": ["read", "trade"], "expiry": 90}
RELEASE = {
    "kind": "p2p_release",
    "asset": "USDT",
    "amount": "20",
    "price": "7.2",
    "currency": "CNY",
    "counterparty": "buyer-9",
}
EXITS: tuple[dict[str, Any], ...] = (
    {"kind": "withdraw", "amount": "1.50250001", "memo": None, **PLACE},
    {"kind": "withdraw", "amount": "1", "memo": "", **PLACE},
    {"kind": "withdraw", "amount": "1", "memo": "482 116", **PLACE},
    {"kind": "allow_destination", "memo": "1002", **PLACE},
    {"kind": "transfer", "asset": "USDT", "amount": "20", "to": "account-7"},
    RELEASE,
    {**KEY, "networks": ["192.0.2.0/24"], "public_key": "MCowBQYDK2VwAyEA"},
    {**KEY, "permissions": ["read"], "networks": [], "expiry": "never", "public_key": None},
)
every_exit = pytest.mark.parametrize("action", EXITS, ids=lambda each: f"{each['kind']}-{each.get('memo')}")
in_every_language = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture
def renderer(house: of.House) -> Renderer:
    return Renderer(house=house)


def message(action: dict[str, Any]) -> of.ConfirmationCode:
    return of.ConfirmationCode(scene=SCENE, code=Secret(CODE), lives=TEN_MINUTES, action=action)


def told(renderer: Renderer, action: dict[str, Any], language: str) -> tuple[str, str, str]:
    mail = renderer.render(message(action), mailbox_of(language), "KTRMBXDF")
    sms = renderer.render(message(action), phone_of(language), "KTRMBXDF")
    assert isinstance(mail, Mail)
    assert isinstance(sms, Sms)
    assert CODE not in mail.subject
    return mail.text, mail.html, sms.text


def facts(action: dict[str, Any]) -> list[str]:
    """Each value as a person reads it."""
    values = {
        name: value for name, value in action.items() if name not in ("kind", "permissions", "networks", "expiry")
    }
    grouped = {"address": FOURS, "public_key": "MCow BQYD K2Vw AyEA"}
    networks: list[str] = action.get("networks", [])
    return [*(grouped.get(name, str(value)) for name, value in values.items() if value), *networks]


@in_every_language
@every_exit
def test_every_field_is_told(renderer: Renderer, action: dict[str, Any], language: str) -> None:
    for text in told(renderer, action, language):
        for fact in facts(action):
            assert fact in text, (fact, text)


@in_every_language
@every_exit
def test_the_code_stands_alone_all_the_same(renderer: Renderer, action: dict[str, Any], language: str) -> None:
    text, html, sms = told(renderer, action, language)
    for body in (text, sms):
        assert re.findall(r"(?m)^[ \t]*[\d ]{6,}[ \t]*$", body) == [CODE]
    assert html.count(CODE) == 1


def test_no_memo_and_an_empty_one_are_said(renderer: Renderer) -> None:
    without, empty, given = (told(renderer, action, "en")[0] for action in EXITS[:3])
    assert "Memo: no memo" in without
    assert "Memo: an empty memo" in empty
    assert "Memo: 482 116" in given


def test_what_a_key_may_is_said_in_words(renderer: Renderer) -> None:
    trading, reading = (told(renderer, action, "en")[0] for action in EXITS[-2:])
    for said in ("It may: read, trade", "From: 192.0.2.0/24", "Ends: after 90 days"):
        assert said in trading
    for said in ("It may: read", "From: any network", "Ends: it never ends by itself"):
        assert said in reading


@in_every_language
def test_two_exits_that_differ_are_told_differently(renderer: Renderer, language: str) -> None:
    base = EXITS[0]
    for other in (
        {"amount": "1.5025001"},
        {"asset": "LTC"},
        {"network": "Other"},
        {"address": ADDRESS[:-1]},
        {"memo": ""},
    ):
        for one, two in zip(told(renderer, base, language), told(renderer, base | other, language), strict=True):
            assert one != two


@in_every_language
@every_exit
def test_nothing_is_left_in_another_language(action: dict[str, Any], language: str) -> None:
    found = spelled(words_in(language), action)
    said = [found.title, found.deed, *(line.label for line in found.lines)]
    if language != "en":
        assert all(re.search(r"[\u4e00-\u9fff]", each) for each in said)


def test_what_is_sent_can_be_no_markup(renderer: Renderer) -> None:
    _, html, _ = told(renderer, EXITS[0] | {"memo": "<b>&x", "network": '"><i>'}, "en")
    assert "<b>&x" not in html
    assert "<i>" not in html
    assert "&lt;b&gt;&amp;x" in html


def test_two_memos_never_read_the_same() -> None:
    """Each is another destination."""
    memos = (None, "", "no memo", "No memo", "an empty memo", " ", "7", " 7", "7 ", "7 7", "7  7")
    actions = [{"kind": "withdraw", "amount": "1", "memo": memo, **PLACE} for memo in memos]
    read = [" ".join(spelled(words_in("en"), action).lines[-1].value.split()) for action in actions]
    assert len(set(read)) == len(memos), read
    assert (read[0], read[6], read[9]) == ("no memo", "7", "7 7")
