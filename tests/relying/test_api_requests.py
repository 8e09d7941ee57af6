"""Signed requests of customers' programs, verified for a gateway by way of the library."""

import base64
from datetime import timedelta
from typing import Any

import pytest

from tests.relying.conftest import Platform
from tests.support.acts import ONLY_SQLITE
from tests.support.api_keys import BALANCE, ORDER, ORDERS, make_key
from tests.support.exits import fortify, later
from watchword.relying import ApiRequests, CallRefused, RequestRejected, target_of


def received(asked: dict[str, Any]) -> dict[str, Any]:
    """As a gateway has it."""
    return {
        "method": asked["method"],
        "target": asked["target"],
        "headers": list(asked["headers"].items()),
        "body": base64.b64decode(asked["body_base64"]),
        "client_address": asked["client_address"],
    }


@ONLY_SQLITE
def test_a_signed_request_says_whose_it_is_and_is_accepted_once(platform: Platform):
    ann = later(fortify(platform.person()), days=2)
    bot = make_key(ann)
    account = platform.session(ann)["account"]
    with platform.connection() as connection:
        requests = ApiRequests(connection)
        found = requests.verify(**received(bot.sign("GET", BALANCE)), permission="read")
        assert (found.account, found.key, found.name) == (account, bot.id, "night bot")
        assert set(found.permissions) == {"read", "trade"}

        order = received(bot.sign("POST", ORDERS, ORDER))
        assert requests.verify(**order, permission="trade").account == account
        with pytest.raises(RequestRejected):
            requests.verify(**order, permission="trade")

        bot.person.clock.advance(timedelta(seconds=1))
        order = received(bot.sign("POST", ORDERS, ORDER))
        with pytest.raises(RequestRejected) as changed:
            requests.verify(**{**order, "body": ORDER.replace(b"1.5", b"9.5")})
        assert changed.value.body == b'{"code": "400005", "msg": "' + changed.value.message.encode() + b'"}'
        with pytest.raises(RequestRejected) as doubled:
            requests.verify(**{**order, "headers": [*order["headers"], order["headers"][0]]})
        assert doubled.value.code == "400001"
        with pytest.raises(RequestRejected) as wider:
            requests.verify(**received(bot.sign("GET", BALANCE)), permission="withdraw")
        assert wider.value.code == "400007"


@ONLY_SQLITE
def test_a_credential_that_is_not_good_is_no_fault_of_the_client(platform: Platform):
    nothing: dict[str, Any] = {
        "method": "GET",
        "target": "/",
        "headers": [],
        "body": b"",
        "client_address": "192.0.2.1",
    }
    with platform.connection() as connection:
        with pytest.raises(RequestRejected) as bare:
            ApiRequests(connection).verify(**nothing)
        assert bare.value.code == "400001"
    with platform.connection(credential="another") as connection, pytest.raises(CallRefused) as refused:
        ApiRequests(connection).verify(**nothing)
    assert refused.value.status == 401


@ONLY_SQLITE
def test_what_is_not_part_of_a_signature_stays_with_the_gateway(platform: Platform):
    sent: list[bytes] = []
    with platform.connection() as connection:
        connection._client.event_hooks["request"].append(lambda request: sent.append(request.content))
        with pytest.raises(RequestRejected):
            ApiRequests(connection).verify(
                method="GET",
                target="/",
                headers=[("Cookie", "a=kept-back"), ("AUTHORIZATION", "kept-back"), ("X", "sent")],
                body=b"",
                client_address="192.0.2.1",
            )
    assert b"kept-back" not in sent[0]
    assert b"sent" in sent[0]


@pytest.mark.parametrize(
    ("scope", "target"),
    [
        ({"raw_path": b"/a%2Fb", "query_string": b""}, "/a%2Fb"),
        ({"raw_path": b"/a", "query_string": b"chain=BEP20%28BSC%29&x="}, "/a?chain=BEP20%28BSC%29&x="),
        ({"raw_path": b"/a?x=1", "query_string": b"x=1"}, "/a?x=1"),
    ],
)
def test_the_target_is_what_was_sent(scope: dict[str, bytes], target: str):
    assert target_of(scope) == target


def test_a_server_that_keeps_no_raw_path_can_verify_nothing():
    with pytest.raises(ValueError, match="raw path"):
        target_of({"path": "/a", "query_string": b""})
