"""Sign-in (policy §2 to §4): what each device, risk and second step is asked, and what a wrong answer does."""

from datetime import timedelta

from tests.support.acts import (
    ANOTHER,
    ONLY_SQLITE,
    account_of,
    begin_sign_in,
    bind_address,
    codes_sent,
    come_back,
    fail,
    give_app,
    give_message,
    look,
    opt_for_message,
    session_of,
    subjects,
)
from tests.support.house import Person, client_of, solve
from watchword.safeguards.operator import OperatorDesk

# -- what is asked


def test_from_a_known_device_the_passphrase_alone(person):
    passage = person.begin("sign_in")
    assert passage.asks == ["passphrase", "passkey"], "and no check for a human"
    passage.give("passphrase", identifier=person.address, passphrase=person.passphrase)
    person.session = passage.grant["token"]
    found = session_of(person)
    assert (found["aal"], found["amr"]) == (1, ["pwd"])


def test_from_another_device_the_message_too(person):
    passage = person.begin("sign_in", known=False)
    assert passage.asks == ["human", "passkey"]
    passage.human().give("passphrase", identifier=person.address, passphrase=person.passphrase)
    assert passage.asks == ["message_code"]
    person.session = give_message(person, passage).grant["token"]
    found = session_of(person)
    assert (found["aal"], found["amr"]) == (1, ["pwd", "message"]), "a message is no second factor"


def test_with_an_app_from_a_known_device(person):
    passage = begin_sign_in(person.bind_app())
    assert passage.asks == ["totp", "recovery_code"]
    person.session = give_app(person, passage).grant["token"]
    found = session_of(person)
    assert (found["aal"], found["amr"]) == (2, ["pwd", "otp", "mfa"])


def test_with_an_app_from_another_device_the_message_comes_first(person):
    """Who has only the passphrase can't try the app."""
    passage = begin_sign_in(person.bind_app(), known=False)
    assert passage.asks == ["message_code", "recovery_code"]
    assert passage.offer("totp", output=person.output()).status_code == 409
    assert give_message(person, passage).asks == ["totp", "recovery_code"]
    assert give_app(person, passage).grant["kind"] == "session"


@ONLY_SQLITE
def test_with_the_mailbox_lost_a_recovery_code_and_the_app_itself(person):
    passage = begin_sign_in(person.bind_app(), known=False)
    passage.give("recovery_code", code=person.codes[0])
    assert passage.asks == ["totp"], "another code does not do"
    assert passage.offer("recovery_code", code=person.codes[1]).status_code == 409
    person.session = give_app(person, passage).grant["token"]
    assert session_of(person)["amr"] == ["pwd", "recovery_code", "otp", "mfa"]


@ONLY_SQLITE
def test_a_recovery_code_in_the_apps_stead(person):
    passage = give_message(person, begin_sign_in(person.bind_app(), known=False))
    person.session = passage.give("recovery_code", code=person.codes[0]).grant["token"]
    assert session_of(person)["aal"] == 2
    assert any(subject.startswith("A recovery code of your") for subject in subjects(person))


@ONLY_SQLITE
def test_who_opted_for_the_message_is_asked_for_it(person):
    opt_for_message(person)
    passage = begin_sign_in(person)
    assert passage.asks == ["message_code"]
    person.session = give_message(person, passage).grant["token"]
    assert session_of(person)["aal"] == 1
    opt_for_message(person, enabled=False)
    assert begin_sign_in(person).state["state"] == "passed"


@ONLY_SQLITE
def test_the_stronger_step_is_asked_where_both_are_set(person):
    opt_for_message(person)
    passage = begin_sign_in(person.bind_app())
    assert passage.asks == ["totp", "recovery_code"]
    assert passage.offer("message_code", code="000000").status_code == 409


# -- a device that is known


@ONLY_SQLITE
def test_a_device_spares_the_check_only_for_the_account_that_knows_it(person):
    other = Person(person.house, person.clock, address="bob@example.org").sign_up()
    passage = person.begin("sign_in")
    assert passage.asks == ["passphrase", "passkey"]
    refusal = passage.offer("passphrase", identifier=other.address, passphrase=other.passphrase)
    assert refusal.status_code == 409
    assert look(passage)["ask"] == ["human", "passkey"]
    passage.state = passage.http.get(f"/api/v1/passages/{passage.id}", headers=passage.headers).json()
    passage.human().give("passphrase", identifier=other.address, passphrase=other.passphrase)
    assert passage.asks == ["message_code"], "for the other account it is another device"


# -- rejections


def test_a_wrong_passphrase_is_rejected_and_nothing_moves(person):
    passage = person.begin("sign_in")
    before = look(passage)
    refusal = passage.offer("passphrase", identifier=person.address, passphrase=ANOTHER)
    assert (refusal.status_code, refusal.json()["code"]) == (422, "rejected")
    assert set(refusal.json()) == {"type", "title", "status", "code", "passage"}
    assert look(passage) == before
    assert passage.give("passphrase", identifier=person.address, passphrase=person.passphrase).grant


@ONLY_SQLITE
def test_unknown_and_known_names_are_rejected_alike(person):
    replies = []
    for identifier in (person.address, "nobody@example.org", "not an address"):
        passage = person.begin("sign_in", known=False).human()
        reply = passage.offer("passphrase", identifier=identifier, passphrase=ANOTHER)
        body = reply.json()
        body["passage"].pop("id")
        body["passage"]["ask"][1]["options"].pop("challenge")
        replies.append((reply.status_code, body))
    assert replies[0] == replies[1] == replies[2]


@ONLY_SQLITE
def test_a_passphrase_without_a_name_is_rejected(person):
    passage = person.begin("sign_in")
    assert passage.offer("passphrase", passphrase=person.passphrase).status_code == 422
    assert look(passage)["ask"] == ["passphrase", "passkey"]


@ONLY_SQLITE
def test_the_passphrase_is_nfc_and_never_trimmed(house, clock):
    person = Person(house, clock, passphrase="cafe\u0301 au lait under lanterns ")
    person.sign_up()
    passage = person.begin("sign_in")
    passage.refuse("passphrase", identifier=person.address, passphrase=ANOTHER)
    passage.refuse("passphrase", identifier=person.address, passphrase=person.passphrase.strip())
    passage.give("passphrase", identifier=person.address, passphrase="caf\u00e9 au lait under lanterns ")
    assert passage.state["state"] == "passed"


# -- limits of the passphrase


def test_ten_an_hour_from_unknown_devices_together(person):
    fail(person, 10)
    passage = person.begin("sign_in", known=False).human()
    stopped = passage.offer("passphrase", identifier=person.address, passphrase=person.passphrase)
    assert (stopped.status_code, stopped.json()["code"]) == (429, "throttled")
    assert int(stopped.headers["Retry-After"]) == stopped.json()["retry_after"] <= 3600
    assert begin_sign_in(person).grant["kind"] == "session", "the device that is known has a count of its own"
    again = person.begin("sign_in", known=False).human()
    assert again.offer("passphrase", identifier=person.address, passphrase=ANOTHER).status_code == 429
    person.clock.advance(timedelta(hours=1))
    assert begin_sign_in(person, known=False).asks == ["message_code"]


@ONLY_SQLITE
def test_a_name_nobody_has_is_held_up_alike(person):
    fail(person, 10, identifier="nobody@example.org")
    passage = person.begin("sign_in", known=False).human()
    assert passage.offer("passphrase", identifier="nobody@example.org", passphrase=ANOTHER).status_code == 429
    assert begin_sign_in(person, known=False).asks == ["message_code"], "others are not"


@ONLY_SQLITE
def test_thirty_a_day(person):
    for _ in range(3):
        fail(person, 10)
        person.clock.advance(timedelta(hours=2))
    passage = person.begin("sign_in", known=False).human()
    assert passage.offer("passphrase", identifier=person.address, passphrase=ANOTHER).status_code == 429
    person.clock.advance(timedelta(hours=18))
    fail(person, 1)


@ONLY_SQLITE
def test_a_known_device_has_ten_an_hour_of_its_own(person):
    fail(person, 10, known=True)
    passage = person.begin("sign_in").human()
    assert passage.offer("passphrase", identifier=person.address, passphrase=person.passphrase).status_code == 429
    assert begin_sign_in(person, known=False).asks == ["message_code"]


@ONLY_SQLITE
def test_a_success_gives_back_only_what_it_spent(person):
    fail(person, 9)
    for _ in range(3):
        begin_sign_in(person, known=False)
    fail(person, 1)
    passage = person.begin("sign_in", known=False).human()
    assert passage.offer("passphrase", identifier=person.address, passphrase=person.passphrase).status_code == 429


@ONLY_SQLITE
def test_the_accounts_own_budget_shows_as_a_rejection(person):
    """The same figures over all its names: five failures on each of two, and the right passphrase is rejected too."""
    bind_address(person, "ann@second.example")
    fail(person, 5)
    fail(person, 5, identifier="ann@second.example")
    for name in (person.address, "ann@second.example"):
        passage = person.begin("sign_in", known=False).human()
        passage.refuse("passphrase", identifier=name, passphrase=person.passphrase)
    assert begin_sign_in(person).grant["kind"] == "session", "the known device is not concerned"
    person.clock.advance(timedelta(hours=1))
    assert begin_sign_in(person, known=False).asks == ["message_code"]


# -- risk


def test_at_high_risk_a_human_and_the_message_are_asked_besides(person):
    fail(person, 8, known=True)
    passage = person.begin("sign_in")
    assert passage.asks == ["human", "passkey"]
    passage.human().give("passphrase", identifier=person.address, passphrase=person.passphrase)
    assert passage.asks == ["human"], "once more after the passphrase"
    assert passage.human().asks == ["message_code"]
    assert len(codes_sent(person)) == 2, "sent once the human is shown"
    assert give_message(person, passage).grant["kind"] == "session"


@ONLY_SQLITE
def test_at_high_risk_the_message_comes_before_the_app(person):
    fail(person.bind_app(), 8, known=True)
    passage = begin_sign_in(person)
    assert passage.asks == ["message_code", "recovery_code"]
    assert give_app(person, give_message(person, passage)).grant["kind"] == "session"


@ONLY_SQLITE
def test_risk_is_judged_with_the_passphrase_and_does_not_move_later(person):
    passage = begin_sign_in(person.bind_app())
    fail(person, 8, known=True)
    assert look(passage)["ask"] == ["totp", "recovery_code"]


@ONLY_SQLITE
def test_at_raised_risk_a_known_device_is_asked_for_a_human_first(person):
    fail(person, 4, known=True)
    passage = person.begin("sign_in")
    assert passage.asks == ["human", "passkey"]
    passage.human().give("passphrase", identifier=person.address, passphrase=person.passphrase)
    assert passage.state["state"] == "passed"


# -- the check for a human


@ONLY_SQLITE
def test_a_check_for_a_human_buys_three_answers(person):
    passage = person.begin("sign_in", known=False).human()
    for left in (True, True, False):
        reply = passage.offer("passphrase", identifier=person.address, passphrase=ANOTHER)
        assert [ask["proof"] for ask in reply.json()["passage"]["ask"]] == [
            "passphrase" if left else "human",
            "passkey",
        ]
    assert passage.offer("passphrase", identifier=person.address, passphrase=person.passphrase).status_code == 409


@ONLY_SQLITE
def test_a_solved_check_serves_once_and_in_its_passage_alone(person):
    first, second = person.begin("sign_in", known=False), person.begin("sign_in", known=False)
    solved = solve(first.state["ask"][0]["challenge"])
    assert second.offer("human", payload=solved).status_code == 422
    assert look(second)["ask"] == ["human", "passkey"]
    first.give("human", payload=solved)
    for _ in range(3):
        first.state = first.offer("passphrase", identifier=person.address, passphrase=ANOTHER).json()["passage"]
    assert first.asks == ["human", "passkey"]
    assert first.offer("human", payload=solved).status_code == 422, "it was used"
    first.human().give("passphrase", identifier=person.address, passphrase=person.passphrase)


@ONLY_SQLITE
def test_twenty_passages_an_hour_without_a_check(person):
    for _ in range(20):
        assert person.begin("sign_in").asks == ["passphrase", "passkey"]
    assert person.begin("sign_in").asks == ["human"], "not even a passkey goes before it"
    elsewhere = client_of(person.house, "198.51.100.7")
    reply = elsewhere.post("/api/v1/passages", json={"purpose": "sign_in"}, headers={"Device-Token": person.device})
    assert [ask["proof"] for ask in reply.json()["ask"]] == ["passphrase", "passkey"], "counted by network"
    person.clock.advance(timedelta(hours=1))
    assert person.begin("sign_in").asks == ["passphrase", "passkey"]


@ONLY_SQLITE
def test_sixty_checks_an_hour_from_one_network(person):
    """Good or not. One was taken at sign-up."""
    for _ in range(29):
        passage = person.begin("sign_in", known=False).human()
        assert passage.offer("human", payload="x").status_code == 409
    for _ in range(30):
        assert person.begin("sign_in", known=False).offer("human", payload="x").status_code == 422
    assert person.begin("sign_in", known=False).offer("human", payload="x").status_code == 429


# -- what follows


@ONLY_SQLITE
def test_a_new_device_is_told_to_the_owner(person):
    before = len(subjects(person))
    come_back(person, known=False, hours=1)
    assert subjects(person)[before:][-1].startswith("New sign-in to your")


@ONLY_SQLITE
def test_a_known_device_from_another_network_is_told_too(person):
    before = len(subjects(person))
    person.sign_in()
    assert len(subjects(person)) == before, "from where it always is, nothing is said"
    person.http = client_of(person.house, "198.51.100.7")
    person.sign_in()
    assert subjects(person)[before:][-1].startswith("New sign-in to your")


@ONLY_SQLITE
def test_every_address_is_told(person):
    bind_address(person, "ann@second.example")
    come_back(person, known=False, hours=1)
    assert subjects(person, "ann@second.example")[-1].startswith("New sign-in to your")
    assert codes_sent(person, "ann@second.example") == [], "codes go to one address"


@ONLY_SQLITE
def test_a_closed_account_runs_the_whole_way_and_its_session_only_reads(person):
    person.bind_app()
    core = person.house.core
    desk = OperatorDesk(
        database=person.house.database,
        accounts=core.accounts,
        sessions=core.sessions,
        overviews=core.overviews,
        journal=core.journal,
        phones=core.ground.phones,
        clock=person.clock,
    )
    desk.close(account_of(person))
    assert person.http.get("/api/v1/session", headers=person.bearer).status_code == 401
    passage = begin_sign_in(person, known=False)
    assert passage.asks == ["message_code", "recovery_code"]
    passage = give_app(person, give_message(person, passage))
    person.session = passage.grant["token"]
    assert person.http.get("/api/v1/activity", headers=person.bearer).status_code == 200
    begun = person.http.post(
        "/api/v1/passages",
        json={"purpose": "confirm", "action": {"kind": "change", "what": "passphrase"}},
        headers=person.bearer,
    )
    assert (begun.status_code, begun.json()["code"]) == (403, "read_only")
    for method, path in (
        ("PUT", "/api/v1/passphrase"),
        ("DELETE", "/api/v1/authenticators/totp"),
        ("POST", "/api/v1/authenticators/totp"),
        ("POST", "/api/v1/authenticators/recovery-codes"),
        ("DELETE", "/api/v1/sessions/others"),
    ):
        body = {"json": {"passphrase": ANOTHER}} if method == "PUT" else {}
        assert person.http.request(method, path, headers=person.bearer, **body).status_code == 403, path
    assert person.http.delete("/api/v1/session", headers=person.bearer).status_code == 204
