"""Attacks on signed requests: whoever saw one can send it neither changed nor twice, and whoever has none learns
nothing. Against the served application, the way a gateway asks.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.support.acts import account_of
from tests.support.api_keys import ADDRESS, BALANCE, ORDER, ORDERS, Bot, Gateway, base64_mac, handed, make_key
from tests.support.clock import SettableClock
from tests.support.exits import fortify
from tests.support.house import PASSPHRASE, Person, open_house
from tests.support.parallel import at_once
from watchword.app import House
from watchword.crypto.keyring import Mac
from watchword.handover.api_keys.key_text import write_key
from watchword.handover.request_signing import SAFE_METHODS, Presented
from watchword.storage.schema import api_keys, request_replays
from watchword.web.hot_verify import read_asked

BODY = "body_base64"
WITHDRAW = "/api/v1/withdrawals?currency=USDT&memo=1%26amount%3D9"


@pytest.fixture
def bot(fortified: Person) -> Bot:
    return make_key(fortified, permissions=["read", "trade", "transfer"])


@pytest.fixture
def gateway(house: House) -> Gateway:
    return Gateway(house)


def b64(body: bytes) -> str:
    return base64.b64encode(body).decode()


def test_every_part_of_a_request_is_signed(bot: Bot, gateway: Gateway) -> None:
    """Method, path, query, body, time and key: the change of any is another request."""
    other = make_key(bot.person)
    asked = bot.sign("POST", f"{ORDERS}?account=1", ORDER)
    headers = asked["headers"]
    changed: dict[str, dict[str, Any]] = {
        "method": {"method": "PUT"},
        "path": {"target": "/api/v1/order?account=1"},
        "query": {"target": f"{ORDERS}?account=2"},
        "more of the query": {"target": f"{ORDERS}?account=1&account=2"},
        "no query": {"target": ORDERS},
        "body": {BODY: b64(ORDER.replace(b"1.5", b"9.5"))},
        "a byte of the body": {BODY: b64(ORDER + b" ")},
        "no body": {BODY: ""},
        "time": {"headers": {**headers, "API-TIMESTAMP": str(int(bot.timestamp()) + 1)}},
        "signature": {"headers": {**headers, "API-SIGN": headers["API-SIGN"].swapcase()}},
    }
    codes = {name: gateway.code({**asked, **change}) for name, change in changed.items()}
    assert set(codes.values()) == {"400005"}, codes
    assert gateway.code({**asked, "headers": {**headers, "API-KEY": other.made["key"]}}) == "400005"
    assert gateway.code(asked) == "ok"  # and no failure has used it up


def test_a_query_moved_into_the_body_cancels_nothing(bot: Bot, gateway: Gateway) -> None:
    asked = bot.sign("DELETE", f"{ORDERS}?symbol=KTRM")
    assert gateway.code({**asked, "target": ORDERS, BODY: b64(b"?symbol=KTRM")}) == "400005"
    assert gateway.code(asked) == "ok"


def test_a_decoded_query_stands_for_no_other_request(bot: Bot, gateway: Gateway) -> None:
    plain = "/api/v1/withdrawals?currency=USDT&memo=1&amount=9"
    assert gateway.code(bot.sign("GET", WITHDRAW, signed=plain)) == "400005"
    assert gateway.code({**bot.sign("GET", plain), "target": WITHDRAW}) == "400005"
    assert gateway.code(bot.sign("GET", WITHDRAW)) == "ok"
    assert gateway.code(bot.sign("GET", "/w?chain=BEP20%28BSC%29", signed="/w?chain=BEP20(BSC)")) == "ok"


def test_what_may_change_something_is_accepted_once(bot: Bot, gateway: Gateway) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        asked = bot.sign(method, ORDERS, b"" if method == "DELETE" else ORDER)
        assert [gateway.code(asked) for _ in range(3)] == ["ok", "400005", "400005"]
        assert method not in SAFE_METHODS
    assert [gateway.code(bot.sign("GET", BALANCE)) for _ in range(2)] == ["ok", "ok"]


def test_of_fifty_at_once_one_is_accepted(bot: Bot, gateway: Gateway) -> None:
    asked = bot.sign("POST", ORDERS, ORDER)
    gateway.code(bot.sign("GET", BALANCE))
    codes = at_once(50, lambda _: gateway.code(asked))
    assert (codes.count("ok"), codes.count("400005")) == (1, 49)


def test_it_is_not_accepted_again_after_a_restart_nor_on_another_node(
    database_url: str, tmp_path: Path, clock: SettableClock
) -> None:
    with open_house(database_url, tmp_path, clock) as house:
        bot = make_key(fortify(Person(house, clock).sign_up()))
        gateway = Gateway(house)
        ahead = bot.off_by(900).sign("POST", ORDERS, ORDER)  # newer than the next start
        assert gateway.code(ahead) == "ok"
        clock.advance(timedelta(milliseconds=500))
        with open_house(database_url, tmp_path, clock) as other:
            node = gateway.at(other)
            assert node.code(bot.sign("GET", BALANCE)) == "ok"
            assert node.code(ahead) == "400005"
            first = bot.sign("POST", ORDERS, ORDER)
            assert (node.code(first), gateway.code(first)) == ("ok", "400005")
    with open_house(database_url, tmp_path, clock) as again:
        gateway = gateway.at(again)
        assert gateway.code(ahead) == "400005"
        assert gateway.code(bot.off_by(-1).sign("GET", BALANCE)) == "400002"  # from before this start


def test_where_replays_cannot_be_remembered_nothing_is_accepted(house: House, bot: Bot, gateway: Gateway) -> None:
    assert gateway.code(bot.sign("GET", BALANCE)) == "ok"
    with house.database.begin() as tx:
        request_replays.drop(tx.connection)
    assert gateway.verify(bot.sign("POST", ORDERS, ORDER)).status_code == 503
    assert gateway.code(bot.sign("GET", BALANCE)) == "ok"


def test_a_header_that_comes_twice_is_refused(bot: Bot, gateway: Gateway) -> None:
    asked = bot.sign("GET", BALANCE)
    headers = asked["headers"]
    for name in headers:
        for doubled in (
            [*headers.items(), (name, headers[name])],
            [(name.lower(), "other"), *headers.items()],
            {**headers, name.lower(): headers[name]},
            {**headers, name: [headers[name], headers[name]]},
        ):
            assert gateway.code({**asked, "headers": doubled}) == "400001"
    assert gateway.code({**asked, "headers": [*headers.items()]}) == "ok"


def test_json_that_names_a_header_twice_is_no_request(bot: Bot, gateway: Gateway) -> None:
    asked = json.dumps(handed("GET", "/", {"API-KEY": "a"}))
    text = asked.replace('"API-KEY": "a"', '"API-KEY": "a", "API-KEY": "b"')
    reply = gateway.http.post(
        "/api/v1/api-requests/verify", content=text, headers={"Authorization": f"Bearer {gateway.token}"}
    )
    assert reply.status_code == 422


def test_no_header_of_the_client_names_its_address(bot: Bot, gateway: Gateway) -> None:
    bound = make_key(bot.person, networks=[ADDRESS])
    asked = bound.sign("GET", BALANCE)
    headers = {**asked["headers"], "X-Forwarded-For": ADDRESS, "Forwarded": f"for={ADDRESS}", "X-Real-IP": ADDRESS}
    assert gateway.code({**asked, "headers": headers, "client_address": "203.0.113.7"}) == "400006"
    assert gateway.code(asked) == "ok"
    for address in ("", "localhost", "198.51.100.7:443", "198.51.100.7, 203.0.113.7", "198.51.100.7/32"):
        assert gateway.verify({**asked, "client_address": address}).status_code == 422


def test_a_signature_or_passphrase_in_another_spelling_is_none(bot: Bot, gateway: Gateway) -> None:
    asked = bot.sign("GET", BALANCE)
    headers = asked["headers"]
    in_hex, short = base64.b64decode(headers["API-SIGN"]).hex(), headers["API-SIGN"].rstrip("=")
    assert gateway.code({**asked, "headers": {**headers, "API-SIGN": in_hex}}) == "400005"
    assert gateway.code({**asked, "headers": {**headers, "API-SIGN": short}}) == "400005"
    assert gateway.code({**asked, "headers": {**headers, "API-PASSPHRASE": bot.made["passphrase"]}}) == "400004"


def test_the_order_of_the_checks(house: House, bot: Bot, gateway: Gateway) -> None:
    """One wrong thing after the other put right: each code comes in its place of the table."""
    bound = make_key(bot.person, permissions=["read"], networks=["203.0.113.7"])
    right = bound.sign("POST", ORDERS, ORDER)
    headers = right["headers"]
    late = bound.off_by(-6000).sign("POST", ORDERS, ORDER)["headers"]
    account = account_of(bot.person)
    house.core.freezing.by_operator(account)
    steps: list[tuple[str, dict[str, Any]]] = [
        ("400001", {**late, "API-KEY": "", "API-SIGN": "x", "API-KEY-VERSION": "9", "API-PASSPHRASE": "x"}),
        ("400002", {**late, "API-KEY": write_key("0" * 26), "API-SIGN": "x", "API-KEY-VERSION": "9"}),
        ("400003", {**headers, "API-KEY": write_key("0" * 26), "API-SIGN": "x", "API-KEY-VERSION": "9"}),
        ("400009", {**headers, "API-SIGN": "x", "API-KEY-VERSION": "9", "API-PASSPHRASE": "x"}),
        ("400008", {**headers, "API-SIGN": "x", "API-KEY-VERSION": "1", "API-PASSPHRASE": "x"}),
        ("400005", {**headers, "API-SIGN": "x", "API-PASSPHRASE": "x"}),
        ("400004", {**headers, "API-PASSPHRASE": "x"}),
        ("400006", headers),
    ]
    for code, given in steps:
        assert gateway.code({**right, "headers": given}) == code
    assert gateway.code(right) == "400005"  # a replay comes before the address
    there = {"client_address": "203.0.113.7"}
    assert gateway.code({**bound.off_by(1).sign("POST", ORDERS, ORDER), **there}) == "411100"
    house.core.freezing.thaw_by_operator(account)
    assert gateway.code({**bound.off_by(2).sign("POST", ORDERS, ORDER), **there}) == "400007"
    assert gateway.code({**bound.off_by(3).sign("GET", BALANCE), **there}) == "ok"


@dataclass
class CountingMac:
    """Works out what the real one does, and counts."""

    real: Mac
    worked: list[bytes]

    def raw(self, content: bytes) -> bytes:
        self.worked.append(content)
        return self.real.raw(content)


def test_an_unknown_key_is_worked_on_like_a_known_one(house: House, bot: Bot) -> None:
    """The same number of signatures is worked out, so the time says nothing."""
    worked: list[bytes] = []
    counting: Any = lambda mac: CountingMac(mac, worked)  # noqa: E731
    requests = replace(house.core.api_requests, nobody=counting(house.core.api_requests.nobody))
    counts = []
    for key in (bot.made["key"], write_key("0" * 26), "nothing of ours"):
        asked = bot.sign("GET", "/w?chain=BEP20%28BSC%29")
        signed = {**asked["headers"], "API-KEY": key, "API-SIGN": base64_mac("another secret", b"")}
        found = read_asked(json.dumps(handed("GET", asked["target"], signed)).encode())
        assert found is not None
        now = house.core.ground.clock()
        shown = requests.present(found.request, now)
        assert isinstance(shown, Presented)
        known = requests.find(shown, now)
        known = None if known is None else replace(known, mac=counting(known.mac))
        worked.clear()
        requests.examine(found.request, shown, known, now)
        counts.append(len(worked))
    assert counts == [2, 2, 2]


# -- whoever writes to the database


def rows(house: House) -> Iterator[dict[str, Any]]:
    with house.database.read() as tx:
        yield from (row._asdict() for row in tx.connection.execute(select(api_keys)))


def behind_our_back(house: House, *statements: Any) -> None:
    with house.database.begin() as tx:
        for statement in statements:
            tx.connection.execute(statement)


def test_a_row_that_was_edited_is_refused(house: House, bot: Bot, gateway: Gateway) -> None:
    edit = update(api_keys).where(api_keys.c.id == bot.id)
    behind_our_back(house, edit.values(permissions='["read","trade","withdraw"]'))
    assert gateway.verify(bot.sign("GET", BALANCE)).status_code == 500
    reply = bot.person.http.get("/api/v1/api-keys", headers=bot.person.bearer)
    assert reply.status_code == 500


def test_a_key_moved_to_another_account_opens_nothing(
    house: House, bot: Bot, gateway: Gateway, clock: SettableClock
) -> None:
    other = Person(house, clock, address="eve@example.org", passphrase=PASSPHRASE).sign_up()
    account = account_of(other)
    behind_our_back(house, update(api_keys).where(api_keys.c.id == bot.id).values(account_id=account))
    assert gateway.verify(bot.sign("GET", BALANCE)).status_code == 500


def test_a_secret_copied_to_another_key_opens_nothing(house: House, bot: Bot, gateway: Gateway) -> None:
    """Even with its row signed anew it would not open: it is sealed for the row it was made in."""
    other = make_key(bot.person)
    found = {row["id"]: row for row in rows(house)}
    moved = {name: found[bot.id][name] for name in ("secret_sealed", "passphrase_digest", "row_digest")}
    behind_our_back(house, update(api_keys).where(api_keys.c.id == other.id).values(**moved))
    posing = replace(bot, made={**bot.made, "key": other.made["key"]})
    assert gateway.verify(posing.sign("GET", BALANCE)).status_code == 500


def test_neither_a_session_nor_a_stranger_may_ask(bot: Bot, gateway: Gateway) -> None:
    asked = bot.sign("GET", BALANCE)
    for headers in ({}, bot.person.bearer, {"Authorization": "Bearer nobody"}):
        reply = gateway.http.post("/api/v1/api-requests/verify", json=asked, headers=headers)
        assert (reply.status_code, reply.json()["code"]) == (401, "unauthenticated")


def test_a_revoked_service_is_refused_at_the_next_request(house: House, bot: Bot, gateway: Gateway) -> None:
    asked = bot.sign("GET", BALANCE)
    assert [gateway.code(asked), gateway.code(asked)] == ["ok", "ok"]
    house.core.services.revoke(gateway.name)
    assert gateway.verify(asked).json()["code"] == "unauthenticated"
