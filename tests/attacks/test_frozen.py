"""A frozen account: nothing leaves it, nothing that protects it changes, and what was begun before leads nowhere."""

from typing import Any

import pytest
from sqlalchemy import select

from tests.support.acts import (
    ANOTHER,
    ONLY_SQLITE,
    account_of,
    begin_change,
    codes_sent,
    give_message,
    is_signed_in,
    send_again,
)
from tests.support.exits import Platform, begin, code, confirm, later, session_of, withdrawal
from tests.support.freezing import another, devices, freeze, frozen, pause, remove_device, thaw
from tests.support.house import Person
from tests.support.parallel import at_once
from watchword.foundation.errors import WatchwordError
from watchword.storage.schema import approvals, sessions

PLACE: dict[str, Any] = {"asset": "USDT", "network": "Ethereum", "address": "0x" + "ab" * 20, "memo": None}
KEY: dict[str, Any] = {
    "kind": "create_api_key",
    "name": "bot",
    "permissions": ["read"],
    "networks": [],
    "expiry": 30,
    "public_key": None,
}
REFUSED: tuple[dict[str, Any], ...] = (
    withdrawal(),
    {"kind": "transfer", "asset": "USDT", "amount": "1", "to": "somebody"},
    {"kind": "p2p_release", "asset": "USDT", "amount": "1", "price": "1", "currency": "EUR", "counterparty": "x"},
    {"kind": "allow_destination", **PLACE},
    KEY,
    *(
        {"kind": "change", **change}
        for change in (
            {"what": "bind_totp"},
            {"what": "remove_totp"},
            {"what": "recovery_codes"},
            {"what": "message_code", "enabled": True},
            {"what": "message_code", "enabled": False},
            {"what": "passphrase"},
            {"what": "trading_passphrase"},
            {"what": "anti_phishing_code"},
            {"what": "replace_identifier", "identifier_kind": "email", "identifier": "new@example.org"},
            {"what": "remove_destination", "destination": "d" * 26},
            {"what": "allow_list", "enabled": True},
            {"what": "allow_list", "enabled": False},
            {"what": "close_account"},
            {"what": "export", "of": "account"},
        )
    ),
)
CALLS: tuple[tuple[str, str, dict[str, Any] | None], ...] = (
    ("POST", "/authenticators/totp", None),
    ("POST", "/authenticators/totp/nothing/activate", {"output": "123456"}),
    ("POST", "/authenticators/recovery-codes", None),
    ("PUT", "/authenticators/message-code", {"enabled": False}),
    ("PUT", "/passphrase", {"passphrase": ANOTHER}),
    ("PUT", "/trading-passphrase", {"passphrase": "730418"}),
    ("PUT", "/anti-phishing-code", {"code": "lake tiger"}),
    ("POST", "/destinations", PLACE),
    ("DELETE", "/destinations/nothing", None),
    ("PUT", "/allow-list", {"enabled": False}),
)


@pytest.fixture
def holder(fortified: Person) -> Person:
    """Of a frozen account with everything set up, in a session that reads."""
    freeze(fortified)
    return fortified.sign_in()


@ONLY_SQLITE
def test_every_exit_key_and_change_is_refused_before_it_is_confirmed(holder):
    for action in REFUSED:
        reply = begin(holder, action)
        assert (reply.status_code, reply.json()["code"], reply.json().get("reason")) == (
            403,
            "not_possible",
            "frozen",
        ), action


@ONLY_SQLITE
def test_every_call_that_changes_something_is_refused(holder):
    for method, path, body in CALLS:
        reply = holder.http.request(method, f"/api/v1{path}", json=body, headers=holder.bearer)
        assert (reply.status_code, reply.json()["code"]) == (403, "read_only"), path


@ONLY_SQLITE
def test_the_platform_hears_no(holder):
    platform = Platform(holder.house)
    said = platform.decide(account_of(holder), withdrawal())
    assert said.json().get("allowed") is not True, said.text


def test_what_was_confirmed_before_is_not_spent_after(fortified):
    platform = Platform(fortified.house)
    body = platform.ask(fortified, confirm(fortified, withdrawal()), withdrawal())
    freeze(fortified)
    assert code(platform.send(body)) != "200"
    fortified.sign_in()
    assert thaw(fortified).status_code == 204, "and not when it is thawed either, within its two minutes"
    assert code(platform.send(body)) != "200"


def test_a_confirmation_under_way_leads_nowhere(person):
    passage = begin_change(person, "passphrase")
    right = person.mailbox.newest_code(person.address)
    freeze(person)
    assert passage.offer("message_code", code=right).status_code in (403, 410)
    with person.house.database.read() as tx:
        assert tx.connection.execute(select(approvals.c.id)).first() is None


def test_an_approval_for_a_change_dies(person):
    approval = person.approve(kind="change", what="passphrase")
    freeze(person)
    reply = person.http.put(
        "/api/v1/passphrase", json={"passphrase": ANOTHER}, headers={**person.bearer, "Approval": approval}
    )
    assert reply.status_code == 401
    person.sign_in()
    assert thaw(person).status_code == 204
    person.sign_in()
    reply = person.http.put(
        "/api/v1/passphrase", json={"passphrase": ANOTHER}, headers={**person.bearer, "Approval": approval}
    )
    assert reply.json()["code"] == "confirmation_required"


@ONLY_SQLITE
def test_an_app_begun_before_is_not_bound_after(person):
    approval = person.approve(kind="change", what="bind_totp")
    made = person.http.post("/api/v1/authenticators/totp", headers={**person.bearer, "Approval": approval}).json()
    freeze(person)
    person.sign_in()
    path = f"/api/v1/authenticators/totp/{made['id']}/activate"
    assert person.http.post(path, json={"output": "123456"}, headers=person.bearer).status_code == 403


def test_frozen_and_confirmed_at_once(person):
    """Whoever is first: afterwards no session can do more than read, and no approval is left to be spent."""
    passages = [begin_change(person, "passphrase") for _ in range(3)]
    codes = codes_sent(person)[-3:]

    def do(number: int) -> int:
        if number == 3:
            return int(person.http.post("/api/v1/freeze", headers=person.bearer).status_code)
        return int(passages[number].offer("message_code", code=codes[number]).status_code)

    seen = at_once(4, do)
    assert seen[3] in (204, 503), seen
    if seen[3] == 503:
        freeze(person)
    now = person.clock.now
    with person.house.database.read() as tx:
        live = select(approvals.c.id).where(approvals.c.spent_at.is_(None), approvals.c.expires_at > now)
        assert tx.connection.execute(live).first() is None
        full = select(sessions.c.id).where(sessions.c.revoked_at.is_(None), sessions.c.scope == "full")
        assert tx.connection.execute(full).first() is None


def test_signed_in_and_frozen_at_once(person):
    """A session that opens as the account freezes is one that reads, or is ended with the others."""
    core, account = person.house.core, account_of(person)

    def do(number: int) -> int:
        if number == 0:
            try:
                return core.freezing.by_operator(account)
            except WatchwordError:
                return -1
        passage = person.begin("sign_in")
        given = passage.offer("passphrase", identifier=person.address, passphrase=person.passphrase)
        return int(given.status_code)

    seen = at_once(4, do)
    if seen[0] == -1:
        core.freezing.by_operator(account)
    with person.house.database.read() as tx:
        full = select(sessions.c.id).where(sessions.c.revoked_at.is_(None), sessions.c.scope == "full")
        assert tx.connection.execute(full).first() is None


def come_in_by_message(person: Person) -> None:
    """An app that is junior is asked, and a code by message may stand in its place."""
    passage = person.begin("sign_in").human()
    passage.give("passphrase", identifier=person.address, passphrase=person.passphrase).human()
    assert send_again(passage).status_code == 200
    person.session = give_message(person, passage).grant["token"]


def test_a_change_under_way_does_not_keep_it_from_freezing(person):
    """Both touch the account, its approvals and its sessions; freezing must not be the one that gives way."""
    headers = {**person.bearer, "Approval": person.approve(kind="change", what="passphrase")}

    def do(number: int) -> int:
        if number == 0:
            return int(person.http.post("/api/v1/freeze", headers=person.bearer).status_code)
        changed = person.http.put("/api/v1/passphrase", json={"passphrase": ANOTHER}, headers=headers)
        return int(changed.status_code)

    froze, changed = at_once(2, do)
    assert froze == 204
    assert changed in (204, 401, 403)
    person.passphrase = ANOTHER if changed == 204 else person.passphrase
    assert frozen(person.sign_in())["frozen"]


class TestAThief:
    """Has the passphrase and reads the mail, and bound an app of theirs."""

    @pytest.fixture
    def thief(self, person: Person) -> Person:
        later(person, days=30)
        there = another(person)
        there.bind_app()
        return there

    def test_can_not_thaw_with_the_new_app(self, person, thief):
        freeze(thief)
        thief.sign_in()
        passage = thief.begin("confirm", action={"kind": "change", "what": "thaw"})
        assert passage.asks == ["passphrase"]
        assert passage.offer("totp", output=thief.output()).status_code == 409
        passage.give("passphrase", passphrase=thief.passphrase)
        assert passage.asks == ["message_code"], "what they had before they had the app"

    @ONLY_SQLITE
    def test_is_put_out_by_the_owner_while_it_is_frozen(self, person, thief):
        """The owner has the older device, the passphrase and the mail; the junior app is removed in one step."""
        person.totp = None
        come_in_by_message(person)
        freeze(person)
        come_in_by_message(person)
        approval = person.approve(kind="change", what="remove_totp")
        removed = person.http.delete("/api/v1/authenticators/totp", headers={**person.bearer, "Approval": approval})
        assert removed.status_code == 204
        younger = next(each["id"] for each in devices(person) if not each["this_one"])
        assert remove_device(person, younger).status_code == 204
        assert thaw(person).status_code == 204

    @ONLY_SQLITE
    def test_can_not_put_out_the_owner(self, person, thief):
        owners = next(each for each in devices(thief) if not each["this_one"])
        assert owners["needs_confirmation"]
        for _ in range(2):
            reply = remove_device(thief, owners["id"])
            assert reply.json()["code"] == "confirmation_required"
            assert reply.json()["action"] == {"kind": "change", "what": "remove_device", "device": owners["id"]}
            freeze(thief)
            thief.sign_in()
        assert person.begin("sign_in").asks == ["passphrase", "passkey"], "it is known still"


@ONLY_SQLITE
def test_what_was_senior_at_the_freeze_can_not_be_removed_in_it(holder):
    later(holder, days=8)
    reply = begin(holder, {"kind": "change", "what": "remove_totp"})
    assert reply.json()["reason"] == "frozen"


@ONLY_SQLITE
def test_nobody_freezes_without_a_session(person):
    assert person.http.post("/api/v1/freeze").status_code == 401
    assert person.http.post("/api/v1/freeze", headers={"Authorization": "Bearer " + "A" * 43}).status_code == 401
    assert is_signed_in(person)
    pause(person)
    assert frozen(person) == {"frozen": False}
    assert session_of(person)["account"] == account_of(person)
