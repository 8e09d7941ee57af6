"""An API key: made by approval, verified by what it signs, ended by its holder."""

import pytest

from tests.support.api_keys import BALANCE, ORDER, ORDERS, Gateway, ask_for_key, make_key
from tests.support.exits import fortify
from tests.support.house import Person
from watchword.app import House


@pytest.fixture
def holder(person: Person) -> Person:
    return fortify(person)


def test_a_key_is_made_by_approval_and_signs(house: House, holder: Person) -> None:
    bare = ask_for_key(holder)
    assert bare.status_code == 403
    assert bare.json()["code"] == "confirmation_required"
    assert bare.json()["action"]["kind"] == "create_api_key"

    bot, gateway = make_key(holder), Gateway(house)
    read = gateway.verify(bot.sign("GET", BALANCE))
    assert read.status_code == 200, read.text
    account = holder.http.get("/api/v1/session", headers=holder.bearer).json()["account"]
    assert read.json() == {
        "account": account,
        "key": bot.id,
        "name": "night bot",
        "permissions": ["read", "trade"],
    }
    assert gateway.code(bot.sign("POST", ORDERS, ORDER)) == "ok"


def test_its_holder_lists_pauses_and_deletes_it(house: House, holder: Person) -> None:
    bot, gateway = make_key(holder), Gateway(house)
    listed = holder.http.get("/api/v1/api-keys", headers=holder.bearer).json()["items"]
    assert [(each["id"], each["key"], each["state"]) for each in listed] == [(bot.id, bot.made["key"], "works")]
    assert "secret" not in listed[0]
    paused = holder.http.post(f"/api/v1/api-keys/{bot.id}/pause", headers=holder.bearer)
    assert paused.json()["state"] == "paused"
    assert gateway.code(bot.sign("GET", BALANCE)) == "400007"
    assert holder.http.delete(f"/api/v1/api-keys/{bot.id}", headers=holder.bearer).status_code == 204
    assert gateway.code(bot.sign("GET", BALANCE)) == "400003"
    assert holder.http.get("/api/v1/api-keys", headers=holder.bearer).json()["items"] == []


def test_the_hot_path_answers_as_the_long_one(house: House, holder: Person) -> None:
    """The first request finds nothing in memory, the second everything."""
    bot, gateway = make_key(holder), Gateway(house)
    first, second = (gateway.verify(bot.off_by(number).sign("GET", BALANCE)) for number in range(2))
    assert first.json() == second.json()
    unsigned = {**bot.sign("GET", BALANCE), "target": "/api/v1/accounts?currency=BTC"}
    assert gateway.code(unsigned) == "400005"
    order = bot.sign("POST", ORDERS, ORDER)
    assert [gateway.code(order), gateway.code(order)] == ["ok", "400005"]
