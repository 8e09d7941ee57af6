"""Passkeys over the JSON API: made, shown, named, removed; what follows for sign-in, codes, holds and exits."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.support import exits
from tests.support.acts import ANOTHER, ONLY_SQLITE, SHORT, account_of, give_app, subjects, wait
from tests.support.house import Person
from tests.support.passkey_user import (
    activate,
    add_passkey,
    approve,
    begin_passkey,
    confirm_exit,
    exempt_from,
    give_passkey,
    listed,
    options_of,
    passkeys_of,
    remove_passkey,
    session_in,
    show,
    sign_in_by_passkey,
)
from tests.support.passkeys import BS, Authenticator, Bent, b64
from watchword.storage.schema import passkeys


@pytest.fixture
def phone() -> Authenticator:
    return Authenticator()


def holds_of(person: Person) -> set[str]:
    return {each["cause"] for each in person.http.get("/api/v1/holds", headers=person.bearer).json()["items"]}


def test_a_passkey_is_registered_and_signs_in(person: Person, phone: Authenticator) -> None:
    done = add_passkey(person, phone, name="  Ann's   phone ")
    assert len(done["codes"]) == 10, "it is the first second step"
    assert holds_of(person) == {"first_second_step"}
    sign_in_by_passkey(person, phone)
    session = exits.session_of(person)
    assert session["aal"] == 2
    assert session["amr"] == ["swk", "user", "mfa"]
    (found,) = passkeys_of(person)
    assert (found["name"], found["synced"], found["standing"]) == ("Ann's phone", True, "senior")
    assert found["last_used_at"] is not None
    assert {"Passkey added to your Watchword account"} <= {*subjects(person)}


@ONLY_SQLITE
@pytest.mark.parametrize("algorithm", ["EdDSA", "RS256"])
def test_one_that_can_not_leave_its_device(person: Person, algorithm: Any) -> None:
    key = Authenticator(algorithm=algorithm, synced=False, counts=True)
    add_passkey(person, key)
    for _ in range(2):
        sign_in_by_passkey(person, key, known=False)
    assert exits.session_of(person)["amr"] == ["pop", "user", "mfa"]
    assert passkeys_of(person)[0]["synced"] is False


@ONLY_SQLITE
def test_what_a_browser_is_asked_to_make(person: Person, phone: Authenticator) -> None:
    first = begin_passkey(person)["options"]
    assert first["rp"] == {"id": "localhost", "name": "Watchword"}
    assert first["user"] == {
        "id": b64(account_of(person).encode()),
        "name": person.address,
        "displayName": person.address,
    }
    assert [each["alg"] for each in first["pubKeyCredParams"]] == [-7, -8, -257]
    assert first["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert (first["attestation"], first["excludeCredentials"]) == ("none", [])
    add_passkey(person, phone)
    again = begin_passkey(person, phone)["options"]
    assert [each["id"] for each in again["excludeCredentials"]] == [b64(phone.credentials[0].id)]
    assert again["challenge"] != first["challenge"]


@ONLY_SQLITE
def test_what_a_browser_is_asked_to_show(person: Person, phone: Authenticator) -> None:
    add_passkey(person, phone)
    before = options_of(person.begin("sign_in", known=False))
    assert (before["rpId"], before["userVerification"], before["allowCredentials"]) == ("localhost", "required", [])
    passage = person.begin("confirm", action={"kind": "change", "what": "sign_out_others"})
    named = options_of(passage)["allowCredentials"]
    assert named == [{"id": b64(phone.credentials[0].id), "type": "public-key", "transports": ["internal", "hybrid"]}]


def test_what_is_kept_of_a_passkey(person: Person, phone: Authenticator) -> None:
    add_passkey(person, phone)
    with person.house.database.read() as tx:
        (row,) = tx.connection.execute(select(passkeys)).all()
    assert (row.credential_id, row.algorithm, row.sign_count) == (b64(phone.credentials[0].id), -7, 0)
    assert (row.backup_eligible, row.backed_up, row.nonce, row.session_id) == (True, True, None, None)
    assert row.transports == '["internal", "hybrid"]'
    assert row.aaguid == "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4"


@ONLY_SQLITE
def test_a_counter_and_a_backup_state_are_kept(person: Person) -> None:
    key = Authenticator(counts=True)
    add_passkey(person, key)
    passage = person.begin("sign_in")
    passage.give("passkey", credential=show(passage, key, Bent(drop=BS)))
    with person.house.database.read() as tx:
        (row,) = tx.connection.execute(select(passkeys)).all()
    assert (row.sign_count, row.backed_up) == (2, False)
    assert row.last_used_at is not None


@ONLY_SQLITE
def test_binding_is_begun_anew_after_a_wrong_answer_and_after_fifteen_minutes(
    person: Person, phone: Authenticator
) -> None:
    begun = begin_passkey(person)
    wrong = phone.create(begun["options"], Bent(client={"origin": "https://evil.example"}))
    assert activate(person, begun, wrong).status_code == 422
    assert activate(person, begun, phone.create(begun["options"])).status_code == 410
    begun = begin_passkey(person)
    person.clock.advance(timedelta(minutes=15))
    assert activate(person, begun, phone.create(begun["options"])).status_code == 410
    begun = begin_passkey(person)
    for name in ("", "  ", "x" * 65, "a\x00b"):
        assert activate(person, begun, phone.create(begun["options"]), name).status_code == 422
    assert activate(person, begun, phone.create(begun["options"])).status_code == 200, "a bad name ends nothing"


@ONLY_SQLITE
def test_twenty_are_enough(person: Person, phone: Authenticator) -> None:
    for _ in range(20):
        add_passkey(person, phone, by=phone)
    approval = approve(person, phone, kind="change", what="bind_passkey")
    path, headers = "/api/v1/authenticators/passkeys", {**person.bearer, "Approval": approval}
    assert person.http.post(path, headers=headers).status_code == 409


@ONLY_SQLITE
def test_it_is_renamed(person: Person, phone: Authenticator) -> None:
    made = add_passkey(person, phone)
    path = f"/api/v1/authenticators/passkeys/{made['id']}"
    assert person.http.patch(path, json={"name": "Blue key"}, headers=person.bearer).status_code == 204
    assert passkeys_of(person)[0]["name"] == "Blue key"
    assert person.http.patch(path, json={"name": " "}, headers=person.bearer).status_code == 422
    assert person.http.patch(path + "x", json={"name": "y"}, headers=person.bearer).status_code == 404
    assert sign_in_by_passkey(person, phone).grant["kind"] == "session"


def test_the_last_one_takes_the_codes_along_and_leaves_a_passphrase_that_stands_alone(
    person: Person, phone: Authenticator
) -> None:
    made = add_passkey(person, phone)
    short = {**person.bearer, "Approval": approve(person, phone, kind="change", what="passphrase")}
    assert person.http.put("/api/v1/passphrase", json={"passphrase": SHORT}, headers=short).status_code == 204
    person.passphrase = SHORT
    passage = person.begin("confirm", action={"kind": "change", "what": "remove_passkey", "passkey": made["id"]})
    passage.give("passphrase", passphrase=SHORT)
    give_passkey(passage, phone)
    passage.give("message_code", code=person.mailbox.newest_code(person.address))
    assert passage.asks == ["new_passphrase"]
    passage.give("new_passphrase", passphrase=ANOTHER)
    person.passphrase = ANOTHER
    assert remove_passkey(person, made["id"], passage.grant["token"]).status_code == 204
    kinds = {each["kind"] for each in listed(person)}
    assert kinds == {"passphrase"}
    assert "second_step_removed" in holds_of(person)
    passage = person.begin("sign_in")
    assert passage.offer("passkey", credential=show(passage, phone)).status_code == 422
    assert person.sign_in().session


@ONLY_SQLITE
def test_codes_and_app_stay_while_another_second_step_is_there(person: Person, phone: Authenticator) -> None:
    made = add_passkey(person, phone)
    codes = person.codes
    approval = approve(person, phone, kind="change", what="bind_totp")
    person.codes = codes
    begun = person.http.post("/api/v1/authenticators/totp", headers={**person.bearer, "Approval": approval}).json()
    import pyotp

    person.totp = pyotp.TOTP(begun["secret"])
    path = f"/api/v1/authenticators/totp/{begun['id']}/activate"
    done = person.http.post(path, json={"output": person.output()}, headers=person.bearer)
    assert done.json() == {"codes": []}, "a senior passkey confirmed it: the codes stay"
    gone = remove_passkey(
        person, made["id"], approve(person, phone, kind="change", what="remove_passkey", passkey=made["id"])
    )
    assert gone.status_code == 204
    assert {each["kind"] for each in listed(person)} == {"passphrase", "totp", "recovery_codes"}
    person.sign_in()


@ONLY_SQLITE
def test_one_added_by_another_holds_nothing_and_one_by_the_app_new_places(person: Person, phone: Authenticator) -> None:
    person.bind_app()
    add_passkey(person, phone)
    assert holds_of(person) == {"first_second_step", "second_step_added"}
    wait(person, days=5)
    sign_in_by_passkey(person, phone)
    assert holds_of(person) == set()
    laptop = Authenticator()
    assert add_passkey(person, laptop, by=phone)["codes"] == []
    assert holds_of(person) == set(), "for K added by K: none"


@ONLY_SQLITE
def test_a_junior_one_raises_nothing_and_the_message_may_stand_in_its_place(
    person: Person, phone: Authenticator
) -> None:
    wait(person, days=4)
    person.sign_in()
    made = add_passkey(person, phone)
    assert passkeys_of(person)[0]["standing"] == "junior"
    passage = person.begin("sign_in")
    passage.give("passphrase", identifier=person.address, passphrase=person.passphrase)
    assert passage.asks == ["passkey", "message_code"]
    passage.give("message_code", code=person.mailbox.newest_code(person.address))
    person.session = passage.grant["token"]
    approval = person.approve(kind="change", what="remove_passkey", passkey=made["id"])
    assert remove_passkey(person, made["id"], approval).status_code == 204, "its owner can put it out by mail"


@ONLY_SQLITE
def test_where_it_was_used_nothing_stands_in_for_it(person: Person, phone: Authenticator) -> None:
    person.bind_app()
    add_passkey(person, phone)
    passage = person.begin("sign_in")
    passage.give("passphrase", identifier=person.address, passphrase=person.passphrase)
    assert passage.asks == ["passkey"]
    assert passage.offer("totp", output=person.output()).status_code == 409
    assert give_passkey(passage, phone).grant["kind"] == "session"


@ONLY_SQLITE
def test_with_neither_app_nor_codes_there_is_only_the_passkey(person: Person, phone: Authenticator) -> None:
    add_passkey(person, phone)
    wait(person, days=1)
    for _ in range(2):  # five a day
        for _ in range(5):
            passage = person.begin("sign_in", known=False).human()
            passage.give("passphrase", identifier=person.address, passphrase=person.passphrase)
            passage.give("message_code", code=person.mailbox.newest_code(person.address))
            passage.give("recovery_code", code=person.codes.pop())
            wait(person, minutes=5)
        wait(person, days=1)
    passage = person.begin("sign_in", known=False).human()
    passage.give("passphrase", identifier=person.address, passphrase=person.passphrase)
    assert passage.asks == ["passkey"]


@ONLY_SQLITE
def test_away_from_it_the_app_serves_and_moves_nothing_to_new_places(person: Person, phone: Authenticator) -> None:
    exits.set_trading(person.bind_app())
    add_passkey(person, phone)
    wait(person, days=5)
    used = exits.withdrawal()
    sign_in_by_passkey(person, phone)
    platform = exits.Platform(person.house)
    assert platform.consume(person, confirm_exit(person, used, phone), used).status_code == 200
    exempt_from(person)
    passage = person.begin("sign_in", known=False).human()
    passage.give("passphrase", identifier=person.address, passphrase=person.passphrase)
    assert passage.asks == ["passkey", "message_code", "recovery_code"]
    passage.give("message_code", code=person.mailbox.newest_code(person.address))
    assert passage.asks == ["totp", "recovery_code"]
    give_app(person, passage)
    person.session, person.device = passage.grant["token"], passage.grant["device_token"]
    assert holds_of(person) == {"used_app_on_passkey_account"}
    refused = exits.begin(person, exits.withdrawal(address=exits.OTHER_EVM))
    assert (refused.status_code, refused.json()["reason"]) == (403, "without_passkey")
    assert exits.begin(person, exits.withdrawal()).status_code == 403, "under 24 h old, it is a new place still"
    person.clock.advance(timedelta(hours=25))
    person.sign_in()
    assert platform.consume(person, confirm_exit(person, used, None), used).status_code == 200


@ONLY_SQLITE
def test_lost_away_it_is_removed_after_three_days(person: Person, phone: Authenticator) -> None:
    person.bind_app()
    made = add_passkey(person, phone)
    wait(person, days=5)
    person.sign_in(known=False)
    approval = person.approve(kind="change", what="remove_passkey", passkey=made["id"])
    begun = remove_passkey(person, made["id"], approval)
    assert begun.status_code == 202
    assert passkeys_of(person)[0]["removal_due_at"] == begun.json()["removal_due_at"]
    wait(person, hours=71)
    person.house.housekeeping()
    person.sign_in()
    assert passkeys_of(person)
    wait(person, hours=2)
    person.house.housekeeping()
    person.sign_in()
    assert not passkeys_of(person)
    assert "second_step_removed" in holds_of(person)
    assert {"A passkey of your Watchword account will be removed", "Passkey removed from your Watchword account"} <= {
        *subjects(person)
    }


@ONLY_SQLITE
def test_passkey_and_code_stand_for_a_passphrase_that_was_forgotten(person: Person, phone: Authenticator) -> None:
    add_passkey(person, phone)
    sign_in_by_passkey(person, phone)
    passage = person.begin("confirm", action={"kind": "change", "what": "passphrase"})
    give_passkey(passage, phone)
    assert passage.asks == ["recovery_code"]
    passage.give("recovery_code", code=person.codes.pop())
    passage.give("message_code", code=person.mailbox.newest_code(person.address))
    headers = {**person.bearer, "Approval": passage.grant["token"]}
    assert person.http.put("/api/v1/passphrase", json={"passphrase": ANOTHER}, headers=headers).status_code == 204


@ONLY_SQLITE
def test_recovery_asks_for_it(person: Person, phone: Authenticator) -> None:
    person.bind_app()
    add_passkey(person, phone)
    passage = person.begin("recover", known=False).human().give("identifier", identifier=person.address)
    passage.give("message_code", code=person.mailbox.newest_code(person.address))
    assert passage.asks == ["passkey"]
    give_passkey(passage, phone).give("new_passphrase", passphrase=ANOTHER)
    assert passage.grant == {"kind": "done"}


@ONLY_SQLITE
def test_it_thaws_alone(person: Person, phone: Authenticator) -> None:
    person.bind_app()
    add_passkey(person, phone)
    assert person.http.post("/api/v1/freeze", headers=person.bearer).status_code == 204
    sign_in_by_passkey(person, phone)
    passage = person.begin("confirm", action={"kind": "change", "what": "thaw"})
    assert passage.asks == ["passkey"]
    headers = {**person.bearer, "Approval": give_passkey(passage, phone).grant["token"]}
    assert person.http.post("/api/v1/thaw", headers=headers).status_code == 204


@ONLY_SQLITE
def test_a_senior_one_sends_to_a_new_place_at_once(person: Person, phone: Authenticator) -> None:
    exits.set_trading(person)
    add_passkey(person, phone)
    wait(person, days=4)
    sign_in_by_passkey(person, phone, known=False)
    platform, action = exits.Platform(person.house), exits.withdrawal()
    passage = person.begin("confirm", action=action)
    assert passage.asks == ["passkey"]
    give_passkey(passage, phone)
    assert passage.asks == ["trading_passphrase"], "and no message"
    passage.give("trading_passphrase", passphrase=exits.TRADING)
    assert platform.consume(person, passage.grant["token"], action).status_code == 200


@ONLY_SQLITE
def test_passkey_only(person: Person, phone: Authenticator) -> None:
    person.bind_app()
    add_passkey(person, phone)
    look = lambda: person.http.get("/api/v1/passkey-only", headers=person.bearer).json()  # noqa: E731
    body = {"purpose": "confirm", "action": {"kind": "change", "what": "passkey_only", "enabled": True}}
    laptop = Authenticator()
    for missing in ("two_passkeys", "use_passkeys", "check_codes"):
        assert look() == {"state": "off", "effective_at": None, "missing": missing}
        refused = person.http.post("/api/v1/passages", json=body, headers=person.bearer)
        assert (refused.status_code, refused.json()["reason"]) == (403, missing)
        if missing == "two_passkeys":
            add_passkey(person, laptop, by=phone)
        if missing == "use_passkeys":
            sign_in_by_passkey(person, phone)
            sign_in_by_passkey(person, laptop)
    assert person.house.core.apps.check_code(session_in(person), person.codes[-1])
    switch(person, phone, enabled=True)
    assert look()["state"] == "begins"
    away = Person(person.house, person.clock, address=person.address)
    away.totp = person.totp
    away.sign_in(known=False)
    assert switch(away, None, enabled=False)["state"] == "off", "any senior authenticator can call it off"
    switch(person, phone, enabled=True)
    wait(person, hours=73)
    passage = person.begin("sign_in", known=False).human()
    passage.give("passphrase", identifier=person.address, passphrase=person.passphrase)
    assert passage.asks == ["passkey"]
    give_passkey(passage, phone)
    person.session = passage.grant["token"]
    assert look()["state"] == "on"
    assert switch(person, phone, enabled=False)["state"] == "off"
    assert "list_weakened" in holds_of(person)
    switch(person, phone, enabled=True)
    person.house.core.removal.begin(account_of(person))
    wait(person, days=7, minutes=1)
    person.house.housekeeping()
    person.sign_in(known=False)
    assert look() == {"state": "off", "effective_at": None, "missing": "two_passkeys"}, "it goes with the last passkey"


def switch(person: Person, authenticator: Authenticator | None, *, enabled: bool) -> Any:
    approval = approve(person, authenticator, kind="change", what="passkey_only", enabled=enabled)
    headers = {**person.bearer, "Approval": approval}
    done = person.http.put("/api/v1/passkey-only", json={"enabled": enabled}, headers=headers)
    assert done.status_code == 200, done.text
    return done.json()


@ONLY_SQLITE
def test_what_a_browser_tells_its_password_manager(person: Person, phone: Authenticator) -> None:
    add_passkey(person, phone)
    found = person.http.get("/api/v1/authenticators/passkeys/signals", headers=person.bearer).json()
    assert found == {
        "rp_id": "localhost",
        "user_id": b64(account_of(person).encode()),
        "credential_ids": [b64(phone.credentials[0].id)],
        "name": person.address,
    }


@ONLY_SQLITE
def test_where_passkeys_are_made_and_kept_is_well_known(person: Person) -> None:
    found = person.http.get("/.well-known/passkey-endpoints")
    assert found.headers["content-type"] == "application/json"
    assert found.json() == {
        "enroll": "http://localhost:8080/account/sign-in",
        "manage": "http://localhost:8080/account/sign-in",
    }
