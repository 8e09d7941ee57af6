"""An API key's life: made by approval, verified by what it signs, made stronger by approval, weaker freely; what pauses
it, what ends it, and what its owner is told.
"""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.acts import ONLY_SQLITE, account_of, change_passphrase, replace_app, subjects
from tests.support.api_keys import BALANCE, ORDER, ORDERS, Bot, Gateway, ask_for_key, key_action, make_key
from tests.support.exits import OTHER_EVM, Platform, confirm, later, set_trading, withdrawal
from tests.support.house import Person
from watchword.app import House
from watchword.handover.api_keys.keys import MOST
from watchword.record.catalogue import EventKind

DAYS = timedelta(days=1)


@pytest.fixture
def holder(fortified: Person) -> Person:
    return fortified


@pytest.fixture
def gateway(house: House) -> Gateway:
    return Gateway(house)


def read(gateway: Gateway, bot: Bot) -> str:
    return gateway.code(bot.sign("GET", BALANCE))


def trade(gateway: Gateway, bot: Bot) -> str:
    return gateway.code(bot.sign("POST", ORDERS, ORDER))


def test_a_key_is_made_by_approval_and_signs(holder: Person, gateway: Gateway) -> None:
    bare = ask_for_key(holder)
    assert bare.status_code == 403
    assert bare.json()["code"] == "confirmation_required"
    assert bare.json()["action"]["kind"] == "create_api_key"

    bot = make_key(holder)
    account = holder.http.get("/api/v1/session", headers=holder.bearer).json()["account"]
    known = {"account": account, "key": bot.id, "name": "night bot", "permissions": ["read", "trade"]}
    first, second = (gateway.verify(bot.off_by(number).sign("GET", BALANCE)) for number in range(2))
    assert first.json() == second.json() == known  # the second from memory
    assert trade(gateway, bot) == "ok"
    assert [subject for subject in subjects(holder) if "API key" in subject]


def test_without_a_passphrase_one_is_drawn(holder: Person, gateway: Gateway) -> None:
    made = ask_for_key(holder, confirm(holder, key_action()), passphrase=None).json()
    assert len(made["passphrase"]) == 22
    assert read(gateway, Bot(person=holder, made=made)) == "ok"


@pytest.mark.parametrize("passphrase", ["short6", "x" * 33, "with space", "ünprintable"])
def test_a_passphrase_has_7_to_32_plain_characters(holder: Person, passphrase: str) -> None:
    approval = confirm(holder, key_action())
    assert ask_for_key(holder, approval, passphrase=passphrase).status_code == 422
    assert ask_for_key(holder, approval).status_code == 201  # and the approval is still good


def test_what_holds_exits_holds_keys_that_move_value(house: House, person: Person) -> None:
    set_trading(person.bind_app())
    later(person, days=1, seconds=1)
    reader = key_action(permissions=["read"])
    assert ask_for_key(person, confirm(person, reader), permissions=["read"]).status_code == 201
    change_passphrase(person, "eleven grey herons over quiet water")  # holds exits to what was not used before
    person.passphrase = "eleven grey herons over quiet water"
    approval = confirm(person, key_action())
    held = ask_for_key(person, approval)
    assert (held.status_code, held.json()["code"]) == (403, "held")


def test_an_account_has_a_bounded_number_of_keys(house: House, holder: Person) -> None:
    make_key(holder)
    account, now = account_of(holder), house.core.ground.clock()
    keys = house.core.api_keys
    with house.database.begin() as tx:
        owner = house.core.accounts.get(tx, account)
        for _ in range(MOST - 1):
            made = keys._add(tx, owner, key_action(permissions=["read"]), keys.randomness.token(), now)
            house.core.journal.record(tx, EventKind.API_KEY_MADE, at=now, account=account, key=made.view.id)
    assert ask_for_key(holder, confirm(holder, key_action())).status_code == 409


def test_its_holder_pauses_and_deletes_it_freely(holder: Person, gateway: Gateway) -> None:
    bot = make_key(holder)
    assert bot.view["state"] == "works"
    assert "secret" not in bot.view
    assert read(gateway, bot) == "ok"
    assert bot.ask("POST", "/pause").json()["state"] == "paused"
    assert read(gateway, bot.off_by(1)) == "400007"  # at once, though it was in memory
    assert bot.ask("DELETE").status_code == 204
    assert read(gateway, bot.off_by(2)) == "400003"
    assert bot.ask("DELETE").status_code == 404
    assert holder.http.get("/api/v1/api-keys", headers=holder.bearer).json()["items"] == []


def test_a_paused_key_works_again_by_approval(holder: Person, gateway: Gateway) -> None:
    bot = make_key(holder)
    bot.ask("POST", "/pause")
    assert bot.confirmed("POST", "/unpause").json()["state"] == "works"
    assert trade(gateway, bot) == "ok"


def test_weaker_is_free_and_wider_is_confirmed(holder: Person, gateway: Gateway) -> None:
    bot = make_key(holder)
    assert bot.ask("PATCH", name="day bot", networks=["198.51.100.0/24"]).json()["name"] == "day bot"
    assert bot.ask("PATCH", networks=["198.51.100.7"]).status_code == 200
    assert bot.ask("PATCH", expiry=30, permissions=["read"]).status_code == 200
    assert trade(gateway, bot) == "400007"
    more: dict[str, Any] = {"permissions": ["read", "trade"]}
    wishes: list[dict[str, Any]] = [more, {"networks": ["198.51.100.0/24"]}, {"networks": []}, {"expiry": 90}]
    for wider in wishes:
        refused = bot.ask("PATCH", **wider)
        assert refused.json()["code"] == "confirmation_required", wider
    done = bot.confirmed("PATCH", permissions=["read", "trade"])
    assert (done.status_code, done.json()["permissions"]) == (200, ["read", "trade"])
    assert trade(gateway, bot) == "ok"


@pytest.mark.parametrize(
    "wish",
    [{"permissions": ["withdraw"]}, {"expiry": "never"}, {"permissions": []}, {"networks": ["198.51.100.7/24"]}],
)
def test_a_key_never_becomes_what_none_may_be(holder: Person, wish: dict[str, Any]) -> None:
    assert make_key(holder).ask("PATCH", **wish).status_code == 422


def test_a_key_that_withdraws_waits_three_days(holder: Person, gateway: Gateway) -> None:
    bot = make_key(holder, permissions=["read", "withdraw"], networks=["198.51.100.7"])
    assert bot.view["state"] == "waits"
    assert read(gateway, bot) == "400007"
    later(holder, hours=72)
    assert read(gateway, bot) == "ok"
    assert gateway.code(bot.sign("POST", "/api/v1/withdrawals", b"{}"), permission="withdraw") == "ok"
    bot.confirmed("PATCH", networks=["198.51.100.0/24"])  # wider: as good as new
    assert read(gateway, bot.off_by(1)) == "400007"


def test_permissions_and_networks_are_kept_to(holder: Person, gateway: Gateway) -> None:
    bot = make_key(holder, permissions=["trade"], networks=["198.51.100.0/24", "2001:db8::/48"])
    assert read(gateway, bot) == "400007"
    assert gateway.code(bot.sign("GET", BALANCE), permission="trade") == "ok"
    assert trade(gateway, bot) == "ok"
    assert gateway.code(bot.off_by(1).sign("POST", ORDERS, ORDER), permission="withdraw") == "400007"
    inside, outside = ("198.51.100.200", "::ffff:198.51.100.9", "2001:db8::7"), ("203.0.113.7", "2001:db9::7")
    for number, address in enumerate((*inside, *outside)):
        asked = {**bot.off_by(number).sign("PUT", ORDERS, ORDER), "client_address": address}
        assert gateway.code(asked) == ("ok" if address in inside else "400006")


def test_the_last_use_is_told(holder: Person, gateway: Gateway) -> None:
    bot = make_key(holder)
    assert (bot.view["last_used_at"], bot.view["last_network"]) == (None, None)
    read(gateway, bot)
    assert bot.view["last_network"] == "198.51.100.0/24"
    assert bot.view["last_used_at"] is not None


# -- what pauses keys


def test_a_new_passphrase_pauses_what_can_trade(holder: Person, gateway: Gateway) -> None:
    bot, reader = make_key(holder), make_key(holder, permissions=["read"])
    assert read(gateway, bot) == read(gateway, reader) == "ok"
    new = "eleven grey herons over quiet water"
    assert change_passphrase(holder, new).status_code == 204
    holder.passphrase = new
    assert (read(gateway, bot.off_by(1)), read(gateway, reader.off_by(1))) == ("400007", "ok")
    assert (bot.view["state"], bot.view["paused_by"]) == ("paused", "passphrase_changed_with")
    assert [subject for subject in subjects(holder) if "are paused" in subject]
    assert bot.confirmed("POST", "/unpause").status_code == 200


def test_a_new_app_pauses_them_too(holder: Person, gateway: Gateway) -> None:
    bot = make_key(holder)
    replace_app(holder, holder.approve(kind="change", what="bind_totp"))
    assert read(gateway, bot) == "400007"


def test_a_recovery_pauses_them(house: House, holder: Person, gateway: Gateway) -> None:
    bot = make_key(holder)
    holder.passphrase = "thirteen slow trains in the fog"
    passage = holder.begin("recover").human().give("identifier", identifier=holder.address)
    holder.finish(passage.human())
    passage.give("new_passphrase", passphrase=holder.passphrase)
    assert read(gateway, bot) == "400007"


def test_a_frozen_account_has_no_key_that_works(house: House, holder: Person, gateway: Gateway) -> None:
    bot = make_key(holder)
    assert read(gateway, bot) == "ok"
    assert holder.http.post("/api/v1/freeze", headers=holder.bearer).status_code == 204
    assert read(gateway, bot.off_by(1)) == "411100"
    holder.sign_in()  # reading, and putting out
    assert bot.ask("POST", "/pause").status_code == 200
    assert bot.ask("DELETE").status_code == 204


# -- time


def test_an_idle_key_loses_trading(house: House, holder: Person, gateway: Gateway) -> None:
    bot, bound = make_key(holder), make_key(holder, networks=["198.51.100.7"])
    assert trade(gateway, bot) == trade(gateway, bound) == "ok"
    holder.clock.advance(30 * DAYS - timedelta(minutes=1))
    assert gateway.verify(bot.sign("GET", BALANCE)).json()["permissions"] == ["read", "trade"]
    later(holder, days=30)
    assert (trade(gateway, bot), read(gateway, bot), trade(gateway, bound)) == ("400007", "ok", "ok")
    house.housekeeping()
    assert bot.view["state"] == "idle"
    assert [subject for subject in subjects(holder) if "lost trading" in subject]
    assert (trade(gateway, bot.off_by(1)), read(gateway, bot.off_by(1))) == (
        "400007",
        "ok",
    )  # using it gives nothing back
    assert bot.confirmed("POST", "/unpause").json()["state"] == "works"
    assert trade(gateway, bot.off_by(2)) == "ok"


def test_its_owner_is_told_before_it_ends(house: House, holder: Person, gateway: Gateway) -> None:
    bot = make_key(holder, expiry=30, networks=["198.51.100.7"])

    def told() -> int:
        house.housekeeping()
        house.housekeeping()
        return len([subject for subject in subjects(holder) if "ends soon" in subject])

    assert told() == 0
    holder.clock.advance(23 * DAYS + timedelta(minutes=1))
    assert told() == 1
    holder.clock.advance(6 * DAYS)
    assert told() == 2
    holder.clock.advance(DAYS)
    assert told() == 2
    assert read(gateway, bot) == "400003"
    holder.sign_in()
    assert bot.view["state"] == "ended"


def test_a_copy_of_ones_data_names_the_keys(holder: Person) -> None:
    bot = make_key(holder)
    approval = holder.approve(kind="change", what="export", of="account")
    headers = {**holder.bearer, "Approval": approval}
    reply = holder.http.post("/api/v1/export", json={"of": "account"}, headers=headers)
    assert [each["key"] for each in reply.json()["api_keys"]] == [bot.made["key"]]
    assert bot.made["secret"] not in reply.text
    assert OTHER_EVM not in reply.text


@ONLY_SQLITE
def test_a_withdrawal_by_key_goes_only_where_the_list_is_old(house: House, holder: Person) -> None:
    platform = Platform(house, "desk")
    bot = make_key(holder, permissions=["withdraw"], networks=["198.51.100.7"])
    account = account_of(holder)

    def decided(**more: Any) -> Any:
        asked = {"account": account, "action": withdrawal(), "key": bot.id, **more}
        return platform.http.post("/api/v1/exits/decide", json=asked, headers=platform.bearer).json()

    assert decided()["reason"] == "api_key"  # it waits
    later(holder, hours=72)
    assert decided()["reason"] == "not_listed"
    listing = {name: value for name, value in withdrawal().items() if name not in ("kind", "amount")}
    approval = confirm(holder, {"kind": "allow_destination", **listing})
    headers = {**holder.bearer, "Approval": approval}
    assert holder.http.post("/api/v1/destinations", json=listing, headers=headers).status_code == 201
    assert decided()["reason"] == "listed_lately"
    later(holder, days=7)
    assert decided()["allowed"] is True
    assert decided(action={"kind": "transfer", "asset": "USDT", "amount": "1", "to": "x"})["reason"] == "api_key"
    assert change_passphrase(holder, "eleven grey herons over quiet water").status_code == 204
    assert decided()["reason"] == "api_key"  # paused
