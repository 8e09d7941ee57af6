"""What was made for one passage, purpose, action, session or person is worth nothing in any other."""

from datetime import timedelta

import pytest

from tests.support.clock import SettableClock
from tests.support.house import PASSPHRASE, Passage, Person, client_of, solve
from watchword.app import House

ORIGIN = "http://localhost:8080"
THIEF = "eve@example.org"


@pytest.fixture
def thief(house: House, clock: SettableClock, person: Person) -> Person:
    """Somebody with an account of their own."""
    return Person(house, clock, address=THIEF).sign_up()


def at_the_code(person: Person, purpose: str = "sign_in") -> Passage:
    passage = person.begin(purpose, known=False).human()
    if purpose == "sign_in":
        return passage.give("passphrase", identifier=person.address, passphrase=person.passphrase)
    return passage.give("identifier", identifier=person.address)


def test_a_message_code_in_another_passage_of_the_same_person(person: Person) -> None:
    at_the_code(person)
    code = person.mailbox.newest_code(person.address)
    other = at_the_code(person)
    assert person.mailbox.newest_code(person.address) != code
    other.refuse("message_code", code=code)


def test_a_message_code_for_another_purpose(person: Person) -> None:
    at_the_code(person, "recover")
    code = person.mailbox.newest_code(person.address)
    at_the_code(person).refuse("message_code", code=code)


def test_a_message_code_of_another_person(person: Person, thief: Person) -> None:
    at_the_code(thief)
    code = thief.mailbox.newest_code(THIEF)
    at_the_code(person).refuse("message_code", code=code)


def test_an_app_code_of_another_person(person: Person, thief: Person) -> None:
    thief.bind_app()
    person.bind_app()
    passage = person.begin("sign_in").give("passphrase", identifier=person.address, passphrase=person.passphrase)
    assert thief.totp is not None
    passage.refuse("totp", output=thief.totp.at(person.clock.now))


def test_a_recovery_code_of_another_person(person: Person, thief: Person) -> None:
    thief.bind_app()
    person.bind_app()
    passage = person.begin("sign_in").give("passphrase", identifier=person.address, passphrase=person.passphrase)
    passage.refuse("recovery_code", code=thief.codes[0])


def test_a_passage_without_its_token_or_with_another_ones(person: Person, thief: Person) -> None:
    passage, own = at_the_code(person), at_the_code(thief)
    for headers in ({}, own.headers, {"Passage-Token": ""}, {"Passage-Token": "x" * 43}):
        path = f"/api/v1/passages/{passage.id}"
        assert person.http.get(path, headers=headers).status_code == 404
        reply = person.http.post(f"{path}/proofs", json={"proof": "message_code", "code": "000000"}, headers=headers)
        assert reply.status_code == 404


def test_a_human_check_of_another_passage_or_twice(person: Person) -> None:
    first, second = person.begin("recover"), person.begin("recover")
    payload = solve(first.state["ask"][0]["challenge"])
    assert second.offer("human", payload=payload).status_code == 422
    first.give("human", payload=payload)
    first.give("identifier", identifier="nobody@example.org")
    for _ in range(2):
        assert first.offer("message_code", code="000000").status_code == 422
    first.state = first.http.get(f"/api/v1/passages/{first.id}", headers=first.headers).json()
    assert first.asks == ["human"]
    assert first.offer("human", payload=payload).status_code == 422


class TestApprovals:
    def test_for_another_action(self, person: Person) -> None:
        person.bind_app()
        approval = person.approve(kind="change", what="recovery_codes")
        headers = {**person.bearer, "Approval": approval}
        refused = person.http.delete("/api/v1/authenticators/totp", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "confirmation_required")
        assert person.http.post("/api/v1/authenticators/recovery-codes", headers=headers).status_code == 201

    def test_for_other_details(self, person: Person) -> None:
        approval = person.approve(kind="change", what="message_code", enabled=False)
        headers = {**person.bearer, "Approval": approval}
        path = "/api/v1/authenticators/message-code"
        assert person.http.put(path, json={"enabled": True}, headers=headers).status_code == 403

    def test_in_another_session_of_the_same_person(self, person: Person) -> None:
        approval, first = person.approve(kind="change", what="bind_totp"), person.bearer
        person.sign_in()
        assert person.bearer != first
        headers = {**person.bearer, "Approval": approval}
        assert person.http.post("/api/v1/authenticators/totp", headers=headers).status_code == 403

    def test_of_another_person(self, person: Person, thief: Person) -> None:
        approval = thief.approve(kind="change", what="bind_totp")
        headers = {**person.bearer, "Approval": approval}
        assert person.http.post("/api/v1/authenticators/totp", headers=headers).status_code == 403

    def test_too_late(self, person: Person, clock: SettableClock) -> None:
        approval = person.approve(kind="change", what="bind_totp")
        clock.advance(timedelta(minutes=2))
        headers = {**person.bearer, "Approval": approval}
        assert person.http.post("/api/v1/authenticators/totp", headers=headers).status_code == 403

    def test_an_app_begun_in_another_session_is_not_switched_on(self, person: Person) -> None:
        approval = person.approve(kind="change", what="bind_totp")
        headers = {**person.bearer, "Approval": approval}
        begun = person.http.post("/api/v1/authenticators/totp", headers=headers).json()
        person.sign_in()
        path = f"/api/v1/authenticators/totp/{begun['id']}/activate"
        assert person.http.post(path, json={"output": "000000"}, headers=person.bearer).status_code == 410


class TestClientsAndOrigins:
    def test_a_session_of_an_app_is_no_cookie(self, person: Person) -> None:
        token = person.session
        browser = client_of(person.house)
        as_cookie = {"Cookie": f"session={token}"}
        assert browser.get("/api/v1/session", headers=as_cookie).status_code == 401
        assert browser.get("/account", headers=as_cookie).headers["location"].startswith("/sign-in")

    def test_a_passage_begun_on_a_page_is_not_answered_as_an_app(self, person: Person) -> None:
        browser = client_of(person.house)
        cookie = browser.get("/recover").cookies["passage-recover"]
        passage, _, token = cookie.partition(".")
        reply = browser.post(
            f"/api/v1/passages/{passage}/proofs",
            json={"proof": "identifier", "identifier": person.address},
            headers={"Passage-Token": token, "Origin": ORIGIN},
        )
        assert reply.status_code == 404

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "https://elsewhere.example"},
            {"Origin": "null"},
            {},
        ],
    )
    def test_a_form_from_elsewhere_does_nothing(self, person: Person, headers: dict[str, str]) -> None:
        browser = client_of(person.house)
        browser.get("/recover")
        form = {"proof": "identifier", "identifier": person.address, "payload": ""}
        for accept in ("*/*", "text/html,application/xhtml+xml,*/*;q=0.8"):
            refused = browser.post("/recover", data=form, headers={**headers, "Accept": accept})
            assert refused.status_code == 403
            assert ("Open the official address by your bookmark" in refused.text) == ("html" in accept)
        assert not person.mailbox.texts_to(person.address)[1:]
        assert "identifier" in browser.get("/recover").text  # it asks still

    @pytest.mark.parametrize(
        "next_page", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere", "/%0d%0aX: y"]
    )
    def test_switching_the_language_leads_nowhere_else(self, person: Person, next_page: str) -> None:
        form = {"language": "zh-Hans", "next": next_page}
        reply = client_of(person.house).post("/language", data=form, headers={"Origin": ORIGIN})
        assert reply.status_code == 303
        target = reply.headers["location"]
        assert target.startswith("/")
        assert not target.startswith(("//", "/\\"))


def test_a_planted_device_token_never_becomes_the_victims(person: Person, thief: Person) -> None:
    """Who puts a cookie of theirs into another's browser must not hold a known device of them afterwards."""
    planted = thief.device
    person.device = planted
    passage = person.finish(proven(person.begin("sign_in"), person.address))
    assert passage.grant["device_token"] != planted
    assert proven(thief.begin("sign_in"), person.address).asks == ["message_code"], "another device, as before"


def proven(passage: Passage, address: str) -> Passage:
    """With the passphrase given; a check for a human that turned out to be due is solved first."""
    reply = passage.offer("passphrase", identifier=address, passphrase=PASSPHRASE)
    assert reply.status_code == 409, "the device is known, but not to this account"
    passage.state = passage.http.get(f"/api/v1/passages/{passage.id}", headers=passage.headers).json()
    return passage.human().give("passphrase", identifier=address, passphrase=PASSPHRASE)
