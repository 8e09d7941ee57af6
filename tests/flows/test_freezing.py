"""Freezing and thawing (policy §8): easy to do, undone by what was senior, by who did it."""

import pytest

from tests.support.acts import (
    ANOTHER,
    ONLY_SQLITE,
    begin_recovery,
    give_message,
    is_signed_in,
    session_of,
    subjects,
)
from tests.support.exits import Platform, later
from tests.support.freezing import another, devices, freeze, frozen, kinds, links, press, remove_device, thaw
from tests.support.house import Person
from watchword.foundation.errors import Conflict
from watchword.foundation.terms import AccountId


def account_of(person: Person) -> AccountId:
    return AccountId(session_of(person)["account"])


def holds(person: Person) -> list[str]:
    reply = person.http.get("/api/v1/holds", headers=person.bearer)
    return [each["cause"] for each in reply.json()["items"]]


def test_freezing_ends_every_session_and_tells_the_holder(person):
    there = another(person)
    freeze(person)
    assert not is_signed_in(person)
    assert not is_signed_in(there)
    assert subjects(person)[-1] == "Your Watchword account is frozen"
    assert "/freeze/" not in person.mailbox.texts_to(person.address)[-1], "there is nothing left to freeze"
    person.sign_in()
    view = frozen(person)
    assert view == {"frozen": True, "since": view["since"], "by": "holder", "thawed_by_holder": True}
    assert kinds(person)[0] == "account_frozen"


@ONLY_SQLITE
def test_freezing_twice_changes_nothing_more(person):
    freeze(person)
    person.sign_in()
    freeze(person)
    assert is_signed_in(person), "a session that reads only is not in the way"
    assert subjects(person).count("Your Watchword account is frozen") == 1


def test_a_frozen_account_reads(person):
    freeze(person)
    person.sign_in()
    for path in ("session", "devices", "activity", "authenticators", "alerts", "holds", "destinations", "freeze"):
        assert person.http.get(f"/api/v1/{path}", headers=person.bearer).status_code == 200, path


def test_it_is_thawed_by_passphrase_and_message_where_no_app_is_enrolled(person):
    freeze(person)
    person.sign_in()
    assert thaw(person).status_code == 204
    tried = person.http.put("/api/v1/passphrase", json={"passphrase": ANOTHER}, headers=person.bearer)
    assert tried.json()["code"] == "read_only", "the session stays what it was"
    person.sign_in()
    assert frozen(person) == {"frozen": False}
    assert holds(person) == ["thawed"]
    assert kinds(person)[0] == "account_thawed"


@ONLY_SQLITE
def test_it_is_thawed_by_the_app_that_was_senior(person):
    person.bind_app()
    freeze(person)
    person.sign_in()
    passage = person.begin("confirm", action={"kind": "change", "what": "thaw"})
    assert set(passage.asks) == {"passphrase", "totp"}
    passage.give("passphrase", passphrase=person.passphrase)
    assert "message_code" not in passage.asks
    assert thaw(person).status_code == 204


@ONLY_SQLITE
def test_recovery_works_while_it_is_frozen(person):
    freeze(person)
    passage = give_message(person, begin_recovery(person))
    passage.give("new_passphrase", passphrase=ANOTHER)
    person.passphrase = ANOTHER
    person.sign_in()
    assert frozen(person)["frozen"], "and does not thaw it"
    assert thaw(person).status_code == 204


@ONLY_SQLITE
def test_removing_a_device_works_while_it_is_frozen(person):
    there = another(person)
    freeze(person)
    person.sign_in()
    theirs = next(each["id"] for each in devices(person) if not each["this_one"])
    assert remove_device(person, theirs).status_code == 204
    assert there.begin("sign_in").asks == ["human", "passkey"], "known no more"


@ONLY_SQLITE
def test_what_is_not_frozen_is_not_thawed(person):
    reply = person.http.post(
        "/api/v1/passages",
        json={"purpose": "confirm", "action": {"kind": "change", "what": "thaw"}},
        headers=person.bearer,
    )
    assert (reply.status_code, reply.json()["reason"]) == (403, "not_frozen")
    assert person.http.post("/api/v1/thaw", headers=person.bearer).json()["reason"] == "not_frozen"


class TestByOthers:
    def test_what_the_operator_froze_only_the_operator_thaws(self, person):
        account, freezing = account_of(person), person.house.core.freezing
        assert freezing.by_operator(account) == 1
        person.sign_in()
        assert frozen(person)["by"] == "operator"
        begun = person.http.post(
            "/api/v1/passages",
            json={"purpose": "confirm", "action": {"kind": "change", "what": "thaw"}},
            headers=person.bearer,
        )
        assert begun.json()["reason"] == "frozen_by_others"
        assert freezing.thaw_by_operator(account) is True
        assert person.sign_in().http.get("/api/v1/freeze", headers=person.bearer).json() == {"frozen": False}

    @ONLY_SQLITE
    def test_nobody_thaws_for_another(self, person):
        account, freezing = account_of(person), person.house.core.freezing
        freeze(person)
        with pytest.raises(Conflict):
            freezing.thaw_by_operator(account)
        platform = Platform(person.house)
        path = f"/api/v1/accounts/{account}"
        assert platform.http.post(f"{path}/thaw", headers=platform.bearer).status_code == 409
        assert platform.http.post(f"{path}/freeze", headers=platform.bearer).json() == {"sessions_ended": 0}
        person.sign_in()
        assert frozen(person) == {**frozen(person), "by": "platform", "thawed_by_holder": False}
        assert platform.http.post(f"{path}/thaw", headers=platform.bearer).json() == {"open": False}
        assert frozen(person)["by"] == "holder"
        assert thaw(person).status_code == 204

    @ONLY_SQLITE
    def test_the_platform_freezes_with_its_credential_alone(self, person):
        path = f"/api/v1/accounts/{account_of(person)}/freeze"
        assert person.http.post(path, headers=person.bearer).status_code == 401
        platform = Platform(person.house)
        assert platform.http.post(path, headers=platform.bearer).json() == {"sessions_ended": 1}
        assert platform.http.post("/api/v1/accounts/nobody/freeze", headers=platform.bearer).status_code == 404
        assert platform.http.post("/api/v1/accounts/decoy/freeze", headers=platform.bearer).status_code == 404
        assert "only who froze it" in person.mailbox.texts_to(person.address)[-1].lower()

    @ONLY_SQLITE
    def test_a_closed_account_is_not_frozen(self, person):
        account = account_of(person)
        person.house.core.accounts  # noqa: B018
        with person.house.database.begin() as tx:
            person.house.core.accounts.close(tx, account, person.clock.now)
            person.house.core.journal.record(tx, "account.closed", at=person.clock.now, account=account, by="operator")
        with pytest.raises(Conflict):
            person.house.core.freezing.by_operator(account)
        assert person.http.post("/api/v1/freeze", headers=person.bearer).status_code == 409


class TestHolds:
    @ONLY_SQLITE
    def test_a_second_freeze_by_mail_within_a_week_adds_none(self, fortified):
        """Whoever reads the mail, and no more, must not hold the exits for ever."""
        frozen_by_mail_and_thawed(fortified)
        assert "thawed" in holds(fortified)
        later(fortified, days=2)
        assert "thawed" not in holds(fortified)
        frozen_by_mail_and_thawed(fortified)
        assert "thawed" not in holds(fortified)
        later(fortified, days=6)
        another(fortified)
        frozen_by_mail_and_thawed(fortified)
        assert "thawed" in holds(fortified)

    @ONLY_SQLITE
    def test_a_freeze_from_a_session_adds_one_each_time(self, person):
        for _ in range(2):
            later(person, days=2)
            freeze(person)
            person.sign_in()
            assert thaw(person).status_code == 204
            person.sign_in()
            assert holds(person) == ["thawed"]


def frozen_by_mail_and_thawed(person: Person) -> None:
    pressed = press(person, links(person)[-1], passphrase=person.passphrase)
    assert pressed.headers["location"] == "/frozen", pressed.text
    person.sign_in()
    assert frozen(person)["by"] == "link"
    assert thaw(person).status_code == 204
    person.sign_in()
