"""Somebody who holds a frozen account, or wants to: what a client that understands read-only does not give them."""

from typing import Any

import pytest

from tests.support.acts import ONLY_SQLITE
from tests.support.freezing import freeze, thaw
from tests.support.house import Person
from tests.support.openid import CONTINUE, Party, Visitor, answer_of, registration, request_of
from tests.support.parallel import at_once
from watchword.app import House
from watchword.foundation.terms import AccountId
from watchword.record.catalogue import EventKind


@pytest.fixture
def party(house: House) -> Party:
    return Party(house, registration(understands_read_only=True))


def close(house: House, account: AccountId) -> None:
    core, now = house.core, house.core.ground.clock()
    with house.database.begin() as tx:
        core.accounts.close(tx, account, now)
        core.sessions.revoke_all(tx, account, now)
        core.journal.record(tx, EventKind.ACCOUNT_CLOSED, at=now, account=account, by="operator")


def refused(visitor: Visitor, party: Party, **asked: Any) -> bool:
    page = visitor.http.get(party.address(**asked))
    return page.status_code == 403 and "access_denied" in page.text and "code=" not in page.text


@ONLY_SQLITE
def test_what_was_given_before_the_freeze_ends_and_is_not_continued_as_a_reader(person: Person, party: Party) -> None:
    """A thief with a refresh token of before sees nothing of the account any more."""
    given = Visitor(person).enter(party)
    freeze(person)
    assert party.refresh(given["refresh_token"]).json()["error"] == "invalid_grant"
    assert party.introspect(given["access_token"]) == {"active": False}
    assert party.userinfo(given["access_token"]).status_code == 401


@ONLY_SQLITE
def test_a_code_of_before_the_freeze_gives_nothing(person: Person, party: Party) -> None:
    code = Visitor(person).visit(party)["code"]
    freeze(person)
    assert party.redeem(code).json()["error"] == "invalid_grant"


@ONLY_SQLITE
def test_a_code_of_while_it_was_frozen_gives_nothing_once_it_is_thawed(person: Person, party: Party) -> None:
    """No token may say ``read_only`` of an open account, and none leave it out of what began as a reader."""
    Visitor(person).enter(party)
    freeze(person)
    code = Visitor(person).visit(party)["code"]
    assert thaw(person.sign_in()).status_code == 204
    assert party.redeem(code).json()["error"] == "invalid_grant"


@ONLY_SQLITE
def test_frozen_again_the_tokens_of_the_freeze_before_stay_dead(person: Person, party: Party) -> None:
    Visitor(person).enter(party)
    freeze(person)
    given = Visitor(person).enter(party)
    assert thaw(person.sign_in()).status_code == 204
    freeze(person.sign_in())
    assert party.refresh(given["refresh_token"]).json()["error"] == "invalid_grant"
    assert party.introspect(given["access_token"]) == {"active": False}


@ONLY_SQLITE
def test_while_frozen_nobody_agrees_to_a_client(house: House, person: Person, party: Party) -> None:
    """A thief who signs in to a frozen account connects no application of their own to it, nor adds to what one has."""
    freeze(person)
    visitor = Visitor(person)
    visitor.sign_in()
    assert refused(visitor, party)
    assert "code" not in answer_of(visitor.http.get(party.address(prompt="none")))
    assert not house.core.openid.consents.list(visitor.session()["account"])


@ONLY_SQLITE
def test_a_consent_page_from_before_the_freeze_is_not_agreed_to_after_it(person: Person, party: Party) -> None:
    visitor = Visitor(person)
    visitor.sign_in()
    page = visitor.http.get(party.address())
    freeze(person)
    visitor.sign_in()
    said = visitor.post(CONTINUE, request=request_of(page.text), do="agree")
    assert said.status_code == 403
    assert "code=" not in said.text


@ONLY_SQLITE
def test_a_client_that_was_agreed_to_is_asked_about_again_and_gets_no_more(person: Person, party: Party) -> None:
    Visitor(person).enter(party, scope="openid")
    freeze(person)
    visitor = Visitor(person)
    given = visitor.enter(party, scope="openid", prompt="consent")
    assert party.claims(given["access_token"])["read_only"] is True
    assert refused(visitor, party, scope="openid email"), "more than was agreed to"


@ONLY_SQLITE
def test_a_second_step_is_asked_of_a_reader_too(person: Person, party: Party) -> None:
    Visitor(person).enter(party)
    freeze(person)
    visitor = Visitor(person)
    visitor.enter(party)
    unmet = visitor.visit(party, acr_values="aal2")
    assert unmet["error"] == "unmet_authentication_requirements"


@ONLY_SQLITE
def test_a_closed_account_enters_nothing(house: House, person: Person, party: Party) -> None:
    """Policy §3: it reads at the door alone. It has no orders to cancel."""
    visitor = Visitor(person)
    given = visitor.enter(party)
    close(house, AccountId(visitor.session()["account"]))
    assert party.introspect(given["access_token"]) == {"active": False}
    again = Visitor(person)
    again.sign_in()
    assert refused(again, party)


@ONLY_SQLITE
def test_a_reader_is_nobody_to_a_client_beside(house: House, person: Person, party: Party) -> None:
    """Another client of the operator's own, that was never said to understand it, in the same browser."""
    other = Party(house, registration(name="Payouts", first_party=True, redirect_uris=["https://pay.example/back"]))
    Visitor(person).enter(party)
    freeze(person)
    visitor = Visitor(person)
    given = visitor.enter(party)
    assert refused(visitor, other)
    assert other.call("/openid/introspect", token=given["access_token"]).json() == {"active": False}


def test_entering_and_freezing_at_once(person: Person, party: Party) -> None:
    """Whoever was first: no token of a frozen account looks like one of an open account."""
    visitor = Visitor(person)
    visitor.enter(party)

    def do(number: int) -> Any:
        if number == 0:
            return person.http.post("/api/v1/freeze", headers=person.bearer)
        return visitor.http.get(party.address())

    _, came = at_once(2, do)
    freeze(person.sign_in())
    if "code=" in came.headers.get("location", ""):
        assert party.redeem(answer_of(came)["code"]).json()["error"] == "invalid_grant"
