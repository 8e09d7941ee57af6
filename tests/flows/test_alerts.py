"""Security alerts: raised with what they tell, by mail too, acknowledged; and the reminder after 90 days."""

from datetime import timedelta

import pytest

from tests.delivery.samples import ALERTS, NOTICES
from tests.support.acts import (
    ANOTHER,
    ONLY_SQLITE,
    account_of,
    begin_recovery,
    begin_sign_in,
    bind_address,
    change_passphrase,
    give_message,
    opt_for_message,
    subjects,
    wrong_code,
    wrong_output,
)
from tests.support.exits import Platform, begin, code, confirm, later, set_trading, withdrawal
from tests.support.freezing import alerts, another, freeze, kinds, links, pause
from tests.support.house import Person
from watchword.delivery.messages.catalogue import Message, MessageKind
from watchword.delivery.messages.facts import read_message, write_facts
from watchword.foundation.languages import LANGUAGES, words_in


def acknowledge(person: Person, alert: str | None = None) -> int:
    path = "/api/v1/alerts/acknowledge" if alert is None else f"/api/v1/alerts/{alert}/acknowledge"
    return int(person.http.post(path, headers=person.bearer).status_code)


def test_every_change_raises_one_and_mails_every_address(person):
    pause(person)
    bind_address(person, "other@example.org")
    pause(person)
    person.bind_app()
    pause(person)
    assert change_passphrase(person, ANOTHER).status_code == 204
    assert kinds(person) == ["passphrase_changed", "authenticator_added"]
    for address in (person.address, "other@example.org"):
        assert subjects(person, address)[-1] == "Your Watchword passphrase was changed"
        assert len(set(links(person, address))) >= 2, "each with a link that freezes"


@ONLY_SQLITE
def test_what_else_raises_one(person):
    another(person)
    pause(person)
    opt_for_message(person)
    pause(person)
    set_trading(person)
    freeze(person)
    person.sign_in()
    assert kinds(person) == ["account_frozen", "trading_passphrase_set", "message_code_on", "new_device"]


@ONLY_SQLITE
def test_it_is_told_in_the_language_of_the_reader(person):
    another(person)
    assert [each["title"] for each in alerts(person)] == ["A sign-in on a new device"]
    (told,) = alerts(person, language="zh-Hans")
    assert not told["title"].isascii()


def test_one_is_acknowledged_then_all(person):
    another(person)
    another(person)
    another(person)
    first = alerts(person)[0]["id"]
    assert acknowledge(person, first) == 204
    assert acknowledge(person, first) == 204, "once more changes nothing"
    assert [each["acknowledged_at"] is None for each in alerts(person)] == [False, True, True]
    assert person.http.post("/api/v1/alerts/acknowledge", headers=person.bearer).json() == {"count": 2}
    assert person.http.post("/api/v1/alerts/acknowledge", headers=person.bearer).json() == {"count": 0}
    assert all(each["acknowledged_at"] for each in alerts(person))


@ONLY_SQLITE
def test_nobody_acknowledges_for_another(person):
    another(person)
    eve = Person(person.house, person.clock, address="eve@example.org").sign_up()
    assert acknowledge(eve, alerts(person)[0]["id"]) == 404
    assert acknowledge(eve) == 200
    assert alerts(eve) == []
    assert alerts(person)[0]["acknowledged_at"] is None


@ONLY_SQLITE
def test_there_are_pages_of_them(person):
    core, account = person.house.core, account_of(person)
    with person.house.database.begin() as tx:
        for _ in range(120):
            core.notices.review_due(tx, account, person.clock.advance(timedelta(seconds=1)))
    seen: list[str] = []
    before = ""
    while True:
        reply = person.http.get(f"/api/v1/alerts{before}", headers=person.bearer).json()
        seen += [each["id"] for each in reply["items"]]
        if reply["next"] is None:
            break
        before = f"?before={reply['next']}"
    assert len(seen) == len(set(seen)) == 120
    assert person.http.get("/api/v1/alerts?before=nothing", headers=person.bearer).status_code == 404


class TestWrongSecondSteps:
    def test_the_third_of_a_day_is_told(self, person):
        person.bind_app()
        pause(person)
        for number in range(4):
            begin_sign_in(person).refuse("totp", output=wrong_output(person))
            told = subjects(person).count("Wrong codes at your Watchword account")
            assert told == (1 if number >= 2 else 0)
        assert kinds(person)[0] == "wrong_second_steps"

    @ONLY_SQLITE
    def test_wrong_passphrases_of_strangers_are_not(self, person):
        for _ in range(4):
            stranger = person.begin("sign_in", known=False).human()
            stranger.refuse("passphrase", identifier=person.address, passphrase=ANOTHER)
        recovery = begin_recovery(person)
        for _ in range(4):
            recovery.refuse("message_code", code=wrong_code(person.mailbox.newest_code(person.address)))
        assert alerts(person) == []

    @ONLY_SQLITE
    def test_wrong_answers_in_a_session_are(self, person):
        passage = person.begin("confirm", action={"kind": "change", "what": "passphrase"})
        for _ in range(3):
            passage.refuse("passphrase", passphrase=ANOTHER)
        assert kinds(person) == ["wrong_second_steps"]


class TestRefusals:
    @ONLY_SQLITE
    def test_a_newcomer_is_led_to_the_trading_passphrase_and_not_alarmed(self, person):
        assert begin(person, withdrawal()).json()["reason"] == "no_trading_passphrase"
        assert alerts(person) == []

    def test_what_can_not_be_confirmed_is_told_three_times_a_day(self, person):
        set_trading(person)
        for number in range(5):
            pause(person)
            assert begin(person, withdrawal()).json()["code"] == "not_possible"
            assert kinds(person).count("confirmation_refused") == min(number + 1, 3)
        assert subjects(person)[-1] == "A confirmation was refused in your Watchword account"

    @ONLY_SQLITE
    def test_what_is_asked_for_otherwise_than_confirmed_is_told_to_its_owner(self, fortified):
        platform = Platform(fortified.house)
        approval = confirm(fortified, withdrawal())
        pause(fortified)
        assert code(platform.consume(fortified, approval, withdrawal(amount="9999"))) == "not_confirmed"
        assert kinds(fortified)[0] == "confirmation_refused"
        told = fortified.mailbox.texts_to(fortified.address)[-1]
        assert "had not been confirmed as it was asked for" in told
        pause(fortified)
        assert code(platform.consume(fortified, "A" * 43, withdrawal())) == "not_confirmed"
        assert kinds(fortified).count("confirmation_refused") == 1, "an approval nobody made tells nobody"

    @ONLY_SQLITE
    def test_what_is_held_is_told(self, fortified):
        approval = confirm(fortified, withdrawal())
        pause(fortified)
        assert code(Platform(fortified.house).consume(fortified, approval, withdrawal())) == "held"
        assert "or not yet" in fortified.mailbox.texts_to(fortified.address)[-1]


class TestRecovery:
    def test_one_that_somebody_proved_something_in_is_told(self, person):
        passage = begin_recovery(person)
        assert alerts(person) == [], "anybody can begin one"
        give_message(person, passage)
        assert kinds(person) == ["recovery_begun"]
        assert subjects(person)[-1] == "A new passphrase for your Watchword account is being set"


class TestReview:
    def remind(self, person: Person) -> int:
        return person.house.core.reviews.remind_due()

    def test_after_ninety_days_without_a_look(self, person):
        later(person, days=89)
        assert self.remind(person) == 0
        later(person, days=2)
        assert self.remind(person) == 1
        assert subjects(person)[-1] == "Time to look through your Watchword account"
        later(person, days=1)
        assert self.remind(person) == 0, "once"
        later(person, days=90)
        assert self.remind(person) == 1

    @ONLY_SQLITE
    def test_who_looked_is_left_alone(self, person):
        later(person, days=80)
        another(person)
        assert acknowledge(person) == 200
        later(person, days=80)
        assert self.remind(person) == 0
        later(person, days=11)
        assert self.remind(person) == 1

    @ONLY_SQLITE
    def test_a_frozen_account_is_not_reminded(self, person):
        freeze(person)
        person.clock.advance(timedelta(days=200))
        person.house.housekeeping()
        assert "Time to look" not in " ".join(subjects(person))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_notice_can_be_told_again(language, person):
    """Whatever is added to the catalogue: kept as facts, it comes back as it was."""
    renderer = person.house.core.renderer
    for message in (*NOTICES, *ALERTS):
        again: Message = read_message(MessageKind(message.kind), message.scene.at, write_facts(message))
        assert again == message
        assert renderer.letter(again, words_in(language)).title
